//! The matrix: who restarts, who stops, who comes back when a dependency fails or dies.

use std::time::Instant;

use juniper_lab::Suite;

use super::super::lab::{Outcome, claim, everything_stops, has};
use super::stage::{ALL, DEPENDENTS, Stage, seconds};
use super::table::note;

const KILLED: &str = "E7 dependency killed";
const RESTARTED: &str = "E7r dependency restarted by hand";
const STOPPED: &str = "E7s dependency stopped by hand";
const RETURNED: &str = "E7s dependency started again";
const FIRST_GATE: &str = "E1/E4 dependency's first start is not ready";
const CRASHED: &str = "E1 dependency's first start exits";
const UNGATED: &str = "E3 while the dependency's start fails";
const OFTEN: &str = "dependency restarted seven times within a minute";
const STARTING: &str = "dependency killed while the dependent starts";
const TARGET: &str = "E6 target stopped";
const OVERRUN: &str = "E8 start takes longer than its budget";
const LIMIT: &str = "E11 start limit hit";
const HANDLER: &str = "F1/F2 OnFailure= with retries";

/// What becomes of each dependent's process when `a` goes away for a moment.
const LOST: [(&str, &str); 4] = [
    ("keep", "same"),
    ("other", "same"),
    ("restart", "new"),
    ("stop", "new"),
];

/// `a` is killed, restarted, stopped and started again.
pub(super) fn lost(suite: Suite) -> Outcome {
    let stage = Stage::set(suite)?;
    stage.start()?;

    let before = stage.look()?;
    let begun = Instant::now();
    stage.kill("a")?;
    settled(&stage, &before)?;
    stage.became(KILLED, &before, &stage.look()?, &LOST, begun.elapsed())?;

    let before = stage.look()?;
    let begun = Instant::now();
    stage.exits("systemctl restart juniper-a.service", 0)?;
    settled(&stage, &before)?;
    stage.became(RESTARTED, &before, &stage.look()?, &LOST, begun.elapsed())?;

    let before = stage.look()?;
    stage.exits("systemctl stop juniper-a.service", 0)?;
    stage.wait_for("stop", "ActiveState", "activating")?;
    claim(!stage.is_past_its_gate("stop")?, "stop runs without a")?;
    note(
        suite,
        STOPPED,
        "stop",
        "stopped, waits in its gate".to_owned(),
    );
    let away = stage.look()?;
    for service in ["keep", "restart", "other"] {
        stage.became(
            STOPPED,
            &before,
            &away,
            &[(service, "same")],
            begun.elapsed(),
        )?;
    }
    let begun = Instant::now();
    stage.exits("systemctl start juniper-a.service", 0)?;
    stage
        .machine
        .wait_until("restart to be restarted", super::stage::BACK, || {
            stage
                .look()
                .is_ok_and(|look| look.differs(&before, "restart"))
        })?;
    stage.all_ready("after a is back", &ALL)?;
    stage.became(RETURNED, &before, &stage.look()?, &LOST, begun.elapsed())?;

    often(&stage)?;
    during_start(&stage)?;

    stage.exits("systemctl stop juniper.target", 0)?;
    everything_stops(&stage.machine)?;
    for service in ALL {
        note(suite, TARGET, service, "stopped".to_owned());
    }
    Ok(())
}

/// Restarts of the dependency are no failures of its dependents: their start limit is not used up.
fn often(stage: &Stage) -> Outcome {
    for _ in 0..7 {
        let before = stage.look()?;
        stage.exits("juniperctl restart a", 0)?;
        settled(stage, &before)?;
    }
    note(stage.suite, OFTEN, "stop", "ready after each".to_owned());
    Ok(())
}

/// The dependency is lost while a dependent, past its gate, is still starting: that counts, too, though the
/// dependent is ready before the dependency is back.
fn during_start(stage: &Stage) -> Outcome {
    for service in ["restart", "stop"] {
        stage.order(service, "slow", 1)?;
        let unit = format!("juniper-{service}.service");
        stage.exits(&format!("systemctl restart --no-block {unit}"), 0)?;
        stage
            .machine
            .wait_until("it to be past its gate", super::stage::BACK, || {
                stage
                    .shown(service, "SubState")
                    .is_ok_and(|state| state == "start-post")
                    && stage.is_past_its_gate(service).is_ok_and(|past| past)
            })?;
        let before = stage.look()?;
        stage.order("a", "slow", 1)?;
        stage.kill("a")?;
        stage
            .machine
            .wait_until("it to be restarted", super::stage::BACK, || {
                stage
                    .look()
                    .is_ok_and(|look| look.differs(&before, service))
            })?;
        stage.all_ready("after the loss", &ALL)?;
        note(stage.suite, STARTING, service, "restarted".to_owned());
    }
    Ok(())
}

/// Waits until those that are to be restarted have been, and all are ready.
fn settled(stage: &Stage, before: &super::stage::Look) -> Outcome {
    stage
        .machine
        .wait_until("restarts to have happened", super::stage::BACK, || {
            stage.look().is_ok_and(|look| {
                ["a", "restart", "stop"]
                    .iter()
                    .all(|service| look.differs(before, service))
            })
        })?;
    stage.all_ready("again", &ALL).map(drop)
}

