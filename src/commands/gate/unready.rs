//! How many starts in a row did not get ready, remembered in the service's runtime directory: counted by
//! their watchers, read by the gates.
//!
//! systemd removes the directory when the service is stopped or given up, and with it the count.

use std::path::PathBuf;

use crate::error::CommandError;
use crate::host::{Files, environment};

/// The count of one service.
pub(super) struct Unready {
    path: Option<PathBuf>,
}

impl Unready {
    /// That of the service whose unit this runs in; outside of one nothing is remembered.
    pub(super) fn here() -> Self {
        Self {
            path: environment::runtime_directory()
                .map(|directory| directory.join("unready-starts")),
        }
    }

    /// What is remembered; what cannot be read counts as nothing.
    pub(super) fn count(&self) -> u32 {
        self.path
            .as_deref()
            .and_then(|path| Files::read(path).ok().flatten())
            .and_then(|text| text.trim().parse().ok())
            .unwrap_or(0)
    }

    /// Remembers one more.
    pub(super) fn note(&self, count: u32) -> Result<(), CommandError> {
        if let Some(path) = &self.path {
            Files::replace(path, &format!("{count}\n"))?;
        }
        Ok(())
    }

    /// Forgets them all.
    pub(super) fn forget(&self) -> Result<(), CommandError> {
        if let Some(path) = &self.path {
            Files::remove(path)?;
        }
        Ok(())
    }
}
