//! The open incidents: opened for a root cause, joined by its consequences, closed when all are well.
//!
//! One fault is one incident, however many services show it and however often it returns: an
//! incident is closed only when everybody in it has been well for a while.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use crate::ordered::Ordered as _;
use crate::readiness::{Report, Verdict};

use super::event::{Moment, Standing};
use super::incident::{Incident, Taken, VERSION, What};
use super::telling::{Present, Telling};

mod gpu;

/// How long all must be well.
pub const QUIET: Duration = Duration::from_mins(1);

/// What is known of a member's trouble besides the finding.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Times {
    /// When it began, in microseconds since 1970.
    pub began: Option<u64>,
    /// When the last good answer came.
    pub last_good: Option<u64>,
    /// Whether it is certain enough to be called an incident.
    pub certain: bool,
    /// How its unit stands: what a person stopped is nobody's trouble.
    pub standing: Standing,
    /// Whether a person keeps the watchdog from acting on it.
    pub paused: bool,
}

/// The open incidents.
#[derive(Debug, Clone, Default)]
pub struct Ledger {
    open: Vec<Open>,
    next: u64,
}

#[derive(Debug, Clone)]
struct Open {
    incident: Incident,
    well_since: Option<Duration>,
    changed: bool,
    present: Present,
    telling: Telling,
    /// Whether a fault of a GPU lasts that keeps services from being started.
    lasts: bool,
}

impl Open {
    fn new(incident: Incident, changed: bool) -> Self {
        Self {
            incident,
            well_since: None,
            changed,
            present: Present::default(),
            telling: Telling::default(),
            lasts: false,
        }
    }

    /// Whether its root cause is a GPU that this member may use.
    fn is_of_gpu_of(&self, label: &str) -> bool {
        let gpu = self.incident.gpu.as_ref();
        gpu.is_some_and(|gpu| gpu.users.iter().any(|user| user == label))
    }

    /// Has a member suffer from it.
    fn takes(&mut self, label: &str) {
        if !self.incident.concerns(label) {
            self.incident.consequences.push(label.to_owned());
            self.changed = true;
        }
    }
}

impl Ledger {
    /// A ledger that goes on where an earlier one left off.
    #[must_use]
    pub fn new(kept: Vec<Incident>) -> Self {
        let next = kept
            .iter()
            .map(|incident| incident.number)
            .max()
            .unwrap_or(0)
            + 1;
        let open = kept
            .into_iter()
            .filter(|incident| incident.closed_us.is_none())
            .map(|incident| Open::new(incident, false))
            .collect();
        Self { open, next }
    }

    /// The open incidents.
    pub fn open(&self) -> impl Iterator<Item = &Incident> {
        self.open.iter().map(|open| &open.incident)
    }

