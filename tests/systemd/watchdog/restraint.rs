//! What is not done: more than the budget, anything while paused, anything to what a person stopped.

use std::time::Duration;

use juniper_lab::Suite;
use libtest_mimic::Failed;
use serde_json::Value;

use super::super::lab::{Outcome, claim, has};
use super::notification;
use super::stage::{ALL, NOTICED, SLACK, Stage, WATCHDOG};

/// Ready, and hung soon after, every time.
const HANGS: &str = "[services.data.environment]\nJUNIPER_STANDIN_FAULT = \"hang\"\n\
                     JUNIPER_STANDIN_FAULT_AFTER = \"2s\"\n";

/// The pauses between the actions, as they were at least to be.
const PAUSES: [u64; 2] = [4, 8];

/// A service that hangs again and again: three times with growing pauses, then no more until a person
/// says so. Somebody is told of it once.
pub(super) fn given_up(suite: Suite) -> Outcome {
    let stage = Stage::set(suite, &format!("{HANGS}{}", notification::COMMAND))?;
    let others = stage.processes()?;
    stage
        .machine
        .wait_until("data to be given up", Duration::from_mins(2), || {
            stage
                .shown(WATCHDOG, "StatusText")
                .is_ok_and(|told| told.ends_with("given up: data"))
        })?;
    let actions = stage.actions()?;
    claim(
        words(&actions) == ["aborted", "aborted", "aborted", "given_up"],
        format!("{actions:?}"),
    )?;
    let at: Vec<u64> = actions
        .iter()
        .filter_map(|action| action["at_us"].as_u64())
        .collect();
    for (pair, pause) in at.windows(2).zip(PAUSES) {
        claim(
            pair[1] - pair[0] >= pause * 1_000_000,
            format!("{at:?}: less than {pause} s"),
        )?;
    }
    let process = stage.process(ALL[0].1)?;
    // Not even after its own restart.
    stage.signal(WATCHDOG, "KILL")?;
    stage.goes_on(Duration::from_secs(20), || {
        claim(stage.process(ALL[0].1)? == process, "it went on acting")
    })?;
    let incident = stage.incident()?;
    claim(incident["closed_us"].is_null(), &incident)?;
    // Somebody was told: once, not once for each try, and not again by the next watchdog.
    notification::told_once(&stage)?;
    has(
        &stage.exits("juniperctl why data", 0)?,
        &["the watchdog has given data up; `juniperctl start data`"],
    )?;
    has(
        &stage.exits("juniperctl status", 0)?,
        &["the watchdog has given data up"],
    )?;
    has(
        &stage.exits("juniperctl health data", 3)?,
        &["the watchdog has given data up"],
    )?;
    has(
        &stage.exits("curl -fsS http://127.0.0.1:8060/metrics", 0)?,
        &["\njuniper_given_up{service=\"data\"} 1\n"],
    )?;
    let now = stage.processes()?;
    claim(
        now[1..] == others[1..],
        format!("{others:?} became {now:?}"),
    )?;
    // A person has it tried again.
    stage.exits("juniperctl start data --no-wait", 0)?;
    stage.replaced(ALL[0].1, &process)?;
    notification::tried(&stage)
}

fn words(actions: &[Value]) -> Vec<&str> {
    actions
        .iter()
        .filter_map(|action| action["what"].as_str())
        .collect()
}

/// Paused, stopped, starting: nothing is done. What is reported is reported all the same.
pub(super) fn paused(suite: Suite) -> Outcome {
    let stage = Stage::set(suite, "")?;
    let before = stage.processes()?;
    has(
        &stage.exits("juniperctl pause", 0)?,
        &["the watchdog leaves all services alone until `juniperctl resume`"],
    )?;
    stage.waits_until("systemd to be told", || {
        stage
            .shown(WATCHDOG, "StatusText")
            .is_ok_and(|told| told.ends_with("paused"))
    })?;
    stage.exits("juniper-standin fault hang data", 0)?;
    let untouched = || -> Outcome {
        let now = stage.processes()?;
        claim(now == before, format!("{before:?} became {now:?}"))
    };
    stage.goes_on(NOTICED + SLACK, untouched)?;
    claim(stage.incident()?["root_cause"] == "data", "no incident")?;
    // A new configuration changes nothing about it.
    stage.exits("systemctl reload juniper-watchdog.service", 0)?;
    stage.goes_on(NOTICED + SLACK, untouched)?;
    has(
        &stage.exits("journalctl -u juniper-watchdog.service -o cat", 0)?,
        &["the configuration was read again"],
    )?;
    stage.exits("juniperctl resume", 0)?;
    stage.replaced(ALL[0].1, &before[0])?;
    stage.all_well()?;
    by_hand(&stage)
}

/// What a person stops stays stopped, is no incident, and its dependents are left alone.
fn by_hand(stage: &Stage) -> Result<(), Failed> {
    let before = stage.processes()?;
    stage.exits("systemctl stop juniper-data.service", 0)?;
    stage.goes_on(NOTICED + SLACK, || {
        let now = stage.processes()?;
        claim(now[0] == "0" && now[1..] == before[1..], format!("{now:?}"))
    })?;
    claim(stage.actions()?.len() == 1, "something was done")
}
