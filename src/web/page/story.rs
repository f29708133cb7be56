//! One incident as it is told: who, why, since when, what followed, what was done.

use std::time::Duration;

use crate::output::moment::moment_today;
use crate::output::style::age;
use crate::watchdog::Incident;

/// One incident.
pub(in crate::web) struct Story {
    pub(super) number: u64,
    pub(super) root: String,
    pub(super) cause: String,
    pub(super) began: String,
    pub(super) last_good: Option<String>,
    /// How long it has lasted, or did.
    pub(super) lasted: String,
    pub(super) consequences: String,
    /// When, and what was done.
    pub(super) actions: Vec<(String, String)>,
}

pub(in crate::web) fn story(incident: &Incident, now: u64) -> Story {
    let end = incident.closed_us.unwrap_or(now);
    Story {
        number: incident.number,
        root: incident.root.clone(),
        cause: incident.cause.clone(),
        began: moment_today(incident.began_us, now),
        last_good: incident.last_good_us.map(|at| moment_today(at, now)),
        lasted: age(Duration::from_micros(end.saturating_sub(incident.began_us))),
        consequences: incident.consequences.join(", "),
        actions: incident
            .actions
            .iter()
            .map(|taken| (moment_today(taken.at_us, now), taken.words()))
            .collect(),
    }
}
