//! The last day of one member as a strip of bars, and the same in words.
//!
//! Bars differ in height as well as in colour: the worse, the higher, so that trouble stands out for
//! whoever sees no colours.

use std::time::Duration;

use crate::output::style::age;
use crate::watchdog::Condition;
use crate::watchdog::history::{SLOT, SLOTS};

/// The height of a strip.
pub(super) const HEIGHT: u32 = 24;

/// One bar: slots in a row that were alike.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Bar {
    /// The first slot.
    pub(super) x: usize,
    /// How many.
    pub(super) width: usize,
    /// From above.
    pub(super) y: u32,
    /// Down to the ground.
    pub(super) height: u32,
    /// What it was like.
    pub(super) condition: Condition,
}

/// The bars of slots, oldest first; where nobody watched there is none.
pub(super) fn bars(slots: &[Condition]) -> Vec<Bar> {
    let mut bars: Vec<Bar> = Vec::new();
    for (x, condition) in slots.iter().copied().enumerate() {
        match bars.last_mut() {
            Some(last) if last.condition == condition => last.width += 1,
            _ => {
                let height = height(condition);
                bars.push(Bar {
                    x,
                    width: 1,
                    y: HEIGHT - height,
                    height,
                    condition,
                });
            }
        }
    }
    bars.retain(|bar| bar.condition != Condition::Unknown);
    for bar in &mut bars {
        // Five minutes of trouble are to be seen on a telephone, too.
        if bar.width == 1 && bar.x > 0 && bar.condition > Condition::Stopped {
            (bar.x, bar.width) = (bar.x - 1, 2);
        }
    }
    bars
}

fn height(condition: Condition) -> u32 {
    match condition {
        Condition::Unknown => 0,
        Condition::Stopped => 5,
        Condition::Ready => 13,
        Condition::Degraded => 17,
        Condition::NotReady => 20,
        Condition::Down => HEIGHT,
    }
}

/// The same in words: `ready 22 h 30 min, down 5 min, not watched 1 h 25 min`.
pub(super) fn words(slots: &[Condition]) -> String {
    let parts: Vec<String> = [
        Condition::Ready,
        Condition::Degraded,
        Condition::NotReady,
        Condition::Down,
        Condition::Stopped,
        Condition::Unknown,
    ]
    .into_iter()
    .filter_map(|condition| {
        let count = slots.iter().filter(|slot| **slot == condition).count();
        let word = match condition {
            Condition::Unknown => "not watched",
            other => other.prose(),
        };
        let span = Duration::from_micros(SLOT * u64::try_from(count).ok()?);
        let span = if count == SLOTS {
            "all the time".to_owned()
        } else {
            age(span)
        };
        (count > 0).then(|| format!("{word} {span}"))
    })
    .collect();
    parts.join(", ")
}

/// Over fewer slots than these a figure would say nothing: an hour.
const ENOUGH: usize = 12;

/// In how many of the slots in which somebody watched, and nobody had stopped it, it worked all the
/// time, if with limits, in percent; rounded down, so that 100 means all of them.
pub(super) fn percent(slots: &[Condition]) -> Option<usize> {
    let is_counted = |slot: &&Condition| !matches!(slot, Condition::Unknown | Condition::Stopped);
    let counted = slots.iter().filter(is_counted).count();
    let works = |slot: &&Condition| matches!(slot, Condition::Ready | Condition::Degraded);
    let good = slots.iter().filter(works).count();
    (counted >= ENOUGH).then(|| 100 * good / counted)
}

#[cfg(test)]
mod tests {
    use super::{bars, percent, words};
    use crate::watchdog::Condition::{self, Degraded, Down, Ready, Stopped, Unknown};
    use crate::watchdog::history::SLOTS;

    fn slots(runs: &[(usize, Condition)]) -> Vec<Condition> {
        runs.iter()
            .flat_map(|(count, condition)| vec![*condition; *count])
            .collect()
    }

    #[test]
    fn a_day_is_bars_words_and_a_figure() {
        let day = slots(&[(20, Unknown), (200, Ready), (1, Down), (67, Ready)]);
        let found: Vec<_> = bars(&day)
            .iter()
            .map(|bar| (bar.x, bar.width, bar.y))
            .collect();
        assert_eq!(found, [(20, 200, 11), (219, 2, 0), (221, 67, 11)]);
        assert_eq!(
            words(&day),
            "ready 22 h 15 min, down 5 min, not watched 1 h 40 min"
        );
        assert_eq!(percent(&day), Some(99));
    }

    #[test]
    fn a_short_record_has_no_figure() {
        assert_eq!(percent(&slots(&[(277, Unknown), (11, Down)])), None);
        assert_eq!(percent(&slots(&[(276, Stopped), (12, Down)])), Some(0));
    }

    #[test]
    fn days_of_one_kind() {
        for (condition, expected, figure) in [
            (Unknown, "not watched all the time", None),
            (Ready, "ready all the time", Some(100)),
            (Stopped, "stopped all the time", None),
            (Degraded, "degraded all the time", Some(100)),
            (Down, "down all the time", Some(0)),
        ] {
            let day = slots(&[(SLOTS, condition)]);
            assert_eq!((words(&day).as_str(), percent(&day)), (expected, figure));
        }
    }
}
