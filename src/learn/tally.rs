//! Denials counted: how often, since when, who told, and one example of each.
//!
//! The same denial is told by several: the kernel and the service's own traceback. It counts once,
//! as often as the one who saw it most.

use std::collections::{BTreeMap, BTreeSet};

use super::Denial;

/// Who told of a denial.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Source {
    /// The kernel, as the call ended.
    Kernel,
    /// The kernel's audit.
    Audit,
    /// The service itself, in the journal.
    Journal,
    /// systemd, by the result of the unit.
    Systemd,
}

impl Source {
    /// A word for people and programs.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Kernel => "kernel",
            Self::Audit => "audit",
            Self::Journal => "journal",
            Self::Systemd => "systemd",
        }
    }
}

/// What is known of one denial.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Seen {
    counts: BTreeMap<Source, u64>,
    /// When first, in microseconds since 1970.
    pub first_us: u64,
    /// Which programs were denied it.
    pub programs: BTreeSet<String>,
    /// The first path that it was about, where it is about paths.
    pub example: Option<String>,
}

impl Seen {
    /// How often.
    #[must_use]
    pub fn count(&self) -> u64 {
        self.counts.values().copied().max().unwrap_or_default()
    }

    /// Who told.
    pub fn sources(&self) -> impl Iterator<Item = Source> {
        self.counts.keys().copied()
    }
}

/// More kinds than these are no help to anybody, and would be memory that a service decides about.
const MOST: usize = 200;

/// All that was denied.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Tally {
    seen: BTreeMap<Denial, Seen>,
    /// How many were passed over because there were too many kinds.
    pub passed_over: u64,
}

impl Tally {
    /// Counts one.
    pub fn take(
        &mut self,
        denial: Denial,
        source: Source,
        at_us: u64,
        program: Option<&str>,
        example: Option<&str>,
    ) {
        if self.seen.len() >= MOST && !self.seen.contains_key(&denial) {
            self.passed_over += 1;
            return;
        }
        let seen = self.seen.entry(denial).or_insert_with(|| Seen {
            first_us: at_us,
            ..Seen::default()
        });
        *seen.counts.entry(source).or_default() += 1;
        seen.first_us = seen.first_us.min(at_us);
        if let Some(program) = program
            && seen.programs.len() < 8
        {
            seen.programs.insert(program.to_owned());
        }
        if seen.example.is_none() {
            seen.example = example.map(str::to_owned);
        }
    }

    /// Each, with what is known of it. What nobody can tell apart from what is known better is left out:
    /// a socket of an unknown family beside one of a known one.
    pub fn each(&self) -> impl Iterator<Item = (&Denial, &Seen)> {
        self.seen.iter().filter(|(denial, _)| {
            let better = |is: fn(&Denial) -> bool| self.seen.keys().any(is);
            match denial {
                Denial::AddressFamily(None) => {
                    !better(|one| matches!(one, Denial::AddressFamily(Some(_))))
                }
                Denial::UnknownDestination => {
                    !better(|one| matches!(one, Denial::Destination(_) | Denial::Unanswered(_)))
                }
                _ => true,
            }
        })
    }

    /// Whether nothing was denied.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.seen.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::{Source, Tally};
    use crate::learn::Denial;

    #[test]
    fn what_two_tell_counts_once() {
        let mut tally = Tally::default();
        let write = || Denial::Write("/srv/a".to_owned());
        for at in [7, 5, 9] {
            tally.take(
                write(),
                Source::Kernel,
                at,
                Some("python3"),
                Some("/srv/a/x"),
            );
        }
        tally.take(write(), Source::Journal, 4, None, None);
        let all: Vec<_> = tally.each().collect();
        let (_, seen) = all[0];
        assert_eq!((all.len(), seen.count(), seen.first_us), (1, 3, 4));
        assert_eq!(seen.example.as_deref(), Some("/srv/a/x"));
    }

    #[test]
    fn a_service_cannot_fill_the_memory() {
        let mut tally = Tally::default();
        for number in 0..1_000 {
            tally.take(
                Denial::Write(format!("/{number}")),
                Source::Kernel,
                0,
                None,
                None,
            );
        }
        assert_eq!((tally.each().count(), tally.passed_over), (200, 800));
    }

    #[test]
    fn the_vaguer_of_two_is_left_out() {
        let mut tally = Tally::default();
        tally.take(Denial::AddressFamily(None), Source::Journal, 0, None, None);
        assert_eq!(tally.each().count(), 1);
        tally.take(
            Denial::AddressFamily(Some(16)),
            Source::Kernel,
            0,
            None,
            None,
        );
        assert_eq!(tally.each().count(), 1);
    }
}
