//! A group made for losing things: `a`, one dependent for each policy, and one that has nothing to do
//! with it.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::time::{Duration, Instant};

use juniper_lab::{BootOptions, Machine, Suite};
use libtest_mimic::Failed;

use super::super::lab::{Outcome, claim, exits, machine, run};
use super::table::note;

/// Everybody.
pub(super) const ALL: [&str; 5] = ["a", "keep", "restart", "stop", "other"];

/// Those that depend on `a`, named as their policies.
pub(super) const DEPENDENTS: [&str; 3] = ["keep", "restart", "stop"];

/// The program of every service: misbehaves as the file beside its state says, a number of times.
const PROGRAM: &str = r#"#!/bin/sh
order=/run/orders/$1
if read -r how times < "$order" 2>/dev/null && [ "$times" -gt 0 ]; then
    if [ "$times" -lt 99 ]; then echo "$how $((times - 1))" > "$order"; fi
    case $how in
        exit) exit 1 ;;
        unready) export JUNIPER_STANDIN_READY_AFTER=1h ;;
        slow) export JUNIPER_STANDIN_READY_AFTER=1500ms ;;
    esac
fi
exec /usr/bin/juniper-standin data
"#;

/// How long anything may take to come back.
pub(super) const BACK: Duration = Duration::from_secs(30);

/// The group on a machine.
pub(super) struct Stage {
    pub(super) machine: Machine,
    pub(super) suite: Suite,
}

/// Who runs as what, at one moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Look {
    processes: BTreeMap<String, String>,
}

impl Look {
    /// Whether a service has another process than before, and has one.
    pub(super) fn differs(&self, before: &Self, service: &str) -> bool {
        let now = self.processes.get(service);
        now != before.processes.get(service) && now.is_some_and(|pid| pid != "0")
    }
}

impl Stage {
    /// Installs the group; nothing is started.
    pub(super) fn set(suite: Suite) -> Result<Self, Failed> {
        let machine = machine(suite, BootOptions::default())?;
        machine.write("/usr/local/bin/actor", PROGRAM, 0o755)?;
        let mut text = String::from("profile = \"stage\"\n");
        for (number, name) in ALL.iter().enumerate() {
            let port = 9000 + number;
            let _ = write!(
                text,
                "[services.{name}]\ncommand = [\"/usr/local/bin/actor\", \"{name}\"]\nport = {port}\n\
                 startup = {{ interval = \"1s\", failure_threshold = 2 }}\n\
                 readiness = {{ path = \"/v1/health/ready\" }}\n\
                 liveness = {{ path = \"/v1/health/live\" }}\n\
                 exposure_budget = 1.1\n\
                 relax.ProtectSystem = \"the tests' orders are rewritten by the services\"\n\
                 derived_environment = {{ JUNIPER_DATA_PORT = \"self.port\", JUNIPER_DATA_STORAGE_PATH = \"self.state/sets\" }}\n"
            );
            if DEPENDENTS.contains(name) {
                let _ = writeln!(
                    text,
                    "depends_on.a = {{ gate = \"ready\", when_lost = \"{name}\" }}"
                );
            }
        }
        let names = ALL.map(|name| format!("\"{name}\"")).join(", ");
        let _ = write!(text, "[profiles.stage]\nservices = [{names}]\n");
        machine.write("/etc/juniper/juniper.toml", text, 0o644)?;
        exits(&machine, "install -d -m 777 /run/orders", 0)?;
        exits(&machine, "juniperctl install", 0)?;
        Ok(Self { machine, suite })
    }

    /// Has a service misbehave in its next starts; 99 times is always.
    pub(super) fn order(&self, service: &str, how: &str, times: u32) -> Outcome {
        let path = format!("/run/orders/{service}");
        self.machine
            .write(&path, format!("{how} {times}\n"), 0o666)?;
        Ok(())
    }

    /// Runs a command that must end with this code.
    pub(super) fn exits(&self, line: &str, code: i32) -> Result<String, Failed> {
        let output = exits(&self.machine, line, code)?;
        Ok(output.stdout + &output.stderr)
    }

