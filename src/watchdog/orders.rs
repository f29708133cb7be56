//! What people order: pauses with an end, and given-up services to be tried again.
//!
//! A file between `juniperctl pause` and the watchdog; it is read and written whole. A span is
//! counted on the clock that nobody can set, so that a stepped clock ends no maintenance window; only
//! across a reboot the wall clock has to do.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::event::Moment;
use crate::ordered::Ordered as _;

/// The version of the form.
const VERSION: u32 = 1;

/// Everything that is ordered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Orders {
    version: u32,
    /// The boot that steady times count from.
    boot: String,
    /// A pause for all.
    all: Option<Pause>,
    /// Pauses by label.
    some: BTreeMap<String, Pause>,
    /// When given-up services were cleared, by label, in microseconds since 1970.
    cleared: BTreeMap<String, u64>,
}

/// One pause.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Pause {
    /// Its end since boot, in microseconds; `None` for one that lasts until `resume`.
    until_steady_us: Option<u64>,
    /// Its end since 1970.
    until_us: Option<u64>,
}

impl Pause {
    /// Its end in microseconds since 1970, as people read it.
    #[must_use]
    pub fn until(&self) -> Option<u64> {
        self.until_us
    }
}

impl Default for Orders {
    fn default() -> Self {
        Self {
            version: VERSION,
            boot: String::new(),
            all: None,
            some: BTreeMap::new(),
            cleared: BTreeMap::new(),
        }
    }
}

/// A file of orders that cannot be followed.
#[derive(Debug, thiserror::Error)]
pub enum OrdersError {
    /// It is damaged.
    #[error("it is damaged: {0}")]
    Damaged(#[from] serde_json::Error),
    /// It is from a newer juniperctl.
    #[error("it has the form {0}, which a newer juniperctl wrote")]
    Version(u32),
}

impl Orders {
    /// Reads orders, as they are in this boot at this moment; pauses that are over are gone.
    ///
    /// # Errors
    /// The text is damaged or of a newer form.
    pub fn parse(text: &str, boot: &str, now: Moment) -> Result<Self, OrdersError> {
        let mut orders: Self = serde_json::from_str(text)?;
        if orders.version != VERSION {
            return Err(OrdersError::Version(orders.version));
        }
        let same_boot = orders.boot == boot;
        boot.clone_into(&mut orders.boot);
        orders.all = orders
            .all
            .map(|pause| pause.here(same_boot, now))
            .filter(|pause| !pause.is_over(now));
        orders.some = std::mem::take(&mut orders.some)
            .into_iter()
            .map(|(label, pause)| (label, pause.here(same_boot, now)))
            .filter(|(_, pause)| !pause.is_over(now))
            .ordered();
        Ok(orders)
    }

    /// None, for a boot.
    #[must_use]
    pub fn none(boot: &str) -> Self {
        Self {
            boot: boot.to_owned(),
            ..Self::default()
        }
    }

    /// The orders as a text.
    ///
    /// # Errors
    /// None in practice: the type has nothing that JSON cannot hold.
    pub fn written(&self) -> Result<String, serde_json::Error> {
        Ok(serde_json::to_string(self)? + "\n")
    }

    /// Pauses these, or all where none is named, for a span or until they are resumed.
    pub fn pause(&mut self, labels: &[String], span: Option<Duration>, now: Moment) {
        let micros = |span: Duration| u64::try_from(span.as_micros()).unwrap_or(u64::MAX);
        let pause = Pause {
            until_steady_us: span.map(|span| micros(now.steady.saturating_add(span))),
            until_us: span.map(|span| now.wall.saturating_add(micros(span))),
        };
        if labels.is_empty() {
            self.all = Some(pause);
        }
        for label in labels {
            self.some.insert(label.clone(), pause);
        }
    }

    /// Ends pauses of these, or all pauses where none is named.
    pub fn resume(&mut self, labels: &[String]) {
        if labels.is_empty() {
            self.all = None;
            self.some.clear();
        }
        for label in labels {
            self.some.remove(label);
        }
    }

