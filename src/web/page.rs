//! The page: one file with everything in it, made anew for each request, most important first.
//!
//! It works without scripts and loads nothing; its policy forbids both. What a service, a log or a
//! configuration says goes through the template's escaping, and nowhere into an attribute that means
//! anything.

mod drawing;
mod headline;
mod rows;
mod story;

use askama::Template;

use crate::output::moment::{moment, moment_today};
use crate::watchdog::{Condition, View};

use super::reply::Known;
use super::strip::HEIGHT;
use drawing::Drawing;
use headline::Headline;
use rows::Row;
use story::Story;

/// Nothing is loaded or run, nothing is sent, nobody frames it. Its own style is inline.
pub(super) const POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; \
                                 base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// The page is read again this often, in seconds.
const REFRESH: u32 = 10;

#[derive(Template)]
#[template(path = "page.html")]
struct Page {
    refresh: u32,
    headline: Headline,
    profile: Option<String>,
    notes: Vec<Note>,
    open: Vec<Story>,
    rows: Vec<Row>,
    drawing: Option<Drawing>,
    recent: Vec<Story>,
    now: String,
    version: &'static str,
    strip_height: u32,
    legend: [Condition; 5],
}

/// Something that a person has to know, and what ends it.
struct Note {
    what: String,
    command: String,
}

/// The page of what is known.
///
/// # Errors
/// None in practice: the text is written to memory.
pub(super) fn page(known: &Known<'_>) -> Result<String, askama::Error> {
    let page = Page {
        refresh: REFRESH,
        headline: headline::headline(known),
        profile: known.graph.map(|graph| graph.profile.clone()),
        notes: notes(known.view, known.now),
        open: known
            .view
            .incidents
            .iter()
            .map(|incident| story::story(incident, known.now))
            .collect(),
        rows: rows::rows(known),
        drawing: known.graph.map(|graph| drawing::drawing(graph, known.view)),
        recent: known
            .recent
            .iter()
            .map(|incident| story::story(incident, known.now))
            .collect(),
        now: moment(known.now),
        version: env!("CARGO_PKG_VERSION"),
        strip_height: HEIGHT,
        legend: [
            Condition::Ready,
            Condition::Degraded,
            Condition::NotReady,
            Condition::Down,
            Condition::Stopped,
        ],
    };
    page.render()
}

/// Whom the watchdog leaves alone, and what ends that.
fn notes(view: &View, now: u64) -> Vec<Note> {
    let mut notes: Vec<Note> = view
        .members
        .iter()
        .filter(|member| member.given_up)
        .map(|member| match &member.lost_gpu {
            Some(fault) => Note {
                what: format!("{} is given up: {fault}.", member.label),
                command: format!("sudo juniperctl resume {}", member.label),
            },
            None => Note {
                what: format!(
                    "The watchdog has given {} up, because restarts do not help.",
                    member.label
                ),
                command: format!("sudo juniperctl start {}", member.label),
            },
        })
        .collect();
    let until = |pause: crate::watchdog::orders::Pause| {
        pause.until().map_or_else(
            || "until somebody resumes it".to_owned(),
            |until| format!("until {}", moment_today(until, now)),
        )
    };
    if let Some(pause) = view.pause {
        notes.push(Note {
            what: format!(
                "Paused: the watchdog leaves all services alone {}.",
                until(pause)
            ),
            command: "sudo juniperctl resume".to_owned(),
        });
        return notes;
    }
    notes.extend(view.members.iter().filter_map(|member| {
        Some(Note {
            what: format!(
                "Paused: the watchdog leaves {} alone {}.",
                member.label,
                until(member.pause?)
            ),
            command: format!("sudo juniperctl resume {}", member.label),
        })
    }));
    notes
}

/// One character for a state, for whoever sees no colours.
fn symbol(condition: Condition) -> char {
    match condition {
        Condition::Unknown => '?',
        Condition::Ready => '\u{2713}',
        Condition::Stopped => '\u{25a0}',
        Condition::Degraded => '~',
        Condition::NotReady => '!',
        Condition::Down => '\u{2715}',
    }
}

#[cfg(test)]
#[path = "page_tests.rs"]
mod tests;
