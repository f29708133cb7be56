//! The table: one row for each member.

use std::time::Duration;

use crate::output::moment::moment;
use crate::output::style::{age, latency};
use crate::watchdog::Condition;
use crate::watchdog::history::Past;

use super::super::reply::Known;
use super::super::strip::{Bar, bars, percent, words};

/// One member.
pub(in crate::web) struct Row {
    pub(super) label: String,
    pub(super) description: String,
    pub(super) condition: Condition,
    pub(super) symbol: char,
    pub(super) cause: Option<String>,
    pub(super) is_given_up: bool,
    pub(super) is_paused: bool,
    /// For how long, and since when.
    pub(super) since: Option<(String, String)>,
    pub(super) latency: Option<String>,
    pub(super) restarts: Option<u64>,
    pub(super) bars: Vec<Bar>,
    pub(super) day: String,
    pub(super) percent: Option<usize>,
}

pub(in crate::web) fn rows(known: &Known<'_>) -> Vec<Row> {
    let members = known.view.members.iter();
    members
        .zip(&known.view.report.findings)
        .map(|(member, finding)| {
            let past = known.history.of(&member.label);
            let slots = past.map(Past::slots).unwrap_or_default();
            Row {
                label: member.label.clone(),
                description: known
                    .graph
                    .and_then(|graph| graph.node(finding.service.as_str()))
                    .map(|node| node.description.clone())
                    .unwrap_or_default(),
                condition: member.condition,
                symbol: super::symbol(member.condition),
                cause: finding.cause.clone(),
                is_given_up: member.given_up,
                is_paused: member.pause.is_some(),
                since: past.map(|past| {
                    let span = Duration::from_micros(known.now.saturating_sub(past.since()));
                    (age(span), moment(past.since()))
                }),
                latency: finding.latency.map(latency),
                restarts: known.tally.automatic_restarts(&member.label),
                bars: bars(slots),
                day: if slots.is_empty() {
                    "not watched yet".to_owned()
                } else {
                    words(slots)
                },
                percent: percent(slots),
            }
        })
        .collect()
}
