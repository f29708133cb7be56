//! How exposed a unit is, from 0.0 to 10.0, as `systemd-analyze security` counts it.
//!
//! systemd weighs about eighty questions and divides what is open by what could be closed. From release
//! 250 on it can be asked about a file (`--offline=true`); on older systems, and to hold a unit to its
//! budget before it is installed anywhere, the same is computed here. A test on each supported systemd
//! compares the two. It never asks systemd.

mod assessments;
mod calls;
mod settings;

use crate::ordered;
use std::fmt;

pub use settings::Settings;

use assessments::ASSESSMENTS;

/// An exposure in tenths.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Exposure(u32);

/// What one question adds to the exposure.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Open {
    /// The question, by the name that systemd gives it.
    pub question: &'static str,
    /// What it adds, in thousandths of a point.
    pub adds: u32,
}

impl Open {
    /// Whether this directive is what the question asks for.
    #[must_use]
    pub fn is_of(&self, directive: &str) -> bool {
        self.question
            .strip_prefix(directive)
            .is_some_and(|rest| rest.starts_with('='))
    }

    /// What it adds, in points.
    #[must_use]
    pub fn points(&self) -> String {
        format!("{}.{:03}", self.adds / 1000, self.adds % 1000)
    }
}

impl Exposure {
    /// The most that there is.
    pub const MOST: Self = Self(100);

    /// An exposure of this many tenths.
    #[must_use]
    pub const fn tenths(tenths: u32) -> Self {
        Self(tenths)
    }

    /// Reads `1.1` as systemd prints it.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let (whole, tenth) = text.trim().split_once('.')?;
        let digit = tenth.parse::<u32>().ok().filter(|_| tenth.len() == 1)?;
        Some(Self(whole.parse::<u32>().ok()?.checked_mul(10)? + digit))
    }

    /// This and another one.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        Self(self.0.saturating_add(other.0))
    }

    /// This without another one.
    #[must_use]
    pub const fn less(self, other: Self) -> Self {
        Self(self.0.saturating_sub(other.0))
    }

    /// That of a unit.
    #[must_use]
    pub fn of(settings: &Settings<'_>) -> Self {
        assessed(settings).0
    }
}

impl fmt::Display for Exposure {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}.{}", self.0 / 10, self.0 % 10)
    }
}

/// The questions that leave the unit open, the worst first.
#[must_use]
pub fn open(settings: &Settings<'_>) -> Vec<Open> {
    assessed(settings).1
}

/// How exposed a unit is, and the questions that leave it open, the worst first. Each is asked once: where
/// thousands of units are checked, this is a good part of it.
#[must_use]
pub fn assessed(settings: &Settings<'_>) -> (Exposure, Vec<Open>) {
    let (mut exposed, mut all) = (0, 0);
    let mut found = Vec::new();
    for assessment in ASSESSMENTS {
        let Some(weighed) = assessment.weighed(settings) else {
            continue;
        };
        exposed += weighed;
        all += assessment.weight;
        if weighed > 0 {
            found.push((assessment.question, weighed));
        }
    }
    let all = all.max(1);
    let mut open: Vec<Open> = found
        .into_iter()
        .map(|(question, weighed)| Open {
            question,
            adds: weighed * 10_000 / all,
        })
        .collect();
    ordered::sort_by_key(&mut open, |one| std::cmp::Reverse(one.adds));
    (Exposure((exposed * 100).div_ceil(all)), open)
}

#[cfg(test)]
mod tests {
    use super::{Exposure, Settings, open};

    fn exposure(text: &str) -> String {
        Exposure::of(&Settings::parse(text)).to_string()
    }

    #[test]
    fn bare_units_are_as_exposed_as_systemd_says() {
        // `systemd-analyze security --offline=true` of 252, 257 and 262 alike.
        assert_eq!(exposure("[Service]\nExecStart=/bin/true\n"), "9.6");
        assert_eq!(
            exposure("[Service]\nExecStart=/bin/true\nUser=daemon\n"),
            "9.2"
        );
    }

    #[test]
    fn what_is_open_is_told_worst_first() {
        let text = include_str!("../../../units/juniper-data.service");
        let open = open(&Settings::parse(text));
        assert_eq!(
            open.first().map(|one| one.question),
            Some("PrivateNetwork=")
        );
    }

    #[test]
    fn it_is_written_and_read_with_one_digit() {
        assert_eq!(Exposure::parse("1.1"), Some(Exposure::tenths(11)));
        assert_eq!(Exposure::tenths(104).to_string(), "10.4");
        for wrong in ["", "1", "1.15", "x.1", "1.x"] {
            assert_eq!(Exposure::parse(wrong), None, "{wrong}");
        }
    }
}
