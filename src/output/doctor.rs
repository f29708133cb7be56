//! The findings of `doctor` as text and as JSON; their words are fit for a terminal already.

use std::fmt::Write as _;

use anstyle::{AnsiColor, Style};
use serde_json::{Value, json};

use crate::ordered;
use crate::preflight::{Finding, Severity, worst};

use super::style::painted;

/// For people: the troubles after what is well, the worst last, where the eye is.
#[must_use]
pub fn text(findings: &[Finding]) -> String {
    let mut ordered: Vec<&Finding> = findings.iter().collect();
    ordered::sort_by_key(&mut ordered, |finding| finding.severity);
    let mut text = String::new();
    for finding in ordered {
        let word = painted(
            &format!("{:<8}", finding.severity.word()),
            style(finding.severity),
        );
        let _ = writeln!(text, "{word} {}: {}", finding.subject, finding.evidence);
        if let Some(mend) = &finding.mend {
            let _ = writeln!(text, "         mend: {mend}");
        }
    }
    let count = |severity: Severity| {
        let all = findings.iter().filter(|one| one.severity == severity);
        let count = all.count();
        let plural = if count == 1 { "" } else { "s" };
        format!("{count} {}{plural}", severity.word())
    };
    let _ = writeln!(
        text,
        "{}, {}, {}",
        count(Severity::Error),
        count(Severity::Warning),
        count(Severity::Note)
    );
    text
}

fn style(severity: Severity) -> Style {
    match severity {
        Severity::Good => AnsiColor::Green.on_default(),
        Severity::Note => AnsiColor::Cyan.on_default(),
        Severity::Warning => AnsiColor::Yellow.on_default(),
        Severity::Error => AnsiColor::Red.on_default(),
    }
}

/// For programs.
#[must_use]
pub fn json(findings: &[Finding]) -> Value {
    let all: Vec<Value> = findings
        .iter()
        .map(|finding| {
            json!({
                "severity": finding.severity.word(),
                "subject": finding.subject,
                "evidence": finding.evidence,
                "mend": finding.mend,
            })
        })
        .collect();
    json!({ "version": 1, "worst": worst(findings).word(), "findings": all })
}
