//! The receipt: what we put on this machine, so that it can be taken away again.
//!
//! Text in, text out; where it lies is `host`'s business. A receipt of a newer juniperctl is
//! refused rather than half understood.

use serde::{Deserialize, Serialize};

use super::change::Change;

/// The version of the format that is written.
pub const VERSION: u32 = 1;

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
    #[error("it has version {0}, but this juniperctl knows versions up to {VERSION}")]
    Newer(u32),
}

/// Only the version, whatever else a newer format may hold.
#[derive(Deserialize)]
struct VersionOnly {
    version: u32,
}

impl Receipt {
    /// Reads a receipt.
    ///
    /// # Errors
    /// It is damaged or from a newer juniperctl.
    pub fn parse(text: &str) -> Result<Self, ReceiptError> {
        let VersionOnly { version } = serde_json::from_str(text)?;
        if version > VERSION {
            return Err(ReceiptError::Newer(version));
        }
        Ok(serde_json::from_str(text)?)
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
        self.units.sort();
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
            units: vec!["juniper-data.service".to_owned()],
            directories: vec![],
        };
        assert_eq!(
            Receipt::parse(&receipt.written().unwrap()).unwrap(),
            receipt
        );
        let newer = Receipt::parse(r#"{"version": 2, "something": "else"}"#);
        assert!(matches!(newer, Err(ReceiptError::Newer(2))));
        for damaged in ["", "{}", r#"{"version":1}"#] {
            assert!(
                matches!(Receipt::parse(damaged), Err(ReceiptError::Damaged(_))),
                "{damaged}"
            );
        }
    }
}