    /// Has services that were given up tried again.
    pub fn clear(&mut self, labels: &[String], now: Moment) {
        for label in labels {
            self.cleared.insert(label.clone(), now.wall);
        }
    }

    /// The pause that holds for a member, if any.
    #[must_use]
    pub fn pause_of(&self, label: &str, now: Moment) -> Option<Pause> {
        self.all
            .iter()
            .chain(self.some.get(label))
            .find(|pause| !pause.is_over(now))
            .copied()
    }

    /// The pause of everything, if there is one.
    #[must_use]
    pub fn pause_of_all(&self, now: Moment) -> Option<Pause> {
        self.all.filter(|pause| !pause.is_over(now))
    }

    /// When a person last cleared a member, in microseconds since 1970; 0 for never.
    #[must_use]
    pub fn cleared(&self, label: &str) -> u64 {
        self.cleared.get(label).copied().unwrap_or_default()
    }
}

impl Pause {
    fn here(self, same_boot: bool, now: Moment) -> Self {
        if same_boot {
            return self;
        }
        let left = self
            .until_us
            .map(|until| Duration::from_micros(until.saturating_sub(now.wall)));
        Self {
            until_steady_us: left
                .map(|left| u64::try_from((now.steady + left).as_micros()).unwrap_or(u64::MAX)),
            ..self
        }
    }

    fn is_over(&self, now: Moment) -> bool {
        self.until_steady_us
            .is_some_and(|until| now.steady >= Duration::from_micros(until))
    }
}

#[cfg(test)]
mod tests {
    use super::super::event::Moment;
    use super::Orders;
    use std::time::Duration;

    fn at(steady: u64, wall: u64) -> Moment {
        Moment {
            steady: Duration::from_secs(steady),
            wall: wall * 1_000_000,
        }
    }

    fn paused(orders: &Orders, label: &str, now: Moment) -> bool {
        orders.pause_of(label, now).is_some()
    }

    #[test]
    fn a_pause_ends_by_the_clock_that_nobody_sets() {
        let mut orders = Orders::none("a");
        orders.pause(
            &["data".to_owned()],
            Some(Duration::from_hours(2)),
            at(100, 1_000_000),
        );
        let text = orders.written().unwrap();
        // The wall clock is stepped by a day, both ways.
        for wall in [1_086_400, 913_600] {
            let read = Orders::parse(&text, "a", at(200, wall)).unwrap();
            assert!(paused(&read, "data", at(7_299, wall)));
            assert!(!paused(&read, "cascor", at(200, wall)));
            assert!(!paused(&read, "data", at(7_300, wall)));
        }
        // After a reboot what is left of it is left.
        let read = Orders::parse(&text, "b", at(10, 1_003_600)).unwrap();
        assert!(paused(&read, "data", at(3_609, 0)));
        assert!(!paused(&read, "data", at(3_610, 0)));
        let read = Orders::parse(&text, "b", at(10, 1_007_200)).unwrap();
        assert_eq!(read, Orders::none("b"));
    }

    #[test]
    fn a_pause_of_all_lasts_until_it_is_taken_back() {
        let mut orders = Orders::none("a");
        orders.pause(&[], None, at(0, 0));
        orders.pause(&["data".to_owned()], None, at(0, 0));
        assert!(paused(&orders, "canopy", at(1_000_000, 0)));
        orders.resume(&["data".to_owned()]);
        assert!(paused(&orders, "data", at(0, 0)), "all are still paused");
        orders.resume(&[]);
        assert!(!paused(&orders, "canopy", at(0, 0)));
    }

    #[test]
    fn damaged_and_newer_orders_are_refused() {
        for text in [
            "",
            "{",
            "{}",
            r#"{"version":2,"boot":"","all":null,"some":{},"cleared":{}}"#,
        ] {
            assert!(Orders::parse(text, "a", at(0, 0)).is_err(), "{text}");
        }
    }
}
