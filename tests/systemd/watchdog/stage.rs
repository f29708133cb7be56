//! The mock group with probes every second, and eyes to see what becomes of it.

use std::time::{Duration, Instant};

use juniper_lab::{BootOptions, Machine, Suite};
use libtest_mimic::Failed;
use serde_json::Value;

use super::super::lab::{Outcome, claim, exits, machine, run};

/// Everybody, with their units.
pub(super) const ALL: [(&str, &str); 4] = [
    ("data", "juniper-data.service"),
    ("cascor", "juniper-cascor.service"),
    ("canopy", "juniper-canopy.service"),
    ("worker@1", "juniper-cascor-worker@1.service"),
];

/// From the fault to the signal: `failure_threshold` times `interval` plus `timeout` of data.
pub(super) const NOTICED: Duration = Duration::from_secs(3 + 2);

/// What the test itself and a busy computer may add.
pub(super) const SLACK: Duration = Duration::from_secs(2);

/// How long anything may take to come back.
pub(super) const BACK: Duration = Duration::from_secs(30);

/// The longest that probes are waited for.
const PROBED: Duration = Duration::from_mins(1);

/// The unit.
pub(super) const WATCHDOG: &str = "juniper-watchdog.service";

const CONFIGURATION: &str = r#"
profile = "mock"

[watchdog]
restarts = 3
backoff = "4s"

[services.data]
readiness = { interval = "1s", timeout = "2s" }
liveness = { interval = "1s", timeout = "2s" }

[services.cascor]
readiness = { interval = "1s" }
liveness = { interval = "1s" }

[services.canopy]
readiness = { interval = "1s" }
liveness = { interval = "1s" }

[services.worker]
readiness = { interval = "1s", timeout = "2s" }
liveness = { interval = "1s", timeout = "2s" }
"#;

/// The group on a machine.
pub(super) struct Stage {
    pub(super) machine: Machine,
}

impl Stage {
    /// The group, ready and watched; `more` is appended to the configuration.
    pub(super) fn set(suite: Suite, more: &str) -> Result<Self, Failed> {
        Self::of(suite, &format!("{CONFIGURATION}{more}"))
    }

    /// The same on a machine that is booted with these options.
    pub(super) fn set_with(suite: Suite, more: &str, options: BootOptions) -> Result<Self, Failed> {
        Self::on(machine(suite, options)?, &format!("{CONFIGURATION}{more}"))
    }

    /// The same with another configuration.
    pub(super) fn of(suite: Suite, configuration: &str) -> Result<Self, Failed> {
        Self::on(machine(suite, BootOptions::default())?, configuration)
    }

    /// The same on a machine that is there already.
    pub(super) fn on(machine: Machine, configuration: &str) -> Result<Self, Failed> {
        machine.write("/etc/juniper/juniper.toml", configuration, 0o644)?;
        let stage = Self { machine };
        stage.exits("juniperctl install --now", 0)?;
        stage.waits_until("the watchdog to watch", || {
            stage
                .shown(WATCHDOG, "StatusText")
                .is_ok_and(|told| told.contains("watching 4 services"))
        })?;
        Ok(stage)
    }

    /// Writes the configuration; `more` is appended to it.
    pub(super) fn configure(&self, more: &str) -> Outcome {
        self.machine.write(
            "/etc/juniper/juniper.toml",
            format!("{CONFIGURATION}{more}"),
            0o644,
        )?;
        Ok(())
    }

    pub(super) fn exits(&self, line: &str, code: i32) -> Result<String, Failed> {
        let output = exits(&self.machine, line, code)?;
        Ok(output.stdout + &output.stderr)
    }

    pub(super) fn waits_until(&self, what: &str, holds: impl FnMut() -> bool) -> Outcome {
        self.machine.wait_until(what, BACK, holds)?;
        Ok(())
    }

    /// A property of a unit.
    pub(super) fn shown(&self, unit: &str, property: &str) -> Result<String, Failed> {
        let line = format!("systemctl show -p {property} --value {unit}");
        Ok(self.exits(&line, 0)?.trim().to_owned())
    }

    pub(super) fn process(&self, unit: &str) -> Result<String, Failed> {
        self.shown(unit, "MainPID")
    }

