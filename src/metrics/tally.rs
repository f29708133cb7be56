//! The counters: each probe's answers, each member's restarts by cause, incidents by root.
//!
//! A restart is counted where its cause is known: the watchdog's own when it acts, the others when a
//! run is seen that it did not cause. What is counted ends with the process, as Prometheus expects.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::kernel_log::GpuAddress;
use crate::ordered::Ordered as _;
use crate::readiness::Verdict;
use crate::watchdog::{Action, Event, Heard, Incident, Question, Standing};

use super::Run;

/// The upper bounds of the histogram's buckets, in seconds. Few: a healthy service answers within
/// milliseconds, a cascor whose data hangs within five seconds (measured), and ten is a time-out.
pub(super) const BUCKETS: [f64; 4] = [0.01, 0.1, 1.0, 5.0];

/// Between two turns.
const TURN: Duration = Duration::from_secs(3);

/// Why a service was restarted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Cause {
    /// The watchdog ended it, because it answered nothing.
    Unresponsive,
    /// The watchdog restarted it out of a state that it does not leave by itself.
    WrongState,
    /// It ended by itself and systemd started it again.
    Exited,
    /// Somebody asked for it: a person, an upgrade, a dependency that came back.
    Requested,
}

impl Cause {
    /// Every one, with its word.
    pub(super) const ALL: [(Self, &'static str); 4] = [
        (Self::Unresponsive, "unresponsive"),
        (Self::WrongState, "wrong_state"),
        (Self::Exited, "exited"),
        (Self::Requested, "requested"),
    ];
}

/// All counters.
#[derive(Debug, Clone, Default)]
pub struct Tally {
    pub(super) members: BTreeMap<String, MemberTally>,
    /// Incidents that were opened, by root.
    pub(super) incidents: BTreeMap<String, u64>,
    /// Faults of GPUs in this boot, by GPU and by code or word.
    pub(super) gpu_faults: BTreeMap<(String, String), u64>,
    /// The highest number of an incident that was counted, or was there before.
    last_incident: u64,
    /// The member whose run was looked at last.
    looked: String,
    /// When the next in turn is looked at, in time since boot.
    turn_at: Duration,
}

/// One member's.
#[derive(Debug, Clone, Default)]
pub(super) struct MemberTally {
    pub(super) liveness: ProbeTally,
    pub(super) readiness: ProbeTally,
    pub(super) restarts: [u64; 4],
    pub(super) ready: Option<Duration>,
    run: Option<Run>,
    /// Restarts that the watchdog has caused and that have not been seen yet.
    caused: u64,
    asked: Option<(u64, Question)>,
    standing: Standing,
    /// Whether its run has not been looked at since it came up.
    is_new: bool,
}

/// One probe's.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct ProbeTally {
    pub(super) is_good: bool,
    pub(super) good: u64,
    pub(super) bad: u64,
    pub(super) seconds: f64,
    /// The last is for what took longer than the last bound.
    pub(super) buckets: [u64; BUCKETS.len() + 1],
}

