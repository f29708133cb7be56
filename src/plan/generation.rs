//! A generation: what one change of the installed units left, so that it can be looked at and gone back to.
//!
//! Text in, text out; where it lies is `host`'s business. One of a newer juniperctl is refused rather than
//! half understood.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::change::Change;
use super::receipt::ReceiptError;
use crate::ordered::{self, Ordered as _};

/// The version of the format that is written.
pub const VERSION: u32 = 1;

/// How many generations that were applied are kept.
pub const KEPT: usize = 10;

/// How many attempts that failed are kept.
pub const KEPT_FAILED: usize = 3;

/// What came of a change.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Outcome {
    /// The units are, or were, installed.
    Applied,
    /// It did not come about, for this reason.
    Failed(String),
}

/// What became of one unit file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Became {
    /// It was not there before.
    Created,
    /// It was there with another text.
    Rewritten,
    /// It was there.
    Removed,
}

/// One change of what is installed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Generation {
    /// The version of the format.
    pub version: u32,
    /// Its number; every attempt has one of its own.
    pub number: u32,
    /// When, in microseconds since 1970.
    pub at_us: u64,
    /// The juniperctl that made it.
    pub juniperctl: String,
    /// The command that made it.
    pub command: String,
    /// The profile the units are for.
    pub profile: String,
    /// The systemd they were written for.
    pub systemd: String,
    /// What came of it.
    pub outcome: Outcome,
    /// What changed, by unit file.
    pub changes: BTreeMap<String, Became>,
    /// All units with their texts; none for an attempt that failed.
    pub units: BTreeMap<String, String>,
}

impl Generation {
    /// Reads one.
    ///
    /// # Errors
    /// It is damaged or from a newer juniperctl.
    pub fn parse(text: &str) -> Result<Self, ReceiptError> {
        super::receipt::refuse_newer(text, VERSION)?;
        Ok(serde_json::from_str(text)?)
    }

    /// Writes it as JSON that a person can read.
    ///
    /// # Errors
    /// None in practice: the type has nothing that JSON cannot hold.
    pub fn written(&self) -> Result<String, serde_json::Error> {
        Ok(serde_json::to_string_pretty(self)? + "\n")
    }

    /// The file that holds it.
    #[must_use]
    pub fn file(&self) -> FileName {
        FileName {
            number: self.number,
            failed: self.outcome != Outcome::Applied,
        }
    }

    /// What changed, in a few words.
    #[must_use]
    pub fn summary(&self) -> String {
        if let Outcome::Failed(why) = &self.outcome {
            return format!("failed: {}", why.lines().next().unwrap_or_default());
        }
        let count = |became: Became, word: &str| {
            let count = self.changes.values().filter(|it| **it == became).count();
            (count > 0).then(|| format!("{count} {word}"))
        };
        let told: Vec<String> = [
            count(Became::Created, "created"),
            count(Became::Rewritten, "rewritten"),
            count(Became::Removed, "removed"),
        ]
        .into_iter()
        .flatten()
        .collect();
        if told.is_empty() {
            return "no unit changed".to_owned();
        }
        told.join(", ")
    }
}

/// What changes become of unit files.
#[must_use]
pub fn became(changes: &[Change]) -> BTreeMap<String, Became> {
    changes
        .iter()
        .map(|change| {
            let became = match change {
                Change::Create { .. } => Became::Created,
                Change::Rewrite { .. } => Became::Rewritten,
                Change::Remove { .. } => Became::Removed,
            };
            (change.name().to_owned(), became)
        })
        .ordered()
}

/// The name of a generation's file, which tells what the listing needs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct FileName {
    /// The generation's number.
    pub number: u32,
    /// Whether it is an attempt that failed.
    pub failed: bool,
}

