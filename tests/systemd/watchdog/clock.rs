//! Somebody sets the clock. Containers share this computer's, which must not be touched: this needs a
//! machine with a clock of its own.

use std::time::{Duration, Instant};

use juniper_lab::vm::Vm;
use libtest_mimic::Failed;

use super::super::lab::{Outcome, claim};
use super::stage::{ALL, WATCHDOG};

/// An emulated machine is slow.
const COMMAND: Duration = Duration::from_mins(1);

/// `failure_threshold` times `interval` plus `timeout` of data, and what an emulated machine adds on a
/// computer that has other work; a step that counted would add hours.
const NOTICED: Duration = Duration::from_secs(3 + 3 + 24);

/// Two a second for longer than `WatchdogSec=` of 10 s.
const PROBES: u64 = 24;

const CONFIGURATION: &str = r#"
profile = "mock"

[services.data]
readiness = { interval = "1s", timeout = "3s" }
liveness = { interval = "1s", timeout = "3s" }

[services.cascor]
readiness = { interval = "1s" }
liveness = { interval = "1s" }
"#;

/// The clock is stepped by a day, both ways, on a machine whose mock group is up: nothing happens, the
/// watchdog goes on, and a hang is noticed as ever.
pub(in super::super) fn stepped(machine: &Vm) -> Outcome {
    let configure = format!("cat >/etc/juniper/juniper.toml <<'END'\n{CONFIGURATION}\nEND");
    machine.succeed(&configure, COMMAND)?;
    machine.succeed("juniperctl install --now --yes", COMMAND)?;
    until(
        machine,
        &format!("systemctl show -p StatusText {WATCHDOG} | grep -q 'watching 4 services'"),
    )?;
    let before = processes(machine)?;
    let day: u64 = 86_400;
    for (step, wanted) in [("+1 day", day), ("-2 days", 2 * day)] {
        let from = seconds(machine)?;
        machine.succeed(&format!("date -s '{step}'"), COMMAND)?;
        claim(
            seconds(machine)?.abs_diff(from).abs_diff(wanted) < 3_600,
            format!("the clock did not take the step of {step}"),
        )?;
        let probed = probes(machine)? + PROBES;
        until(machine, &format!("[ \"$({COUNT})\" -ge {probed} ]"))?;
        let after = processes(machine)?;
        claim(
            after == before,
            format!("{step}: {before:?} became {after:?}"),
        )?;
        let told = machine.succeed("juniperctl incidents --json", COMMAND)?;
        let told: serde_json::Value = serde_json::from_str(&told)?;
        claim(
            told["incidents"].as_array().is_some_and(Vec::is_empty),
            format!("{step}: {told}"),
        )?;
    }
    machine.succeed("juniper-standin fault hang data", COMMAND)?;
    let begun = Instant::now();
    let (_, data) = ALL[0];
    until(
        machine,
        &format!(
            "case $(systemctl show -p MainPID --value {data}) in 0 | {}) false ;; esac",
            before[0]
        ),
    )?;
    let took = begun.elapsed();
    claim(took <= NOTICED, format!("noticed after {took:?}"))?;
    until(machine, "juniperctl health")?;
    println!("clock stepped by a day, both ways: a hang is noticed {took:.1?} after it");
    Ok(())
}

/// Prints how often juniperctl has asked data.
const COUNT: &str = "curl -fsS http://127.0.0.1:8100/standin/probes | tr -dc 0-9";

fn probes(machine: &Vm) -> Result<u64, Failed> {
    Ok(machine.succeed(COUNT, COMMAND)?.trim().parse()?)
}

/// Of the services and of the watchdog.
fn processes(machine: &Vm) -> Result<Vec<String>, Failed> {
    let units = ALL.map(|(_, unit)| unit).join(" ");
    let line = format!("systemctl show -p MainPID --value {units} {WATCHDOG}");
    let told = machine.succeed(&line, COMMAND)?;
    let pids: Vec<String> = told.split_whitespace().map(str::to_owned).collect();
    claim(
        pids.len() == ALL.len() + 1 && !pids.contains(&"0".to_owned()),
        &told,
    )?;
    Ok(pids)
}

fn seconds(machine: &Vm) -> Result<u64, Failed> {
    Ok(machine.succeed("date +%s", COMMAND)?.trim().parse()?)
}

/// Waits in the machine until a command succeeds.
fn until(machine: &Vm, line: &str) -> Outcome {
    machine.succeed(&format!("until {line}; do sleep 0.2; done"), COMMAND)?;
    Ok(())
}
