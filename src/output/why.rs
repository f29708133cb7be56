//! The story of a service's last failure as text, in the order in which it happened, and as JSON.

use serde_json::{Value, json};

use crate::readiness::unit_state::UnitState;
use crate::watchdog::Incident;
use crate::watchdog::budget::Spent;
use crate::watchdog::orders::Pause;

use super::incidents::as_json;
use super::moment::moment;

/// Everything that is known.
#[derive(Debug, Clone)]
pub struct Story {
    /// The member.
    pub label: String,
    /// Its unit as it is now.
    pub state: UnitState,
    /// The last incident that it was part of.
    pub incident: Option<Incident>,
    /// What it and systemd said in the journal meanwhile, fit for a terminal.
    pub lines: Vec<String>,
    /// Those that depend on it.
    pub dependents: Vec<String>,
    /// The pause that keeps the watchdog from acting on it.
    pub pause: Option<Pause>,
    /// What the watchdog has spent on it.
    pub spent: Spent,
}

/// The story for people.
#[must_use]
pub fn text(story: &Story) -> String {
    let label = &story.label;
    let mut lines = match &story.incident {
        None => vec![format!("the watchdog has seen no failure of {label}")],
        Some(incident) => happened(label, incident),
    };
    if !story.lines.is_empty() {
        lines.extend([String::new(), "its journal from then on:".to_owned()]);
        lines.extend(story.lines.iter().map(|line| format!("  {label} | {line}")));
        lines.push(String::new());
    }
    lines.extend(now(story));
    lines.join("\n") + "\n"
}

fn happened(label: &str, incident: &Incident) -> Vec<String> {
    let at = |at: u64, what: &str| format!("  {}  {what}", moment(at));
    let root = &incident.root;
    let mut lines = vec![format!(
        "incident {}: {}",
        incident.number,
        incident.sentence()
    )];
    if root != label {
        lines.push(at(
            incident.began_us,
            &format!("{label} suffered from {root}"),
        ));
    }
    if let Some(good) = incident.last_good_us {
        lines.push(at(good, &format!("last good answer of {root}")));
    }
    let began = match &incident.gpu {
        Some(_) => format!("the kernel told of a fault of {root}, or a service failed on it"),
        None => format!("the probes of {root} began to fail"),
    };
    lines.push(at(incident.began_us, &began));
    lines.push(at(
        incident.opened_us,
        &format!("taken for an incident: {}", incident.cause),
    ));
    lines.extend(
        incident
            .history()
            .iter()
            .map(|(moment, words)| at(*moment, words)),
    );
    lines.extend(
        incident
            .closed_us
            .map(|closed| at(closed, "over: all are well")),
    );
    lines
}

fn now(story: &Story) -> Vec<String> {
    let label = &story.label;
    let state = &story.state;
    let mut lines = vec![match state.explanation() {
        Some(why) => format!("now: {label} does not run: {why}"),
        None => format!("now: {label} is {}", state.active.word()),
    }];
    if story.spent.given_up {
        lines.push(format!(
            "the watchdog has given {label} up; `juniperctl start {label}` has it tried again"
        ));
    }
    match story.pause.map(|pause| pause.until()) {
        None => {}
        Some(None) => lines.push("the watchdog is paused until `juniperctl resume`".to_owned()),
        Some(Some(until)) => lines.push(format!("the watchdog is paused until {}", moment(until))),
    }
    if !story.dependents.is_empty() {
        lines.push(format!("depend on it: {}", story.dependents.join(", ")));
    }
    lines
}

/// The story for programs.
#[must_use]
pub fn json(story: &Story) -> Value {
    json!({
        "version": 1,
        "name": story.label,
        "active": story.state.active.word(),
        "result": story.state.result,
        "incident": story.incident.as_ref().map(as_json),
        "journal": story.lines,
        "dependents": story.dependents,
        "paused": story.pause.is_some(),
        "paused_until_us": story.pause.and_then(|pause| pause.until()),
        "given_up": story.spent.given_up,
        "restarts": story.spent.actions,
    })
}

#[cfg(test)]
mod tests {
    use super::{Story, json, text};
    use crate::readiness::unit_state::{ActiveState, UnitState};
    use crate::watchdog::Incident;
    use crate::watchdog::budget::Spent;
    use crate::watchdog::incident::{Taken, VERSION, What};

    fn story() -> Story {
        Story {
            label: "data".to_owned(),
            state: UnitState {
                found: true,
                active: ActiveState::Active,
                ..UnitState::default()
            },
            incident: Some(Incident {
                version: VERSION,
                number: 1,
                root: "data".to_owned(),
                cause: "no answer within 10s".to_owned(),
                began_us: 2_000_000,
                last_good_us: Some(1_000_000),
                opened_us: 22_000_000,
                closed_us: Some(90_000_000),
                consequences: vec!["cascor".to_owned()],
                actions: vec![Taken {
                    at_us: 22_000_000,
                    label: "data".to_owned(),
                    what: What::Aborted,
                    why: "it hangs".to_owned(),
                }],
                notified_us: None,
                gpu: None,
            }),
            lines: vec!["Fatal Python error: Aborted".to_owned()],
            dependents: vec!["cascor".to_owned(), "canopy".to_owned()],
            pause: None,
            spent: Spent {
                actions: 1,
                ..Spent::default()
            },
        }
    }

    #[test]
    fn the_story_has_a_beginning_a_middle_and_an_end() {
        assert_eq!(
            text(&story()),
            "incident 1: data: no answer within 10s; cascor suffered from it\n\
             \x20 1970-01-01 00:00:01 UTC  last good answer of data\n\
             \x20 1970-01-01 00:00:02 UTC  the probes of data began to fail\n\
             \x20 1970-01-01 00:00:22 UTC  taken for an incident: no answer within 10s\n\
             \x20 1970-01-01 00:00:22 UTC  data ended with SIGABRT, so that it said where it was: it hangs\n\
             \x20 1970-01-01 00:01:30 UTC  over: all are well\n\
             \nits journal from then on:\n  data | Fatal Python error: Aborted\n\n\
             now: data is active\ndepend on it: cascor, canopy\n"
        );
        let value = json(&story());
        assert_eq!(value["version"], 1);
        assert_eq!(value["incident"]["number"], 1);
    }

    #[test]
    fn without_an_incident_there_is_little_to_tell() {
        let mut quiet = story();
        quiet.incident = None;
        quiet.lines.clear();
        quiet.spent.given_up = true;
        assert_eq!(
            text(&quiet),
            "the watchdog has seen no failure of data\nnow: data is active\n\
             the watchdog has given data up; `juniperctl start data` has it tried again\n\
             depend on it: cascor, canopy\n"
        );
    }
}