impl FileName {
    /// Reads a file's name; `None` where it is none of a generation.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        let stem = name.strip_suffix(".json")?;
        let (digits, failed) = match stem.strip_suffix(".failed") {
            Some(digits) => (digits, true),
            None => (stem, false),
        };
        let number = digits.parse().ok()?;
        let read = Self { number, failed };
        // One spelling for each.
        (read.written() == name).then_some(read)
    }

    /// The name.
    #[must_use]
    pub fn written(self) -> String {
        let failed = if self.failed { ".failed" } else { "" };
        format!("{:06}{failed}.json", self.number)
    }
}

/// Those that are too many once another one has come: the oldest, each kind for itself.
#[must_use]
pub fn surplus(names: &[FileName]) -> Vec<FileName> {
    let beyond = |failed: bool, kept: usize| {
        let mut of_kind: Vec<FileName> = names
            .iter()
            .copied()
            .filter(|name| name.failed == failed)
            .collect();
        ordered::sort(&mut of_kind);
        of_kind.truncate(of_kind.len().saturating_sub(kept));
        of_kind
    };
    let mut surplus = beyond(false, KEPT);
    surplus.extend(beyond(true, KEPT_FAILED));
    surplus
}

#[cfg(test)]
mod tests {
    use super::{FileName, Generation, KEPT, Outcome, became, surplus};
    use crate::plan::{Change, receipt::ReceiptError};

    fn generation() -> Generation {
        let changes = [
            Change::Create {
                name: "juniper-a.service".to_owned(),
                text: "a".to_owned(),
            },
            Change::Remove {
                name: "juniper-b.service".to_owned(),
                old: "b".to_owned(),
            },
        ];
        Generation {
            version: super::VERSION,
            number: 7,
            at_us: 0,
            juniperctl: "0.1.0".to_owned(),
            command: "install".to_owned(),
            profile: "full".to_owned(),
            systemd: "257".to_owned(),
            outcome: Outcome::Applied,
            changes: became(&changes),
            units: [("juniper-a.service".to_owned(), "a\n\"\u{e9}".to_owned())].into(),
        }
    }

    #[test]
    fn generations_survive_and_foreign_ones_are_refused() {
        let applied = generation();
        let text = applied.written().unwrap();
        assert_eq!(Generation::parse(&text).unwrap(), applied);
        assert_eq!(applied.summary(), "1 created, 1 removed");
        let failed = Generation {
            outcome: Outcome::Failed("no bus\nat all".to_owned()),
            ..applied
        };
        let text = failed.written().unwrap();
        assert_eq!(Generation::parse(&text).unwrap(), failed);
        assert_eq!(failed.summary(), "failed: no bus");
        assert!(matches!(
            Generation::parse(r#"{"version": 2, "more": true}"#),
            Err(ReceiptError::Newer { found: 2, .. })
        ));
        for length in 0..text.len() - 1 {
            if let Some(part) = text.get(..length) {
                assert!(Generation::parse(part).is_err(), "{part}");
            }
        }
    }

    #[test]
    fn names_are_read_in_one_spelling_only() {
        for name in ["000007.json", "000012.failed.json", "1000000.json"] {
            assert_eq!(
                FileName::parse(name).map(FileName::written).as_deref(),
                Some(name)
            );
        }
        for name in ["7.json", "000007.txt", "+00007.json", "a.json", ".json"] {
            assert_eq!(FileName::parse(name), None, "{name}");
        }
    }

    #[test]
    fn the_oldest_go_and_failures_push_nothing_else_out() {
        let mut names: Vec<FileName> = (1..=15)
            .map(|number| FileName {
                number,
                failed: false,
            })
            .collect();
        names.extend((16..=25).map(|number| FileName {
            number,
            failed: true,
        }));
        let gone: Vec<u32> = surplus(&names).iter().map(|name| name.number).collect();
        assert_eq!(gone, [1, 2, 3, 4, 5, 16, 17, 18, 19, 20, 21, 22]);
        assert!(surplus(names.get(..KEPT).unwrap()).is_empty());
    }
}