impl Tally {
    /// Counters for members, after the incidents that are known already.
    #[must_use]
    pub fn new<'l>(labels: impl IntoIterator<Item = &'l str>, incidents: &[Incident]) -> Self {
        let mut tally = Self {
            last_incident: incidents
                .iter()
                .map(|incident| incident.number)
                .max()
                .unwrap_or_default(),
            ..Self::default()
        };
        tally.configure(labels);
        tally
    }

    /// Counts for these members from now on, and forgets the others.
    pub fn configure<'l>(&mut self, labels: impl IntoIterator<Item = &'l str>) {
        let mut before = std::mem::take(&mut self.members);
        self.members = labels
            .into_iter()
            .map(|label| {
                let known = before.remove(label).unwrap_or_default();
                (label.to_owned(), known)
            })
            .ordered();
        let members = &self.members;
        self.incidents.retain(|root, _| members.contains_key(root));
    }

    /// Takes in what reaches the watchdog.
    pub fn heard(&mut self, event: &Event) {
        match event {
            Event::Answer { number, heard } => {
                let asked = self.members.values_mut().find_map(|member| {
                    let (_, question) = member.asked.take_if(|asked| asked.0 == *number)?;
                    Some((member, question))
                });
                match asked {
                    Some((member, Question::Liveness)) => member.liveness.count(heard),
                    Some((member, Question::Readiness)) => member.readiness.count(heard),
                    None => {}
                }
            }
            Event::Units(standings) => {
                for (label, standing) in standings {
                    if let Some(member) = self.members.get_mut(label) {
                        member.is_new |=
                            member.standing != *standing && *standing == Standing::Running;
                        member.standing = *standing;
                    }
                }
            }
            Event::Configured { members, .. } => {
                self.configure(members.iter().map(|member| member.label.as_str()));
            }
            Event::Gpus(faults) => {
                self.gpu_faults.clear();
                for fault in &faults.faults {
                    let gpu = fault.gpu.as_ref().map_or("unknown", GpuAddress::as_str);
                    let key = (gpu.to_owned(), fault.symptom.word());
                    *self.gpu_faults.entry(key).or_default() += fault.times;
                }
            }
            _ => {}
        }
    }

    /// Takes in what the watchdog does.
    pub fn done(&mut self, action: &Action) {
        match action {
            Action::Ask {
                number,
                label,
                question,
                ..
            } => {
                if let Some(member) = self.members.get_mut(label) {
                    member.asked = Some((*number, *question));
                }
            }
            Action::Abort { label } => self.caused(label, Cause::Unresponsive),
            Action::Restart { label } => self.caused(label, Cause::WrongState),
            Action::Keep(incident) if incident.number > self.last_incident => {
                self.last_incident = incident.number;
                *self.incidents.entry(incident.root.clone()).or_default() += 1;
            }
            _ => {}
        }
    }

    fn caused(&mut self, label: &str, cause: Cause) {
        if let Some(member) = self.members.get_mut(label) {
            member.count(cause, 1);
            member.caused += 1;
        }
    }

    /// Whose run is to be looked at next: one that has just come up, or else everybody in turn, so
    /// that one that came back between two looks at the units is noticed all the same. `now` is the time
    /// since boot: with many rounds not each of them has a turn.
    pub fn next_look(&mut self, now: Duration) -> Option<String> {
        let is_new = |member: &MemberTally| member.is_new;
        let new = self.members.iter().find(|(_, member)| is_new(member));
        if new.is_none() && now < self.turn_at {
            return None;
        }
        self.turn_at = now + TURN;
        let after = (
            std::ops::Bound::Excluded(self.looked.as_str()),
            std::ops::Bound::Unbounded,
        );
        let label = new
            .map(|(label, _)| label)
            .or_else(|| {
                self.members
                    .range::<str, _>(after)
                    .map(|(label, _)| label)
                    .next()
            })
            .or_else(|| self.members.keys().next())?
            .clone();
        // Once: one that cannot be looked at must not keep the others from their turn.
        if let Some(member) = self.members.get_mut(&label) {
            member.is_new = false;
        }
        self.looked.clone_from(&label);
        Some(label)
    }

    /// The automatic restarts of a member since it was last started by hand, as systemd counts them;
    /// `None` where nobody has looked yet.
    #[must_use]
    pub fn automatic_restarts(&self, label: &str) -> Option<u64> {
        Some(self.members.get(label)?.run?.restarts)
    }

    /// Takes in a member's present or last run.
    pub fn ran(&mut self, label: &str, run: Run) {
        if let Some(member) = self.members.get_mut(label) {
            member.ran(run);
        }
    }
}

impl MemberTally {
    fn count(&mut self, cause: Cause, times: u64) {
        let known = Cause::ALL.iter().position(|(other, _)| *other == cause);
        if let Some(count) = known.and_then(|index| self.restarts.get_mut(index)) {
            *count += times;
        }
    }

    fn ran(&mut self, run: Run) {
        self.ready = run.time_to_ready().or(self.ready);
        let Some(before) = self.run.replace(run) else {
            return;
        };
        if before.started_us == run.started_us {
            return;
        }
        let ours = std::mem::take(&mut self.caused);
        if run.restarts > before.restarts {
            let automatic = run.restarts - before.restarts;
            self.count(Cause::Exited, automatic.saturating_sub(ours));
            return;
        }
        // systemd counts from nothing again: it was started by a job, which may be the watchdog's.
        self.count(Cause::Requested, u64::from(ours == 0));
        self.count(Cause::Exited, run.restarts);
    }
}

impl ProbeTally {
    fn count(&mut self, heard: &Heard) {
        self.is_good = matches!(heard.verdict, Verdict::Ready | Verdict::Degraded);
        if self.is_good {
            self.good += 1;
        } else {
            self.bad += 1;
        }
        let seconds = heard.latency.as_secs_f64();
        self.seconds += seconds;
        let index = BUCKETS.iter().position(|bound| seconds <= *bound);
        if let Some(bucket) = self.buckets.get_mut(index.unwrap_or(BUCKETS.len())) {
            *bucket += 1;
        }
    }

    /// Whether anybody was ever asked.
    pub(super) fn is_used(&self) -> bool {
        self.good + self.bad > 0
    }
}

#[cfg(test)]
#[path = "tally_tests.rs"]
pub(in crate::metrics) mod tests;
