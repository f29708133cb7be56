//! One juniperctl at a time changes what is installed.
//!
//! The kernel lets go of the lock when the process ends, however that happens.

use std::fs::{File, OpenOptions};
use std::io;
use std::path::Path;

use crate::error::{CommandError, Kind};

/// Held while something is changed.
#[derive(Debug)]
pub struct Lock(#[expect(dead_code, reason = "only ever held")] File);

impl Lock {
    /// Takes the lock, waiting for whoever has it; `waiting` is called before that wait.
    ///
    /// # Errors
    /// The lock file cannot be made or locked.
    pub fn take(path: &Path, waiting: impl FnOnce()) -> Result<Self, CommandError> {
        let take = || -> io::Result<File> {
            let file = OpenOptions::new()
                .create(true)
                .truncate(false)
                .write(true)
                .open(path)?;
            if file.try_lock().is_err() {
                waiting();
                file.lock()?;
            }
            Ok(file)
        };
        take().map(Self).map_err(|error| {
            CommandError::new(
                Kind::Machine,
                format!("cannot lock {}: {error}", path.display()),
            )
        })
    }
}

#[cfg(test)]
mod tests {
    use super::Lock;
    use std::cell::Cell;

    #[test]
    fn a_lock_that_was_let_go_can_be_taken_again() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("lock");
        let waited = Cell::new(false);
        let first = Lock::take(&path, || waited.set(true)).unwrap();
        assert!(!waited.get());
        let second = std::thread::spawn({
            let path = path.clone();
            move || {
                Lock::take(&path, || ()).map(drop).unwrap();
            }
        });
        // Whichever comes first: a lock that is free at last can be had.
        drop(first);
        second.join().unwrap();
    }
}
