//! One machine's whole life with the package; nothing of ours is on it afterwards.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use juniper_lab::{BootOptions, Entry, Machine, Root, Suite};
use libtest_mimic::Failed;

use super::super::lab::{Outcome, claim, exits, has, package};
use super::super::real::training;
use super::chroot;
use super::previous::previous;

/// What is compared, as piuparts(1) would.
const COMPARED: [&str; 8] = [
    "/etc",
    "/usr",
    "/opt",
    "/var/lib",
    "/var/log",
    "/var/cache",
    "/root",
    "/home",
];

/// What dpkg, systemd and the test itself write, and the users, of whom more below.
const OTHERS: [&str; 11] = [
    "/var/lib/dpkg",
    "/var/lib/systemd",
    "/var/lib/dbus",
    "/var/log/journal",
    "/var/log/dpkg.log",
    "/var/cache/juniper-lab",
    "/etc/.updated",
    "/etc/passwd",
    "/etc/group",
    "/etc/shadow",
    "/etc/gshadow",
];

/// What holds services, and the daemon that does not.
const SERVICES: &str = "juniper-data juniper-cascor juniper-canopy juniper-cascor-worker@1";
const WATCHDOG: &str = "juniper-watchdog";

const TRAINING: &str = "[services.cascor.environment]\nJUNIPER_STANDIN_TRAINING = \"1h\"\n";

/// In order: installed, configured, started, upgraded while it trains, migrated, removed, purged.
pub(super) fn whole(suite: Suite) -> Outcome {
    let directory = tempfile::tempdir()?;
    let previous = previous(directory.path())?;
    let machine = Machine::boot(&Root::prepare(suite)?, BootOptions::default())?;
    let before = tree(&machine)?;
    chroot::without_systemd(&machine, &previous, suite)?;

    machine.install_deb(&previous)?;
    machine.install_deb(&package("juniper-standin"))?;
    starts_nothing(&machine)?;
    exits(&machine, "juniperctl secret set data-api-key --generate", 0)?;
    configure(&machine)?;
    exits(&machine, "juniperctl install", 0)?;
    exits(&machine, "systemctl start juniper.target", 0)?;
    exits(&machine, "juniperctl health", 0)?;
    exits(
        &machine,
        "curl -fsS -X POST http://127.0.0.1:8200/v1/training/start",
        0,
    )?;
    upgraded(&machine)?;
    if suite == Suite::Trixie {
        policy(&machine)?;
        chroot::beside_the_machine(&machine)?;
        claim(processes(&machine, SERVICES)?.len() == 4, "services went")?;
    }
    removed(&machine)?;
    purged(&machine, &before, suite)
}

fn tree(machine: &Machine) -> Result<BTreeMap<PathBuf, Entry>, Failed> {
    Ok(machine.tree(&COMPARED, &OTHERS)?)
}

/// Ids of the main processes, in the order of the units.
fn processes(machine: &Machine, units: &str) -> Result<Vec<String>, Failed> {
    let shown = exits(
        machine,
        &format!("systemctl show -p MainPID --value {units}"),
        0,
    )?;
    let found: Vec<String> = shown.stdout.split_whitespace().map(str::to_owned).collect();
    claim(
        !found.iter().any(|id| id == "0"),
        format!("{units}: {found:?}"),
    )?;
    Ok(found)
}

/// A package that was only installed runs nothing and has no unit.
fn starts_nothing(machine: &Machine) -> Outcome {
    let listed = exits(
        machine,
        "systemctl list-unit-files 'juniper*' --no-legend; \
         systemctl list-units 'juniper*' --all --no-legend; pgrep -a juniper; true",
        0,
    )?;
    claim(listed.stdout.trim().is_empty(), &listed.stdout)
}

/// An administrator's own words in the configuration file.
fn configure(machine: &Machine) -> Outcome {
    let file = "/etc/juniper/juniper.toml";
    let shipped = machine.read_text(file)?;
    let edited = shipped.replace("profile = \"full\"", "profile = \"mock\"");
    claim(edited != shipped, "no profile in the shipped file")?;
    machine.write(file, format!("{edited}\n{TRAINING}"), 0o644)?;
    Ok(())
}

