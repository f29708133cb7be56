//! The dataset service's living half: it makes its storage directory once and then only looks at
//! it. It never reads or writes a dataset.

use std::path::{Path, PathBuf};

use crate::clock;
use crate::contract::data::{self, Storage};
use crate::contract::route::Route;
use crate::contract::{Answer, Claim};
use crate::failure::Failure;

/// The dataset service and its storage directory.
pub(crate) struct Data {
    storage: PathBuf,
}

impl Data {
    /// Makes the directory, as the real service does when it starts.
    pub(crate) fn start(storage: PathBuf) -> Result<Self, Failure> {
        std::fs::create_dir_all(&storage).map_err(|error| {
            Failure::start_up(&format!(
                "cannot make the storage directory {}: {error}",
                storage.display()
            ))
        })?;
        Ok(Self { storage })
    }

    /// Answers one request.
    pub(crate) fn answer(&self, route: &Route, claim: Claim) -> Answer {
        match route {
            Route::Health => data::health(),
            Route::Live => data::live(&self.look()),
            Route::Ready => data::ready(&self.look(), claim, clock::timestamp()),
            _ => super::foreign(),
        }
    }

    fn look(&self) -> Storage {
        Storage {
            path: self.storage.display().to_string(),
            datasets: count(&self.storage),
        }
    }
}

/// The arrays in a directory; nothing when it is none.
fn count(directory: &Path) -> Option<usize> {
    let entries = std::fs::read_dir(directory).ok()?;
    let names = entries.filter_map(|entry| Some(entry.ok()?.path()));
    Some(
        names
            .filter(|path| path.extension().is_some_and(|extension| extension == "npz"))
            .count(),
    )
}
