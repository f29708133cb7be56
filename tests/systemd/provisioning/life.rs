//! From nothing to a running service, an upgrade beside it, the way back, and what may be removed when.

use juniper_lab::Machine;
use libtest_mimic::Failed;

use super::super::lab::{Outcome, claim, exits, has};
use super::{in_use, machine, provision};

const ALONE: &str = "profile = \"alone\"\n[profiles.alone]\nservices = [\"data\"]\n";

pub(super) fn keeps_its_environment() -> Outcome {
    let machine = machine()?;
    machine.write("/etc/juniper/juniper.toml", ALONE, 0o644)?;
    exits(&machine, "install -d -m 1777 /srv/who", 0)?;
    let told = exits(&machine, &format!("{} --dry-run", provision("1.0")), 0)?;
    has(
        &told.stderr,
        &[
            "data: makes 1.0 (2 packages)",
            "with Python 3.13 (/usr/bin/python3)",
            "nothing was changed",
        ],
    )?;
    exits(&machine, "test ! -e /opt/juniper", 0)?;
    exits(&machine, &provision("1.0"), 0)?;
    claim(in_use(&machine)? == "1.0", "1.0 is not in use")?;
    roots_alone(&machine)?;
    exits(&machine, "juniperctl install --now", 0)?;
    exits(&machine, "juniperctl health", 0)?;
    let first = main_process(&machine)?;

    let told = exits(&machine, &provision("2.0"), 0)?;
    let goes_on = format!(
        "data: process {first} (/opt/juniper/data/1.0/bin/python -m juniper_data) goes on with 1.0"
    );
    has(
        &told.stderr,
        &["in common with others, which is kept once", &goes_on],
    )?;
    claim(in_use(&machine)? == "2.0", "2.0 is not in use")?;
    let told = exits(&machine, "juniperctl provision --prune data", 1)?;
    has(
        &told.stderr,
        &[&format!("data: 1.0 stays, because process {first} ")],
    )?;
    // What it imports only now is still its own.
    claim(
        late(&machine)? == "1.0",
        "it imported from another environment",
    )?;
    claim(
        main_process(&machine)? == first,
        "the service was restarted",
    )?;

    exits(&machine, "juniperctl provision --rollback data", 0)?;
    claim(
        in_use(&machine)? == "1.0",
        "the way back did not lead to 1.0",
    )?;
    let told = exits(&machine, &provision("2.0"), 0)?;
    has(&told.stderr, &["data: uses 2.0, which is there already"])?;
    claim(
        main_process(&machine)? == first,
        "the service was restarted",
    )?;

    exits(&machine, "juniperctl restart data", 0)?;
    claim(late(&machine)? == "2.0", "the restart did not bring 2.0")?;
    let second = main_process(&machine)?;
    let told = exits(&machine, "juniperctl provision --prune --json data", 0)?;
    has(
        &told.stdout,
        &["\"action\":\"removed\",\"environment\":\"1.0\""],
    )?;
    exits(
        &machine,
        "test ! -e /opt/juniper/data/1.0 && test ! -L /opt/juniper/data/previous",
        0,
    )?;
    claim(
        main_process(&machine)? == second,
        "the service was restarted",
    )?;
    exits(&machine, "juniperctl provision --rollback data", 1)?;
    claim(in_use(&machine)? == "2.0", "2.0 is not in use")?;

    // One that was made by hand stays until it is asked for, and is kept then.
    exits(
        &machine,
        "rm /opt/juniper/data/current && cp -a /opt/juniper/data/2.0 /opt/juniper/data/current && \
                     rm /opt/juniper/data/current/juniperctl-environment.json",
        0,
    )?;
    let plain = provision("2.0").replace(" --upgrade", "");
    has(
        &exits(&machine, &plain, 0)?.stderr,
        &["made by hand is in use and stays"],
    )?;
    exits(&machine, &provision("2.0"), 0)?;
    claim(
        in_use(&machine)? == "2.0",
        "2.0 did not take the place of the directory",
    )?;
    exits(
        &machine,
        "test -x /opt/juniper/data/by-hand/bin/python && juniperctl provision --prune data && test -d /opt/juniper/data/by-hand",
        0,
    )?;
    ran_as(&machine)
}

/// Everything is root's, and nobody else may write there.
fn roots_alone(machine: &Machine) -> Outcome {
    let others = "find /opt/juniper /var/cache/juniperctl ! -user root ! -path /var/cache/juniperctl/provision; \
                  find /opt/juniper ! -type l -perm /022; find /opt/juniper -perm /6000";
    let found = exits(machine, others, 0)?.stdout;
    claim(found.is_empty(), format!("others may write to {found}"))?;
    let library = "/opt/juniper/data/current/lib/python3.13/conf/layouts";
    exits(
        machine,
        &format!("test -d {library} && ! runuser -u juniper -- touch /opt/juniper/data/current/x"),
        0,
    )?;
    Ok(())
}

/// What came with the wheels was run by those who have no rights, and never by root.
fn ran_as(machine: &Machine) -> Outcome {
    let imported = "test -e /srv/who/$(id -u juniper) && test ! -e /srv/who/0";
    exits(machine, imported, 0)?;
    Ok(())
}

fn main_process(machine: &Machine) -> Result<String, Failed> {
    let shown = exits(
        machine,
        "systemctl show -p MainPID --value juniper-data.service",
        0,
    )?;
    Ok(shown.stdout.trim().to_owned())
}

fn late(machine: &Machine) -> Result<String, Failed> {
    Ok(exits(machine, "curl -fsS http://127.0.0.1:8100/late", 0)?.stdout)
}
