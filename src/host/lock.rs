//! One juniperctl at a time changes what is installed.
//!
//! The kernel lets go of the lock when the process ends, however that happens. It leaves nothing behind where a
//! directory tree is worked on: there the tree's own directory is what is locked.

use std::fs::{self, File, OpenOptions};
use std::io;
use std::os::unix::fs::MetadataExt as _;
use std::path::Path;
use std::process::Stdio;
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use crate::error::{CommandError, Kind};
use crate::spec::text::for_terminal;

/// How long somebody waits for another to finish.
const PATIENCE: Duration = Duration::from_mins(1);

/// How much of a command line is told.
const TOLD: usize = 120;

/// Held while something is changed.
#[derive(Debug)]
pub struct Lock(File);

impl Lock {
    /// Takes the lock, waiting a minute for whoever has it; `waiting` is told who that is.
    ///
    /// # Errors
    /// The lock file cannot be made or locked, or somebody keeps it.
    pub fn take(path: &Path, waiting: impl FnOnce(&str)) -> Result<Self, CommandError> {
        Self::taken(path, PATIENCE, waiting)
    }

    /// The lock as the standard input of a program that is started: held until that and all that it starts have
    /// ended, too. There is nothing to read.
    ///
    /// # Errors
    /// The kernel has no descriptor left.
    pub fn handed_on(&self) -> io::Result<Stdio> {
        Ok(self.0.try_clone()?.into())
    }

    fn taken(
        path: &Path,
        patience: Duration,
        waiting: impl FnOnce(&str),
    ) -> Result<Self, CommandError> {
        let cannot = |error: io::Error| {
            CommandError::new(
                Kind::Machine,
                format!("cannot lock {}: {error}", path.display()),
            )
        };
        let file = opened(path).map_err(cannot)?;
        if file.try_lock().is_ok() {
            return Ok(Self(file));
        }
        waiting(&holder(&file));
        let (taken, awaited) = mpsc::channel();
        let waiter = file.try_clone().map_err(cannot)?;
        // Whoever gives up ends, and the thread with it.
        thread::spawn(move || taken.send(waiter.lock()));
        match awaited.recv_timeout(patience) {
            Ok(locked) => locked.map(|()| Self(file)).map_err(cannot),
            Err(_) => Err(CommandError::new(
                Kind::Machine,
                format!("{} is still at work; nothing was changed", holder(&file)),
            )
            .hint("it may be waiting for an answer on its terminal")),
        }
    }
}

fn opened(path: &Path) -> io::Result<File> {
    if path.is_dir() {
        return File::open(path);
    }
    OpenOptions::new()
        .create(true)
        .truncate(false)
        .read(true)
        .write(true)
        .open(path)
}

/// Who has the lock, by the kernel's own list (`proc_locks(5)`).
fn holder(file: &File) -> String {
    let pid = file
        .metadata()
        .ok()
        .zip(fs::read_to_string("/proc/locks").ok())
        .and_then(|(metadata, locks)| holding(&locks, metadata.ino()));
    let Some(pid) = pid else {
        return "another juniperctl".to_owned();
    };
    let command = fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
    let command = String::from_utf8_lossy(&command).replace('\0', " ");
    format!("process {pid} ({})", for_terminal(command.trim_end(), TOLD))
}

/// The process that holds a lock of this kind on this file: `1: FLOCK  ADVISORY  WRITE 77 00:1b:4711 0 EOF`.
fn holding(locks: &str, inode: u64) -> Option<u32> {
    locks.lines().find_map(|line| {
        let words: Vec<&str> = line.split_whitespace().collect();
        let [_, "FLOCK", _, _, pid, file, ..] = words.as_slice() else {
            return None;
        };
        let (_, number) = file.rsplit_once(':')?;
        (number.parse() == Ok(inode)).then(|| pid.parse().ok())?
    })
}

#[cfg(test)]
mod tests {
    use super::{Lock, holding};
    use std::time::Duration;

    #[test]
    fn a_lock_that_was_let_go_can_be_taken_again() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("lock");
        let first = Lock::take(&path, |_| panic!("it is free")).unwrap();
        let second = std::thread::spawn({
            let path = path.clone();
            move || {
                Lock::take(&path, |_| ()).map(drop).unwrap();
            }
        });
        // Whichever comes first: a lock that is free at last can be had.
        drop(first);
        second.join().unwrap();
    }

    #[test]
    fn whoever_keeps_it_is_named() {
        let directory = tempfile::tempdir().unwrap();
        let _first = Lock::take(directory.path(), |_| ()).unwrap();
        let mut named = String::new();
        let refused = Lock::taken(directory.path(), Duration::ZERO, |who| {
            who.clone_into(&mut named);
        });
        let own = format!("process {} (", std::process::id());
        assert!(named.starts_with(&own), "{named}");
        let told = refused.unwrap_err().message;
        assert!(
            told.contains(&own) && told.ends_with("nothing was changed"),
            "{told}"
        );
    }

    #[test]
    fn those_who_wait_are_not_those_who_hold() {
        let locks = "1: POSIX  ADVISORY  WRITE 5 00:1b:9 0 EOF\n\
                     2: FLOCK  ADVISORY  WRITE 77 00:1b:9 0 EOF\n\
                     2: -> FLOCK  ADVISORY  WRITE 78 00:1b:9 0 EOF\n";
        assert_eq!(holding(locks, 9), Some(77));
        assert_eq!(holding(locks, 10), None);
    }
}
