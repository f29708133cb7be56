//! How often one service may be acted upon: exponential pauses, and an end to it.
//!
//! What was spent outlives the watchdog (`memory`); a service that is well for long has it all
//! again, and so has one that a person started.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::spec::restraint::Restraint;

/// What has been spent on one service.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Spent {
    /// Actions since it was last well for long.
    pub actions: u32,
    /// When it may be acted upon again, in microseconds since the machine's boot.
    pub not_before_us: u64,
    /// Whether nothing more is done until a person says so.
    pub given_up: bool,
    /// When a person last cleared it, in microseconds since 1970.
    pub cleared_us: u64,
}

/// Whether a service may be acted upon.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Allowance {
    /// Now.
    Granted,
    /// Not yet.
    Later,
    /// Not any more; it was not given up before.
    Exhausted,
    /// It was given up.
    GivenUp,
}

/// The longest pause.
const LONGEST: Duration = Duration::from_hours(1);

impl Spent {
    /// Whether one more action is allowed at this time since boot.
    #[must_use]
    pub fn allows(&self, restraint: &Restraint, steady: Duration) -> Allowance {
        if self.given_up {
            Allowance::GivenUp
        } else if steady < Duration::from_micros(self.not_before_us) {
            Allowance::Later
        } else if self.actions >= restraint.restarts {
            Allowance::Exhausted
        } else {
            Allowance::Granted
        }
    }

    /// Notes an action.
    pub fn spend(&mut self, restraint: &Restraint, steady: Duration) {
        let pause = restraint
            .backoff
            .saturating_mul(2_u32.saturating_pow(self.actions))
            .min(LONGEST.max(restraint.backoff));
        self.actions = self.actions.saturating_add(1);
        self.not_before_us = u64::try_from((steady + pause).as_micros()).unwrap_or(u64::MAX);
    }

    /// Gives the whole budget back.
    pub fn restore(&mut self) {
        *self = Self {
            cleared_us: self.cleared_us,
            ..Self::default()
        };
    }
}

#[cfg(test)]
mod tests {
    use super::{Allowance, Spent};
    use crate::spec::restraint::Restraint;
    use std::time::Duration;

    #[test]
    fn pauses_double_and_the_budget_ends() {
        let restraint = Restraint {
            restarts: 4,
            backoff: Duration::from_secs(30),
            recovery: Duration::from_mins(10),
        };
        let mut spent = Spent::default();
        let mut now = Duration::from_secs(100);
        for pause in [30, 60, 120, 240] {
            assert_eq!(spent.allows(&restraint, now), Allowance::Granted);
            spent.spend(&restraint, now);
            now += Duration::from_secs(pause);
            let just_before = now.saturating_sub(Duration::from_millis(1));
            assert_eq!(spent.allows(&restraint, just_before), Allowance::Later);
        }
        assert_eq!(spent.allows(&restraint, now), Allowance::Exhausted);
        spent.given_up = true;
        assert_eq!(spent.allows(&restraint, now * 99), Allowance::GivenUp);
        spent.restore();
        assert_eq!(spent.allows(&restraint, now), Allowance::Granted);
    }

    #[test]
    fn no_pause_is_without_end() {
        let mut spent = Spent {
            actions: 90,
            ..Spent::default()
        };
        spent.spend(&Restraint::default(), Duration::ZERO);
        assert_eq!(spent.not_before_us, 3_600_000_000);
    }
}
