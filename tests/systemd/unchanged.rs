//! What does not change: an install that changes nothing, and what else is to be seen on the same machine.

use std::time::Duration;

use juniper_lab::{Machine, Suite};

use super::group::tree;
use super::lab::{Outcome, claim, exits, has, machine, run};

/// A second install changes nothing and says so; a changed setting rewrites one unit.
pub(crate) fn idempotent() -> Outcome {
    let machine = machine(Suite::Bookworm, juniper_lab::BootOptions::default())?;
    // As root has it on many machines. Others must be able to look all the same, the watchdog above all.
    exits(&machine, "umask 077; juniperctl install --profile mock", 0)?;
    let before = tree(&machine)?;
    let again = exits(&machine, "juniperctl install --profile mock", 0)?;
    has(&again.stderr, &["nothing to change"])?;
    claim(
        tree(&machine)? == before,
        "the second install changed the tree",
    )?;
    machine.write(
        "/etc/juniper/juniper.toml.d/port.toml",
        "[services.canopy]\nport = 8051\n",
        0o644,
    )?;
    // The profile of the configuration is another one: the hint must not lead to it.
    let refused = exits(&machine, "juniperctl scale worker=2", 1)?;
    has(
        &refused.stderr,
        &["install that first: sudo juniperctl install --profile mock\n"],
    )?;
    let changed = exits(&machine, "juniperctl install --profile mock", 0)?;
    has(
        &changed.stderr,
        &[
            "rewrites juniper-canopy.service: takes effect at its next restart",
            "+",
            "8051",
        ],
    )?;
    many_jobs(&machine)?;
    exits(&machine, "juniperctl start", 0)?;
    exits(
        &machine,
        "curl -fsS http://127.0.0.1:8051/v1/health/ready",
        0,
    )?;
    let watches = "systemctl is-active juniper-watchdog";
    machine.wait_until("the watchdog to watch", Duration::from_secs(20), || {
        run(&machine, watches).is_ok_and(|told| told.stdout == "active\n")
    })?;
    ordinary_users_look(&machine)?;
    closed_configuration_is_told(&machine)
}

/// The first of two orders ends hundreds of jobs at once, far more than a connection keeps for who does not
/// listen: whoever gives the second must listen to that meanwhile, or waits for its answer for ever.
fn many_jobs(machine: &Machine) -> Outcome {
    let units: Vec<String> = (1..=300)
        .map(|number| format!("many@{number}.target"))
        .collect();
    let wants = format!("[Unit]\nWants={}\n", units.join(" "));
    machine.write(
        "/etc/systemd/system/many@.target",
        "[Unit]\nDescription=One of many\n",
        0o644,
    )?;
    machine.write(
        "/etc/systemd/system/juniper-data.service.d/many.conf",
        wants,
        0o644,
    )?;
    exits(machine, "systemctl daemon-reload", 0)?;
    exits(machine, "juniperctl start data canopy", 0).map(drop)
}

/// Who is nobody special asks as well as root does, and hears why there is little in the journal.
fn ordinary_users_look(machine: &Machine) -> Outcome {
    let as_user = |groups: &str, command: &str, code: i32| {
        let line = format!("setpriv --reuid=juniper --regid=juniper {groups} juniperctl {command}");
        exits(machine, &line, code)
    };
    as_user("--clear-groups", "health", 0)?;
    let hidden = "entries may be hidden from you";
    // This one has no journal of its own either.
    let shown = as_user("--clear-groups", "logs data", 4)?;
    claim(shown.stdout.is_empty(), &shown.stdout)?;
    has(&shown.stderr, &[hidden, "--groups systemd-journal"])?;
    let shown = as_user("--groups systemd-journal", "logs data", 0)?;
    claim(!shown.stderr.contains(hidden), &shown.stderr)?;
    claim(!shown.stdout.is_empty(), "the group sees nothing")?;
    let shown = exits(machine, "juniperctl logs data", 0)?;
    claim(!shown.stderr.contains(hidden), &shown.stderr)
}

/// What root alone may read, the watchdog may not: `check` and `install` say so, and open nothing.
fn closed_configuration_is_told(machine: &Machine) -> Outcome {
    let file = "/etc/juniper/juniper.toml.d/port.toml";
    let commands = ["check", "install --profile mock"];
    let told = |command: &str| -> Result<bool, libtest_mimic::Failed> {
        let said = exits(machine, &format!("juniperctl {command}"), 0)?.stderr;
        Ok(said.contains(&format!("juniper-watchdog, may not read {file}")))
    };
    for (mode, closed) in [("600", true), ("644", false)] {
        exits(machine, &format!("chmod {mode} {file}"), 0)?;
        for command in commands {
            claim(
                told(command)? == closed,
                format!("{command} with mode {mode}"),
            )?;
        }
    }
    // Nor through a directory that is closed above it.
    exits(machine, "chmod 700 /etc/juniper", 0)?;
    let said = exits(machine, "juniperctl check", 0)?.stderr;
    has(&said, &["may not read /etc/juniper/juniper.toml:"])?;
    exits(machine, "chmod 755 /etc/juniper", 0)?;
    Ok(())
}
