//! The mock group's life: installed, started, asked, broken, stopped, uninstalled.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

use juniper_lab::{Entry, Machine, Suite};

use super::lab::{Outcome, claim, everything_stops, exits, has, machine, mock, run};

/// Directories that an install may touch; compared file by file.
const COMPARED: [&str; 4] = ["/etc", "/usr", "/opt", "/var/lib"];

/// What other programs write while the machine runs.
const OTHERS: [&str; 3] = ["/var/lib/systemd", "/var/lib/dbus", "/etc/.updated"];

fn tree(machine: &Machine) -> Result<BTreeMap<PathBuf, Entry>, libtest_mimic::Failed> {
    Ok(machine.tree(&COMPARED, &OTHERS)?)
}

/// Install, start, health, stop, uninstall; then the tree is as it was found.
pub(crate) fn whole_life(suite: Suite) -> Outcome {
    let machine = machine(suite, juniper_lab::BootOptions::default())?;
    let before = tree(&machine)?;
    let shown = exits(&machine, "juniperctl install --profile mock --dry-run", 0)?;
    has(
        &shown.stderr,
        &["creates  juniper-data.service", "creates  juniper.target"],
    )?;
    claim(tree(&machine)? == before, "a dry run changed the tree")?;

    exits(&machine, "juniperctl install --profile mock", 0)?;
    let verified = exits(
        &machine,
        "systemd-analyze verify --man=no /etc/systemd/system/juniper* 2>&1 | cat",
        0,
    )?;
    claim(
        verified.stdout.trim().is_empty(),
        format!("verify: {}", verified.stdout),
    )?;
    exits(&machine, "systemctl start juniper.target", 0)?;
    let health = exits(&machine, "juniperctl health", 0)?;
    has(
        &health.stdout,
        &["the group is ready", "data", "cascor", "canopy", "worker@1"],
    )?;
    let status = exits(&machine, "juniperctl status", 0)?;
    has(&status.stdout, &["profile mock", "SERVICE", "active"])?;
    exits(&machine, "juniperctl logs -n 50 data", 0)?;
    let user = exits(
        &machine,
        "systemctl show -p MainPID --value juniper-cascor.service | xargs -I{} stat -c %U /proc/{}",
        0,
    )?;
    claim(
        user.stdout.trim() == "juniper",
        format!("cascor runs as {}", user.stdout),
    )?;

    exits(&machine, "systemctl stop juniper.target", 0)?;
    everything_stops(&machine)?;

    exits(&machine, "juniperctl start", 0)?;
    exits(&machine, "juniperctl uninstall --purge --yes", 0)?;
    let left = exits(
        &machine,
        "systemctl list-units 'juniper*' --all --no-legend",
        0,
    )?;
    claim(
        left.stdout.trim().is_empty(),
        format!("units are left: {}", left.stdout),
    )?;
    let after = tree(&machine)?;
    let differing: Vec<_> = before
        .keys()
        .chain(after.keys())
        .filter(|path| before.get(*path).map(comparable) != after.get(*path).map(comparable))
        .collect();
    claim(
        differing.is_empty(),
        format!("the tree differs: {differing:?}"),
    )
}

/// Everything but a directory's size, which depends on its history.
fn comparable(entry: &Entry) -> impl PartialEq + use<> {
    (entry.kind.clone(), entry.mode, entry.uid, entry.gid)
}

/// With data stopped, `health` names it first and the others as consequences.
pub(crate) fn root_cause() -> Outcome {
    let machine = mock(Suite::Trixie)?;
    exits(&machine, "juniperctl start", 0)?;
    exits(&machine, "systemctl stop juniper-data.service", 0)?;
    let told = exits(&machine, "juniperctl health", 3)?;
    has(
        &told.stdout,
        &[
            "data is down; therefore cascor not ready, canopy degraded",
            "it is stopped",
        ],
    )?;
    let json = exits(&machine, "juniperctl health --json", 3)?;
    let report: serde_json::Value = serde_json::from_str(&json.stdout)?;
    claim(
        report["version"] == 1 && report["verdict"] == "down",
        &report,
    )?;
    claim(
        report["root_causes"] == serde_json::json!(["data"]),
        &report,
    )?;
    let verdicts: Vec<(&str, &str)> = report["services"]
        .as_array()
        .unwrap()
        .iter()
        .map(|service| {
            (
                service["name"].as_str().unwrap(),
                service["verdict"].as_str().unwrap(),
            )
        })
        .collect();
    claim(
        verdicts
            == [
                ("data", "down"),
                ("cascor", "not_ready"),
                ("canopy", "degraded"),
                ("worker@1", "ready"),
            ],
        format!("{verdicts:?}"),
    )?;
    claim(
        report["services"][1]["dependencies"]["juniper_data"]["status"] == "unhealthy",
        &report,
    )?;
    exits(&machine, "juniperctl start data", 0)?;
    exits(&machine, "juniperctl health", 0)?;
    Ok(())
}

