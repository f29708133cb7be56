//! The real cascor trains while the real data hangs for a minute: nobody touches the run.

use std::time::{Duration, Instant};

use juniper_lab::{BootOptions, Suite, real};

use super::super::lab::{Outcome, claim, exits, machine};
use super::super::real::{CASCOR, post, training};
use super::stage::{ALL, Stage};
use super::traceback::HANG;

/// The built-in probes; only data is made so that it can be hung in Python.
const CONFIGURATION: &str = "profile = \"full\"\n\
                             [services.data.environment]\nPYTHONPATH = \"/usr/local/lib/hang\"\n";

/// How long data hangs.
const HUNG: Duration = Duration::from_mins(1);

/// A run of two to four minutes on a small computer: much longer than the hang. Two hidden units, so that
/// nothing but the epochs before and after it decides how long.
const NETWORK: &str = r#"{"input_size":2,"output_size":2,"max_hidden_units":2,"candidate_pool_size":2,"candidate_epochs":50,"output_epochs":7000,"correlation_threshold":0.0001}"#;
const DATASET: &str =
    r#"{"dataset_type":"spirals","n_spirals":2,"n_samples":200,"noise":0.05,"params":{"seed":42}}"#;
const START: &str = r#"{"start_fresh":true,"params":{"max_hidden_units":2,"max_iterations":2,"candidate_pool_size":2,"candidate_epochs":50,"output_epochs":7000,"max_epochs":7000,"correlation_threshold":0.0001}}"#;

pub(super) fn goes_on() -> Outcome {
    let environments = real::prepared()?.ok_or("the real services are not prepared")?;
    let machine = machine(Suite::Trixie, environments.shown(BootOptions::default()))?;
    exits(&machine, "install -d /usr/local/lib/hang", 0)?;
    machine.write("/usr/local/lib/hang/sitecustomize.py", HANG, 0o644)?;
    let stage = Stage::on(machine, CONFIGURATION)?;
    let (_, data) = ALL[0];

    post(&stage.machine, "", "network", NETWORK)?;
    post(&stage.machine, "", "training/dataset", DATASET)?;
    let begun = Instant::now();
    post(&stage.machine, "", "training/start", START)?;
    stage.waits_until("the training to begin", || {
        training(&stage.machine, "").is_ok_and(|state| state == "STARTED")
    })?;
    let before = stage.processes()?;
    // Without the pause data would be back after a quarter of a minute. Nobody else is paused.
    stage.exits("juniperctl pause data", 0)?;
    stage.signal(data, "USR1")?;
    stage.goes_on(HUNG, || {
        let now = stage.processes()?;
        claim(now == before, format!("{before:?} became {now:?}"))
    })?;
    // It hangs still, and the run is not over.
    stage.exits("curl -s -m 1 http://127.0.0.1:8100/v1/health/live", 28)?;
    claim(
        training(&stage.machine, "")? == "STARTED",
        "the run did not last as long as the hang",
    )?;
    stage.exits("juniperctl resume data", 0)?;
    stage.replaced(data, &before[0])?;
    stage.all_well()?;
    stage
        .machine
        .wait_until("the run to be complete", Duration::from_mins(8), || {
            training(&stage.machine, "").is_ok_and(|state| state == "COMPLETED")
        })?;
    let took = begun.elapsed();
    stage.data_alone_was_ended(&before)?;
    println!(
        "real services: a run of {:.0} s at {CASCOR} survived data's hang of {} s",
        took.as_secs_f64(),
        HUNG.as_secs()
    );
    Ok(())
}
