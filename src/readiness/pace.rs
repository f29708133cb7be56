//! How often a gate asks while it waits: fast at first, slower with time.
//!
//! A service that starts in 400 ms must not lose 100 ms to a lazy poller, and one that takes two
//! minutes must not be hammered. A refused connection costs 0.1 ms and no one is there to mind; an
//! answer costs the service's own time. Pure: elapsed time in, pause out.

use std::time::Duration;

const SHORTEST: Duration = Duration::from_millis(2);
const LONGEST: Duration = Duration::from_secs(1);
const AWAY: Duration = Duration::from_secs(10);
const FIRST_PAUSE: Duration = Duration::from_millis(500);
const LONGEST_PAUSE: Duration = Duration::from_secs(30);

/// The pause before the next question: half a percent of the time waited so far where somebody
/// answered, a thousandth where nobody did yet. What is away for long is not about to come back.
#[must_use]
pub fn pause_after(waited: Duration, answered: bool) -> Duration {
    let part = if answered || waited > AWAY {
        200
    } else {
        1_000
    };
    (waited / part).clamp(SHORTEST, LONGEST)
}

/// The pause before a start after this many in a row that did not get ready: none for the first
/// retry, then half a second, doubled each time, at most half a minute. systemd's start limit counts
/// beside it.
#[must_use]
pub fn pause_before_start(failures: u32) -> Duration {
    match failures {
        0 | 1 => Duration::ZERO,
        more => FIRST_PAUSE
            .saturating_mul(2_u32.saturating_pow(more - 2))
            .min(LONGEST_PAUSE),
    }
}

#[cfg(test)]
mod tests {
    use super::{pause_after, pause_before_start};
    use std::time::Duration;

    #[test]
    fn patience_grows_with_the_wait() {
        for (waited, answered, pause) in [
            (0, true, 2),
            (400, true, 2),
            (2_000, true, 10),
            (2_000, false, 2),
            (60_000, true, 300),
            (10_000, false, 10),
            (60_000, false, 300),
            (3_600_000, false, 1_000),
        ] {
            let found = pause_after(Duration::from_millis(waited), answered);
            assert_eq!(found, Duration::from_millis(pause), "{waited} {answered}");
        }
    }

    #[test]
    fn starts_that_fail_are_spaced_out() {
        for (failures, pause) in [
            (0, 0),
            (1, 0),
            (2, 500),
            (3, 1_000),
            (6, 8_000),
            (8, 30_000),
            (u32::MAX, 30_000),
        ] {
            let found = pause_before_start(failures);
            assert_eq!(found, Duration::from_millis(pause), "{failures}");
        }
    }
}
