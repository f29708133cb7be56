//! Whether somebody is to be told of an incident now: once, and only while it lasts.
//!
//! Knows one incident. It says when, and never tells anybody itself; whether systemd took the order
//! comes back, and only then is the incident told.

use std::time::Duration;

use super::event::Moment;
use super::incident::Incident;

/// Before systemd is asked again, doubled each time.
const AGAIN: Duration = Duration::from_secs(30);

/// The longest pause before that.
const LONGEST: Duration = Duration::from_mins(10);

/// How those in an incident are at present.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Present {
    /// Whether one of them is not well.
    pub(super) unwell: bool,
    /// Whether the unit of the one at fault has failed for good.
    pub(super) failed: bool,
    /// Whether a person is at work on the one at fault.
    pub(super) paused: bool,
}

/// What is under way to tell somebody of one incident.
#[derive(Debug, Clone, Default)]
pub(super) struct Telling {
    /// When it was opened, on the clock that nobody can set.
    since: Option<Duration>,
    /// Whether systemd is being asked.
    asked: bool,
    not_before: Duration,
    tries: u32,
}

impl Telling {
    /// Whether systemd is to be asked now; it counts as being asked from then on.
    pub(super) fn begins(
        &mut self,
        incident: &Incident,
        present: Present,
        after: Duration,
        now: Moment,
    ) -> bool {
        // An earlier watchdog may have opened it: how long ago that was only the other clock knows.
        let age = Duration::from_micros(now.wall.saturating_sub(incident.opened_us));
        let since = *self
            .since
            .get_or_insert_with(|| now.steady.saturating_sub(age));
        let lasts = now.steady >= since.saturating_add(after);
        let is_final = incident.gave_up() || present.failed;
        let begins = incident.notified_us.is_none()
            && incident.closed_us.is_none()
            && present.unwell
            && !present.paused
            && (lasts || is_final)
            && !self.asked
            && now.steady >= self.not_before;
        self.asked |= begins;
        begins
    }

    /// Notes that systemd did not take it.
    pub(super) fn fails(&mut self, now: Moment) {
        let pause = AGAIN
            .saturating_mul(2_u32.saturating_pow(self.tries))
            .min(LONGEST);
        self.asked = false;
        self.not_before = now.steady + pause;
        self.tries = self.tries.saturating_add(1);
    }
}