/// Whoever trains does not notice; the watchdog is the new one; the next install migrates the units.
fn upgraded(machine: &Machine) -> Outcome {
    claim(training(machine, "")? == "STARTED", "no training")?;
    let services = processes(machine, SERVICES)?;
    let watchdog = processes(machine, WATCHDOG)?;
    let file = machine.read_text("/etc/juniper/juniper.toml")?;
    let said = machine.install_deb(&package("juniperctl"))?;
    has(
        &said,
        &[
            "the installed units differ from those of this version",
            "effect: at its next restart: changes data, cascor, canopy, worker@1",
            "next: sudo juniperctl install",
        ],
    )?;
    claim(
        processes(machine, SERVICES)? == services,
        "a service was restarted",
    )?;
    claim(
        processes(machine, WATCHDOG)? != watchdog,
        "an old watchdog runs",
    )?;
    claim(
        training(machine, "")? == "STARTED",
        "the training has ended",
    )?;
    claim(
        machine.read_text("/etc/juniper/juniper.toml")? == file,
        "the configuration was touched",
    )?;

    let migrated = exits(machine, "juniperctl install --yes", 0)?;
    has(
        &migrated.stderr,
        &[
            "-Documentation=man:juniperctl(7)",
            "+Documentation=man:juniperctl(1)",
            "installed: profile mock",
        ],
    )?;
    claim(
        processes(machine, SERVICES)? == services,
        "the migration restarted a service",
    )?;
    claim(
        training(machine, "")? == "STARTED",
        "the migration ended the training",
    )?;
    exits(machine, "juniperctl diff", 0)?;
    exits(machine, "juniperctl health", 0)?;
    Ok(())
}

/// Who builds images says so by policy-rc.d(8); the same version once more changes nothing else.
fn policy(machine: &Machine) -> Outcome {
    let watchdog = processes(machine, WATCHDOG)?;
    machine.write("/usr/sbin/policy-rc.d", "#!/bin/sh\nexit 101\n", 0o755)?;
    let said = machine.install_deb(&package("juniperctl"))?;
    has(&said, &["the installed units stay as they are"])?;
    claim(
        processes(machine, WATCHDOG)? == watchdog,
        "restarted against the policy",
    )?;
    exits(machine, "rm /usr/sbin/policy-rc.d", 0)?;
    Ok(())
}

/// Units stop and go; what people would miss stays, and the package can come back to it.
fn removed(machine: &Machine) -> Outcome {
    exits(machine, "dpkg --remove juniperctl", 0)?;
    let left = exits(
        machine,
        "systemctl list-units 'juniper*' --all --no-legend; \
         find /etc/systemd -name '*juniper*'; pgrep -a juniper; true",
        0,
    )?;
    claim(left.stdout.trim().is_empty(), &left.stdout)?;
    exits(
        machine,
        "test -d /var/lib/juniper/data && test -d /var/log/juniper && ls /etc/juniper/secrets/data-api-key* && \
         grep -q TRAINING /etc/juniper/juniper.toml",
        0,
    )?;
    machine.install_deb(&package("juniperctl"))?;
    starts_nothing(machine)?;
    exits(machine, "juniperctl install --now --yes", 0)?;
    exits(machine, "juniperctl health", 0)?;
    Ok(())
}

/// Purged while it runs: as if it had never been there, but for the numbers of its users.
fn purged(machine: &Machine, before: &BTreeMap<PathBuf, Entry>, suite: Suite) -> Outcome {
    // What `provision` leaves.
    exits(
        machine,
        "mkdir -p /opt/juniper/data/0.17.1/bin /var/cache/juniperctl/provision",
        0,
    )?;
    exits(
        machine,
        "dpkg --purge juniperctl juniper-standin </dev/null",
        0,
    )?;
    if suite == Suite::Jammy {
        systemd_forgets(machine)?;
    }
    let left = exits(
        machine,
        "dpkg-query -W 'juniper*' 2>/dev/null | grep -v '\\s$'; find /run -name '*juniper*'; \
         find /etc/systemd -name '*juniper*'; pgrep -a juniper; \
         grep -hv '^juniper' /etc/passwd | grep juniper; true",
        0,
    )?;
    claim(left.stdout.trim().is_empty(), &left.stdout)?;
    let after = tree(machine)?;
    let differing: Vec<&PathBuf> = before
        .keys()
        .chain(after.keys())
        .filter(|path| !is_same(before.get(*path), after.get(*path)))
        .filter(|path| !is_a_backup_of_users(path))
        .collect();
    claim(
        differing.is_empty(),
        format!("the tree differs: {differing:?}"),
    )?;
    // There is nothing left to purge, and nobody minds.
    exits(
        machine,
        "dpkg --purge juniperctl juniper-standin </dev/null",
        0,
    )?;
    Ok(())
}

/// 249 leaves an empty directory of its own in /run for every unit with a mount namespace that ever ran.
fn systemd_forgets(machine: &Machine) -> Outcome {
    exits(machine, "rmdir /run/systemd/propagate/juniper-*.service", 0)?;
    Ok(())
}

/// A directory's size depends on its history.
fn is_same(before: Option<&Entry>, after: Option<&Entry>) -> bool {
    let told = |entry: Option<&Entry>| {
        entry.map(|entry| (entry.kind.clone(), entry.mode, entry.uid, entry.gid))
    };
    told(before) == told(after)
}

/// `systemd-sysusers(8)` keeps the lists as they were.
fn is_a_backup_of_users(path: &Path) -> bool {
    ["passwd-", "group-", "shadow-", "gshadow-", ".pwd.lock"]
        .iter()
        .any(|name| path == Path::new("/etc").join(name))
}