    /// The main processes of all.
    pub(super) fn processes(&self) -> Result<Vec<String>, Failed> {
        ALL.iter().map(|(_, unit)| self.process(unit)).collect()
    }

    /// Sends a signal to a unit's main process, and to that alone.
    pub(super) fn signal(&self, unit: &str, signal: &str) -> Outcome {
        let pid = self.process(unit)?;
        self.exits(&format!("kill -s {signal} {pid}"), 0).map(drop)
    }

    /// Waits until a unit runs as another process, and tells how long that took.
    pub(super) fn replaced(&self, unit: &str, before: &str) -> Result<Duration, Failed> {
        let begun = Instant::now();
        let what = format!("{unit} to be replaced");
        self.waits_until(&what, || {
            self.process(unit)
                .is_ok_and(|pid| pid != before && pid != "0")
        })?;
        Ok(begun.elapsed())
    }

    /// Waits until everybody is well, in systemd's eyes, too: one that answers may still be starting.
    pub(super) fn all_well(&self) -> Outcome {
        let active = ALL.map(|(_, unit)| format!("systemctl is-active --quiet {unit}"));
        let line = format!("juniperctl health && {}", active.join(" && "));
        self.waits_until("the group to be ready", || {
            run(&self.machine, &line).is_ok_and(|well| well.success())
        })
    }

    /// All incidents.
    pub(super) fn incidents(&self) -> Result<Vec<Value>, Failed> {
        let told = exits(&self.machine, "juniperctl incidents --json", 0)?;
        let report: Value = serde_json::from_str(&told.stdout)?;
        Ok(report["incidents"].as_array().cloned().unwrap_or_default())
    }

    /// The only incident.
    pub(super) fn incident(&self) -> Result<Value, Failed> {
        let incidents = self.incidents()?;
        claim(incidents.len() == 1, format!("{incidents:?}"))?;
        Ok(incidents[0].clone())
    }

    /// That data was ended once and nobody else at all, in one incident that tells who suffered.
    pub(super) fn data_alone_was_ended(&self, before: &[String]) -> Outcome {
        let after = self.processes()?;
        claim(
            after[1..] == before[1..],
            format!("{before:?} became {after:?}"),
        )?;
        let incident = self.incident()?;
        claim(
            incident["root_cause"] == "data"
                && incident["consequences"] == serde_json::json!(["cascor", "canopy"]),
            &incident,
        )?;
        let actions = self.actions()?;
        claim(
            actions.len() == 1 && actions[0]["what"] == "aborted" && actions[0]["label"] == "data",
            format!("{actions:?}"),
        )
    }

    /// What was done in the only incident.
    pub(super) fn actions(&self) -> Result<Vec<Value>, Failed> {
        let incidents = self.incidents()?;
        Ok(incidents
            .iter()
            .filter_map(|incident| incident["actions"].as_array())
            .flatten()
            .cloned()
            .collect())
    }

    /// Waits until so many more questions of juniperctl have arrived at these ports, and tells how
    /// long that took. The services count them, not the watchdog.
    pub(super) fn probed(&self, ports: &[u16], count: u64) -> Result<Duration, Failed> {
        let ports: Vec<String> = ports.iter().map(u16::to_string).collect();
        let line = format!(
            "for port in {}; do curl -fsS http://127.0.0.1:$port/standin/probes; echo; done",
            ports.join(" ")
        );
        let arrived = || -> Result<u64, Failed> {
            let mut all = 0;
            for told in self.exits(&line, 0)?.lines() {
                let told: Value = serde_json::from_str(told)?;
                all += told["probes"].as_u64().ok_or("no count")?;
            }
            Ok(all)
        };
        let begun = Instant::now();
        let enough = arrived()? + count;
        let what = format!("{count} probes");
        self.machine
            .wait_until(&what, PROBED, || arrived().is_ok_and(|now| now >= enough))?;
        Ok(begun.elapsed())
    }

    /// Lets the group go on for a while in which something must not happen.
    pub(super) fn goes_on(&self, span: Duration, mut still: impl FnMut() -> Outcome) -> Outcome {
        let begun = Instant::now();
        while begun.elapsed() < span {
            still()?;
            self.exits("sleep 0.5", 0)?;
        }
        Ok(())
    }
}