    /// A property of a service's unit.
    pub(super) fn shown(&self, service: &str, property: &str) -> Result<String, Failed> {
        let line = format!("systemctl show -p {property} --value juniper-{service}.service");
        Ok(self.exits(&line, 0)?.trim().to_owned())
    }

    /// Everybody ready.
    pub(super) fn start(&self) -> Outcome {
        self.exits("juniperctl start", 0)?;
        self.all_ready("after a start", &ALL).map(drop)
    }

    /// Waits until these are active, and tells how long that took.
    pub(super) fn all_ready(&self, when: &str, services: &[&str]) -> Result<Duration, Failed> {
        let units: Vec<String> = services
            .iter()
            .map(|service| format!("juniper-{service}.service"))
            .collect();
        // `is-active` itself is content with one of them.
        let line = format!(
            "test $(systemctl is-active {} | grep -cx active) = {}",
            units.join(" "),
            units.len()
        );
        let begun = Instant::now();
        self.machine
            .wait_until(&format!("{services:?} to be ready {when}"), BACK, || {
                run(&self.machine, &line).is_ok_and(|output| output.success())
            })?;
        Ok(begun.elapsed())
    }

    /// Waits until a service's unit says so.
    pub(super) fn wait_for(&self, service: &str, property: &str, value: &str) -> Outcome {
        let what = format!("{service} to have {property}={value}");
        self.machine.wait_until(&what, BACK, || {
            self.shown(service, property)
                .is_ok_and(|shown| shown == value)
        })?;
        Ok(())
    }

    /// Kills a service's main process, and that alone.
    pub(super) fn kill(&self, service: &str) -> Outcome {
        let pid = self.shown(service, "MainPID")?;
        self.exits(&format!("kill -s KILL {pid}"), 0).map(drop)
    }

    /// Whether the service's own program runs, not its gate.
    pub(super) fn is_past_its_gate(&self, service: &str) -> Result<bool, Failed> {
        let pid = self.shown(service, "MainPID")?;
        let line = format!("cat /proc/{pid}/comm 2>/dev/null; true");
        let name = self.exits(&line, 0)?;
        Ok(pid != "0" && name.trim() == "juniper-standin")
    }

    /// When a service's program last began, by the journal's clock in microseconds.
    pub(super) fn last_began(&self, service: &str) -> Result<u64, Failed> {
        let line = format!(
            "journalctl -o json -u juniper-{service}.service | grep 'listening on' | tail -n 1"
        );
        let entry: serde_json::Value = serde_json::from_str(&self.exits(&line, 0)?)?;
        let time = entry["__MONOTONIC_TIMESTAMP"].as_str();
        Ok(time.ok_or("an entry without a time")?.parse()?)
    }

    /// Who runs as what.
    pub(super) fn look(&self) -> Result<Look, Failed> {
        let mut processes = BTreeMap::new();
        for service in ALL {
            processes.insert(service.to_owned(), self.shown(service, "MainPID")?);
        }
        Ok(Look { processes })
    }

    /// Notes and checks what became of each dependent between two looks: `same` process or `new` one.
    pub(super) fn became(
        &self,
        situation: &'static str,
        before: &Look,
        after: &Look,
        expected: &[(&str, &str)],
        took: Duration,
    ) -> Outcome {
        for (service, wanted) in expected {
            let found = if before.processes.get(*service) == after.processes.get(*service) {
                "same"
            } else {
                "new"
            };
            let outcome = match found {
                "same" => "untouched".to_owned(),
                _ => format!("restarted, back after {}", seconds(took)),
            };
            note(self.suite, situation, service, outcome);
            claim(
                found == *wanted,
                format!("{situation}: {service} has a {found} process, not a {wanted} one"),
            )?;
        }
        Ok(())
    }
}

/// A time as the table shows it.
pub(super) fn seconds(span: Duration) -> String {
    format!("{:.1} s", span.as_secs_f64())
}
