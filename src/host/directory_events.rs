//! What happens in a directory (`inotify(7)`): a name that comes into it is an event, so that nobody
//! has to look again and again. It never reads what has come.

use std::io;
use std::mem::MaybeUninit;
use std::os::fd::OwnedFd;
use std::path::Path;

use rustix::fs::inotify::{CreateFlags, WatchFlags, add_watch, init};
use tokio::io::unix::AsyncFd;

use super::descriptor;

/// More than one event, whatever its name (`NAME_MAX`).
const EVENTS: usize = 4096;

/// Tells of names that come into a directory.
#[derive(Debug)]
pub struct DirectoryEvents(AsyncFd<OwnedFd>);

impl DirectoryEvents {
    /// Events from now on.
    ///
    /// # Errors
    /// The directory is not there, or the kernel watches no more of them.
    pub fn of(directory: &Path) -> io::Result<Self> {
        let events = init(CreateFlags::CLOEXEC | CreateFlags::NONBLOCK)?;
        add_watch(&events, directory, WatchFlags::MOVED_TO)?;
        descriptor::readable(events).map(Self)
    }

    /// Waits until something has come since the last call, or since the beginning.
    ///
    /// # Errors
    /// The kernel does not tell any more.
    pub async fn next(&self) -> io::Result<()> {
        loop {
            let mut ready = self.0.readable().await?;
            let taken = ready.try_io(|events| {
                let mut space = [MaybeUninit::<u8>::uninit(); EVENTS];
                rustix::io::read(events, space.as_mut_slice())?;
                Ok(())
            });
            // Where it was a false alarm the wait goes on.
            if let Ok(taken) = taken {
                return taken;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::DirectoryEvents;
    use crate::host::Files;

    #[tokio::test]
    async fn what_came_before_the_wait_is_not_missed() {
        let directory = tempfile::tempdir().unwrap();
        let events = DirectoryEvents::of(directory.path()).unwrap();
        Files::replace_link(&directory.path().join("mark"), "1").unwrap();
        events.next().await.unwrap();
        Files::replace_link(&directory.path().join("mark"), "2").unwrap();
        events.next().await.unwrap();
        assert!(DirectoryEvents::of(&directory.path().join("none")).is_err());
    }
}
