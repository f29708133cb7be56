//! The package in trees that no systemd runs: an image that is being built, and a chroot beside a machine.

use std::path::Path;

use juniper_lab::{Machine, Suite};

use super::super::lab::{Outcome, claim, exits, package};

/// Lays an empty layer over the machine's own files, at /chroot/tree.
const OVERLAY: &str = "mkdir -p /chroot && mount -t tmpfs tmpfs /chroot && cd /chroot && mkdir upper work tree && \
    mount -t overlay overlay -o lowerdir=/,upperdir=upper,workdir=work tree && \
    mount --rbind /proc tree/proc && mount --rbind /dev tree/dev";

const GONE: &str = "umount --recursive --lazy /chroot && rmdir /chroot";

/// All that is compared, with what it is and says.
const LISTED: &str = "cd /chroot/tree && find etc usr opt var/lib var/log var/cache run -xdev \
    \\( -path var/lib/dpkg -o -path var/log/dpkg.log -o -path 'etc/*passwd*' -o -path 'etc/*group*' -o -path 'etc/*shadow*' \
    -o -path etc/.pwd.lock \\) -prune -o -printf '%p %y %m %u %g %l\\n' | sort";

/// Installed, its units written into the tree, upgraded, removed and purged; nothing is started or left.
pub(super) fn without_systemd(machine: &Machine, previous: &Path, suite: Suite) -> Outcome {
    exits(machine, OVERLAY, 0)?;
    for (name, path) in [
        ("previous", previous),
        ("current", &package("juniperctl")),
        ("standin", &package("juniper-standin")),
    ] {
        machine.write(format!("/chroot/{name}.deb"), std::fs::read(path)?, 0o644)?;
    }
    exits(
        machine,
        "mkdir /chroot/tree/debs && mount --bind /chroot /chroot/tree/debs",
        0,
    )?;
    let before = exits(machine, LISTED, 0)?.stdout;
    inside(
        machine,
        "dpkg --install /debs/previous.deb /debs/standin.deb",
    )?;
    let version = suite.systemd_version();
    inside(
        machine,
        &format!("juniperctl --root / install --profile mock --systemd {version}"),
    )?;
    inside(machine, "dpkg --install /debs/current.deb")?;
    inside(machine, "test -e /etc/systemd/system/juniper-data.service")?;
    inside(machine, "dpkg --remove juniperctl")?;
    inside(
        machine,
        "test ! -e /etc/systemd/system/juniper-data.service",
    )?;
    inside(machine, "dpkg --install /debs/current.deb")?;
    inside(
        machine,
        &format!("juniperctl --root / install --profile mock --systemd {version}"),
    )?;
    inside(machine, "dpkg --purge juniperctl juniper-standin")?;
    let after = exits(machine, LISTED, 0)?.stdout;
    let differing: Vec<&str> = before
        .lines()
        .filter(|line| !after.lines().any(|other| other == *line))
        .chain(
            after
                .lines()
                .filter(|line| !before.lines().any(|other| other == *line)),
        )
        .collect();
    claim(
        differing.is_empty(),
        format!("the tree differs: {differing:?}"),
    )?;
    exits(machine, GONE, 0)?;
    Ok(())
}

/// A chroot that shares /run, and with it the bus, with the machine: removing the package in there leaves the
/// machine's own group alone.
pub(super) fn beside_the_machine(machine: &Machine) -> Outcome {
    exits(machine, OVERLAY, 0)?;
    exits(machine, "mount --rbind /run /chroot/tree/run", 0)?;
    inside(
        machine,
        "test -d /run/systemd/system && dpkg --purge juniperctl",
    )?;
    inside(machine, "test ! -e /etc/systemd/system/juniper.target")?;
    exits(
        machine,
        "juniperctl health && test -e /etc/systemd/system/juniper.target",
        0,
    )?;
    exits(machine, GONE, 0)?;
    Ok(())
}

fn inside(machine: &Machine, line: &str) -> Outcome {
    exits(
        machine,
        &format!("chroot /chroot/tree sh -ec '{line}' </dev/null"),
        0,
    )?;
    Ok(())
}
