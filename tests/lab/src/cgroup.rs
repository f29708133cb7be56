//! A control group for each machine.
//!
//! systemd-nspawn puts a machine's processes below the group that it is started in. Two machines
//! started in one group would share every unit's control group: each systemd would take the other's
//! processes for its own, and `systemctl stop` would wait for them. So each gets a group, which is
//! also how everything in a machine is found and killed. Never sets a limit.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, Instant};

use crate::error::{Doing, Error};

/// How long the kernel may take to bury the dead before a group can be removed.
const BURIAL: Duration = Duration::from_secs(2);

/// A control group that goes away, with everything in it, when this value does.
#[derive(Debug)]
pub(crate) struct Cgroup {
    path: PathBuf,
}

impl Cgroup {
    /// Makes a group of this name below the one that this process is in.
    pub(crate) fn create(name: &str) -> Result<Self, Error> {
        let mounts =
            fs::read_to_string("/proc/self/mountinfo").doing(|| "list mounts".to_owned())?;
        let membership = fs::read_to_string("/proc/self/cgroup")
            .doing(|| "read /proc/self/cgroup".to_owned())?;
        let mount = unified_mount(&mounts)
            .ok_or_else(|| Error::Requirements("no cgroup2 file system is mounted".to_owned()))?;
        let own = mount.join(own_group(&membership).trim_start_matches('/'));
        // Where the own group lies outside of what is mounted here, the top has to do.
        let parent = if own.is_dir() { own } else { mount };
        let path = parent.join(name);
        fs::create_dir(&path).doing(|| format!("make the control group {}", path.display()))?;
        Ok(Self { path })
    }

    /// A group that a process which is gone has left behind.
    pub(crate) const fn left_behind(path: PathBuf) -> Self {
        Self { path }
    }

    /// Where the group is.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Kills every process in it and waits until the kernel has let them go.
    pub(crate) fn empty(&self) -> io::Result<()> {
        if !self.path.is_dir() {
            return Ok(());
        }
        fs::write(self.path.join("cgroup.kill"), "1")?;
        let begun = Instant::now();
        while remove_groups(&self.path).is_err() {
            if begun.elapsed() > BURIAL {
                return Err(io::Error::new(
                    io::ErrorKind::ResourceBusy,
                    "its processes do not die",
                ));
            }
            thread::sleep(Duration::from_millis(5));
        }
        Ok(())
    }
}

impl Drop for Cgroup {
    fn drop(&mut self) {
        // Nothing is left to tell anyone by now, and the next start sweeps again.
        drop(self.empty());
    }
}

/// Removes a group and those below it, deepest first; files in it are the kernel's.
fn remove_groups(path: &Path) -> io::Result<()> {
    for entry in fs::read_dir(path)? {
        let entry = entry?;
        if entry.file_type()?.is_dir() {
            remove_groups(&entry.path())?;
        }
    }
    fs::remove_dir(path)
}

/// Where cgroup2 is mounted, from the text of a `mountinfo`.
pub(crate) fn unified_mount(mountinfo: &str) -> Option<PathBuf> {
    mountinfo.lines().find_map(|line| {
        let (mount, kind) = line.split_once(" - ")?;
        let is_unified = kind.split(' ').next() == Some("cgroup2");
        let point = mount.split(' ').nth(4)?;
        is_unified.then(|| PathBuf::from(point))
    })
}

/// This process's group in the unified hierarchy, from the text of its `cgroup` file.
fn own_group(membership: &str) -> &str {
    membership
        .lines()
        .find_map(|line| line.strip_prefix("0::"))
        .unwrap_or("/")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_unified_hierarchy_is_found_beside_old_ones() {
        let mountinfo = "\
            30 23 0:26 / /sys/fs/cgroup/cpu rw,relatime - cgroup cgroup rw,cpu\n\
            31 23 0:27 / /sys/fs/cgroup/unified rw,relatime shared:9 - cgroup2 cgroup2 rw\n";
        assert_eq!(
            unified_mount(mountinfo),
            Some(PathBuf::from("/sys/fs/cgroup/unified"))
        );
        assert_eq!(
            unified_mount("30 23 0:26 / /proc rw - proc proc rw\n"),
            None
        );
    }

    #[test]
    fn the_own_group_is_the_one_without_a_controller() {
        assert_eq!(
            own_group("4:memory:/a\n0::/user.slice/b\n"),
            "/user.slice/b"
        );
        assert_eq!(own_group("4:memory:/a\n"), "/");
    }
}
