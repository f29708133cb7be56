//! A data that hangs, and the researcher's run beside it; `survival` is the same with real services.

use std::time::Duration;

use juniper_lab::Suite;

use super::super::lab::{Outcome, claim};
use super::super::real::training;
use super::stage::{ALL, Stage};

/// Longer than the hang.
const TRAINING: &str = "[services.cascor.environment]\nJUNIPER_STANDIN_TRAINING = \"30s\"\n";

/// Four times as long as the watchdog would take without the pause.
const HUNG: Duration = Duration::from_secs(20);

/// Nobody but data is restarted, the run completes, and it is one incident.
pub(super) fn goes_on(suite: Suite) -> Outcome {
    let stage = Stage::set(suite, TRAINING)?;
    stage.exits(
        "curl -fsS -X POST http://127.0.0.1:8200/v1/training/start",
        0,
    )?;
    let before = stage.processes()?;
    // Without the pause data would be back after five seconds.
    stage.exits("juniperctl pause data --for 5min", 0)?;
    stage.exits("juniper-standin fault hang data", 0)?;
    stage.goes_on(HUNG, || {
        let now = stage.processes()?;
        claim(now == before, format!("{before:?} became {now:?}"))
    })?;
    claim(
        training(&stage.machine, "")? == "STARTED",
        "the run did not last as long as the hang",
    )?;
    stage.exits("juniperctl resume data", 0)?;
    stage.replaced(ALL[0].1, &before[0])?;
    stage.all_well()?;
    stage
        .machine
        .wait_until("the run to be complete", Duration::from_mins(1), || {
            training(&stage.machine, "").is_ok_and(|state| state == "COMPLETED")
        })?;
    stage.data_alone_was_ended(&before)?;
    // All have been well for a minute: it is over. No version of systemd has a part in that.
    if suite != Suite::Trixie {
        return Ok(());
    }
    stage
        .machine
        .wait_until("the incident to be over", Duration::from_secs(90), || {
            stage
                .incident()
                .is_ok_and(|incident| incident["closed_us"].is_u64())
        })?;
    Ok(())
}
