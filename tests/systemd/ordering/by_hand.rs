//! What people stop and start by hand: it stays as they left it, and is no failure.

use std::time::Instant;

use juniper_lab::Suite;

use super::super::lab::{Outcome, claim, everything_stops};
use super::stage::{ALL, BACK, Stage, seconds};
use super::table::note;

const LATER: &str = "E5 dependent restarted while the dependency is away";
const CALLED_OFF: &str = "start stopped half way";

/// What somebody stopped stays stopped, whatever crashes; a dependent that is restarted meanwhile
/// waits in its gate.
pub(super) fn stopped(suite: Suite) -> Outcome {
    let stage = Stage::set(suite)?;
    stage.start()?;
    stage.exits(
        "systemctl stop juniper-keep.service juniper-restart.service",
        0,
    )?;
    stage.kill("a")?;
    stage.all_ready("though a was killed", &["a", "stop", "other"])?;
    stage.exits("systemctl restart juniper-a.service", 0)?;
    stage.all_ready("though a was restarted", &["a", "stop", "other"])?;
    for service in ["keep", "restart"] {
        claim(
            stage.shown(service, "ActiveState")? == "inactive",
            format!("{service} was started again"),
        )?;
    }
    note(
        suite,
        "manual stop of a dependent",
        "keep",
        "stays stopped".to_owned(),
    );
    stage.start()?;

    stage.exits("systemctl stop juniper-a.service", 0)?;
    stage.kill("keep")?;
    stage.wait_for("keep", "SubState", "start-post")?;
    claim(!stage.is_past_its_gate("keep")?, "keep started without a")?;
    stage.wait_for(
        "keep",
        "StatusText",
        "waiting: a is down: nothing listens on its port",
    )?;
    claim(
        stage.shown("a", "ActiveState")? == "inactive",
        "the crash of a dependent started what was stopped by hand",
    )?;
    note(
        suite,
        "manual stop of the dependency, dependent crashes",
        "a",
        "stays stopped".to_owned(),
    );
    note(suite, LATER, "keep", "waits in its gate".to_owned());
    let begun = Instant::now();
    stage.exits("systemctl start juniper-a.service", 0)?;
    stage.all_ready("once a is back", &ALL)?;
    note(
        suite,
        "dependency back",
        "keep",
        format!("ready after {}", seconds(begun.elapsed())),
    );
    // A start of the running target brings back what is missing, and waits for it, too.
    stage.exits("systemctl stop juniper-a.service", 0)?;
    stage.exits("systemctl start juniper.target", 0)?;
    claim(
        stage.shown("a", "ActiveState")? == "active",
        "the start of the target did not wait for a",
    )?;
    one_by_hand(&stage)?;
    called_off(&stage)
}

/// A start that somebody stops half way is no failure, whether its watcher is there already or not.
fn called_off(stage: &Stage) -> Outcome {
    stage.exits("systemctl stop juniper.target", 0)?;
    everything_stops(&stage.machine)?;
    stage.order("a", "unready", 99)?;
    for moment in ["", "starting: "] {
        stage.exits("systemctl start --no-block juniper-a.service", 0)?;
        stage.wait_for("a", "SubState", "start-post")?;
        stage
            .machine
            .wait_until("a to have come so far", BACK, || {
                stage
                    .shown("a", "StatusText")
                    .is_ok_and(|text| text.starts_with(moment))
            })?;
        stage.exits("systemctl stop juniper-a.service", 0)?;
        let left = stage.exits(
            "systemctl show -p ActiveState,Result juniper-a.service | sort",
            0,
        )?;
        claim(
            left == "ActiveState=inactive\nResult=success\n",
            format!("a start that was called off at {moment:?} left {left}"),
        )?;
    }
    stage.order("a", "unready", 0)?;
    note(
        stage.suite,
        CALLED_OFF,
        "a",
        "stopped, no failure".to_owned(),
    );
    Ok(())
}

/// `juniperctl start SERVICE` brings what the service depends on, and nobody else.
fn one_by_hand(stage: &Stage) -> Outcome {
    stage.exits("systemctl stop juniper.target", 0)?;
    everything_stops(&stage.machine)?;
    stage.exits("juniperctl start keep", 0)?;
    for (service, state) in [
        ("a", "active"),
        ("keep", "active"),
        ("stop", "inactive"),
        ("other", "inactive"),
    ] {
        let found = stage.shown(service, "ActiveState")?;
        claim(found == state, format!("{service} is {found}, not {state}"))?;
    }
    Ok(())
}
