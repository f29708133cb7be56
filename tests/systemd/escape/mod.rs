//! What can be tried from inside a unit, tried: each attempt is denied where the table says so, by each of
//! the directives that it names, and succeeds where none of them stands.
//!
//! The attempts are made by `tests/escape`; `src/hardening/attempts.rs` says what is to come of them.

mod stage;
mod units;

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::Mutex;

use juniper_lab::{Suite, trial as lab_trial};
use juniperctl::hardening::attempts::{ATTEMPTS, Attempt, Rights, Verdict, is_denied, is_wall};
use libtest_mimic::{Failed, Trial};

use super::lab::{Breadth, Outcome, claim};
use stage::{Came, Stage};
use units::{Base, Unit};

/// What the trials saw, for whoever reads their output.
static SEEN: Mutex<String> = Mutex::new(String::new());

/// The units that are tried as they are installed.
const UNITS: [&str; 6] = [
    "juniper-data",
    "juniper-cascor",
    "juniper-canopy",
    "juniper-cascor-worker@",
    "juniper-watchdog",
    "juniper-ready",
];

/// Directives that change no score: without each of them something that was denied must succeed.
const UNASKED: [&str; 4] = [
    "TemporaryFileSystem",
    "InaccessiblePaths",
    "PrivateIPC",
    "SocketBindDeny",
];

/// What a container can show, on every systemd; what takes a kernel of its own, on one.
pub(crate) fn trials(suite: Suite) -> Vec<Trial> {
    let version = suite.systemd_version();
    let mut trials = vec![Breadth::Versions.trial(
        suite,
        &format!("systemd::{version}::nobody_escapes"),
        move || escape(&Stage::container(suite)?, suite, false),
    )];
    if suite == Suite::Trixie {
        trials.push(lab_trial::on_virtual_machine(
            &format!("systemd::{version}::nobody_escapes_with_a_kernel_of_its_own"),
            move || escape(&Stage::virtual_machine(suite)?, suite, true),
        ));
    }
    trials
}

/// Prints what was seen.
pub(crate) fn print() {
    print!("{}", SEEN.lock().unwrap());
}

fn escape(stage: &Stage, suite: Suite, takes_kernel: bool) -> Outcome {
    let mut attempts: Vec<&Attempt> = ATTEMPTS.iter().collect();
    attempts.retain(|attempt| attempt.takes_kernel == takes_kernel);
    let units = units(stage, &attempts)?;
    let came = stage.play(&units)?;
    // What the table leaves out because every unit has it.
    let defaults = stage.defaults()?;
    for default in ["KeyringMode=private", "AmbientCapabilities="] {
        claim(
            defaults.lines().any(|line| line == default),
            format!("not {default} by itself: {defaults}"),
        )?;
    }
    let version = suite.systemd_version();
    let mut faults = String::new();
    let mut seen = String::new();
    let mut alone = 0;
    for (unit, came) in units.iter().zip(&came) {
        faults.push_str(&faults_of(unit, came));
        if !unit.is_whole {
            alone += came.values().filter(|came| **came != Came::Done).count();
            continue;
        }
        let done = came.iter().filter(|(_, came)| **came == Came::Done);
        let open: Vec<&str> = done.map(|(name, _)| name.as_str()).collect();
        let _ = writeln!(
            seen,
            "systemd {version}, {}: {} attempts, {} denied, not denied: {open:?}",
            unit.title,
            came.len(),
            came.len() - open.len(),
        );
    }
    let _ = writeln!(
        seen,
        "systemd {version}: {alone} times an attempt was denied by one directive alone, or for the lack of one"
    );
    SEEN.lock().unwrap().push_str(&seen);
    claim(faults.is_empty(), faults)
}

/// Everything that is played: units as they are installed, one of them as root, one that lacks a
/// directive, and units that have nothing but one directive, or none at all.
fn units(stage: &Stage, attempts: &[&'static Attempt]) -> Result<Vec<Unit<'static>>, Failed> {
    let mut units = Vec::new();
    for name in UNITS {
        units.push(Unit::installed(name, stage.unit(name)?, attempts));
    }
    let whole = units[0].text.clone();
    units.push(Unit::installed("juniper-data", whole.clone(), attempts).for_root());
    for directive in UNASKED {
        let tried = behind(directive, attempts);
        let without = Unit::without(directive, &whole, &tried);
        // Nothing to take away where systemd does not know it yet.
        if tried.is_empty() || without.text.len() == whole.len() {
            continue;
        }
        let for_root = tried.iter().any(|one| one.rights == Rights::Root);
        units.push(if for_root {
            without.for_root()
        } else {
            without
        });
    }
    for attempt in attempts {
        if let Verdict::Needed { by, .. } = attempt.verdict {
            units.push(Unit::without(by, &whole, &[attempt]));
        }
    }
    units.push(Unit::without("SystemCallErrorNumber", &whole, attempts));
    for base in [Base::User, Base::Root] {
        let mut tried = attempts.to_vec();
        tried.retain(|attempt| base.is_tried_by(attempt));
        units.push(Unit::bare(base, &tried));
        for (name, value) in units::sandbox_of(&whole) {
            let mut walled = tried.clone();
            walled.retain(|one| one.walls().iter().any(|wall| is_wall(wall, &name, &value)));
            if !walled.is_empty() {
                units.push(Unit::only(base, &name, &value, &walled));
            }
        }
    }
    Ok(units)
}

/// The attempts that a directive alone denies.
fn behind(directive: &str, attempts: &[&'static Attempt]) -> Vec<&'static Attempt> {
    let mut behind = attempts.to_vec();
    behind.retain(|attempt| attempt.walls() == [directive]);
    behind
}

/// What did not come as it is to come, a line each.
fn faults_of(unit: &Unit<'_>, came: &BTreeMap<String, Came>) -> String {
    let mut faults = String::new();
    let mut fault = |what: String| {
        let _ = writeln!(faults, "{}: {what}", unit.title);
    };
    for attempt in &unit.attempts {
        let name = attempt.name;
        let Some(came) = came.get(name) else {
            fault(format!("{name} was not tried"));
            continue;
        };
        match (is_denied(attempt, &unit.text), came) {
            (Some(true), Came::Done) => fault(format!("{name} succeeded")),
            (Some(false), Came::Refused(_) | Came::Killed(_)) => {
                fault(format!(
                    "nothing is said to deny {name}, but it ended by {came:?}"
                ));
            }
            _ => {}
        }
    }
    let killed = came.values().any(|came| matches!(came, Came::Killed(_)));
    if killed && unit.has("SystemCallErrorNumber") {
        fault("somebody was killed for a call".to_owned());
    }
    if !killed && unit.lacks == Some("SystemCallErrorNumber") {
        fault("nobody was killed for a call".to_owned());
    }
    faults
}
