//! Canopy's view of its backend over time: fresh while polls succeed, then unreachable, and
//! indeterminate while a circuit breaker keeps it from asking. Pure: it is told the time and what
//! each poll brought; it never polls.

use std::time::Duration;

/// Failures in a row after which polling stops.
const THRESHOLD: u32 = 5;
/// How long it stops before one poll is let through.
const OPEN_FOR: Duration = Duration::from_mins(1);
/// A successful poll older than this is not shown as fresh.
const STALE_AFTER: Duration = Duration::from_secs(5);

/// What is known of the backend. Times are since process start.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Watch {
    last_success: Duration,
    failures: u32,
    open_until: Option<Duration>,
    training: bool,
}

/// What service mode adds to canopy's replies, there each under `backend_status…`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct BackendStatus {
    pub(crate) status: &'static str,
    pub(crate) stale: bool,
    pub(crate) age_seconds: f64,
}

impl Watch {
    /// A watch that begins with a backend that was just reached.
    pub(crate) fn new(now: Duration) -> Self {
        Self {
            last_success: now,
            failures: 0,
            open_until: None,
            training: false,
        }
    }

    /// Whether the backend may be asked now.
    pub(crate) fn may_poll(&self, now: Duration) -> bool {
        self.open_until.is_none_or(|until| now >= until)
    }

    /// Takes in a poll: whether training goes on, or nothing when it failed.
    pub(crate) fn take(&mut self, now: Duration, polled: Option<bool>) {
        if let Some(training) = polled {
            *self = Self {
                training,
                ..Self::new(now)
            };
        } else {
            self.failures = self.failures.saturating_add(1);
            if self.failures >= THRESHOLD {
                self.open_until = Some(now + OPEN_FOR);
            }
        }
    }

    /// Whether the backend trained when it last answered.
    pub(crate) fn is_training(&self) -> bool {
        self.training
    }

    /// What canopy reports of it now.
    pub(crate) fn status(&self, now: Duration) -> BackendStatus {
        let age = now.saturating_sub(self.last_success);
        let status = match self.failures {
            0 => "ok",
            1..THRESHOLD => "unreachable",
            _ => "indeterminate",
        };
        BackendStatus {
            status,
            stale: self.failures > 0 || age > STALE_AFTER,
            age_seconds: (age.as_secs_f64() * 1000.0).round() / 1000.0,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seconds(number: u64) -> Duration {
        Duration::from_secs(number)
    }

    #[test]
    fn a_lost_backend_is_unreachable_then_indeterminate_until_a_minute_later() {
        let mut watch = Watch::new(seconds(10));
        assert_eq!(watch.status(seconds(10)).status, "ok");
        for second in 11..15 {
            watch.take(seconds(second), None);
            let status = watch.status(seconds(second));
            assert_eq!((status.status, status.stale), ("unreachable", true));
        }
        watch.take(seconds(15), None);
        assert_eq!(watch.status(seconds(15)).status, "indeterminate");
        assert!(!watch.may_poll(seconds(16)) && !watch.may_poll(seconds(74)));

        assert!(watch.may_poll(seconds(75)));
        watch.take(seconds(75), None);
        assert!(!watch.may_poll(seconds(76)), "one failure opens it again");

        watch.take(seconds(135), Some(true));
        let status = watch.status(seconds(136));
        assert_eq!((status.status, status.stale), ("ok", false));
        assert!((status.age_seconds - 1.0).abs() < f64::EPSILON);
        assert!(watch.is_training() && watch.may_poll(seconds(136)));
    }

    #[test]
    fn a_watch_that_was_not_fed_is_stale() {
        assert!(Watch::new(Duration::ZERO).status(seconds(6)).stale);
    }
}
