//! Generations and drift as text and as JSON.

use std::fmt::Write as _;

use serde_json::{Value, json};

use crate::plan::drift::{Drift, Kind};
use crate::plan::generation::{FileName, Outcome};
use crate::plan::{Change, Generation};
use crate::spec::text::for_terminal;

use super::moment::moment;
use super::table::{Cell, aligned};

/// How much of a reason a row shows.
const TOLD: usize = 200;

/// A generation, or why it cannot be read.
pub type Row = (FileName, Result<Generation, String>);

/// The history for people, newest first.
#[must_use]
pub fn history(rows: &[Row], installed: u32) -> String {
    let heading = [
        "N",
        "WHEN",
        "BY",
        "PROFILE",
        "SYSTEMD",
        "JUNIPERCTL",
        "WHAT CHANGED",
    ];
    let mut cells = vec![heading.map(Cell::plain).to_vec()];
    for (name, generation) in rows.iter().rev() {
        let number = name.number.to_string();
        cells.push(
            match generation {
                Ok(it) => {
                    let mut summary = it.summary();
                    if name.number == installed {
                        summary.push_str(" (installed)");
                    }
                    vec![
                        number,
                        moment(it.at_us),
                        it.command.clone(),
                        it.profile.clone(),
                        it.systemd.clone(),
                        it.juniperctl.clone(),
                        summary,
                    ]
                }
                Err(why) => {
                    let mut row = vec![number];
                    row.extend(std::iter::repeat_n("?".to_owned(), 5));
                    row.push(format!("cannot be used: {why}"));
                    row
                }
            }
            .into_iter()
            .map(|text| Cell::plain(for_terminal(&text, TOLD)))
            .collect(),
        );
    }
    aligned(&cells)
}

/// The history for programs, oldest first.
#[must_use]
pub fn history_json(rows: &[Row], installed: u32) -> Value {
    let generations: Vec<Value> = rows
        .iter()
        .map(|(name, generation)| match generation {
            Ok(it) => json!({
                "number": it.number,
                "at_us": it.at_us,
                "command": it.command,
                "profile": it.profile,
                "systemd": it.systemd,
                "juniperctl": it.juniperctl,
                "failed": match &it.outcome {
                    Outcome::Applied => None,
                    Outcome::Failed(why) => Some(why),
                },
                "changes": it.changes,
                "units": it.units.keys().collect::<Vec<_>>(),
            }),
            Err(why) => json!({ "number": name.number, "unusable": why }),
        })
        .collect();
    json!({ "version": 1, "installed": installed, "generations": generations })
}

/// Differences for people, a line each, and the lines that differ.
#[must_use]
pub fn drift(drifts: &[Drift], pending: &[Change]) -> String {
    let mut text = String::new();
    for drift in drifts {
        let _ = writeln!(
            text,
            "{}: {}",
            for_terminal(&drift.name, TOLD),
            words(drift.kind)
        );
        for line in drift.difference.lines() {
            let _ = writeln!(text, "{}", for_terminal(line, usize::MAX));
        }
    }
    for change in pending {
        let _ = writeln!(text, "not installed yet: {}", change.line());
        for line in change.difference().lines() {
            let _ = writeln!(text, "{}", for_terminal(line, usize::MAX));
        }
    }
    text
}

/// Differences for programs.
#[must_use]
pub fn drift_json(drifts: &[Drift], pending: &[Change], generation: u32) -> Value {
    let pending: Vec<Value> = pending
        .iter()
        .map(|change| json!({ "name": change.name(), "change": change.line(), "difference": change.difference() }))
        .collect();
    json!({ "version": 1, "generation": generation, "drift": drifts, "pending": pending })
}

fn words(kind: Kind) -> &'static str {
    match kind {
        Kind::Interrupted => "an install was interrupted; the next juniperctl run as root ends it",
        Kind::Edited => "edited since it was installed",
        Kind::Missing => "installed, but not there any more",
        Kind::Replaced => "installed, but something else lies in its place",
        Kind::Masked => "masked by the administrator",
        Kind::Foreign => "not installed by juniperctl",
        Kind::DropIn => "a drop-in changes an installed unit",
        Kind::NotEnabled => "does not start at boot any more: sudo systemctl enable juniper.target",
    }
}
