//! The closed list of faults that can be asked for, and how each is written. Pure: it names
//! faults and never commits them (`stroke` does that to the process, `reply` to an answer).

use std::fmt;
use std::time::Duration;

use crate::duration;

/// A fault on demand: one that befalls the whole process, or one that alters its answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    /// The process itself breaks; only a restart cures it.
    Stroke(Stroke),
    /// The answers change until another fault, or `none`, is asked for.
    Answers(Manner),
}

/// What can befall the process.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stroke {
    /// The only thread sleeps for ever: connections open and are never answered.
    Hang,
    /// The only thread spins for ever: the same, with a processor at 100 %.
    Busy,
    /// The process exits at once with status 1.
    Crash,
    /// The process exits at once with status 3, as uvicorn does when start-up fails.
    StartUpFailure,
}

/// How answers are given.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Manner {
    /// As the real service would.
    #[default]
    Faithful,
    /// Readiness says `degraded`.
    Degraded,
    /// Readiness says `not_ready`.
    NotReady,
    /// The dashboard is in demo mode, whatever it found at its start; the others are as they were.
    Demo,
    /// Every answer is 200 with a body that is not JSON.
    Garbage,
    /// Every answer is late.
    Slow(Duration),
    /// The body comes at one byte a second.
    Drip,
    /// Every answer is 200 with a body of 100 MB.
    Huge,
    /// Every answer redirects to itself.
    Redirect,
}

/// The kinds without an argument, under the names that the command line uses.
const KINDS: [(&str, Fault); 12] = [
    ("hang", Fault::Stroke(Stroke::Hang)),
    ("busy", Fault::Stroke(Stroke::Busy)),
    ("crash", Fault::Stroke(Stroke::Crash)),
    ("exit3", Fault::Stroke(Stroke::StartUpFailure)),
    ("degraded", Fault::Answers(Manner::Degraded)),
    ("not-ready", Fault::Answers(Manner::NotReady)),
    ("demo", Fault::Answers(Manner::Demo)),
    ("garbage", Fault::Answers(Manner::Garbage)),
    ("drip", Fault::Answers(Manner::Drip)),
    ("huge", Fault::Answers(Manner::Huge)),
    ("redirect", Fault::Answers(Manner::Redirect)),
    ("none", Fault::Answers(Manner::Faithful)),
];

impl Fault {
    /// Reads a fault as the command line, the environment and the control path write it.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        if let Some(delay) = text.strip_prefix("slow=") {
            return duration::parse(delay).map(|delay| Self::Answers(Manner::Slow(delay)));
        }
        KINDS
            .iter()
            .find(|(name, _)| *name == text)
            .map(|(_, fault)| *fault)
            .ok_or_else(|| {
                let names: Vec<&str> = KINDS.iter().map(|(name, _)| *name).collect();
                format!(
                    "{text:?} is not a fault; known: {}, slow=DURATION",
                    names.join(", ")
                )
            })
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Self::Answers(Manner::Slow(delay)) = self {
            return write!(formatter, "slow={}ms", delay.as_millis());
        }
        let known = KINDS.iter().find(|(_, fault)| fault == self);
        formatter.write_str(known.map_or("none", |(name, _)| name))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_reads_back_as_it_is_written() {
        for (name, fault) in KINDS {
            assert_eq!(Fault::parse(name), Ok(fault));
            assert_eq!(fault.to_string(), name);
        }
        let slow = Fault::Answers(Manner::Slow(Duration::from_millis(1500)));
        assert_eq!(Fault::parse("slow=1.5s"), Ok(slow));
        assert_eq!(slow.to_string(), "slow=1500ms");
    }

    #[test]
    fn an_unknown_kind_is_refused_with_the_known_ones() {
        let message = Fault::parse("explode").unwrap_err();
        assert!(
            message.contains("\"explode\"") && message.contains("not-ready"),
            "{message}"
        );
        assert!(Fault::parse("slow=soon").is_err());
        assert!(Fault::parse("slow").is_err());
    }
}
