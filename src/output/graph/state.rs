//! How a service is, as a drawing shows it: a word, a symbol and colours that say the same.

use anstyle::Style;

use crate::output::style::of_verdict;
use crate::readiness::Verdict;
use crate::readiness::unit_state::UnitState;

/// How a member is, best first: of several, the last decides.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum State {
    /// As it should be.
    Ready,
    /// Nobody asked.
    NotAsked,
    /// An optional unit that is not on this machine.
    NotInstalled,
    /// It works, with limits.
    Degraded,
    /// It answers, but cannot work.
    NotReady,
    /// It does not answer.
    Down,
}

impl From<Verdict> for State {
    fn from(verdict: Verdict) -> Self {
        match verdict {
            Verdict::Ready => Self::Ready,
            Verdict::Degraded => Self::Degraded,
            Verdict::NotReady => Self::NotReady,
            Verdict::Down => Self::Down,
        }
    }
}

impl State {
    /// What the verdict says, or else why there is none.
    #[must_use]
    pub fn of(verdict: Option<Verdict>, unit: Option<&UnitState>) -> Self {
        match (verdict, unit) {
            (Some(verdict), _) => verdict.into(),
            (None, Some(unit)) if !unit.found => Self::NotInstalled,
            (None, _) => Self::NotAsked,
        }
    }

    /// The word used in JSON, and for classes of a drawing.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Ready => "ready",
            Self::NotAsked => "not_asked",
            Self::NotInstalled => "not_installed",
            Self::Degraded => "degraded",
            Self::NotReady => "not_ready",
            Self::Down => "down",
        }
    }

    /// The words used in prose.
    #[must_use]
    pub fn prose(self) -> &'static str {
        match self {
            Self::NotAsked => "not asked",
            Self::NotInstalled => "not installed",
            Self::NotReady => "not ready",
            other => other.word(),
        }
    }

    /// One character that stands for it where there is no room for a word.
    #[must_use]
    pub fn symbol(self) -> char {
        match self {
            Self::Ready => '*',
            Self::NotAsked => 'o',
            Self::NotInstalled => '.',
            Self::Degraded => '~',
            Self::NotReady => '!',
            Self::Down => 'x',
        }
    }

    /// Its colour on a terminal.
    #[must_use]
    pub fn style(self) -> Style {
        match self {
            Self::Ready => of_verdict(Verdict::Ready),
            Self::Degraded => of_verdict(Verdict::Degraded),
            Self::NotReady => of_verdict(Verdict::NotReady),
            Self::Down => of_verdict(Verdict::Down),
            Self::NotAsked | Self::NotInstalled => Style::new(),
        }
    }

    /// Its colours in a picture with a white ground: the area's and the line's.
    #[must_use]
    pub fn colours(self) -> (&'static str, &'static str) {
        match self {
            Self::Ready => ("#c8e6c9", "#2e7d32"),
            Self::Degraded => ("#fff3c4", "#b28704"),
            Self::NotReady => ("#ffd8b8", "#bf5b04"),
            Self::Down => ("#ffcdd2", "#c62828"),
            Self::NotInstalled => ("#eeeeee", "#757575"),
            Self::NotAsked => ("#ffffff", "#424242"),
        }
    }
}
