//! A directory that belongs to one machine, and the sweeping up after owners that were killed.
//!
//! The owner holds a lock on a file in it for as long as it lives; the kernel lets go of the lock
//! however the owner ends. So a directory whose lock can be had is a leftover, and only such a
//! directory is ever swept.

use std::fs::{self, File, TryLockError};
use std::path::{Path, PathBuf};
use std::process;
use std::sync::atomic::{AtomicU32, Ordering};

use crate::cache::{lock_file, remove};
use crate::cgroup::Cgroup;
use crate::error::{Doing, Error};

/// Where systemd-nspawn makes a directory for each machine, which it leaves behind when killed.
const PROPAGATE: &str = "/run/systemd/nspawn/propagate";

static COUNTER: AtomicU32 = AtomicU32::new(0);

/// A machine's own directory on the host, with its control group; both go when this value does.
#[derive(Debug)]
pub(crate) struct Private {
    name: String,
    path: PathBuf,
    cgroup: Cgroup,
    /// Held, never read.
    _owner: File,
}

impl Private {
    /// Makes one below the cache, after removing what killed owners have left there.
    pub(crate) fn claim(cache: &Path) -> Result<Self, Error> {
        let base = cache.join("machines");
        fs::create_dir_all(&base).doing(|| format!("make {}", base.display()))?;
        // Keeps a sweeper from seeing a directory that is made but not yet locked.
        let gate = lock_file(&cache.join("machines.lock"))?;
        gate.lock()
            .doing(|| "lock the machines' directory".to_owned())?;
        sweep(&base)?;
        let count = COUNTER.fetch_add(1, Ordering::Relaxed);
        let name = format!("lab-{}-{count}", process::id());
        let path = base.join(&name);
        fs::create_dir(&path).doing(|| format!("make {}", path.display()))?;
        let owner = lock_file(&path.join("owner"))?;
        owner.lock().doing(|| format!("lock {}", path.display()))?;
        let cgroup = Cgroup::create(&name)?;
        fs::write(
            path.join("cgroup"),
            cgroup.path().as_os_str().as_encoded_bytes(),
        )
        .doing(|| format!("write below {}", path.display()))?;
        Ok(Self {
            name,
            path,
            cgroup,
            _owner: owner,
        })
    }

    /// The name that the machine and everything of it on the host goes by.
    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    /// Where the directory is.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// The machine's control group.
    pub(crate) const fn cgroup(&self) -> &Cgroup {
        &self.cgroup
    }
}

impl Drop for Private {
    fn drop(&mut self) {
        // What cannot be removed now is swept at the next start.
        drop(self.cgroup.empty());
        drop(remove(&self.path));
    }
}

/// Removes the directories, control groups and processes of owners that are no more.
fn sweep(base: &Path) -> Result<(), Error> {
    let entries = fs::read_dir(base).doing(|| format!("list {}", base.display()))?;
    for path in entries.flatten().map(|entry| entry.path()) {
        if !is_left_behind(&path) {
            continue;
        }
        if let Ok(group) = fs::read_to_string(path.join("cgroup")) {
            drop(Cgroup::left_behind(PathBuf::from(group)));
        }
        if let Some(name) = path.file_name() {
            // Only ever empty; that it is not there is the rule.
            drop(fs::remove_dir(Path::new(PROPAGATE).join(name)));
        }
        remove(&path)?;
    }
    Ok(())
}

/// Whether nobody holds the lock of the directory's owner any more.
fn is_left_behind(path: &Path) -> bool {
    match File::open(path.join("owner")) {
        Ok(owner) => !matches!(owner.try_lock(), Err(TryLockError::WouldBlock)),
        Err(_) => true,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::thread;
    use std::time::Duration;

    #[test]
    fn only_what_no_living_owner_holds_is_swept() {
        let scratch = tempfile::tempdir().unwrap();
        let [held, left, unfinished] = ["held", "left", "unfinished"].map(|name| {
            let path = scratch.path().join(name);
            fs::create_dir(&path).unwrap();
            path
        });
        let owner = lock_file(&held.join("owner")).unwrap();
        owner.lock().unwrap();
        drop(lock_file(&left.join("owner")).unwrap());
        fs::create_dir_all(left.join("upper/etc")).unwrap();
        sweep(scratch.path()).unwrap();
        assert!(held.exists() && !left.exists() && !unfinished.exists());
        drop(owner);
        // A process that another test is just starting may hold a copy until it has started.
        for _ in 0..500 {
            sweep(scratch.path()).unwrap();
            if !held.exists() {
                return;
            }
            thread::sleep(Duration::from_millis(10));
        }
        panic!("a directory without an owner is not swept");
    }
}
