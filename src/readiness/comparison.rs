//! A start beside the ones before it: is it slower than usual, and who is to blame.
//!
//! Only like is compared with like: starts of the same profile in which the same members had to be
//! started and all became ready.

use std::time::Duration;

use super::chain::{Explained, explained};
use super::start_record::StartRecord;
use crate::ordered;

/// How many earlier starts are looked at.
pub const STARTS: usize = 10;

/// With fewer there is no usual.
const FEWEST: usize = 3;

/// Less than this is noise.
const NOTABLE: Duration = Duration::from_millis(100);

/// A start beside earlier ones.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Comparison<'r> {
    /// How many.
    pub starts: usize,
    /// The median of how long they took.
    pub median: Duration,
    /// How long the slowest took.
    pub slowest: Duration,
    /// When that one began, in microseconds since 1970.
    pub slowest_began: u64,
    /// The members that took notably longer than usual, worst first.
    pub slower: Vec<Slower<'r>>,
}

/// A member that took longer than usual.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Slower<'r> {
    /// Its label.
    pub label: &'r str,
    /// What it took itself.
    pub own: Duration,
    /// The median of what it took itself.
    pub median: Duration,
}

/// Compares the start after the earlier ones, oldest first; `None` where too few are alike.
#[must_use]
pub fn compared<'r>(record: &'r StartRecord, earlier: &'r [StartRecord]) -> Option<Comparison<'r>> {
    let this = explained(record);
    let alike: Vec<(u64, Explained<'_>)> = earlier
        .iter()
        .rev()
        .filter(|other| other.profile == record.profile)
        .map(|other| (other.began, explained(other)))
        .filter(|(_, other)| other.not_ready.is_empty() && started(other) == started(&this))
        .take(STARTS)
        .collect();
    let slowest = alike.iter().max_by_key(|(_, other)| other.total)?;
    if alike.len() < FEWEST {
        return None;
    }
    let mut slower: Vec<Slower<'_>> = this
        .chain
        .iter()
        .chain(&this.others)
        .filter_map(|step| {
            let label = step.member.label.as_str();
            let median = median(alike.iter().filter_map(|(_, other)| own(other, label)))?;
            let is_notable = step.own >= median + NOTABLE.max(median / 4);
            is_notable.then_some(Slower {
                label,
                own: step.own,
                median,
            })
        })
        .collect();
    ordered::sort_by_key(&mut slower, |member| {
        std::cmp::Reverse(member.own.saturating_sub(member.median))
    });
    Some(Comparison {
        starts: alike.len(),
        median: median(alike.iter().map(|(_, other)| other.total))?,
        slowest: slowest.1.total,
        slowest_began: slowest.0,
        slower,
    })
}

/// The labels of the members that had to be started, sorted.
fn started<'r>(of: &Explained<'r>) -> Vec<&'r str> {
    let mut labels: Vec<&str> = of
        .chain
        .iter()
        .chain(&of.others)
        .map(|step| step.member.label.as_str())
        .chain(of.not_ready.iter().copied())
        .collect();
    ordered::sort(&mut labels);
    labels
}

fn own(of: &Explained<'_>, label: &str) -> Option<Duration> {
    of.chain
        .iter()
        .chain(&of.others)
        .find(|step| step.member.label == label)
        .map(|step| step.own)
}

/// The middle one, or the mean of the two in the middle.
fn median(spans: impl Iterator<Item = Duration>) -> Option<Duration> {
    let mut spans: Vec<Duration> = spans.collect();
    ordered::sort(&mut spans);
    let upper = spans.get(spans.len() / 2)?;
    let lower = spans.get(spans.len().saturating_sub(1) / 2)?;
    Some((*lower + *upper) / 2)
}

#[cfg(test)]
mod tests {
    use super::{compared, median};
    use crate::readiness::start_record::{MemberStart, Start, StartRecord};
    use std::time::Duration;

    /// data and then cascor, which become ready at these milliseconds.
    fn record(began: u64, data: u64, cascor: Option<u64>) -> StartRecord {
        let member = |label: &str, waits_for: Vec<String>, start| MemberStart {
            label: label.to_owned(),
            unit: format!("juniper-{label}.service"),
            waits_for,
            start,
        };
        let ready = |at: u64| Start::Ready {
            exec: 0,
            ready: at * 1_000,
        };
        let start = cascor.map_or(Start::NeverReady { exec: 0 }, ready);
        StartRecord {
            began,
            profile: "full".to_owned(),
            members: vec![
                member("data", vec![], ready(data)),
                member("cascor", vec!["data".to_owned()], start),
            ],
        }
    }

    #[test]
    fn the_middle_is_found() {
        for (spans, expected) in [
            (&[][..], None),
            (&[3], Some(3)),
            (&[5, 1], Some(3)),
            (&[9, 1, 5], Some(5)),
            (&[9, 1, 5, 3], Some(4)),
        ] {
            let spans = spans.iter().copied().map(Duration::from_secs);
            assert_eq!(median(spans), expected.map(Duration::from_secs));
        }
    }

    #[test]
    fn the_slower_member_is_named_and_not_the_one_behind_it() {
        let earlier: Vec<StartRecord> = (1..=4)
            .map(|n| record(n, 500 + n, Some(2_000 + n)))
            .collect();
        let this = record(9, 1_500, Some(3_010));
        let found = compared(&this, &earlier).unwrap();
        assert_eq!(found.starts, 4);
        assert_eq!(found.median, Duration::from_micros(2_002_500));
        assert_eq!((found.slowest_began, found.slowest.as_millis()), (4, 2_004));
        let slower: Vec<&str> = found.slower.iter().map(|member| member.label).collect();
        assert_eq!(slower, ["data"]);
        let usual = record(9, 520, Some(2_060));
        assert_eq!(compared(&usual, &earlier).unwrap().slower, []);
    }

    #[test]
    fn only_like_is_compared_with_like() {
        let this = record(9, 500, Some(2_000));
        let other_profile = |mut record: StartRecord| {
            record.profile = "demo".to_owned();
            record
        };
        let data_ran = |mut record: StartRecord| {
            record.members[0].start = Start::AlreadyRunning;
            record
        };
        let two = [record(1, 500, Some(2_000)), record(2, 500, Some(2_000))];
        for third in [
            record(3, 500, None),
            other_profile(record(3, 500, Some(2_000))),
            data_ran(record(3, 500, Some(2_000))),
        ] {
            let earlier: Vec<StartRecord> = two.iter().cloned().chain([third]).collect();
            assert_eq!(compared(&this, &earlier), None);
        }
        let many: Vec<StartRecord> = (1..=15).map(|n| record(n, 500, Some(2_000))).collect();
        assert_eq!(compared(&this, &many).unwrap().starts, 10);
    }
}
