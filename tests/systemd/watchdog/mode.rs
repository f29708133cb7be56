//! A canopy in demo mode where service mode is wanted: ready, healthy, and showing invented data. One
//! restart cures it; where it does not, there is an end to restarts.

use std::time::Duration;

use juniper_lab::Suite;
use libtest_mimic::Failed;

use super::super::lab::{Outcome, claim, has};
use super::stage::{ALL, NOTICED, Stage, WATCHDOG};

/// canopy begins before cascor listens, and is in demo mode then for good, as the real one is.
const EARLY: &str = r#"
[services.cascor.environment]
JUNIPER_STANDIN_LIVE_AFTER = "2s"

[services.canopy.depends_on]
cascor = { gate = "started" }
"#;

/// Falls back into demo mode soon after each start.
const AGAIN: &str = r#"
[watchdog]
backoff = "1s"

[services.canopy.environment]
JUNIPER_STANDIN_FAULT = "demo"
JUNIPER_STANDIN_FAULT_AFTER = "2s"
"#;

pub(super) fn cured(suite: Suite) -> Outcome {
    let stage = Stage::set(suite, EARLY)?;
    let (_, canopy) = ALL[2];
    let line = format!("journalctl -o cat -u {canopy}");
    let modes = || -> Result<Vec<String>, Failed> {
        let told = stage.exits(&line, 0)?;
        Ok(told
            .lines()
            .filter_map(|line| line.split_once("backend initialized: "))
            .filter_map(|(_, rest)| rest.split_whitespace().next())
            .map(str::to_owned)
            .collect())
    };
    // While cascor is away it is degraded, and active; then it claims to be ready.
    stage.waits_until("canopy to be started anew", || {
        modes().is_ok_and(|modes| modes.len() > 1)
    })?;
    stage.all_well()?;
    let cured = stage.processes()?;
    stage.goes_on(NOTICED, || {
        let after = stage.processes()?;
        claim(after == cured, format!("{cured:?} became {after:?}"))
    })?;
    claim(modes()? == ["demo", "service"], format!("{:?}", modes()?))?;
    claim(words(&stage)? == ["restarted"], stage.incident()?)?;
    claim(stage.actions()?.len() == 1, "others were touched")?;
    given_up(&stage, &cured)
}

/// No restart cures it: the budget ends it.
fn given_up(stage: &Stage, others: &[String]) -> Outcome {
    stage
        .machine
        .write("/etc/juniper/juniper.toml.d/again.toml", AGAIN, 0o644)?;
    stage.exits("juniperctl install --now", 0)?;
    stage.exits("juniperctl resume canopy", 0)?;
    stage
        .machine
        .wait_until("canopy to be given up", Duration::from_mins(1), || {
            stage
                .shown(WATCHDOG, "StatusText")
                .is_ok_and(|told| told.ends_with("given up: canopy"))
        })?;
    claim(
        words(stage)?
            == [
                "restarted",
                "restarted",
                "restarted",
                "restarted",
                "given_up",
            ],
        format!("{:?}", stage.actions()?),
    )?;
    let last = stage.processes()?;
    stage.goes_on(NOTICED, || {
        let now = stage.processes()?;
        claim(now == last, format!("{last:?} became {now:?}"))
    })?;
    claim(
        last[..2] == others[..2] && last[3] == others[3],
        format!("{others:?} became {last:?}"),
    )?;
    has(
        &stage.exits("juniperctl status", 0)?,
        &["the watchdog has given canopy up"],
    )
}

/// What was done to canopy, in order.
fn words(stage: &Stage) -> Result<Vec<String>, Failed> {
    Ok(stage
        .actions()?
        .iter()
        .filter(|action| action["label"] == "canopy")
        .filter_map(|action| action["what"].as_str())
        .map(str::to_owned)
        .collect())
}
