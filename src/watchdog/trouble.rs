//! A run of bad answers from one process: since when, how many, and whether that is enough.

use std::time::Duration;

use crate::spec::probe::Probe;

use super::event::{Look, Moment};
use super::watched::Watched;

/// Looks that are closer together than this say nothing about work.
const APART: Duration = Duration::from_millis(100);

/// The run. It ends with the first good answer, or with the process.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Trouble {
    /// When the first unanswered question was asked.
    pub(super) since: Moment,
    /// How many questions were in vain, of either kind.
    pub(super) questions: u32,
    /// How many of them were liveness questions.
    pub(super) liveness: u32,
    /// When it was last looked at, and its processor time then, where systemd accounts for it.
    seen: Option<(Duration, Option<Duration>)>,
    /// When it was last seen to have worked.
    worked: Option<Duration>,
    /// What was noticed last.
    pub(super) cause: String,
}

impl Trouble {
    pub(super) fn new(since: Moment) -> Self {
        Self {
            since,
            questions: 0,
            liveness: 0,
            seen: None,
            worked: None,
            cause: String::new(),
        }
    }

    /// When the probe has failed, if no answer comes at all.
    pub(super) fn deadline(&self, probe: &Probe) -> Duration {
        self.since.steady + Watched::patience(probe)
    }

    /// How long the next liveness question may take.
    pub(super) fn limit(&self, probe: &Probe, now: Moment) -> Duration {
        let left = self.deadline(probe).saturating_sub(now.steady);
        // In tenths of a second, because people read it.
        let tenths = u64::try_from(left.as_millis().div_ceil(100)).unwrap_or(u64::MAX);
        Duration::from_millis(tenths.saturating_mul(100))
            .max(probe.interval)
            .min(probe.timeout)
    }

    /// Whether the liveness probe has failed: often enough, or for as long as that many questions
    /// would have taken had they been asked side by side. Never on one question alone where the
    /// threshold is higher, and never without a liveness question.
    pub(super) fn is_failure(&self, probe: &Probe, now: Moment) -> bool {
        let often = self.liveness >= probe.failure_threshold;
        let long =
            self.questions >= probe.failure_threshold.min(2) && now.steady >= self.deadline(probe);
        self.liveness > 0 && (often || long)
    }

    /// Whether the process that is there now is the one that did not answer.
    pub(super) fn is_of(&self, look: &Look, now: Moment) -> bool {
        look.age >= now.steady.saturating_sub(self.since.steady)
    }

    /// Takes a look in: whether the process has worked since the one before, for at least a
    /// twentieth of the time. Where systemd does not count it is believed to.
    pub(super) fn see(&mut self, look: &Look, now: Moment) {
        if let Some((at, before)) = self.seen {
            let passed = now.steady.saturating_sub(at);
            if passed < APART {
                return;
            }
            let has_worked = before
                .zip(look.processor)
                .is_none_or(|(before, after)| after.saturating_sub(before) >= passed / 20);
            if has_worked {
                self.worked = Some(now.steady);
            }
        }
        self.seen = Some((now.steady, look.processor));
    }

    /// Whether the process works: what it did long ago does not count, a short rest is none.
    pub(super) fn works(&self, probe: &Probe, now: Moment) -> bool {
        self.worked
            .is_some_and(|at| now.steady.saturating_sub(at) < Watched::patience(probe))
    }
}

#[cfg(test)]
mod tests {
    use super::super::event::{Look, Moment, Standing};
    use super::Trouble;
    use crate::spec::probe::{Expectations, OnFailure, Probe, UrlPath};
    use std::time::Duration;

    fn probe(interval: u64, timeout: u64, failure_threshold: u32) -> Probe {
        Probe {
            path: UrlPath::parse("/live").unwrap(),
            interval: Duration::from_secs(interval),
            timeout: Duration::from_secs(timeout),
            failure_threshold,
            success_threshold: 1,
            on_failure: OnFailure::Abort,
            busy_when: Expectations::new(),
            busy_limit: Duration::from_mins(10),
        }
    }

    fn at(seconds: u64) -> Moment {
        Moment {
            steady: Duration::from_secs(seconds),
            wall: 0,
        }
    }

    /// Plays a service that falls silent, one question after the other; returns when it has failed
    /// and after how many questions.
    fn silent(probe: &Probe) -> (u64, u32) {
        let mut trouble = Trouble::new(at(100));
        let mut now = at(100);
        loop {
            let begun = now;
            now.steady += trouble.limit(probe, now).min(probe.timeout);
            trouble.questions += 1;
            trouble.liveness += 1;
            if trouble.is_failure(probe, now) {
                return (now.steady.as_secs() - 100, trouble.questions);
            }
            now.steady = now.steady.max(begun.steady + probe.interval);
        }
    }

    #[test]
    fn silence_is_noticed_in_time_whatever_the_time_out() {
        for (interval, timeout, threshold, within, questions) in [
            (5, 10, 3, 20, 2),
            (1, 10, 3, 12, 2),
            (10, 1, 3, 21, 3),
            (5, 5, 3, 15, 3),
            (1, 10, 1, 10, 1),
            (5, 10, 2, 15, 2),
        ] {
            let found = silent(&probe(interval, timeout, threshold));
            assert_eq!(
                found,
                (within, questions),
                "{interval} {timeout} {threshold}"
            );
            // The interval before the first question completes the promised bound.
            assert!(within + interval <= u64::from(threshold) * interval + timeout);
        }
    }

    #[test]
    fn readiness_alone_never_counts() {
        let mut trouble = Trouble::new(at(0));
        trouble.questions = 99;
        assert!(!trouble.is_failure(&probe(5, 10, 3), at(9_999)));
    }

    #[test]
    fn a_process_that_is_younger_than_the_trouble_is_another_one() {
        let look = |seconds| Look {
            standing: Standing::Running,
            run: 1,
            age: Duration::from_secs(seconds),
            processor: None,
        };
        let trouble = Trouble::new(at(100));
        assert!(trouble.is_of(&look(21), at(120)));
        assert!(!trouble.is_of(&look(19), at(120)));
    }

    #[test]
    fn work_is_processor_time() {
        let look = |processor: Option<u64>| Look {
            standing: Standing::Running,
            run: 1,
            age: Duration::from_hours(1),
            processor: processor.map(Duration::from_secs),
        };
        let probe = probe(5, 10, 3);
        for (before, after, works) in [
            (Some(10), Some(11), true),
            (Some(10), Some(10), false),
            (None, Some(10), true),
            (Some(10), None, true),
        ] {
            let mut trouble = Trouble::new(at(0));
            trouble.see(&look(before), at(0));
            assert!(
                !trouble.works(&probe, at(0)),
                "one look alone shows nothing"
            );
            trouble.see(&look(after), at(20));
            assert_eq!(trouble.works(&probe, at(20)), works);
            // It stands still from then on.
            trouble.see(&look(after), at(30));
            trouble.see(&look(after), at(40));
            assert_eq!(trouble.works(&probe, at(39)), works);
            assert_eq!(trouble.works(&probe, at(40)), after.is_none());
        }
    }
}
