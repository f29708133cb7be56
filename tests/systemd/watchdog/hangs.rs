//! Every way to hang: noticed within the promised time, with the right words, and cured by the restart
//! of that one service.

use std::io::{self, Write as _};
use std::time::{Duration, Instant};

use juniper_lab::Suite;

use super::super::lab::{Outcome, claim, has};
use super::stage::{ALL, NOTICED, SLACK, Stage, WATCHDOG};

/// What is done to data, and what the watchdog says of it.
const WAYS: [(&str, &str); 7] = [
    ("stop", "no answer within"),
    ("hang", "no answer within"),
    ("busy", "no answer within"),
    ("garbage", "not in the form of a health reply"),
    ("huge", "not in the form of a health reply"),
    ("redirect", "a redirect"),
    ("drip", "no answer within"),
];

pub(super) fn all(suite: Suite) -> Outcome {
    let stage = Stage::set(suite, "")?;
    let (_, data) = ALL[0];
    let mut told = Vec::new();
    for (number, (way, words)) in WAYS.into_iter().enumerate() {
        // Each is a fault of its own: the budget is not the matter here, and neither is systemd's.
        stage.exits("juniperctl resume data", 0)?;
        stage.exits("systemctl reset-failed 'juniper-*'", 0)?;
        stage.all_well()?;
        let before = stage.processes()?;
        let begun = Instant::now();
        if way == "stop" {
            stage.signal(data, "STOP")?;
        } else {
            stage.exits(&format!("juniper-standin fault {way} data"), 0)?;
        }
        stage.replaced(data, &before[0])?;
        let took = begun.elapsed();
        stage.all_well()?;
        let after = stage.processes()?;
        claim(
            after[1..] == before[1..],
            format!("{way}: {before:?} became {after:?}"),
        )?;
        claim(
            took <= NOTICED + SLACK,
            format!("{way} was noticed after {took:?}"),
        )?;
        let actions = stage.actions()?;
        claim(actions.len() == number + 1, format!("{way}: {actions:?}"))?;
        let last = actions[number].clone();
        claim(
            last["what"] == "aborted"
                && last["label"] == "data"
                && last["why"].as_str().is_some_and(|why| why.contains(words)),
            format!("{way}: {last}"),
        )?;
        told.push(format!("{way} {} ms", took.as_millis()));
    }
    // One incident: none of the faults let the group be well for a minute.
    let incident = stage.incident()?;
    claim(incident["root_cause"] == "data", &incident)?;
    let story = stage.exits("juniperctl why data", 0)?;
    has(
        &story,
        &[
            "incident 1: data: ",
            "last good answer of data",
            "ended with SIGABRT",
            "now: data is active",
            "depend on it: cascor, canopy",
        ],
    )?;
    has(
        &stage.exits("juniperctl incidents", 0)?,
        &["incident 1: data", "not over yet"],
    )?;
    let entry = stage.exits(
        "journalctl -o json MESSAGE_ID=8b0f3c5de1a94c7c9d5e6a1f2b7340d1",
        0,
    )?;
    let entry: serde_json::Value = serde_json::from_str(entry.trim())?;
    claim(
        entry["JUNIPER_ROOT"] == "data" && entry["_SYSTEMD_UNIT"] == WATCHDOG,
        &entry,
    )?;
    memory(&stage, &told.join(", "), suite)
}

/// What the watchdog itself needs after all that, replies of 100 MB included.
fn memory(stage: &Stage, told: &str, suite: Suite) -> Outcome {
    let pid = stage.process(WATCHDOG)?;
    let line = format!("awk '/^Pss:/ {{ print $2 }}' /proc/{pid}/smaps_rollup");
    let kibibytes: u64 = stage.exits(&line, 0)?.trim().parse()?;
    let processor: u64 = stage.shown(WATCHDOG, "CPUUsageNSec")?.parse().unwrap_or(0);
    writeln!(
        io::stdout(),
        "systemd {}: noticed after: {told}; watchdog {kibibytes} KiB PSS, {} ms of processor time",
        suite.systemd_version(),
        Duration::from_nanos(processor).as_millis()
    )?;
    claim(
        kibibytes <= 10 * 1024,
        format!("the watchdog needs {kibibytes} KiB"),
    )
}