    /// Whether no incident is open.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.open.is_empty()
    }

    /// Takes the state of the group in.
    pub fn update(&mut self, report: &Report, times: &BTreeMap<String, Times>, now: Moment) {
        for root in &report.roots {
            let of = times.get(&root.label).copied().unwrap_or_default();
            if self
                .open
                .iter()
                .all(|open| !open.incident.concerns(&root.label))
                && of.certain
            {
                // Whoever fails on a GPU that has a fault is not at fault.
                let gpu = |open: &&mut Open| open.is_of_gpu_of(&root.label);
                match self.open.iter_mut().find(gpu) {
                    Some(open) => open.takes(&root.label),
                    None => self.open_for(&root.label, report, of, &root.consequences, now),
                }
            }
            let is_of = |open: &&mut Open| {
                open.incident.root == root.label
                    || (open.is_of_gpu_of(&root.label) && open.incident.concerns(&root.label))
            };
            let Some(open) = self.open.iter_mut().find(is_of) else {
                continue;
            };
            for label in &root.consequences {
                open.takes(label);
            }
        }
        self.close(report, times, now);
    }

    fn open_for(
        &mut self,
        label: &str,
        report: &Report,
        times: Times,
        consequences: &[String],
        now: Moment,
    ) {
        let cause = report
            .findings
            .iter()
            .find(|finding| finding.label == label)
            .and_then(|finding| finding.cause.clone())
            .unwrap_or_else(|| "it is not well".to_owned());
        let began = times.began.unwrap_or(now.wall);
        // What was taken for a root cause turns out to be a consequence: the incident is the same.
        if let Some(open) = self
            .open
            .iter_mut()
            .find(|open| consequences.contains(&open.incident.root))
        {
            let suffering = std::mem::replace(&mut open.incident.root, label.to_owned());
            open.incident.consequences.push(suffering);
            open.incident.cause = cause;
            open.incident.last_good_us = times.last_good;
            open.incident.began_us = open.incident.began_us.min(began);
            open.changed = true;
            return;
        }
        let incident = Incident {
            version: VERSION,
            number: self.next,
            root: label.to_owned(),
            cause,
            began_us: began,
            last_good_us: times.last_good,
            opened_us: now.wall,
            closed_us: None,
            consequences: Vec::new(),
            actions: Vec::new(),
            notified_us: None,
            gpu: None,
        };
        self.open.push(Open::new(incident, true));
        self.next += 1;
    }

    fn close(&mut self, report: &Report, times: &BTreeMap<String, Times>, now: Moment) {
        let unwell: BTreeSet<&str> = report
            .findings
            .iter()
            .filter(|finding| finding.verdict != Verdict::Ready)
            .filter(|finding| {
                times
                    .get(&finding.label)
                    .is_none_or(|times| times.standing != Standing::Stopped)
            })
            .map(|finding| finding.label.as_str())
            .ordered();
        for open in &mut self.open {
            let root = times.get(&open.incident.root).copied().unwrap_or_default();
            open.present = Present {
                unwell: open.lasts || unwell.iter().any(|label| open.incident.concerns(label)),
                failed: open.lasts || root.standing == Standing::Failed,
                paused: root.paused,
            };
            if open.present.unwell {
                open.well_since = None;
            } else if now.steady >= *open.well_since.get_or_insert(now.steady) + QUIET {
                open.incident.closed_us = Some(now.wall);
                open.changed = true;
            }
        }
    }

    /// Begins to count quiet time anew: nothing was seen for a while.
    pub fn start_over(&mut self) {
        for open in &mut self.open {
            open.well_since = None;
        }
    }

    /// Notes what was done to a member, in the incident that it belongs to.
    pub fn note(&mut self, label: &str, what: What, why: &str, now: Moment) {
        let Some(open) = self
            .open
            .iter_mut()
            .find(|open| open.incident.concerns(label))
        else {
            return;
        };
        open.incident.note(Taken {
            at_us: now.wall,
            label: label.to_owned(),
            what,
            why: why.to_owned(),
        });
        open.changed = true;
    }

    /// The incidents that somebody is to be told of now, by number, where trouble has lasted for
    /// `after`. Each is waited for until [`Ledger::notified`] says what became of it.
    pub fn to_tell(&mut self, after: Duration, now: Moment) -> Vec<u64> {
        self.open
            .iter_mut()
            .filter_map(|open| {
                open.telling
                    .begins(&open.incident, open.present, after, now)
                    .then_some(open.incident.number)
            })
            .collect()
    }

    /// Notes whether somebody was told of an incident; where not, it is tried again later.
    pub fn notified(&mut self, number: u64, taken: bool, now: Moment) {
        let told = |open: &&mut Open| open.incident.number == number;
        let Some(open) = self.open.iter_mut().find(told) else {
            return;
        };
        if taken {
            open.incident.notified_us = Some(now.wall);
            open.changed = true;
        } else {
            open.telling.fails(now);
        }
    }

    /// The incidents of which something new is to be written down; the closed ones are gone then.
    pub fn changed(&mut self) -> Vec<Incident> {
        let changed = self
            .open
            .iter_mut()
            .filter_map(|open| std::mem::take(&mut open.changed).then(|| open.incident.clone()))
            .collect();
        self.open.retain(|open| open.incident.closed_us.is_none());
        changed
    }
}
