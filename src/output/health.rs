//! A health report as text, root cause first, and as JSON in its documented form.

use serde_json::{Value, json};

use crate::readiness::{Report, Verdict};

use super::style::{latency, of_verdict, painted};
use super::table::{Cell, aligned};

/// The exit code of `health`: 0 ready, 1 degraded, 2 not ready, 3 down.
#[must_use]
pub fn exit_code(verdict: Verdict) -> u8 {
    match verdict {
        Verdict::Ready => 0,
        Verdict::Degraded => 1,
        Verdict::NotReady => 2,
        Verdict::Down => 3,
    }
}

/// The report for people.
#[must_use]
pub fn text(report: &Report) -> String {
    let mut out = headline(report);
    let rows: Vec<Vec<Cell>> = report
        .findings
        .iter()
        .map(|finding| {
            vec![
                Cell::plain(format!("  {}", finding.label)),
                Cell::painted(finding.verdict.prose(), of_verdict(finding.verdict)),
                Cell::plain(finding.latency.map(latency).unwrap_or_default()),
                Cell::plain(finding.cause.clone().unwrap_or_default()),
            ]
        })
        .collect();
    out.push_str(&aligned(&rows));
    out
}

/// "data is down; therefore cascor not ready, canopy degraded"
fn headline(report: &Report) -> String {
    let verdict_of = |label: &str| {
        report
            .findings
            .iter()
            .find(|finding| finding.label == label)
            .map_or(Verdict::Down, |finding| finding.verdict)
    };
    if report.roots.is_empty() {
        return format!(
            "{}\n",
            painted("the group is ready", of_verdict(Verdict::Ready))
        );
    }
    let mut out = String::new();
    for root in &report.roots {
        let verdict = verdict_of(&root.label);
        let suffering: Vec<String> = root
            .consequences
            .iter()
            .map(|label| format!("{label} {}", verdict_of(label).prose()))
            .collect();
        let therefore = if suffering.is_empty() {
            ""
        } else {
            "; therefore "
        };
        let line = format!(
            "{} is {}{therefore}{}",
            root.label,
            verdict.prose(),
            suffering.join(", ")
        );
        out.push_str(&painted(&line, of_verdict(verdict)));
        out.push('\n');
    }
    out
}

/// The report for programs.
#[must_use]
pub fn json(report: &Report) -> Value {
    json_so_far(report, |_| false)
}

/// What a report says of somebody of whom nothing is known yet.
pub const UNKNOWN: &str = "unknown";

/// The report of somebody who has not heard of all members yet, and says so of those: nobody is accused,
/// and the group is not called ready.
#[must_use]
pub fn json_so_far(report: &Report, is_unknown: impl Fn(&str) -> bool) -> Value {
    let services: Vec<Value> = report
        .findings
        .iter()
        .map(|finding| {
            let dependencies: serde_json::Map<String, Value> = finding
                .dependencies
                .iter()
                .map(|(name, dependency)| {
                    let value =
                        json!({ "status": dependency.status, "message": dependency.message });
                    (name.clone(), value)
                })
                .collect();
            let verdict = if is_unknown(&finding.label) {
                UNKNOWN
            } else {
                finding.verdict.word()
            };
            json!({
                "name": finding.label,
                "verdict": verdict,
                "latency_ms": finding.latency.map(|span| span.as_secs_f64() * 1_000.0),
                "cause": finding.cause,
                "dependencies": dependencies,
            })
        })
        .collect();
    let roots: Vec<&str> = report
        .roots
        .iter()
        .map(|root| root.label.as_str())
        .filter(|label| !is_unknown(label))
        .collect();
    let is_known_bad = report.findings.iter().any(|finding| {
        finding.verdict > Verdict::Degraded && !finding.optional && !is_unknown(&finding.label)
    });
    let someone_unknown = report
        .findings
        .iter()
        .any(|finding| is_unknown(&finding.label));
    let verdict = if someone_unknown && !is_known_bad {
        UNKNOWN
    } else {
        report.verdict.word()
    };
    json!({
        "version": 1,
        "verdict": verdict,
        "root_causes": roots,
        "services": services,
    })
}
