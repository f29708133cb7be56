//! Time: now, later, and not longer than.

use std::future::Future;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// A point on a clock that never jumps.
#[must_use]
pub fn now() -> Instant {
    Instant::now()
}

/// Microseconds since 1970, as systemd's timestamps count.
#[must_use]
pub fn wall_microseconds() -> u64 {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_or(0, |since| {
            u64::try_from(since.as_micros()).unwrap_or(u64::MAX)
        })
}

/// Microseconds by the clock of systemd's monotonic timestamps.
#[must_use]
pub fn monotonic_microseconds() -> u64 {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::Monotonic);
    let microseconds = time.tv_sec * 1_000_000 + time.tv_nsec / 1_000;
    u64::try_from(microseconds).unwrap_or_default()
}

/// Waits.
pub async fn pause(span: Duration) {
    tokio::time::sleep(span).await;
}

/// The outcome of a future, or `None` where it takes longer.
pub async fn within<T>(limit: Duration, work: impl Future<Output = T>) -> Option<T> {
    tokio::time::timeout(limit, work).await.ok()
}
