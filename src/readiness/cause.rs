//! The root cause first: which trouble is a fault of its own, and which only follows from another.
//!
//! A service in trouble whose dependency is in trouble too is taken as a consequence of it, unless
//! it has a fault that no dependency explains: it died, it hangs, it says something that it must
//! not say. Pure graph work on findings.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use crate::ordered::Ordered as _;
use crate::spec::ServiceName;

use super::reply::{Dependency, Verdict};

/// What was found out about one member of the group.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// `data`, `worker@2`.
    pub label: String,
    /// Its service.
    pub service: ServiceName,
    /// The services it depends on.
    pub depends_on: Vec<ServiceName>,
    /// How it is.
    pub verdict: Verdict,
    /// How long the answer took.
    pub latency: Option<Duration>,
    /// Why it is not ready.
    pub cause: Option<String>,
    /// What it says of its dependencies.
    pub dependencies: BTreeMap<String, Dependency>,
    /// Whether its trouble can follow from a dependency: it answers, or it is still waiting to
    /// start. A dead or hanging process is a fault of its own.
    pub explicable: bool,
    /// Whether the group can do without it.
    pub optional: bool,
}

/// The group's health.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report {
    /// The worst verdict; trouble of an optional member counts as degraded.
    pub verdict: Verdict,
    /// Every member.
    pub findings: Vec<Finding>,
    /// Root causes and what follows from each, by label.
    pub roots: Vec<Root>,
}

/// One root cause.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Root {
    /// The member at fault.
    pub label: String,
    /// The members that suffer from it.
    pub consequences: Vec<String>,
}

/// Sorts findings into causes and consequences.
#[must_use]
pub fn reported(findings: Vec<Finding>) -> Report {
    let verdict = findings
        .iter()
        .map(|finding| match finding.verdict {
            Verdict::NotReady | Verdict::Down if finding.optional => Verdict::Degraded,
            verdict => verdict,
        })
        .max()
        .unwrap_or(Verdict::Ready);
    let is_root = |finding: &Finding| {
        finding.verdict != Verdict::Ready
            && !(finding.explicable && troubled_dependencies(finding, &findings).next().is_some())
    };
    let roots: BTreeSet<&str> = findings
        .iter()
        .filter(|finding| is_root(finding))
        .map(|finding| finding.label.as_str())
        .ordered();
    let roots = findings
        .iter()
        .filter(|finding| is_root(finding))
        .map(|root| Root {
            label: root.label.clone(),
            consequences: findings
                .iter()
                .filter(|finding| finding.verdict != Verdict::Ready && !is_root(finding))
                .filter(|finding| follows_from(finding, root, &findings, &roots))
                .map(|finding| finding.label.clone())
                .collect(),
        })
        .collect();
    Report {
        verdict,
        findings,
        roots,
    }
}

/// The findings of a member's dependencies that are in trouble.
fn troubled_dependencies<'f>(
    finding: &'f Finding,
    findings: &'f [Finding],
) -> impl Iterator<Item = &'f Finding> {
    findings.iter().filter(|other| {
        !other.optional
            && other.verdict != Verdict::Ready
            && finding.depends_on.contains(&other.service)
    })
}

/// Whether a chain of consequences leads from one member to a root cause, past no other root. The
/// dependencies have no cycle (`spec::order`), so this ends.
fn follows_from(
    finding: &Finding,
    root: &Finding,
    findings: &[Finding],
    roots: &BTreeSet<&str>,
) -> bool {
    troubled_dependencies(finding, findings).any(|dependency| {
        dependency.label == root.label
            || (!roots.contains(dependency.label.as_str())
                && follows_from(dependency, root, findings, roots))
    })
}

#[cfg(test)]
mod tests {
    use super::{Finding, Report, reported};
    use crate::readiness::Verdict::{self, Degraded, Down, NotReady, Ready};
    use crate::spec::ServiceName;
    use std::collections::BTreeMap;

    fn name(text: &str) -> ServiceName {
        ServiceName::parse(text).unwrap()
    }

    fn group(states: [(&str, &[&str], Verdict, bool); 4]) -> Report {
        reported(
            states
                .into_iter()
                .map(|(label, on, verdict, explicable)| Finding {
                    label: label.to_owned(),
                    service: name(label),
                    depends_on: on.iter().map(|on| name(on)).collect(),
                    verdict,
                    latency: None,
                    cause: None,
                    dependencies: BTreeMap::new(),
                    explicable,
                    optional: label == "redis",
                })
                .collect(),
        )
    }

    fn roots(report: &Report) -> Vec<(&str, Vec<&str>)> {
        report
            .roots
            .iter()
            .map(|root| {
                (
                    root.label.as_str(),
                    root.consequences.iter().map(String::as_str).collect(),
                )
            })
            .collect()
    }

    #[test]
    fn a_dead_data_is_the_cause_of_all_that_follows() {
        let report = group([
            ("data", &[], Down, false),
            ("cascor", &["data"], NotReady, true),
            ("worker", &["cascor"], Ready, true),
            ("canopy", &["data", "cascor"], Degraded, true),
        ]);
        assert_eq!(report.verdict, Down);
        assert_eq!(roots(&report), [("data", vec!["cascor", "canopy"])]);
    }

    #[test]
    fn a_dead_dependent_is_a_cause_of_its_own() {
        let report = group([
            ("data", &[], Down, false),
            ("cascor", &["data"], Down, false),
            ("worker", &["cascor"], NotReady, true),
            ("canopy", &["data", "cascor"], Degraded, true),
        ]);
        assert_eq!(
            roots(&report),
            [
                ("data", vec!["canopy"]),
                ("cascor", vec!["worker", "canopy"])
            ]
        );
    }

    #[test]
    fn one_still_waiting_to_start_is_a_consequence() {
        let report = group([
            ("data", &[], Down, false),
            ("cascor", &["data"], Down, true),
            ("worker", &["cascor"], Down, true),
            ("canopy", &["data", "cascor"], Down, true),
        ]);
        assert_eq!(
            roots(&report),
            [("data", vec!["cascor", "worker", "canopy"])]
        );
    }

    #[test]
    fn an_optional_member_only_degrades_the_group() {
        let report = group([
            ("data", &[], Ready, true),
            ("redis", &[], Down, false),
            ("cascor", &["data"], Ready, true),
            ("canopy", &["data", "redis"], Ready, true),
        ]);
        assert_eq!(report.verdict, Degraded);
        assert_eq!(roots(&report), [("redis", vec![])]);
    }
}
