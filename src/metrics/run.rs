//! One run of a service as systemd counts it: when it began, when it was ready, how often before.

use std::time::Duration;

use crate::readiness::unit_state::UnitState;

/// One run. Times are microseconds since the machine's boot, on systemd's clock.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Run {
    /// When its main process was started; its gate is part of it.
    pub started_us: u64,
    /// When the unit last became active; before `started_us` where this run is not ready yet.
    pub ready_us: u64,
    /// The automatic restarts since it was last started by hand.
    pub restarts: u64,
}

impl Run {
    /// The one that a unit's state tells of; `None` where it has never run.
    #[must_use]
    pub fn of(state: &UnitState) -> Option<Self> {
        (state.started_at > 0).then_some(Self {
            started_us: state.started_at,
            ready_us: state.ready_at,
            restarts: state.restarts,
        })
    }

    /// From its start until it was ready, what it waited for included.
    #[must_use]
    pub fn time_to_ready(&self) -> Option<Duration> {
        self.ready_us
            .checked_sub(self.started_us)
            .map(Duration::from_micros)
    }
}
