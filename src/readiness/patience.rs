//! How long to go on waiting for an answer: a span without progress, and an end to all of it.
//!
//! A service that says something new while it starts is visibly getting somewhere; one that repeats
//! itself is not. Pure: time waited so far in, what is left out.

use std::collections::BTreeSet;
use std::time::Duration;

/// However much progress there is, this many times the span is the end.
const LONGEST: u32 = 4;

/// Answers remembered; a service that makes up new ones gains nothing from more.
const REMEMBERED: usize = 64;

/// The patience with one endpoint.
#[derive(Debug, Clone)]
pub struct Patience {
    within: Duration,
    progress_at: Duration,
    said: BTreeSet<String>,
}

impl Patience {
    /// Patience that ends after this span, counted from the last progress.
    #[must_use]
    pub fn new(within: Duration) -> Self {
        Self {
            within,
            progress_at: Duration::ZERO,
            said: BTreeSet::new(),
        }
    }

    /// Notes what a service said after this time; whether that is progress: it has not said it
    /// before, but something else.
    pub fn note(&mut self, waited: Duration, answer: &str) -> bool {
        if self.said.contains(answer) || self.said.len() >= REMEMBERED {
            return false;
        }
        let first = self.said.is_empty();
        self.said.insert(answer.to_owned());
        if !first {
            self.progress_at = waited;
        }
        !first
    }

    /// What is left after this time.
    #[must_use]
    pub fn left(&self, waited: Duration) -> Duration {
        let end = (self.progress_at + self.within).min(self.within.saturating_mul(LONGEST));
        end.saturating_sub(waited)
    }
}

#[cfg(test)]
mod tests {
    use super::Patience;
    use proptest::{prop_assert, proptest};
    use std::time::Duration;

    const fn seconds(count: u64) -> Duration {
        Duration::from_secs(count)
    }

    #[test]
    fn what_is_new_is_progress_and_what_is_repeated_is_not() {
        let mut patience = Patience::new(seconds(10));
        assert_eq!(patience.left(seconds(4)), seconds(6));
        assert!(!patience.note(seconds(4), "loading"), "the first answer");
        assert_eq!(patience.left(seconds(4)), seconds(6));
        assert!(patience.note(seconds(8), "warming up"));
        assert_eq!(patience.left(seconds(8)), seconds(10));
        assert!(!patience.note(seconds(12), "loading"));
        assert!(!patience.note(seconds(13), "warming up"));
        assert_eq!(patience.left(seconds(13)), seconds(5));
        assert_eq!(patience.left(seconds(20)), seconds(0));
    }

    proptest! {
        #[test]
        fn there_is_an_end_however_much_is_said(
            within in 1_u64..1_000,
            steps in proptest::collection::vec((0_u64..500, "[a-z]{1,3}"), 0..200),
        ) {
            let mut patience = Patience::new(seconds(within));
            let mut waited = Duration::ZERO;
            for (step, answer) in steps {
                waited += seconds(step);
                if patience.left(waited).is_zero() {
                    break;
                }
                patience.note(waited, &answer);
                prop_assert!(waited + patience.left(waited) <= seconds(within * 4));
            }
        }
    }
}
