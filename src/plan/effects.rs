//! What an install does to the services that run: who stops, starts, restarts, and who is left alone.
//!
//! Pure: which units run comes in as a set, sentences for people go out.

use std::collections::{BTreeMap, BTreeSet};

use super::compare::Plan;

/// What becomes of each service, by its label.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Effects {
    /// Running, and not wanted any more.
    pub stops: Vec<String>,
    /// Wanted, and not running.
    pub starts: Vec<String>,
    /// Running under a unit that changes.
    pub changes: Vec<String>,
    /// Running under a unit that stays as it is.
    pub untouched: Vec<String>,
}

/// Computes the effects of a plan.
///
/// `wanted` are the group's members as unit and label, in start order; `labels` names units that are
/// not wanted any more.
#[must_use]
pub fn effects(
    plan: &Plan,
    wanted: &[(String, String)],
    running: &BTreeSet<String>,
    labels: &BTreeMap<String, String>,
) -> Effects {
    let rewritten: BTreeSet<&str> = plan
        .changes
        .iter()
        .filter(|change| change.text().is_some() && change.old().is_some())
        .map(super::change::Change::name)
        .collect();
    let mut effects = Effects::default();
    for (unit, label) in wanted {
        let list = if !running.contains(unit) {
            &mut effects.starts
        } else if rewritten.contains(file_of(unit).as_str()) {
            &mut effects.changes
        } else {
            &mut effects.untouched
        };
        list.push(label.clone());
    }
    effects.stops = running
        .iter()
        .filter(|unit| !wanted.iter().any(|(name, _)| name == *unit))
        .map(|unit| labels.get(unit).unwrap_or(unit).clone())
        .collect();
    effects
}

/// The file that an instance's unit comes from.
#[must_use]
pub fn file_of(unit: &str) -> String {
    match unit.split_once('@') {
        Some((stem, _)) => format!("{stem}@.service"),
        None => unit.to_owned(),
    }
}

impl Effects {
    /// One sentence, with what is started and restarted now or only later; `None` where nothing
    /// happens to anybody.
    #[must_use]
    pub fn sentence(&self, now: bool) -> Option<String> {
        let (starts, changes) = if now {
            ("starts", "restarts")
        } else {
            ("at the next start: starts", "at its next restart: changes")
        };
        let part = |verb: &str, labels: &[String]| {
            (!labels.is_empty()).then(|| format!("{verb} {}", labels.join(", ")))
        };
        let untouched = (!self.untouched.is_empty())
            .then(|| format!("{} untouched", self.untouched.join(", ")));
        let acts: Vec<String> = [
            part("stops", &self.stops),
            part(starts, &self.starts),
            part(changes, &self.changes),
        ]
        .into_iter()
        .flatten()
        .collect();
        if acts.is_empty() {
            return None;
        }
        let acts = acts.join(if now { ", " } else { "; " });
        Some(match untouched {
            Some(untouched) => format!("{acts}; {untouched}"),
            None => acts,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::{Effects, effects};
    use crate::plan::{Change, Plan};
    use std::collections::{BTreeMap, BTreeSet};

    fn named(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
        pairs
            .iter()
            .map(|(unit, label)| ((*unit).to_owned(), (*label).to_owned()))
            .collect()
    }

    fn switched() -> Effects {
        let plan = Plan {
            changes: vec![Change::Rewrite {
                name: "juniper-cascor-worker@.service".to_owned(),
                old: "a".to_owned(),
                text: "b".to_owned(),
            }],
            ..Plan::default()
        };
        let wanted = named(&[
            ("juniper-data.service", "data"),
            ("juniper-cascor.service", "cascor"),
            ("juniper-cascor-worker@1.service", "worker@1"),
            ("juniper-cascor-worker@2.service", "worker@2"),
        ]);
        let running: BTreeSet<String> = [
            "juniper-data.service",
            "juniper-canopy.service",
            "juniper-foreign.service",
            "juniper-cascor-worker@1.service",
        ]
        .map(str::to_owned)
        .into();
        let labels: BTreeMap<String, String> = named(&[("juniper-canopy.service", "canopy")])
            .into_iter()
            .collect();
        effects(&plan, &wanted, &running, &labels)
    }

    #[test]
    fn a_switch_is_told_in_one_sentence() {
        assert_eq!(
            switched().sentence(true).as_deref(),
            Some(
                "stops canopy, juniper-foreign.service, starts cascor, worker@2, \
                 restarts worker@1; data untouched"
            )
        );
        assert_eq!(
            switched().sentence(false).as_deref(),
            Some(
                "stops canopy, juniper-foreign.service; at the next start: starts cascor, worker@2; \
                 at its next restart: changes worker@1; data untouched"
            )
        );
    }

    #[test]
    fn nothing_is_said_where_nothing_happens() {
        let effects = Effects {
            untouched: vec!["data".to_owned()],
            ..Effects::default()
        };
        assert_eq!(effects.sentence(true), None);
    }
}
