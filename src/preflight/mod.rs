//! What keeps a machine from running the group: facts in, findings out.
//!
//! Pure. Names of processes, their command lines and paths are strangers' words: each text of a finding is
//! made fit for a terminal here, where findings are made, and nowhere else.

pub mod facts;
mod installation;
mod machine;
mod ports;
mod programs;
mod user;

#[cfg(test)]
mod tests;

use crate::spec::text::for_terminal;

pub use facts::Facts;

/// How bad it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// As it should be.
    Good,
    /// Good to know; nothing need be done.
    Note,
    /// The group runs, but not as well as it could.
    Warning,
    /// Something cannot run.
    Error,
}

impl Severity {
    /// The word for people and for JSON.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Good => "ok",
            Self::Note => "note",
            Self::Warning => "warning",
            Self::Error => "error",
        }
    }
}

/// One thing that was looked at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// How bad it is.
    pub severity: Severity,
    /// What was looked at.
    pub subject: String,
    /// What was seen.
    pub evidence: String,
    /// The command, or the step, that mends it.
    pub mend: Option<String>,
}

impl Finding {
    fn new(severity: Severity, subject: &str, evidence: &str) -> Self {
        Self {
            severity,
            subject: for_terminal(subject, 100),
            evidence: for_terminal(evidence, 600),
            mend: None,
        }
    }

    fn mend(mut self, how: &str) -> Self {
        self.mend = Some(for_terminal(how, 600));
        self
    }
}

/// Everything that was seen, in the order in which an operator goes through it.
#[must_use]
pub fn findings(facts: &Facts) -> Vec<Finding> {
    let mut findings = machine::systemd(facts);
    findings.extend(user::findings(facts));
    findings.extend(machine::accounts(facts));
    findings.extend(programs::findings(facts));
    findings.extend(ports::findings(facts));
    findings.extend(installation::directories(facts));
    findings.extend(installation::installation(facts));
    findings.extend(machine::gpu(facts));
    findings.extend(machine::space(facts));
    findings.extend(machine::clock(facts));
    findings.extend(machine::unseen(facts));
    findings
}

/// The worst of all.
#[must_use]
pub fn worst(findings: &[Finding]) -> Severity {
    findings
        .iter()
        .map(|finding| finding.severity)
        .max()
        .unwrap_or(Severity::Good)
}