/// The first start of `a` fails: nobody is stranded, nobody starts early, and what fails for good is
/// explained, told once, and cleared by a start.
pub(super) fn failing(suite: Suite) -> Outcome {
    let stage = Stage::set(suite)?;
    for (situation, how) in [(FIRST_GATE, "unready"), (CRASHED, "exit")] {
        stage.order("a", how, 1)?;
        let begun = Instant::now();
        stage.exits("systemctl start juniper.target", 0)?;
        stage.all_ready("though a failed at first", &ALL)?;
        for service in DEPENDENTS {
            let restarts = stage.shown(service, "NRestarts")?;
            let first = stage.exits(
                &format!("journalctl -o cat -u juniper-{service}.service | grep -c 'listening on'"),
                0,
            )?;
            claim(
                restarts == "0",
                format!("{service} was restarted {restarts} times"),
            )?;
            let outcome = format!("started once, ready after {}", seconds(begun.elapsed()));
            note(suite, situation, service, outcome);
            let starts = if situation == FIRST_GATE { "1" } else { "2" };
            claim(
                first.trim() == starts,
                format!("{service} ran {first} times"),
            )?;
        }
        not_early(&stage)?;
        stage.exits("systemctl stop juniper.target", 0)?;
        everything_stops(&stage.machine)?;
    }
    unstartable(&stage)?;
    overrun(&stage)?;
    limit(&stage)
}

/// A main process that ends before systemd has seen it begin. One that has `ExecStopPost=`, too, keeps
/// the first process of systemd 247 busy for ever under `Type=exec`.
fn unstartable(stage: &Stage) -> Outcome {
    stage.exits("mv /usr/bin/juniperctl /usr/bin/juniperctl.away", 0)?;
    let started = "timeout 20 systemctl start juniper-a.service";
    stage.exits(&format!("{started}; test $? = 1"), 0)?;
    stage.exits("mv /usr/bin/juniperctl.away /usr/bin/juniperctl", 0)?;
    has(
        &stage.exits("journalctl -o cat -u juniper-a.service", 0)?,
        &["status=203/EXEC"],
    )?;
    stage.exits("systemctl stop juniper-a.service", 0).map(drop)
}

/// Every dependent's program began after that start of `a` which got ready.
fn not_early(stage: &Stage) -> Outcome {
    let ready = stage.last_began("a")?;
    for service in DEPENDENTS {
        let began = stage.last_began(service)?;
        claim(
            began > ready,
            format!("{service} began {began}, but a was ready at {ready}"),
        )?;
        note(
            stage.suite,
            UNGATED,
            service,
            "waits in its gate".to_owned(),
        );
    }
    Ok(())
}

/// A start that takes too long is ended by the watcher, which says why, and never by systemd.
fn overrun(stage: &Stage) -> Outcome {
    stage.order("a", "unready", 99)?;
    stage.exits("systemctl start --no-block juniper-a.service", 0)?;
    stage
        .machine
        .wait_until("a to be given up once", super::stage::BACK, || {
            stage
                .exits(
                    "journalctl -o cat -u juniper-a.service | grep 'not ready after 2.0 s'",
                    0,
                )
                .is_ok()
        })?;
    let result = stage.exits(
        "journalctl -o cat -u juniper-a.service | grep -c \"Failed with result 'timeout'\"; true",
        0,
    )?;
    claim(result.trim() == "0", "systemd's own time-out was hit")?;
    note(
        stage.suite,
        OVERRUN,
        "a",
        "ended after 2.0 s, the reason told".to_owned(),
    );
    stage.exits("systemctl stop juniper-a.service", 0).map(drop)
}

/// `a` fails for good: an `OnFailure=` handler of the administrator runs once, the limit is explained,
/// and a start clears it.
fn limit(stage: &Stage) -> Outcome {
    stage.machine.write(
        "/etc/systemd/system/count.service",
        "[Service]\nType=oneshot\nExecStart=/bin/sh -c 'echo fired >> /run/fired'\n",
        0o644,
    )?;
    stage.machine.write(
        "/etc/systemd/system/juniper-a.service.d/handler.conf",
        "[Unit]\nOnFailure=count.service\n",
        0o644,
    )?;
    stage.exits("systemctl daemon-reload", 0)?;
    stage.order("a", "exit", 99)?;
    let begun = Instant::now();
    let told = stage.exits("juniperctl start", 1)?;
    has(
        &told,
        &[
            "error: a failed: it ",
            "; given up after 5 starts, `juniperctl start` tries again",
        ],
    )?;
    let outcome = format!("given up after {}", seconds(begun.elapsed()));
    note(
        stage.suite,
        LIMIT,
        "a",
        format!("{outcome}, explained; a start clears it"),
    );
    has(
        &stage.exits("juniperctl status", 0)?,
        &["given up after 5 starts"],
    )?;
    has(
        &stage.exits("juniperctl health", 3)?,
        &["a is down", "given up after 5 starts"],
    )?;
    stage
        .machine
        .wait_until("the handler to run", super::stage::BACK, || {
            stage.machine.exists("/run/fired").unwrap_or(false)
        })?;
    // By hand it is refused, as systemd does.
    stage.exits("systemctl start juniper-a.service", 1)?;
    let fired = stage.exits("grep -c fired /run/fired", 0)?;
    note(
        stage.suite,
        HANDLER,
        "handler",
        format!("fires {} time(s)", fired.trim()),
    );
    claim(
        fired.trim() == "1",
        format!("the handler ran {fired} times"),
    )?;
    stage.order("a", "exit", 0)?;
    let begun = Instant::now();
    stage.exits("juniperctl start a", 0)?;
    stage.all_ready("once a is cured", &ALL)?;
    for service in DEPENDENTS {
        let outcome = format!("back by itself after {}", seconds(begun.elapsed()));
        note(stage.suite, LIMIT, service, outcome);
    }
    Ok(())
}