/// A service that accepts and never answers is down, though systemd calls it active.
pub(crate) fn hang() -> Outcome {
    let machine = mock(Suite::Bookworm)?;
    exits(&machine, "juniperctl start", 0)?;
    // The watchdog would be quicker than the answer's time-out and a slow computer together.
    exits(&machine, "juniperctl pause data", 0)?;
    exits(&machine, "juniper-standin fault hang data", 0)?;
    exits(&machine, "systemctl is-active juniper-data.service", 0)?;
    let told = exits(&machine, "juniperctl health data", 3)?;
    has(&told.stdout, &["data is down", "no answer within 10s"])?;
    exits(&machine, "juniperctl restart data", 0)?;
    exits(&machine, "juniperctl health data", 0)?;
    Ok(())
}

/// The group is restarted as a whole, what was stopped is started again, and the death of one
/// touches no other.
pub(crate) fn restart(suite: Suite) -> Outcome {
    let machine = mock(suite)?;
    exits(&machine, "juniperctl start", 0)?;
    let first = main_processes(&machine)?;
    exits(&machine, "juniperctl restart", 0)?;
    exits(&machine, "juniperctl health", 0)?;
    let second = main_processes(&machine)?;
    let kept = first
        .iter()
        .zip(&second)
        .any(|(first, second)| first == second);
    claim(!kept, format!("{first:?} became {second:?}"))?;

    exits(&machine, "systemctl stop juniper-data.service", 0)?;
    exits(&machine, "juniperctl start", 0)?;
    exits(&machine, "juniperctl health", 0)?;
    exits(&machine, "systemctl kill -s KILL juniper-data.service", 0)?;
    machine.wait_until("data to be back", Duration::from_secs(20), || {
        run(&machine, "juniperctl health").is_ok_and(|health| health.success())
    })?;
    let third = main_processes(&machine)?;
    claim(third[0] != second[0], "data was not killed")?;
    claim(
        third[1..] == second[1..],
        format!("{second:?} became {third:?}"),
    )
}

/// The main processes of data, cascor, canopy and the worker.
fn main_processes(machine: &Machine) -> Result<Vec<String>, libtest_mimic::Failed> {
    let units = "juniper-data juniper-cascor juniper-canopy juniper-cascor-worker@1";
    let shown = exits(
        machine,
        &format!("systemctl show -p MainPID --value {units}"),
        0,
    )?;
    Ok(shown.stdout.split_whitespace().map(str::to_owned).collect())
}

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

/// The committed reference units are real unit files that systemd reads without a word.
pub(crate) fn verify() -> Outcome {
    for suite in super::SUITES {
        let machine = machine(suite, juniper_lab::BootOptions::default())?;
        let version = suite.systemd_version();
        let render =
            format!("juniperctl render --profile full --systemd {version} --out /run/units");
        exits(&machine, &render, 0)?;
        // What the units run must be there to be verified.
        run(
            &machine,
            "for s in data cascor canopy worker; do install -D /bin/true /opt/juniper/$s/current/bin/python; done",
        )?;
        let told = run(
            &machine,
            "systemd-analyze verify --man=no /run/units/*.target /run/units/*.socket /run/units/juniper-act@.service /run/units/juniper-[a-z]*[a-z].service 2>&1 | grep -v redis; true",
        )?;
        claim(
            told.stdout.trim().is_empty(),
            format!("systemd {version}: {}", told.stdout),
        )?;
    }
    Ok(())
}
