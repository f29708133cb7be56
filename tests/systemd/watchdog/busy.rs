//! A cascor that says that it trains and gives no answer: left alone while its processor time
//! advances, up to a limit; one that stands still is no more than silent.

use std::time::{Duration, Instant};

use juniper_lab::Suite;
use libtest_mimic::Failed;

use super::super::lab::{Outcome, claim};
use super::stage::{ALL, SLACK, Stage};

const CONFIGURATION: &str = r#"
profile = "mock"

[watchdog]
backoff = "1s"

[services.cascor]
readiness = { interval = "1s" }
liveness = { interval = "1s", timeout = "2s", busy_limit = "12s" }
environment.JUNIPER_STANDIN_TRAINING = "600s"
"#;

/// `busy_limit` of the configuration.
const LIMIT: Duration = Duration::from_secs(12);

/// `interval` and `timeout` of cascor's liveness: the question that the limit falls into.
const QUESTION: Duration = Duration::from_secs(1 + 2);

/// From the fault to the signal where it is not at work.
const NOTICED: Duration = Duration::from_secs(3 + 2);

pub(super) fn guarded(suite: Suite) -> Outcome {
    let stage = Stage::of(suite, CONFIGURATION)?;
    let (_, cascor) = ALL[1];

    let before = trains(&stage)?;
    let begun = Instant::now();
    stage.exits("juniper-standin fault busy cascor", 0)?;
    stage.goes_on(LIMIT.saturating_sub(Duration::from_secs(1)), || {
        let now = stage.processes()?;
        claim(now == before, format!("{before:?} became {now:?}"))
    })?;
    // It is reported all the same.
    claim(stage.incident()?["root_cause"] == "cascor", "no incident")?;
    claim(stage.actions()?.is_empty(), "something was done")?;
    stage.replaced(cascor, &before[1])?;
    let took = begun.elapsed();
    claim(
        took <= LIMIT + QUESTION + SLACK,
        format!("ended {took:?} after it fell silent"),
    )?;
    stage.all_well()?;

    let before = trains(&stage)?;
    stage.signal(cascor, "STOP")?;
    let stood = stage.replaced(cascor, &before[1])?;
    claim(
        stood <= NOTICED + SLACK,
        format!("noticed after {stood:?} though it stood still"),
    )?;
    stage.all_well()?;
    let actions = stage.actions()?;
    claim(
        actions.len() == 2
            && actions
                .iter()
                .all(|action| action["what"] == "aborted" && action["label"] == "cascor"),
        format!("{actions:?}"),
    )?;
    println!(
        "systemd {}: busy and silent for {:.1} s, stopped and silent for {:.1} s",
        suite.systemd_version(),
        took.as_secs_f64(),
        stood.as_secs_f64()
    );
    Ok(())
}

/// Starts a run, waits until the watchdog has heard of it, and tells all processes.
fn trains(stage: &Stage) -> Result<Vec<String>, Failed> {
    stage.exits(
        "curl -fsS -X POST http://127.0.0.1:8200/v1/training/start",
        0,
    )?;
    // Both endpoints are asked in turns.
    stage.probed(&[8200], 4)?;
    stage.processes()
}
