//! Nothing configured: how long it takes from a hang until the service is ready again.

use std::time::{Duration, Instant};

use juniper_lab::Suite;

use super::super::lab::{Outcome, claim, run};
use super::stage::{ALL, SLACK, Stage};

/// What the built-in probes promise (`src/spec/builtin.toml`).
const READY_AGAIN: Duration = Duration::from_secs(17);

/// Those that hang in one round: nobody who depends on another of them, because nobody is ended
/// while what it depends on is broken.
const ROUNDS: [&[usize]; 3] = [&[0], &[1], &[2, 3]];

pub(super) fn kept(suite: Suite) -> Outcome {
    let stage = Stage::of(suite, "profile = \"mock\"\n")?;
    let mut told = Vec::new();
    for hung in ROUNDS {
        let before = stage.processes()?;
        let mut begun = Vec::new();
        for member in hung {
            let name = ALL[*member].0.trim_end_matches("@1");
            stage.exits(&format!("juniper-standin fault hang {name}"), 0)?;
            begun.push((*member, Instant::now()));
        }
        while !begun.is_empty() {
            let mut back = None;
            stage.waits_until("one that hung to be ready again", || {
                back = begun.iter().position(|(member, _)| {
                    let (label, unit) = ALL[*member];
                    stage
                        .process(unit)
                        .is_ok_and(|pid| pid != before[*member] && pid != "0")
                        && run(&stage.machine, &format!("juniperctl health {label}"))
                            .is_ok_and(|health| health.success())
                });
                back.is_some()
            })?;
            let (member, since) = begun.remove(back.ok_or("nobody is back")?);
            let (took, label) = (since.elapsed(), ALL[member].0);
            told.push(format!("{label} {:.1} s", took.as_secs_f64()));
            claim(
                took <= READY_AGAIN + SLACK,
                format!("{label} was ready again after {took:?}"),
            )?;
        }
        stage.all_well()?;
        let after = stage.processes()?;
        for member in 0..ALL.len() {
            claim(
                hung.contains(&member) != (after[member] == before[member]),
                format!("{hung:?} hung: {before:?} became {after:?}"),
            )?;
        }
    }
    println!(
        "systemd {}: from the hang to ready again, at the defaults: {}",
        suite.systemd_version(),
        told.join(", ")
    );
    let actions = stage.actions()?;
    claim(
        actions.len() == ALL.len() && actions.iter().all(|action| action["what"] == "aborted"),
        format!("{actions:?}"),
    )
}
