//! How a member is as far as the watchdog can tell, best first: what is shown, kept and counted.
//!
//! More than a verdict: one that a person stopped is nobody's trouble, and where nobody looked nobody
//! knows. Decides nothing.

use crate::readiness::Verdict;

/// How a member is; of several, the last is the worst.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Condition {
    /// Nobody knows: not asked yet, or nobody watched.
    #[default]
    Unknown,
    /// As it should be.
    Ready,
    /// A person stopped it.
    Stopped,
    /// It works, with limits.
    Degraded,
    /// It answers, but cannot work; or it is starting.
    NotReady,
    /// It does not answer, or systemd gave it up.
    Down,
}

impl From<Verdict> for Condition {
    fn from(verdict: Verdict) -> Self {
        match verdict {
            Verdict::Ready => Self::Ready,
            Verdict::Degraded => Self::Degraded,
            Verdict::NotReady => Self::NotReady,
            Verdict::Down => Self::Down,
        }
    }
}

impl Condition {
    /// Every one.
    pub const ALL: [Self; 6] = [
        Self::Unknown,
        Self::Ready,
        Self::Stopped,
        Self::Degraded,
        Self::NotReady,
        Self::Down,
    ];

    /// The word used for programs.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Unknown => "unknown",
            Self::Ready => "ready",
            Self::Stopped => "stopped",
            Self::Degraded => "degraded",
            Self::NotReady => "not_ready",
            Self::Down => "down",
        }
    }

    /// The words used in prose.
    #[must_use]
    pub fn prose(self) -> &'static str {
        match self {
            Self::NotReady => "not ready",
            other => other.word(),
        }
    }

    /// The letter that it is kept as.
    #[must_use]
    pub fn letter(self) -> char {
        match self {
            Self::Unknown => '.',
            Self::Ready => 'r',
            Self::Stopped => 's',
            Self::Degraded => 'd',
            Self::NotReady => 'n',
            Self::Down => 'x',
        }
    }

    /// The one that a letter stands for.
    #[must_use]
    pub fn of_letter(letter: char) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|condition| condition.letter() == letter)
    }
}
