//! A healthy group on a computer that has no time for it: a thousand probes, and nothing is done.

use std::thread::available_parallelism;

use juniper_lab::Suite;
use libtest_mimic::Failed;

use super::super::lab::{Outcome, claim};
use super::stage::Stage;

/// Four times a second; the time-outs are the built-in ones.
const CONFIGURATION: &str = r#"
profile = "mock"

[services.data]
readiness = { interval = "250ms" }
liveness = { interval = "250ms" }

[services.cascor]
readiness = { interval = "250ms" }
liveness = { interval = "250ms" }

[services.canopy]
readiness = { interval = "250ms" }
liveness = { interval = "250ms" }

[services.worker]
readiness = { interval = "250ms" }
liveness = { interval = "250ms" }
"#;

/// Where the four listen.
const PORTS: [u16; 4] = [8100, 8200, 8050, 8210];

/// So many answers must be good.
const PROBES: u64 = 1_000;

/// Writes to memory that it has just been given, again and again.
const CHURN: &str = "python3 -c 'while True: b\"x\" * 100_000_000'";

pub(super) fn bears(suite: Suite) -> Outcome {
    let stage = Stage::of(suite, CONFIGURATION)?;
    let before = stage.processes()?;
    let spinners = 2 * available_parallelism()?.get();
    let load = format!("for i in $(seq {spinners}); do while :; do :; done & done; {CHURN} & wait");
    stage
        .machine
        .write("/usr/local/bin/load", format!("#!/bin/sh\n{load}\n"), 0o755)?;
    stage.exits("systemd-run --quiet --unit=load /usr/local/bin/load", 0)?;
    stage.exits("systemctl is-active load.service", 0)?;
    let begun = processor(&stage)?;
    let took = stage.probed(&PORTS, PROBES)?;
    let ended = processor(&stage)?;
    stage.exits("systemctl is-active load.service", 0)?;
    stage.exits("systemctl stop load.service", 0)?;
    let idle = (ended.idle - begun.idle) * 100 / (ended.all - begun.all).max(1);
    println!(
        "systemd {}: {PROBES} probes within {:.1} s beside {spinners} busy loops, the processors {idle} % idle",
        suite.systemd_version(),
        took.as_secs_f64()
    );
    claim(idle <= 5, format!("the processors were {idle} % idle"))?;
    let incidents = stage.incidents()?;
    claim(incidents.is_empty(), format!("{incidents:?}"))?;
    let after = stage.processes()?;
    claim(after == before, format!("{before:?} became {after:?}"))
}

/// What the computer's processors have done so far, in ticks.
struct Processor {
    all: u64,
    idle: u64,
}

fn processor(stage: &Stage) -> Result<Processor, Failed> {
    let told = stage.exits("head -n 1 /proc/stat", 0)?;
    let ticks: Vec<u64> = told
        .split_whitespace()
        .skip(1)
        .map_while(|ticks| ticks.parse().ok())
        .collect();
    Ok(Processor {
        all: ticks.iter().take(8).sum(),
        // Idle, and waiting for a disk.
        idle: ticks.iter().skip(3).take(2).sum(),
    })
}
