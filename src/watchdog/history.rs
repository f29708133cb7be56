//! The last day of each member: the worst that was seen of it in each five minutes.
//!
//! Slots instead of transitions: their number is fixed, so that nothing a service does makes the
//! history grow, and a hang of twenty seconds is as visible in a day as one of five minutes. A slot in
//! which nobody watched stays unknown. By the wall clock, as people read it; nothing is decided by it.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::condition::Condition;
use crate::ordered::Ordered as _;

/// The version of the form.
const VERSION: u32 = 1;

/// How many slots are kept: a day.
pub const SLOTS: usize = 288;

/// How long a slot is, in microseconds.
pub const SLOT: u64 = 300_000_000;

/// The last day of everybody.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct History {
    /// The number of the present slot, counted from 1970.
    slot: u64,
    members: BTreeMap<String, Past>,
}

/// The last day of one member.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Past {
    slots: Vec<Condition>,
    condition: Condition,
    since: u64,
}

impl Past {
    /// The worst of each slot, oldest first; the last is the present one.
    #[must_use]
    pub fn slots(&self) -> &[Condition] {
        &self.slots
    }

    /// Since when it is as it is, in microseconds since 1970.
    #[must_use]
    pub fn since(&self) -> u64 {
        self.since
    }

    fn new(condition: Condition, now: u64) -> Self {
        Self {
            slots: vec![Condition::Unknown; SLOTS],
            condition,
            since: now,
        }
    }

    fn go_on(&mut self, slots: u64) {
        let gone = usize::try_from(slots).unwrap_or(SLOTS).min(SLOTS);
        self.slots.drain(..gone);
        self.slots.resize(SLOTS, Condition::Unknown);
    }

    fn is_empty(&self) -> bool {
        self.slots.iter().all(|slot| *slot == Condition::Unknown)
    }
}

impl History {
    /// What is known of a member.
    #[must_use]
    pub fn of(&self, label: &str) -> Option<&Past> {
        self.members.get(label)
    }

    /// Takes in how everybody is now, in microseconds since 1970. Whether anybody is otherwise than
    /// before, or a slot has begun: then it is worth keeping.
    pub fn see<'l>(
        &mut self,
        conditions: impl IntoIterator<Item = (&'l str, Condition)>,
        now: u64,
    ) -> bool {
        let mut is_news = self.move_to(now);
        for (label, condition) in conditions {
            // No new text for one that is known.
            if !self.members.contains_key(label) {
                self.members
                    .insert(label.to_owned(), Past::new(condition, now));
                is_news = true;
            }
            let Some(past) = self.members.get_mut(label) else {
                continue;
            };
            if past.condition != condition {
                past.condition = condition;
                past.since = now;
                is_news = true;
            }
            if let Some(present) = past.slots.last_mut() {
                *present = condition.max(*present);
            }
        }
        is_news
    }

    /// Whether the present slot is another one than before; what lies before a day ago is gone then.
    fn move_to(&mut self, now: u64) -> bool {
        let slot = now / SLOT;
        if slot == self.slot || slot + 1 == self.slot {
            return false;
        }
        if slot < self.slot {
            // The clock was put back: what was kept is of times that have not come yet.
            self.members.clear();
        }
        let passed = slot.saturating_sub(self.slot);
        self.slot = slot;
        for past in self.members.values_mut() {
            past.go_on(passed);
        }
        self.members.retain(|_, past| !past.is_empty());
        true
    }

    /// Reads it back, as it is at this moment. What cannot be read counts as nothing. Until somebody
    /// is looked at again, nobody knows how it is.
    #[must_use]
    pub fn parse(text: &str, now: u64) -> Self {
        let written: Option<Written> = serde_json::from_str(text).ok();
        let mut history = written
            .filter(|written| written.version == VERSION)
            .map(Self::read)
            .unwrap_or_default();
        history.move_to(now);
        history
    }

