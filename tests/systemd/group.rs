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

pub(super) fn tree(machine: &Machine) -> Result<BTreeMap<PathBuf, Entry>, libtest_mimic::Failed> {
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
    again_and_back(&machine)?;
    offline_is_the_same(&machine, suite)?;

    let looked = exits(&machine, "juniperctl doctor", 0)?;
    has(
        &looked.stdout,
        &["installation: profile mock, as configured", "0 errors"],
    )?;
    let is_old = looked.stdout.contains("the units do without");
    claim(is_old == (suite == Suite::Bullseye), &looked.stdout)?;
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

/// A second install changes nothing; another profile, and a rollback is byte for byte what was there.
fn again_and_back(machine: &Machine) -> Outcome {
    let installed = tree(machine)?;
    let again = exits(machine, "juniperctl install --profile mock", 0)?;
    has(&again.stderr, &["nothing to change"])?;
    claim(
        tree(machine)? == installed,
        "the second install changed the tree",
    )?;
    exits(machine, "juniperctl diff", 0)?;

    let units = units(machine)?;
    exits(machine, "juniperctl install --profile default", 0)?;
    claim(
        self::units(machine)? != units,
        "the other profile has the same units",
    )?;
    exits(machine, "juniperctl rollback --yes", 0)?;
    claim(
        self::units(machine)? == units,
        "the rollback is not what was there",
    )?;
    exits(machine, "systemctl is-enabled juniper.target", 0)?;
    let history = exits(machine, "juniperctl history", 0)?;
    let by: Vec<&str> = history
        .stdout
        .lines()
        .skip(1)
        .filter_map(|line| line.split_whitespace().nth(4))
        .collect();
    claim(by == ["rollback", "install", "install"], &history.stdout)
}

/// An install into a tree writes the same units, the same link and the same receipt as one on a machine.
fn offline_is_the_same(machine: &Machine, suite: Suite) -> Outcome {
    let version = suite.systemd_version();
    exits(
        machine,
        &format!(
            "mkdir -p /run/tree/usr/bin && cp /usr/bin/juniperctl /usr/bin/juniper-standin /run/tree/usr/bin/ && \
             juniperctl --root /run/tree install --profile mock --systemd {version}"
        ),
        0,
    )?;
    let offline = run(machine, &listed("/run/tree"))?.stdout;
    claim(offline == units(machine)?, format!("offline:\n{offline}"))?;
    let receipt = |root: &str| -> Result<serde_json::Value, libtest_mimic::Failed> {
        let text = machine.read_text(format!("{root}/var/lib/juniperctl/receipt.json"))?;
        let mut receipt: serde_json::Value = serde_json::from_str(&text)?;
        // The machine had directories that the tree had not, and has been elsewhere in between.
        for key in ["directories", "generation"] {
            receipt.as_object_mut().unwrap().remove(key);
        }
        Ok(receipt)
    };
    claim(receipt("/run/tree")? == receipt("")?, "the receipts differ")?;
    exits(machine, "juniperctl --root /run/tree diff", 0)?;
    exits(machine, "juniperctl --root /run/tree uninstall", 0)?;
    let left = exits(machine, "find /run/tree ! -type d; rm -r /run/tree", 0)?;
    claim(
        left.stdout.lines().count() == 2,
        format!("left in the tree: {}", left.stdout),
    )
}

/// Every unit and link of ours with its mode, where it leads, and what is in it.
fn units(machine: &Machine) -> Result<String, libtest_mimic::Failed> {
    Ok(exits(machine, &listed(""), 0)?.stdout)
}

fn listed(root: &str) -> String {
    format!(
        "cd {root}/etc/systemd/system && find . -name 'juniper*' -printf '%p %y %m %l\\n' | sort && \
         find . -name 'juniper*' -type f | sort | xargs sha256sum"
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
