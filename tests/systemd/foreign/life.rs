//! The life of the packages on a booted machine: installed, started, killed, watched by the kernel's own program,
//! removed, purged.

use std::fs;
use std::path::Path;
use std::time::Duration;

use juniper_lab::vm::{Disk, Settled, Vm};
use libtest_mimic::Failed;
use serde_json::Value;

use super::super::lab::{Outcome, claim, has, package_for};
use super::super::learn;
use super::{ARCHITECTURE, PACKAGES};

/// Another processor is emulated by one instruction of ten or twenty.
const BOOT: Duration = Duration::from_mins(6);
const COMMAND: Duration = Duration::from_mins(4);

/// What else is tried: calls that arm64 has in one form alone, with the path in another place than others have it.
const LINKS: &str = r#"tries = {
    "symbolic": lambda: os.symlink("somewhere", "/usr/lib/dpkg/link"),
    "hard": lambda: os.link("/usr/lib/os-release", "/usr/share/link"),"#;

/// What is told of a machine that has to be as it was: files that we bring, processes, units, users but for our own.
const LEFT: &str = "dpkg-query -W 'juniper*' 2>/dev/null | grep -v '\\s$'; \
    find /run /etc /usr /opt /var/lib /var/log /var/cache -xdev -name '*juniper*' -not -path '/var/lib/dpkg/*' \
    -not -path '/var/lib/systemd/*'; \
    systemctl list-units 'juniper*' --all --no-legend; pgrep -a juniper; true";

/// What the machine finds on its disk.
pub(super) fn lay_out(tree: &Path) {
    let packages = tree.join("srv/packages");
    fs::create_dir(&packages).unwrap();
    for name in PACKAGES {
        let package = package_for(ARCHITECTURE, name);
        fs::copy(package, packages.join(format!("{name}.deb"))).unwrap();
    }
    fs::write(tree.join("srv/lab.toml"), learn::CONFIGURATION).unwrap();
    let notebook = learn::NOTEBOOK.replace("tries = {", LINKS);
    assert_ne!(notebook, learn::NOTEBOOK);
    fs::write(tree.join("srv/notebook.py"), notebook).unwrap();
}

/// In order, on one machine.
pub(super) fn whole(disk: &Disk) -> Outcome {
    let machine = Vm::boot(disk, BOOT)?;
    let state = machine.wait_until_settled(BOOT)?;
    let shell = |line: &str| machine.succeed(line, COMMAND);
    let failed = shell("systemctl --failed --no-legend; journalctl -b -p err --no-pager -q")?;
    claim(state == Settled::Running, failed)?;
    let about = shell("uname -mr; systemctl --version | head -n 1")?;
    println!(
        "{ARCHITECTURE}: shell after {:.0?}, {}",
        machine.boot_time(),
        about.replace('\n', ", ")
    );
    has(&about, &["aarch64"])?;
    let before = shell(LEFT)?;

    shell("dpkg --install /srv/packages/*.deb")?;
    shell("juniperctl install --profile mock --yes")?;
    group(&machine)?;
    killed(&machine)?;
    shell("juniperctl uninstall --yes")?;
    learnt(&machine)?;
    shell("dpkg --remove juniperctl && dpkg --purge juniperctl juniper-standin </dev/null")?;
    let after = shell(LEFT)?;
    claim(
        after == before,
        format!("before:\n{before}\nafter:\n{after}"),
    )?;
    let off = machine.power_off()?;
    println!("{ARCHITECTURE}: nothing is left; off after {off:.0?}");
    Ok(())
}

/// The units say nothing to `systemd-analyze verify`, their exposure is what systemd says, and the group gets ready.
fn group(machine: &Vm) -> Outcome {
    let shell = |line: &str| machine.succeed(line, COMMAND);
    let verified = shell("systemd-analyze verify --man=no /etc/systemd/system/juniper* 2>&1")?;
    claim(verified.trim().is_empty(), format!("verify: {verified}"))?;
    shell("juniperctl start")?;
    let health = shell("juniperctl health")?;
    has(
        &health,
        &["the group is ready", "data", "cascor", "canopy", "worker@1"],
    )?;
    let doctor = shell("juniperctl doctor")?;
    has(
        &doctor,
        &["installation: profile mock, as configured", "0 errors"],
    )?;
    exposed(&machine.succeed("juniperctl --json audit", COMMAND)?)
}

/// systemd itself knows no other exposure than was computed.
fn exposed(told: &str) -> Outcome {
    let told: Value = serde_json::from_str(told)?;
    let units = told["units"].as_array().ok_or("no units")?;
    claim(!units.is_empty(), "no unit is audited")?;
    for unit in units {
        claim(unit["exposure"] == unit["measured"], unit)?;
    }
    println!(
        "{ARCHITECTURE}: {} units are as exposed as systemd says",
        units.len()
    );
    Ok(())
}

/// A service that was killed comes back, and with it the group.
fn killed(machine: &Vm) -> Outcome {
    let shell = |line: &str| -> Result<String, Failed> { Ok(machine.succeed(line, COMMAND)?) };
    let process = "systemctl show -p MainPID --value juniper-cascor.service";
    let before = shell(process)?;
    shell("systemctl kill --signal=KILL --kill-whom=main juniper-cascor.service")?;
    let again = format!(
        "test \"$({process})\" != {} && juniperctl health -q",
        before.trim()
    );
    shell(&learn::until(&again))?;
    let restarts = shell("systemctl show -p NRestarts --value juniper-cascor.service")?;
    claim(
        restarts.trim() == "1",
        format!("restarted {restarts} times"),
    )
}

/// The kernel takes the program for this processor, and each denial is named by its records.
fn learnt(machine: &Vm) -> Outcome {
    let shell = |line: &str| -> Result<String, Failed> { Ok(machine.succeed(line, COMMAND)?) };
    shell("cp /srv/lab.toml /etc/juniper/juniper.toml")?;
    shell(learn::SCENERY)?;
    let said = "journalctl -u juniper-notebook.service -o cat | grep -q 'TRIED low'";
    shell(&learn::until(said))?;
    let told = shell("juniperctl --json learn notebook --for 30s || test $? = 1")?;
    let told: Value = serde_json::from_str(&told)?;
    claim(
        told["not_seen"].as_array().is_some_and(Vec::is_empty),
        format!("not seen: {told:#}"),
    )?;
    learn::are_judged(&told)?;
    has(
        &told["denials"].to_string(),
        &["/usr/lib/dpkg", "/usr/share"],
    )?;
    let denials = told["denials"].as_array().map_or(0, Vec::len);
    println!("{ARCHITECTURE}: {denials} denials by the kernel's records");
    Ok(())
}
