//! The critical chain of a start, as text and as JSON.
//!
//! The record comes from a file, so its words are hostile: they are made fit for a terminal here.

use std::time::Duration;

use serde_json::{Value, json};

use crate::readiness::chain::{Explained, Step};
use crate::readiness::comparison::Comparison;
use crate::readiness::{StartRecord, Verdict};
use crate::spec::text::for_terminal;

use super::moment::moment;
use super::style::{of_verdict, painted};
use super::table::{Cell, aligned};

/// The longest name that is shown.
const NAME: usize = 60;

/// The chain for people.
#[must_use]
pub fn text(
    record: &StartRecord,
    explained: &Explained<'_>,
    comparison: Option<&Comparison<'_>>,
) -> String {
    let members = explained.chain.iter().chain(&explained.others);
    let widest = members
        .map(|step| seconds(step.own).len())
        .max()
        .unwrap_or(0);
    let listed = |steps: &[Step<'_>]| {
        let rows: Vec<Vec<Cell>> = steps.iter().map(|step| row(step, widest)).collect();
        aligned(&rows)
    };
    let mut parts = vec![headline(record, explained), listed(&explained.chain)];
    if !explained.chain.is_empty() {
        let beyond = seconds(explained.beyond);
        parts.push(format!("  (beyond the chain {beyond})\n"));
    }
    if !explained.others.is_empty() {
        parts.push(format!("not on the chain\n{}", listed(&explained.others)));
    }
    if !explained.already_running.is_empty() {
        let names = names(&explained.already_running);
        parts.push(format!("ran already: {names}\n"));
    }
    parts.extend(comparison.map(compared));
    parts.concat()
}

/// "start of profile full on 2026-11-25 03:12:09 UTC: all ready after 4.71 s"
fn headline(record: &StartRecord, explained: &Explained<'_>) -> String {
    let total = seconds(explained.total);
    let (told, verdict) = match (explained.chain.is_empty(), explained.not_ready.is_empty()) {
        (false, true) => (format!("all ready after {total}"), Verdict::Ready),
        (true, true) => ("all were ready already".to_owned(), Verdict::Ready),
        (false, false) => (
            format!(
                "{} not ready, the others after {total}",
                names(&explained.not_ready)
            ),
            Verdict::NotReady,
        ),
        (true, false) => (
            format!("{} not ready", names(&explained.not_ready)),
            Verdict::NotReady,
        ),
    };
    format!(
        "start of profile {} on {}: {}\n",
        for_terminal(&record.profile, NAME),
        moment(record.began),
        painted(&told, of_verdict(verdict))
    )
}

fn row(step: &Step<'_>, widest: usize) -> Vec<Cell> {
    let own = seconds(step.own);
    let waited = match step.waited_for {
        None => String::new(),
        // systemd ran it only when the other was ready: it did not wait itself.
        Some(other) if step.waited.is_zero() => format!("after {}", for_terminal(other, NAME)),
        Some(other) => format!(
            "waited {} for {}",
            seconds(step.waited),
            for_terminal(other, NAME)
        ),
    };
    vec![
        Cell::plain(format!("  {}", for_terminal(&step.member.label, NAME))),
        Cell::plain(format!("{own:>widest$}")),
        Cell::plain(waited),
    ]
}

/// "compared with the last 10 starts: median 4.66 s, slowest 5.02 s (2026-11-20 04:05:06 UTC)"
fn compared(comparison: &Comparison<'_>) -> String {
    let mut out = format!(
        "compared with the last {} starts like it: median {}, slowest {} ({})\n",
        comparison.starts,
        seconds(comparison.median),
        seconds(comparison.slowest),
        moment(comparison.slowest_began)
    );
    for slower in &comparison.slower {
        let line = format!(
            "  {} {} slower than its median {}",
            for_terminal(slower.label, NAME),
            seconds(slower.own.saturating_sub(slower.median)),
            seconds(slower.median)
        );
        out.push_str(&painted(&line, of_verdict(Verdict::Degraded)));
        out.push('\n');
    }
    out
}

fn names(labels: &[&str]) -> String {
    let names: Vec<String> = labels
        .iter()
        .map(|label| for_terminal(label, NAME))
        .collect();
    names.join(", ")
}

/// `4.71 s`, rounded, so that times below each other can be compared and added up.
fn seconds(span: Duration) -> String {
    let hundredths = (span.as_micros() + 5_000) / 10_000;
    format!("{}.{:02} s", hundredths / 100, hundredths % 100)
}

/// The chain for programs.
#[must_use]
pub fn json(
    record: &StartRecord,
    explained: &Explained<'_>,
    comparison: Option<&Comparison<'_>>,
) -> Value {
    let members = |steps: &[Step<'_>]| -> Vec<Value> {
        steps
            .iter()
            .map(|step| {
                json!({
                    "name": step.member.label,
                    "unit": step.member.unit,
                    "own_us": microseconds(step.own),
                    "waited_for": step.waited_for,
                    "waited_us": microseconds(step.waited),
                    "ready_us": microseconds(step.ready),
                })
            })
            .collect()
    };
    let compared_with = comparison.map(|comparison| {
        let slower: Vec<Value> = comparison
            .slower
            .iter()
            .map(|slower| {
                json!({
                    "name": slower.label,
                    "own_us": microseconds(slower.own),
                    "median_us": microseconds(slower.median),
                })
            })
            .collect();
        json!({
            "starts": comparison.starts,
            "median_us": microseconds(comparison.median),
            "slowest_us": microseconds(comparison.slowest),
            "slowest_began_us": comparison.slowest_began,
            "slower": slower,
        })
    });
    json!({
        "version": 1,
        "profile": record.profile,
        "began_us": record.began,
        "total_us": microseconds(explained.total),
        "beyond_us": microseconds(explained.beyond),
        "chain": members(&explained.chain),
        "others": members(&explained.others),
        "already_running": explained.already_running,
        "not_ready": explained.not_ready,
        "compared_with": compared_with,
    })
}

fn microseconds(span: Duration) -> u64 {
    u64::try_from(span.as_micros()).unwrap_or(u64::MAX)
}

#[cfg(test)]
#[path = "chain_tests.rs"]
mod tests;