    fn read(written: Written) -> Self {
        let members = written.members.into_iter().filter_map(|(label, kept)| {
            let slots: Option<Vec<Condition>> =
                kept.slots.chars().map(Condition::of_letter).collect();
            let past = Past {
                slots: slots.filter(|slots| slots.len() == SLOTS)?,
                condition: Condition::of_letter(kept.condition)?,
                since: kept.since_us,
            };
            Some((label, past))
        });
        Self {
            slot: written.slot,
            members: members.ordered(),
        }
    }

    /// It as a text.
    ///
    /// # Errors
    /// None in practice: the type has nothing that JSON cannot hold.
    pub fn written(&self) -> Result<String, serde_json::Error> {
        let kept = |past: &Past| Kept {
            slots: past.slots.iter().map(|slot| slot.letter()).collect(),
            condition: past.condition.letter(),
            since_us: past.since,
        };
        let written = Written {
            version: VERSION,
            slot: self.slot,
            members: self
                .members
                .iter()
                .map(|(label, past)| (label.clone(), kept(past)))
                .ordered(),
        };
        Ok(serde_json::to_string(&written)? + "\n")
    }
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    version: u32,
    slot: u64,
    members: BTreeMap<String, Kept>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Kept {
    slots: String,
    condition: char,
    since_us: u64,
}

#[cfg(test)]
mod tests {
    use super::{History, SLOT, SLOTS};
    use crate::watchdog::Condition::{self, Down, Ready, Unknown};

    const BEGIN: u64 = 1_000_000 * SLOT;

    fn last(history: &History, count: usize) -> Vec<Condition> {
        let slots = history.of("data").unwrap().slots();
        assert_eq!(slots.len(), SLOTS);
        slots[SLOTS - count..].to_vec()
    }

    #[test]
    fn the_worst_of_a_slot_is_kept_and_a_gap_is_unknown() {
        let mut history = History::default();
        assert!(history.see([("data", Ready)], BEGIN));
        assert!(!history.see([("data", Ready)], BEGIN + 1));
        assert!(history.see([("data", Down)], BEGIN + 2));
        assert!(history.see([("data", Ready)], BEGIN + 3));
        assert_eq!(history.of("data").unwrap().since(), BEGIN + 3);
        assert_eq!(last(&history, 2), [Unknown, Down]);
        assert!(history.see([("data", Ready)], BEGIN + SLOT));
        assert!(history.see([("data", Ready)], BEGIN + 3 * SLOT));
        assert_eq!(last(&history, 5), [Unknown, Down, Ready, Unknown, Ready]);
        // A day later nothing of it is left.
        history.see([], BEGIN + 300 * SLOT);
        assert_eq!(history.of("data"), None);
    }

    #[test]
    fn it_comes_back_with_the_gap_in_it() {
        let mut history = History::default();
        history.see([("data", Ready)], BEGIN);
        let text = history.written().unwrap();
        assert_eq!(History::parse(&text, BEGIN), history);
        let mut later = History::parse(&text, BEGIN + 2 * SLOT);
        later.see([("data", Down)], BEGIN + 2 * SLOT);
        assert_eq!(last(&later, 4), [Unknown, Ready, Unknown, Down]);
        for damaged in ["", "{", r#"{"version":2,"slot":1,"members":{}}"#] {
            assert_eq!(History::parse(damaged, BEGIN).of("data"), None);
        }
        let odd = text.replace("rr", "r").replacen('r', "?", 1);
        assert_eq!(History::parse(&odd, BEGIN).of("data"), None);
    }

    #[test]
    fn a_clock_that_is_put_back_forgets_the_future_and_a_small_step_does_not() {
        let mut history = History::default();
        history.see([("data", Down)], BEGIN);
        assert!(!history.see([("data", Down)], BEGIN - 1));
        assert_eq!(last(&history, 2), [Unknown, Down]);
        assert!(history.see([("data", Ready)], BEGIN - 10 * SLOT));
        assert_eq!(last(&history, 2), [Unknown, Ready]);
    }
}
