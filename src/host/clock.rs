//! Time: now, later, and not longer than.

use std::future::Future;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use rustix::time::{ClockId, clock_gettime};

use crate::watchdog::Moment;

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

/// This moment on the clock that counts suspends, and on the one that people read.
#[must_use]
pub fn moment() -> Moment {
    Moment {
        steady: since_boot(ClockId::Boottime),
        wall: wall_microseconds(),
    }
}

/// Microseconds since the machine's boot without suspends, as systemd's monotonic timestamps count.
#[must_use]
pub fn monotonic_microseconds() -> u64 {
    u64::try_from(since_boot(ClockId::Monotonic).as_micros()).unwrap_or(u64::MAX)
}

fn since_boot(clock: ClockId) -> Duration {
    let time = clock_gettime(clock);
    let seconds = u64::try_from(time.tv_sec).unwrap_or(0);
    Duration::new(seconds, u32::try_from(time.tv_nsec).unwrap_or(0))
}

/// Waits.
pub async fn pause(span: Duration) {
    tokio::time::sleep(span).await;
}

/// The outcome of a future, or `None` where it takes longer.
pub async fn within<T>(limit: Duration, work: impl Future<Output = T>) -> Option<T> {
    tokio::time::timeout(limit, work).await.ok()
}
