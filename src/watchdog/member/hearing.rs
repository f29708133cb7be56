//! Answers taken in: whether they are good, how many were not, and whether a closer look is needed.

use crate::readiness::Verdict;
use crate::spec::probe::OnFailure;

use super::super::event::Moment;
use super::super::heard::Heard;
use super::super::trouble::Trouble;
use super::{Asked, MemberWatch, REST};

impl MemberWatch {
    /// Takes the answer to its own question in: its label, and whether a closer look is needed.
    /// Answers to other questions than those that are under way are of the past.
    pub(in crate::watchdog) fn hears(
        &mut self,
        number: u64,
        heard: &Heard,
        now: Moment,
    ) -> Option<(String, bool)> {
        let is_it = |asked: &mut Asked| asked.number == number;
        let look = if let Some(asked) = self.liveness_asked.take_if(is_it) {
            self.hear_liveness(asked, heard, now)
        } else {
            let asked = self.readiness_asked.take_if(is_it)?;
            self.hear_readiness(asked, heard.clone(), now)
        };
        Some((self.watched.label.clone(), look))
    }

    fn hear_liveness(&mut self, asked: Asked, heard: &Heard, now: Moment) -> bool {
        let Some(probe) = self.watched.liveness.as_ref() else {
            return false;
        };
        let failed = match probe.on_failure {
            OnFailure::Abort | OnFailure::Nothing => {
                matches!(heard.verdict, Verdict::NotReady | Verdict::Down)
            }
            OnFailure::AbortIfSilent => !heard.replied,
        };
        if !failed {
            self.trouble = None;
            self.has_answered = true;
            self.alive_at = Some(now.steady);
            self.last_good = Some(now.wall);
            return false;
        }
        self.well_since = None;
        let is_first = self.trouble.is_none();
        let trouble = self.trouble.get_or_insert_with(|| Trouble::new(asked.at));
        trouble.questions += 1;
        trouble.liveness += 1;
        trouble.cause = heard.cause.clone().unwrap_or_default();
        is_first || trouble.is_failure(probe, now)
    }

    fn hear_readiness(&mut self, asked: Asked, heard: Heard, now: Moment) -> bool {
        let Some(probe) = self.watched.readiness.as_ref() else {
            return false;
        };
        self.due_readiness = self
            .due_readiness
            .max(asked.at.steady + heard.latency.saturating_mul(REST));
        if matches!(heard.verdict, Verdict::NotReady | Verdict::Down) {
            self.readiness_failures += 1;
            self.readiness_successes = 0;
            self.readiness_failed |= self.readiness_failures >= probe.failure_threshold;
        } else {
            self.readiness_successes += 1;
            self.readiness_failures = 0;
            self.readiness_failed &= self.readiness_successes < probe.success_threshold;
            self.last_good = Some(now.wall);
        }
        if heard.replied {
            self.busy = heard.busy;
        }
        let mut look = false;
        // It has shown meanwhile that it is alive, or not.
        let is_alive = self.alive_at.is_some_and(|at| at >= asked.at.steady);
        if !heard.replied && self.watched.liveness.is_some() && !is_alive {
            let trouble = self.trouble.get_or_insert_with(|| Trouble::new(asked.at));
            trouble.questions += 1;
            trouble.cause = heard.cause.clone().unwrap_or_default();
            self.due_liveness = now.steady;
            look = true;
        }
        if heard.wrong {
            let (_, times) = self
                .wrong
                .get_or_insert_with(|| (Trouble::new(asked.at), 0));
            *times += 1;
            look |= *times >= probe.failure_threshold;
        } else {
            self.wrong = None;
        }
        self.readiness = Some(heard);
        look
    }
}
