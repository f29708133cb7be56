//! What reaches the watchdog and what it wants done: closed lists, no behaviour.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::kernel_log::Faults;
use crate::readiness::unit_state::{ActiveState, UnitState};
use crate::spec::restraint::Restraint;

use super::heard::Heard;
use super::incident::Incident;
use super::memory::Memory;
use super::orders::Orders;
use super::watched::Watched;

/// One moment on two clocks.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Moment {
    /// Since the machine's boot, suspends included; what is decided by. Nobody can set it.
    pub steady: Duration,
    /// Microseconds since 1970; only ever shown.
    pub wall: u64,
}

/// Which question.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Question {
    /// Whether it is alive.
    Liveness,
    /// Whether it can work.
    Readiness,
}

/// How systemd sees a unit.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Standing {
    /// Nobody knows: systemd could not be asked.
    #[default]
    Unknown,
    /// Active, and nothing is about to happen to it.
    Running,
    /// On its way up, or about to be tried again.
    Coming,
    /// On its way down, or about to be stopped or restarted.
    Going,
    /// Not running, and not failed.
    Stopped,
    /// Given up by systemd.
    Failed,
}

impl Standing {
    /// That of a unit's state.
    #[must_use]
    pub fn of(state: &UnitState) -> Self {
        match state.active {
            ActiveState::Active if state.has_job => Self::Going,
            ActiveState::Active => Self::Running,
            ActiveState::Activating => Self::Coming,
            ActiveState::Deactivating => Self::Going,
            ActiveState::Inactive | ActiveState::Failed if state.has_job => Self::Coming,
            ActiveState::Inactive => Self::Stopped,
            ActiveState::Failed => Self::Failed,
            ActiveState::Other(_) => Self::Unknown,
        }
    }
}

/// A closer look at one unit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Look {
    /// How systemd sees it.
    pub standing: Standing,
    /// Which of its runs this is: when its main process was started.
    pub run: u64,
    /// How long ago that was.
    pub age: Duration,
    /// The processor time of the unit so far, where systemd accounts for it.
    pub processor: Option<Duration>,
}

impl Look {
    /// That at a unit's state, at this many microseconds since boot on systemd's clock.
    #[must_use]
    pub fn of(state: &UnitState, monotonic_us: u64) -> Self {
        Self {
            standing: Standing::of(state),
            run: state.started_at,
            age: Duration::from_micros(monotonic_us.saturating_sub(state.started_at)),
            processor: state.processor.map(Duration::from_nanos),
        }
    }
}

/// What reaches the watchdog.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// Time has passed.
    Tick,
    /// How the units stand, by label.
    Units(BTreeMap<String, Standing>),
    /// The answer to a question.
    Answer {
        /// Which.
        number: u64,
        /// What it was.
        heard: Heard,
    },
    /// What a closer look brought.
    Looked {
        /// At whom.
        label: String,
        /// What was seen.
        look: Look,
    },
    /// What the kernel has told of GPUs in this boot, in full.
    Gpus(Faults),
    /// What people have ordered, in full.
    Orders(Orders),
    /// A configuration that was read again.
    Configured {
        /// All members.
        members: Vec<Watched>,
        /// The budget of each.
        restraint: Restraint,
        /// How long trouble lasts before somebody is told of it; `None` where nobody is.
        tell_after: Option<Duration>,
    },
    /// Whether systemd took the order to tell somebody of an incident.
    Notified {
        /// Of which.
        number: u64,
        /// Or why not.
        taken: Result<(), String>,
    },
}

/// What the watchdog wants done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Action {
    /// Ask an endpoint.
    Ask {
        /// The number that the answer must carry.
        number: u64,
        /// Whom.
        label: String,
        /// What.
        question: Question,
        /// How long the answer may take.
        limit: Duration,
    },
    /// Have a closer look at a unit.
    Look {
        /// At whom.
        label: String,
    },
    /// End a service so that it says where it was.
    Abort {
        /// Whom.
        label: String,
    },
    /// End one that did not end.
    Kill {
        /// Whom.
        label: String,
    },
    /// Restart one that is in a state it does not leave by itself.
    Restart {
        /// Whom.
        label: String,
    },
    /// Write an incident down and tell the journal of it.
    Keep(Incident),
    /// Have systemd tell somebody of an incident; [`Event::Notified`] must come back.
    Notify {
        /// Of which.
        number: u64,
    },
    /// Write down what must outlive the watchdog.
    Remember(Memory),
}
