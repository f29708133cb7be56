//! How often a gate asks while it waits: fast at first, slower with time.
//!
//! A service that starts in 400 ms must not lose 100 ms to a lazy poller, and one that takes two
//! minutes must not be hammered. Pure: elapsed time in, pause out.

use std::time::Duration;

const SHORTEST: Duration = Duration::from_millis(2);
const LONGEST: Duration = Duration::from_secs(1);

/// The pause before the next question: half a percent of the time waited so far.
#[must_use]
pub fn pause_after(waited: Duration) -> Duration {
    (waited / 200).clamp(SHORTEST, LONGEST)
}

#[cfg(test)]
mod tests {
    use super::pause_after;
    use std::time::Duration;

    #[test]
    fn patience_grows_with_the_wait() {
        for (waited, pause) in [
            (0, 2),
            (400, 2),
            (2_000, 10),
            (60_000, 300),
            (3_600_000, 1_000),
        ] {
            assert_eq!(
                pause_after(Duration::from_millis(waited)),
                Duration::from_millis(pause)
            );
        }
    }
}
