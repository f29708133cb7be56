//! The critical chain of a start: the members without which it would have been over sooner.
//!
//! From the member that was ready last back to the dependency that let it go on, and so on, down to
//! one that waited for nobody. Counted from readiness to readiness, so a chain does not end at a
//! unit that systemd merely calls started. Pure: a record in, spans out.

use std::collections::BTreeMap;
use std::time::Duration;

use super::start_record::{MemberStart, Start, StartRecord};
use crate::ordered::Ordered as _;

/// One start, explained.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Explained<'r> {
    /// From the member that was ready last back to one that waited for nobody.
    pub chain: Vec<Step<'r>>,
    /// The other members that became ready, in start order.
    pub others: Vec<Step<'r>>,
    /// Labels of members that ran already.
    pub already_running: Vec<&'r str>,
    /// Labels of members that were not ready in the end.
    pub not_ready: Vec<&'r str>,
    /// From the beginning until the last member was ready.
    pub total: Duration,
    /// The part of it that is no member's own: until the first was run, and between a dependency's
    /// readiness and the run of the next.
    pub beyond: Duration,
}

/// A member that became ready.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Step<'r> {
    /// The member.
    pub member: &'r MemberStart,
    /// The dependency that let it go on: of those that were ready before it, the last.
    pub waited_for: Option<&'r str>,
    /// How long it had been run already when that dependency was ready.
    pub waited: Duration,
    /// What it took itself: from its run or its last dependency's readiness, whichever was later.
    pub own: Duration,
    /// When it was ready, from the beginning.
    pub ready: Duration,
}

/// Explains a start.
#[must_use]
pub fn explained(record: &StartRecord) -> Explained<'_> {
    let steps = steps(record);
    let mut chain: Vec<Step<'_>> = Vec::new();
    let mut next = steps.iter().max_by_key(|step| step.ready);
    while let Some(step) = next {
        chain.push(*step);
        next = step
            .waited_for
            .and_then(|label| steps.iter().find(|other| other.member.label == label))
            // Only in a damaged record can a member have waited for itself.
            .filter(|other| !is_among(&chain, other));
    }
    let others = steps
        .iter()
        .filter(|step| !is_among(&chain, step))
        .copied()
        .collect();
    let total = chain.first().map_or(Duration::ZERO, |last| last.ready);
    let own: Duration = chain.iter().map(|step| step.own).sum();
    Explained {
        others,
        already_running: labels(record, |start| matches!(start, Start::AlreadyRunning)),
        not_ready: labels(record, |start| {
            matches!(start, Start::NeverReady { .. } | Start::NeverStarted)
        }),
        total,
        beyond: total.saturating_sub(own),
        chain,
    }
}

fn is_among(steps: &[Step<'_>], step: &Step<'_>) -> bool {
    steps
        .iter()
        .any(|other| other.member.label == step.member.label)
}

fn labels(record: &StartRecord, chosen: impl Fn(Start) -> bool) -> Vec<&str> {
    record
        .members
        .iter()
        .filter(|member| chosen(member.start))
        .map(|member| member.label.as_str())
        .collect()
}

/// Every member that became ready, in start order.
fn steps(record: &StartRecord) -> Vec<Step<'_>> {
    let times: BTreeMap<&str, (u64, u64)> = record
        .members
        .iter()
        .filter_map(|member| match member.start {
            Start::Ready { exec, ready } => Some((member.label.as_str(), (exec, ready))),
            _ => None,
        })
        .ordered();
    record
        .members
        .iter()
        .filter_map(|member| {
            let (exec, ready) = *times.get(member.label.as_str())?;
            // One that was ready later than the member itself cannot have held it up.
            let last = member
                .waits_for
                .iter()
                .filter_map(|label| times.get_key_value(label.as_str()))
                .map(|(label, (_, ready))| (*label, *ready))
                .filter(|(label, until)| *until <= ready && *label != member.label)
                .max_by_key(|(_, until)| *until);
            let until = last.map_or(0, |(_, until)| until);
            Some(Step {
                member,
                waited_for: last.map(|(label, _)| label),
                waited: Duration::from_micros(until.saturating_sub(exec)),
                own: Duration::from_micros(ready.saturating_sub(exec.max(until))),
                ready: Duration::from_micros(ready),
            })
        })
        .collect()
}

#[cfg(test)]
#[path = "chain_tests.rs"]
mod tests;
