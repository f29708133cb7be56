//! What was denied, why, and what is proposed: as text and as JSON.

use std::fmt::Write as _;
use std::time::Duration;

use serde_json::{Value, json};

use crate::learn::{Judged, Source, Verdict};
use crate::spec::text::for_terminal;

use super::moment::moment;

/// Everything that is told.
#[derive(Debug)]
pub struct Report {
    /// The service, or the instance of it.
    pub label: String,
    /// How long it was watched.
    pub span: Duration,
    /// Whether it ran at the end.
    pub is_running: bool,
    /// What could not be seen, and why.
    pub blind: Vec<String>,
    /// Denials of further kinds that were not counted.
    pub passed_over: u64,
    /// What was denied.
    pub judged: Vec<Judged>,
    /// What is proposed.
    pub proposal: Option<Proposal>,
}

/// A change of the configuration that nobody has made.
#[derive(Debug)]
pub struct Proposal {
    /// The file.
    pub path: String,
    /// What changes.
    pub difference: String,
    /// The whole text as it would be.
    pub after: String,
    /// What is to be known before.
    pub notes: Vec<String>,
    /// Why the configuration would be refused, if it would.
    pub refused: Vec<String>,
}

/// For people.
#[must_use]
pub fn text(report: &Report) -> String {
    let mut text = heading(report);
    for one in &report.judged {
        let _ = write!(text, "\n{}", denial(one));
    }
    for line in limits(report) {
        let _ = write!(text, "\nnote: {line}");
    }
    if !text.ends_with('\n') {
        text.push('\n');
    }
    let Some(proposal) = &report.proposal else {
        return text;
    };
    // The difference is shown as it is but for what a terminal would act upon.
    let shown: Vec<String> = proposal
        .difference
        .lines()
        .map(|line| for_terminal(line, 4_096))
        .collect();
    let _ = write!(
        text,
        "\nproposed, and not carried out:\n\n{}\n",
        shown.join("\n")
    );
    for note in &proposal.notes {
        let _ = write!(text, "\nwarning: {note}\n");
    }
    if !proposal.refused.is_empty() {
        text.push_str("\nwarning: `check` would refuse it so:\n");
        for fault in &proposal.refused {
            let _ = writeln!(text, "  {}", for_terminal(fault, 500));
        }
    }
    let path = word(&proposal.path);
    let _ = write!(
        text,
        "\nto apply it, leave in a file what you agree with (here learned.diff), then\n  \
         sudo patch {path} learned.diff\n  sudo juniperctl install --now\n"
    );
    text
}

fn heading(report: &Report) -> String {
    let (label, span) = (&report.label, report.span.as_secs());
    let kinds = report.judged.len();
    match kinds {
        0 => format!("{label} was denied nothing in {span}s\n"),
        1 => format!("{label} was denied one thing in {span}s\n"),
        _ => format!("{label} was denied {kinds} things in {span}s\n"),
    }
}

fn denial(one: &Judged) -> String {
    let mut text = format!(
        "{}: {}x since {}\n",
        one.denial.tried(),
        one.seen.count(),
        moment(one.seen.first_us)
    );
    if let Some(example) = &one.seen.example {
        let example = for_terminal(example, 300);
        if !text.contains(&example) {
            let _ = writeln!(text, "  such as   {example}");
        }
    }
    if !one.directives.is_empty() {
        let _ = writeln!(text, "  denied by {}", one.directives.join(", "));
    }
    let sources: Vec<&str> = one.seen.sources().map(Source::word).collect();
    let _ = write!(text, "  told by   {}", sources.join(", "));
    if !one.seen.programs.is_empty() {
        let programs: Vec<&str> = one.seen.programs.iter().map(String::as_str).collect();
        let _ = write!(text, ", of {}", programs.join(", "));
    }
    text.push('\n');
    let (word, why) = verdict(&one.verdict);
    let _ = writeln!(text, "  {word:<9} {why}");
    text
}

fn verdict(verdict: &Verdict) -> (&'static str, &str) {
    match verdict {
        Verdict::Propose { note, .. } if note.is_empty() => ("proposal", "see below"),
        Verdict::Propose { note, .. } => ("proposal", note),
        Verdict::Right(why) => ("right", why),
        Verdict::Harmless(why) => ("harmless", why),
        Verdict::Unable(why) => ("no key", why),
    }
}

fn limits(report: &Report) -> Vec<String> {
    let mut lines = report.blind.clone();
    if !report.is_running {
        let label = &report.label;
        lines.push(format!(
            "{label} does not run: start it while `learn` watches (`juniperctl restart {label}`)"
        ));
    }
    if report.passed_over > 0 {
        lines.push(format!(
            "{} denials of yet other kinds were not counted",
            report.passed_over
        ));
    }
    if report.judged.is_empty() && report.is_running {
        lines.push("what it does seldom may come later: --for watches longer".to_owned());
    }
    lines
}

/// A word of a shell.
fn word(text: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "/._-".contains(c);
    if !text.is_empty() && text.chars().all(plain) {
        text.to_owned()
    } else {
        format!("'{}'", for_terminal(text, 4_096).replace('\'', "'\\''"))
    }
}

/// For programs.
#[must_use]
pub fn json(report: &Report) -> Value {
    let denials: Vec<Value> = report
        .judged
        .iter()
        .map(|one| {
            let (word, why) = verdict(&one.verdict);
            json!({
                "kind": one.denial.word(),
                "tried": one.denial.tried(),
                "example": one.seen.example,
                "count": one.seen.count(),
                "first_us": one.seen.first_us,
                "programs": one.seen.programs,
                "sources": one.seen.sources().map(Source::word).collect::<Vec<_>>(),
                "directives": one.directives,
                "verdict": word.replace(' ', "_"),
                "why": why,
            })
        })
        .collect();
    json!({
        "version": 1,
        "name": report.label,
        "seconds": report.span.as_secs(),
        "running": report.is_running,
        "not_seen": report.blind,
        "not_counted": report.passed_over,
        "denials": denials,
        "proposal": report.proposal.as_ref().map(|proposal| json!({
            "path": proposal.path,
            "diff": proposal.difference,
            "text": proposal.after,
            "warnings": proposal.notes,
            "refused": proposal.refused,
        })),
    })
}

#[cfg(test)]
#[path = "learn_tests.rs"]
mod tests;
