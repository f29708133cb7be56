//! What a closer look leads to, what is under way with a member, and how it is.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::readiness::{Finding, Verdict};

use super::super::event::{Look, Moment, Standing};
use super::super::heard::Heard;
use super::super::trouble::Trouble;
use super::{ABORT, ANEW, Ending, LOOK, MemberWatch, Step, Wish};

impl MemberWatch {
    /// Takes a closer look in.
    pub(in crate::watchdog) fn looked(&mut self, look: &Look, now: Moment) -> Option<Wish> {
        if look.standing != Standing::Running {
            self.stand(look.standing, Duration::ZERO, now);
            return None;
        }
        if let Some(ending) = self.ending {
            let passed = now.steady.saturating_sub(ending.at);
            return match ending.step {
                _ if ending.run != look.run => {
                    self.start_over();
                    self.forget_process();
                    None
                }
                Step::Aborted => (passed >= ABORT).then_some(Wish::Kill),
                Step::Killed | Step::Restarted => {
                    if passed >= ANEW {
                        self.start_over();
                    }
                    None
                }
            };
        }
        let other = |trouble: &Trouble| !trouble.is_of(look, now);
        if self.trouble.as_ref().is_some_and(other)
            || self
                .wrong
                .as_ref()
                .is_some_and(|(trouble, _)| other(trouble))
        {
            self.start_over();
            self.forget_process();
            return None;
        }
        if let Some(trouble) = self.trouble.as_mut() {
            trouble.see(look, now);
        }
        self.wish(look, now)
    }

    fn wish(&self, look: &Look, now: Moment) -> Option<Wish> {
        if self.ended == Some(look.run) {
            return None;
        }
        if let (Some(trouble), Some(probe)) = (&self.trouble, &self.watched.liveness) {
            // Where a readiness probe is, an active unit has been ready: its watcher said so.
            let was_ready = self.watched.readiness.is_some() || self.has_answered;
            let limit = trouble.since.steady + probe.busy_limit;
            let at_work = self.busy && trouble.works(probe, now) && now.steady < limit;
            let fails = trouble.is_failure(probe, now);
            return (fails && was_ready && self.watched.acts() && !at_work)
                .then_some(Wish::Abort { run: look.run });
        }
        let threshold = self.watched.readiness.as_ref()?.failure_threshold;
        self.wrong
            .as_ref()
            .is_some_and(|(_, times)| *times >= threshold)
            .then_some(Wish::Restart { run: look.run })
    }

    /// Notes that its wish was carried out.
    pub(in crate::watchdog) fn ends(&mut self, step: Step, run: Option<u64>, now: Moment) {
        let run = run.or(self.ending.map(|ending| ending.run));
        self.ended = run;
        self.ending = Some(Ending {
            step,
            at: now.steady,
            run: run.unwrap_or_default(),
            looked: now.steady,
        });
        self.liveness_asked = None;
        self.readiness_asked = None;
    }

    /// Whether it is time for another look at one that is being ended.
    pub(in crate::watchdog) fn must_be_looked_at(&mut self, now: Moment) -> bool {
        match self.ending.as_mut() {
            Some(ending) if now.steady >= ending.looked + LOOK => {
                ending.looked = now.steady;
                true
            }
            _ => false,
        }
    }

    /// Whether those that depend on it cannot be blamed for anything.
    pub(in crate::watchdog) fn is_broken(&self) -> bool {
        let unready = self
            .readiness
            .as_ref()
            .is_some_and(|heard| matches!(heard.verdict, Verdict::NotReady | Verdict::Down));
        !matches!(self.standing, Standing::Running | Standing::Unknown)
            || self.trouble.is_some()
            || self.ending.is_some()
            || unready
    }

    /// What is wrong with it.
    pub(in crate::watchdog) fn complaint(&self) -> String {
        let of_trouble = self.trouble.as_ref().map(|trouble| trouble.cause.clone());
        of_trouble
            .or_else(|| {
                self.readiness
                    .as_ref()
                    .and_then(|heard| heard.cause.clone())
            })
            .unwrap_or_else(|| "it is not well".to_owned())
    }

    /// Since when it is in trouble, in microseconds since 1970.
    pub(in crate::watchdog) fn began(&self) -> Option<u64> {
        let wrong = self.wrong.as_ref().map(|(trouble, _)| trouble);
        self.trouble
            .as_ref()
            .or(wrong)
            .map(|trouble| trouble.since.wall)
    }

    /// Whether its finding is that it is ready, without making one.
    pub(in crate::watchdog) fn is_ready(&self) -> bool {
        let fails = self
            .trouble
            .as_ref()
            .is_some_and(|trouble| trouble.liveness > 0);
        let says_so = |heard: &Heard| heard.verdict == Verdict::Ready;
        match self.standing {
            Standing::Unknown => true,
            Standing::Running => {
                !(fails && self.watched.liveness.is_some())
                    && self.readiness.as_ref().is_none_or(says_so)
            }
            _ => false,
        }
    }

    /// How it is, and whether that is certain enough to be called an incident.
    pub(in crate::watchdog) fn finding(&self, now: Moment) -> (Finding, bool) {
        let failing = self
            .trouble
            .as_ref()
            .filter(|trouble| trouble.liveness > 0)
            .zip(self.watched.liveness.as_ref());
        let (verdict, cause, explicable, certain) = match (self.standing, failing) {
            (Standing::Unknown, _) => (Verdict::Ready, None, true, false),
            (Standing::Failed, _) => (
                Verdict::Down,
                Some("its unit has failed".to_owned()),
                false,
                true,
            ),
            // A person stopped it, or is about to: nothing to report.
            (Standing::Stopped, _) => (
                Verdict::Down,
                Some("it is stopped".to_owned()),
                false,
                false,
            ),
            (Standing::Coming | Standing::Going, _) => (
                Verdict::NotReady,
                Some("it is starting or stopping".to_owned()),
                true,
                false,
            ),
            (Standing::Running, Some((trouble, probe))) => {
                let certain = trouble.is_failure(probe, now);
                (Verdict::Down, Some(trouble.cause.clone()), false, certain)
            }
            (Standing::Running, None) => match &self.readiness {
                None => (Verdict::Ready, None, true, false),
                // It is alive: only a reply can show a fault of its own.
                Some(heard) => (
                    heard.verdict,
                    heard.cause.clone(),
                    !(heard.replied && heard.own_fault),
                    self.readiness_failed,
                ),
            },
        };
        let finding = Finding {
            label: self.watched.label.clone(),
            service: self.watched.service.clone(),
            depends_on: self.watched.depends_on.clone(),
            verdict,
            latency: None,
            cause,
            dependencies: BTreeMap::new(),
            explicable,
            optional: false,
        };
        (finding, certain)
    }
}
