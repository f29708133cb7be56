//! A member as it is shown: to load balancers, to Prometheus, on the page. Nothing is decided by it.

use crate::readiness::{Finding, Verdict};

use super::super::condition::Condition;
use super::super::event::{Moment, Standing};
use super::MemberWatch;

/// What is said of one that nobody could ask yet.
const NOT_KNOWN: &str = "the watchdog has not heard of it yet";

impl MemberWatch {
    /// How it is.
    pub(in crate::watchdog) fn condition(&self) -> Condition {
        match self.standing {
            Standing::Unknown => Condition::Unknown,
            Standing::Stopped => Condition::Stopped,
            Standing::Failed => Condition::Down,
            Standing::Coming | Standing::Going => Condition::NotReady,
            Standing::Running if self.is_failing() => Condition::Down,
            Standing::Running => match &self.readiness {
                Some(heard) => heard.verdict.into(),
                None if self.watched.readiness.is_some() => Condition::Unknown,
                None if self.watched.liveness.is_some() && !self.has_answered => Condition::Unknown,
                None => Condition::Ready,
            },
        }
    }

    fn is_failing(&self) -> bool {
        self.watched.liveness.is_some()
            && self
                .trouble
                .as_ref()
                .is_some_and(|trouble| trouble.liveness > 0)
    }

    /// The same as a finding: what is not known does not count as ready.
    pub(in crate::watchdog) fn shown(&self, now: Moment) -> Finding {
        let (mut finding, _) = self.finding(now);
        if self.condition() == Condition::Unknown {
            finding.verdict = Verdict::NotReady;
            finding.cause = Some(NOT_KNOWN.to_owned());
            finding.explicable = true;
        }
        // Of one that does not answer any more the last answer says nothing.
        if let Some(heard) = self.readiness.as_ref().filter(|_| !self.is_failing()) {
            finding.latency = heard.replied.then_some(heard.latency);
            finding.dependencies.clone_from(&heard.dependencies);
        }
        finding
    }
}
