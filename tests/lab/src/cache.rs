//! Where the lab keeps what is dear to make, and the locks that keep two builders apart.
//!
//! Nothing outside the lab's own directory below the user's cache is ever touched.

use std::ffi::OsString;
use std::fs::{self, File};
use std::path::{Path, PathBuf};

use crate::error::{Doing, Error};

/// The lab's directory below the user's cache, made if need be.
pub(crate) fn directory() -> Result<PathBuf, Error> {
    let variable = std::env::var_os("XDG_CACHE_HOME");
    let path = located(variable, std::env::home_dir());
    fs::create_dir_all(&path).doing(|| format!("make {}", path.display()))?;
    Ok(path)
}

/// The directory that the two settings of the environment lead to.
fn located(cache_home: Option<OsString>, home: Option<PathBuf>) -> PathBuf {
    cache_home
        .map(PathBuf::from)
        // The specification says that a relative path is to be ignored.
        .filter(|path| path.is_absolute())
        .unwrap_or_else(|| {
            home.unwrap_or_else(|| PathBuf::from("/root"))
                .join(".cache")
        })
        .join("juniperctl-lab")
}

/// Opens a file that exists only to be locked.
pub(crate) fn lock_file(path: &Path) -> Result<File, Error> {
    File::options()
        .create(true)
        .truncate(false)
        .write(true)
        .open(path)
        .doing(|| format!("open the lock {}", path.display()))
}

/// Something in the cache that is made once, is shared by many readers, and is made anew when what
/// it should contain has changed.
pub(crate) struct Prepared<'a> {
    /// Where it is.
    pub(crate) path: &'a Path,
    /// What it should contain, in words; kept beside it in a stamp.
    pub(crate) stamp: &'a str,
}

impl Prepared<'_> {
    /// Makes it unless it is there as it should be. `build` gets a fresh directory, which becomes
    /// the real one only after it succeeded. The lock that comes back keeps others from replacing
    /// it: hold it as long as it is in use.
    pub(crate) fn ensure(
        &self,
        build: impl FnOnce(&Path) -> Result<(), Error>,
    ) -> Result<File, Error> {
        let lock = lock_file(&self.beside("lock"))?;
        let locking = || format!("lock {}", self.path.display());
        lock.lock_shared().doing(locking)?;
        if self.is_current() {
            return Ok(lock);
        }
        lock.unlock().doing(locking)?;
        lock.lock().doing(locking)?;
        // Somebody else may have built it while this one waited for the lock.
        if !self.is_current() {
            self.replace(build)?;
        }
        lock.lock_shared().doing(locking)?;
        Ok(lock)
    }

    /// The shared lock if it is there as it should be, else nothing; never builds.
    pub(crate) fn present(&self) -> Result<Option<File>, Error> {
        if !self.is_current() {
            return Ok(None);
        }
        let lock = lock_file(&self.beside("lock"))?;
        lock.lock_shared()
            .doing(|| format!("lock {}", self.path.display()))?;
        Ok(self.is_current().then_some(lock))
    }

    fn is_current(&self) -> bool {
        self.path.is_dir()
            && fs::read_to_string(self.beside("stamp")).is_ok_and(|found| found == self.stamp)
    }

    fn replace(&self, build: impl FnOnce(&Path) -> Result<(), Error>) -> Result<(), Error> {
        let partial = self.beside("partial");
        let stamp = self.beside("stamp");
        // Whoever was interrupted left one of these; the exclusive lock says that nobody uses them.
        remove(&partial)?;
        fs::create_dir(&partial).doing(|| format!("make {}", partial.display()))?;
        build(&partial)?;
        remove(&stamp)?;
        remove(self.path)?;
        fs::rename(&partial, self.path)
            .doing(|| format!("move {} into place", partial.display()))?;
        fs::write(&stamp, self.stamp).doing(|| format!("write {}", stamp.display()))
    }

    fn beside(&self, extension: &str) -> PathBuf {
        let mut name = self.path.as_os_str().to_owned();
        name.push(".");
        name.push(extension);
        PathBuf::from(name)
    }
}

/// Removes a file or a whole directory; that there is none is as good.
pub(crate) fn remove(path: &Path) -> Result<(), Error> {
    let removed = match fs::symlink_metadata(path) {
        Err(_) => return Ok(()),
        Ok(found) if found.is_dir() => fs::remove_dir_all(path),
        Ok(_) => fs::remove_file(path),
    };
    removed.doing(|| format!("remove {}", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn a_failure() -> Error {
        Error::Volatile("none".to_owned())
    }

    #[test]
    fn the_environment_decides_where_the_cache_is() {
        let home = Some(PathBuf::from("/home/ada"));
        assert_eq!(
            located(Some("/scratch".into()), home.clone()),
            Path::new("/scratch/juniperctl-lab")
        );
        for ignored in [None, Some("relative".into()), Some("".into())] {
            assert_eq!(
                located(ignored, home.clone()),
                Path::new("/home/ada/.cache/juniperctl-lab")
            );
        }
    }

    #[test]
    fn it_is_built_once_and_again_when_its_stamp_changes() {
        let scratch = tempfile::tempdir().unwrap();
        let path = scratch.path().join("thing");
        let mut builds = 0;
        for stamp in ["one", "one", "two"] {
            let prepared = Prepared { path: &path, stamp };
            let lock = prepared.ensure(|partial| {
                builds += 1;
                fs::write(partial.join("content"), stamp).doing(String::new)
            });
            drop(lock.unwrap());
            assert_eq!(fs::read_to_string(path.join("content")).unwrap(), stamp);
        }
        assert_eq!(builds, 2);
    }

    #[test]
    fn a_failed_build_leaves_the_old_one_and_is_tried_again() {
        let scratch = tempfile::tempdir().unwrap();
        let path = scratch.path().join("thing");
        let old = Prepared {
            path: &path,
            stamp: "old",
        };
        drop(old.ensure(|_| Ok(())).unwrap());
        let new = Prepared {
            path: &path,
            stamp: "new",
        };
        assert!(new.ensure(|_| Err(a_failure())).is_err());
        assert!(old.present().unwrap().is_some());
        assert!(new.present().unwrap().is_none());
        drop(new.ensure(|_| Ok(())).unwrap());
        assert!(new.present().unwrap().is_some());
    }
}
