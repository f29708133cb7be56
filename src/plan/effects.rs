//! What an install does to the services that run: who stops, starts, restarts, and who is left alone.
//!
//! Pure: which units run comes in as a set, sentences for people go out.

use std::collections::{BTreeMap, BTreeSet};

use super::change::Change;
use super::compare::Plan;
use crate::ordered::Ordered as _;
use crate::unit::file::{extended_by, file_of};

/// With which unit a service runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Now {
    /// With the one that is installed.
    AsInstalled,
    /// With an earlier one: it was started before the file was last written.
    Outdated,
}

/// A service that is restarted when another one is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Follower {
    /// Who follows.
    pub label: String,
    /// Whom.
    pub on: String,
}

/// What becomes of each service, by its label.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Effects {
    /// Running, and not wanted any more.
    pub stops: Vec<String>,
    /// Wanted, and not running.
    pub starts: Vec<String>,
    /// Running under a unit that changes, or has changed since.
    pub changes: Vec<String>,
    /// Running under a unit that stays, but restarted with one that changes.
    pub follows: Vec<String>,
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
    running: &BTreeMap<String, Now>,
    labels: &BTreeMap<String, String>,
    followers: &[Follower],
) -> Effects {
    let rewritten: BTreeSet<&str> = plan
        .changes
        .iter()
        .filter(|change| change.text().is_some() && change.old().is_some())
        .map(Change::name)
        .chain(
            plan.changes
                .iter()
                .filter_map(|change| extended_by(change.name())),
        )
        .ordered();
    let mut effects = Effects::default();
    let mut restarted: BTreeSet<&str> = BTreeSet::new();
    // In start order, so that whom a service follows has been judged before it.
    for (unit, label) in wanted {
        let joins = || {
            followers.iter().any(|follower| {
                follower.label == *label && restarted.contains(follower.on.as_str())
            })
        };
        let list = match running.get(unit) {
            None => &mut effects.starts,
            Some(Now::Outdated) => &mut effects.changes,
            Some(Now::AsInstalled)
                if rewritten.contains(file_of(unit).as_str())
                    || rewritten.contains(unit.as_str()) =>
            {
                &mut effects.changes
            }
            Some(Now::AsInstalled) if joins() => &mut effects.follows,
            Some(Now::AsInstalled) => &mut effects.untouched,
        };
        list.push(label.clone());
        if effects.changes.contains(label) || effects.follows.contains(label) {
            restarted.insert(label);
        }
    }
    effects.stops = running
        .keys()
        .filter(|unit| !wanted.iter().any(|(name, _)| name == *unit))
        .map(|unit| labels.get(unit).unwrap_or(unit).clone())
        .collect();
    effects
}

impl Effects {
    /// Whether any service runs.
    #[must_use]
    pub fn anything_runs(&self) -> bool {
        [&self.stops, &self.changes, &self.follows, &self.untouched]
            .iter()
            .any(|labels| !labels.is_empty())
    }

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
        let restarted = part(changes, &self.changes).map(|told| match self.follows.as_slice() {
            [] => told,
            follows => format!("{told} and with it {}", follows.join(", ")),
        });
        let acts: Vec<String> = [
            part("stops", &self.stops),
            part(starts, &self.starts),
            restarted,
        ]
        .into_iter()
        .flatten()
        .collect();
        if acts.is_empty() {
            return None;
        }
        let acts = acts.join(if now { ", " } else { "; " });
        Some(if self.untouched.is_empty() {
            acts
        } else {
            format!("{acts}; {} untouched", self.untouched.join(", "))
        })
    }

    /// What a person does next; `None` where nothing is left to do. `install` is the command that installs
    /// the same again, where there is one.
    #[must_use]
    pub fn next_step(&self, install: Option<&str>) -> Option<String> {
        match (self.changes.is_empty(), self.starts.is_empty()) {
            (true, true) => None,
            (true, false) => {
                Some("sudo systemctl start juniper.target, then juniperctl health".to_owned())
            }
            (false, true) => Some(format!(
                "sudo juniperctl restart {}",
                self.changes.join(" ")
            )),
            (false, false) => Some(match install {
                Some(install) => format!("{install} --now"),
                None => format!(
                    "sudo juniperctl start, then sudo juniperctl restart {}",
                    self.changes.join(" ")
                ),
            }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Effects, Follower, Now, effects};
    use crate::plan::{Change, Plan};
    use std::collections::BTreeMap;

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
            ("juniper-report.service", "report"),
            ("juniper-old.service", "old"),
        ]);
        let running: BTreeMap<String, Now> = [
            ("juniper-data.service", Now::AsInstalled),
            ("juniper-canopy.service", Now::AsInstalled),
            ("juniper-foreign.service", Now::AsInstalled),
            ("juniper-cascor-worker@1.service", Now::AsInstalled),
            ("juniper-report.service", Now::AsInstalled),
            ("juniper-old.service", Now::Outdated),
        ]
        .map(|(unit, now)| (unit.to_owned(), now))
        .into();
        let labels: BTreeMap<String, String> = named(&[("juniper-canopy.service", "canopy")])
            .into_iter()
            .collect();
        let follower = Follower {
            label: "report".to_owned(),
            on: "worker@1".to_owned(),
        };
        effects(&plan, &wanted, &running, &labels, &[follower])
    }

    #[test]
    fn a_switch_is_told_in_one_sentence() {
        assert_eq!(
            switched().sentence(true).as_deref(),
            Some(
                "stops canopy, juniper-foreign.service, starts cascor, worker@2, \
                 restarts worker@1, old and with it report; data untouched"
            )
        );
        assert_eq!(
            switched().sentence(false).as_deref(),
            Some(
                "stops canopy, juniper-foreign.service; at the next start: starts cascor, worker@2; \
                 at its next restart: changes worker@1, old and with it report; data untouched"
            )
        );
        assert_eq!(
            switched()
                .next_step(Some("sudo juniperctl install --profile full"))
                .as_deref(),
            Some("sudo juniperctl install --profile full --now")
        );
    }

    #[test]
    fn nothing_is_said_where_nothing_happens() {
        let effects = Effects {
            untouched: vec!["data".to_owned()],
            ..Effects::default()
        };
        assert_eq!(effects.sentence(true), None);
        assert_eq!(effects.next_step(Some("install")), None);
    }
}
