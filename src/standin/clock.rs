//! Time as the stand-in sees it: since the process started, and as the replies carry it. It is
//! the only module that reads a clock and it decides nothing.

use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// Counts from the start of the process.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Clock {
    started: Instant,
}

impl Clock {
    /// To be called first thing in `main`.
    pub(crate) fn start() -> Self {
        Self {
            started: Instant::now(),
        }
    }

    /// Time since the process started.
    pub(crate) fn elapsed(self) -> Duration {
        self.started.elapsed()
    }

    /// Waits until the process is this old; returns at once when it is older.
    pub(crate) async fn sleep_until(self, age: Duration) {
        // A duration beyond what a clock can hold means "never".
        match self.started.checked_add(age) {
            Some(instant) => tokio::time::sleep_until(instant.into()).await,
            None => std::future::pending().await,
        }
    }
}

/// Seconds since 1970 with a fraction, as Python's `time.time()`.
pub(crate) fn timestamp() -> f64 {
    since_epoch().as_secs_f64()
}

/// Whole seconds since 1970.
pub(crate) fn unix_seconds() -> u64 {
    since_epoch().as_secs()
}

fn since_epoch() -> Duration {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default()
}
