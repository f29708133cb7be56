//! The receipt: what we put on this machine, so that it can be taken away again.
//!
//! Text in, text out; where it lies is `host`'s business. A receipt of a newer juniperctl is
//! refused rather than half understood.

use serde::{Deserialize, Serialize};

use super::change::Change;
use crate::ordered;

/// The version of the format that is written.
pub const VERSION: u32 = 2;

/// What was installed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Receipt {
    /// The version of the format.
    pub version: u32,
    /// The profile the units are for.
    pub profile: String,
    /// The systemd they were written for.
    pub systemd: String,
    /// The number of the generation that is installed; 0 where an earlier juniperctl kept none.
    pub generation: u32,
    /// File names of the units.
    pub units: Vec<String>,
    /// Directories that were made for them, outermost first.
    pub directories: Vec<String>,
}

/// A receipt that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ReceiptError {
    /// It is not what was written.
    #[error("it is damaged: {0}")]
    Damaged(#[from] serde_json::Error),
    /// It is from the future.
    #[error("it has version {found}, but this juniperctl knows versions up to {known}")]
    Newer {
        /// Its version.
        found: u32,
        /// The newest that is known.
        known: u32,
    },
}

/// Only the version, whatever else a newer format may hold.
#[derive(Deserialize)]
struct VersionOnly {
    version: u32,
}

/// What juniperctl wrote before it kept generations.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct First {
    #[expect(dead_code, reason = "has been looked at before")]
    version: u32,
    profile: String,
    systemd: String,
    units: Vec<String>,
    directories: Vec<String>,
}

/// Tells the version of a text, and refuses one that is newer than those that are known.
pub(super) fn refuse_newer(text: &str, known: u32) -> Result<u32, ReceiptError> {
    let VersionOnly { version: found } = serde_json::from_str(text)?;
    if found > known {
        return Err(ReceiptError::Newer { found, known });
    }
    Ok(found)
}

impl Receipt {
    /// Reads a receipt.
    ///
    /// # Errors
    /// It is damaged or from a newer juniperctl.
    pub fn parse(text: &str) -> Result<Self, ReceiptError> {
        if refuse_newer(text, VERSION)? >= VERSION {
            return Ok(serde_json::from_str(text)?);
        }
        let first: First = serde_json::from_str(text)?;
        Ok(Self {
            version: VERSION,
            profile: first.profile,
            systemd: first.systemd,
            generation: 0,
            units: first.units,
            directories: first.directories,
        })
    }

    /// The same with directories that were made since, outermost first.
    #[must_use]
    pub fn with_directories(mut self, made: impl IntoIterator<Item = String>) -> Self {
        for directory in made {
            if !self.directories.contains(&directory) {
                self.directories.push(directory);
            }
        }
        self
    }

    /// The same with the files that changes brought, and without those that they took away.
    #[must_use]
    pub fn with_units(mut self, changes: &[Change]) -> Self {
        for change in changes {
            self.units.retain(|unit| unit != change.name());
            if change.text().is_some() {
                self.units.push(change.name().to_owned());
            }
        }
        ordered::sort(&mut self.units);
        self
    }

    /// Writes it as JSON that a person can read.
    ///
    /// # Errors
    /// None in practice: the type has nothing that JSON cannot hold.
    pub fn written(&self) -> Result<String, serde_json::Error> {
        Ok(serde_json::to_string_pretty(self)? + "\n")
    }
}

#[cfg(test)]
mod tests {
    use super::{Receipt, ReceiptError};

    #[test]
    fn receipts_survive_and_foreign_ones_are_refused() {
        let receipt = Receipt {
            version: super::VERSION,
            profile: "full".to_owned(),
            systemd: "257".to_owned(),
            generation: 3,
            units: vec!["juniper-data.service".to_owned()],
            directories: vec![],
        };
        assert_eq!(
            Receipt::parse(&receipt.written().unwrap()).unwrap(),
            receipt
        );
        let first = r#"{"version": 1, "profile": "full", "systemd": "257",
            "units": ["juniper-data.service"], "directories": []}"#;
        let read = Receipt::parse(first).unwrap();
        assert_eq!((read.version, read.generation), (super::VERSION, 0));
        assert_eq!(read.units, receipt.units);
        let newer = Receipt::parse(r#"{"version": 3, "something": "else"}"#);
        assert!(matches!(newer, Err(ReceiptError::Newer { found: 3, .. })));
        for damaged in ["", "{}", r#"{"version":1}"#, r#"{"version":2}"#] {
            assert!(
                matches!(Receipt::parse(damaged), Err(ReceiptError::Damaged(_))),
                "{damaged}"
            );
        }
    }
}
