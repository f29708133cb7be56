//! A booted machine: a real systemd that a test has to itself.
//!
//! It has its own loopback, processes and files; nothing it does reaches the host or another
//! machine. Dropping it pulls the plug and leaves nothing behind.

mod boot;
mod command;
mod files;
mod options;
mod tree;

pub(crate) use command::ENVIRONMENT;
pub use command::{Background, Command, Output};
pub use options::BootOptions;
pub(crate) use options::joined;
pub use tree::{Entry, Kind};

use std::fs;
use std::path::Path;
use std::process::Child;
use std::thread;
use std::time::{Duration, Instant};

use crate::error::{Doing, Error};
use crate::private::Private;
use crate::process::ended;
use crate::root::Root;
use crate::suite::Suite;

use boot::Supervisor;

/// How long an orderly power-off may take before it counts as failed.
const POWER_OFF_DEADLINE: Duration = Duration::from_mins(2);

/// How long systemd-nspawn may take to clean up once the machine's processes are gone.
const CLEAN_UP: Duration = Duration::from_secs(5);

/// Lines of the journal that an error shows.
const JOURNAL_LINES: &str = "40";

/// A running machine.
#[derive(Debug)]
pub struct Machine {
    root: Root,
    options: BootOptions,
    supervisor: Supervisor,
    // Dropped last: what it removes is in use until the supervisor has ended.
    private: Private,
}

impl Machine {
    /// Boots a machine from the root and waits until its systemd has finished starting, be it with
    /// failed units.
    pub fn boot(root: &Root, options: BootOptions) -> Result<Self, Error> {
        let private = boot::claim(&options)?;
        let supervisor = boot::start(root, &options, &private)?;
        Ok(Self {
            root: root.clone(),
            options,
            supervisor,
            private,
        })
    }

    /// The name it goes by on the host, which is also its host name.
    #[must_use]
    pub fn name(&self) -> &str {
        self.private.name()
    }

    /// The suite that it was booted from.
    #[must_use]
    pub const fn suite(&self) -> Suite {
        self.root.suite()
    }

    /// The id of its first process, as the host counts.
    #[must_use]
    pub const fn leader(&self) -> i32 {
        self.supervisor.leader()
    }

    /// How long the last boot took, from the start of the container to a settled systemd.
    #[must_use]
    pub const fn boot_time(&self) -> Duration {
        self.supervisor.boot_time()
    }

    /// What it has printed on its console.
    #[must_use]
    pub fn console(&self) -> String {
        boot::console(&self.private)
    }

    /// The version of its systemd, as it says itself.
    pub fn systemd_version(&self) -> Result<u32, Error> {
        let text = self.succeed(&["systemctl", "--version"])?;
        version(&text).ok_or(Error::Unreadable {
            what: "systemd's version",
            text,
        })
    }

    /// The journal of one unit since the machine was first booted, as `journalctl` prints it.
    pub fn journal(&self, unit: &str) -> Result<String, Error> {
        let output = self.run(&["journalctl", "--no-pager", "--quiet", "--unit", unit])?;
        Ok(output.stdout)
    }

    /// An error about something that went another way than it was meant to, with the end of the
    /// journal.
    #[must_use]
    pub fn unexpected(&self, what: impl Into<String>) -> Error {
        Error::Unexpected {
            what: what.into(),
            journal: self.last_of_journal(),
        }
    }

    /// The last lines of the whole journal, for error messages: an empty text where there is none.
    pub(crate) fn last_of_journal(&self) -> String {
        let arguments = [
            "journalctl",
            "--no-pager",
            "--quiet",
            "--lines",
            JOURNAL_LINES,
        ];
        let command = Command::new(&arguments).deadline(Duration::from_secs(5));
        self.run_with(command)
            .map(|output| output.stdout)
            .unwrap_or_default()
    }

    /// Asks again and again, at first quickly, until the answer is yes; tells how long that took.
    pub fn wait_until(
        &self,
        what: &str,
        deadline: Duration,
        mut condition: impl FnMut() -> bool,
    ) -> Result<Duration, Error> {
        let begun = Instant::now();
        let mut pause = Duration::from_millis(2);
        while !condition() {
            if begun.elapsed() >= deadline {
                let journal = self.last_of_journal();
                return Err(Error::Awaited {
                    what: what.to_owned(),
                    deadline,
                    journal,
                });
            }
            thread::sleep(pause);
            pause = (pause * 2).min(Duration::from_millis(50));
        }
        Ok(begun.elapsed())
    }

    /// Reboots it in an orderly way: units are stopped, the same files are there afterwards. Only
    /// a persistent machine can.
    pub fn reboot(&mut self) -> Result<(), Error> {
        self.refuse_if_volatile()?;
        self.end_orderly("reboot")?;
        self.start_again()
    }

    /// Cuts its power and boots it again: nothing in it gets a chance to stop or to write. Only a
    /// persistent machine can.
    pub fn power_cut(&mut self) -> Result<(), Error> {
        self.refuse_if_volatile()?;
        self.pull_the_plug();
        self.start_again()
    }

    /// Powers it off in an orderly way and tells how long that took.
    pub fn power_off(mut self) -> Result<Duration, Error> {
        self.end_orderly("poweroff")
    }

    /// Powers it off in an orderly way and moves a directory that it made to a place on the same file system of the
    /// host, where nothing may be but an empty directory. Only a persistent machine can.
    pub(crate) fn hand_over(mut self, directory: &Path, to: &Path) -> Result<(), Error> {
        self.refuse_if_volatile()?;
        self.end_orderly("poweroff")?;
        let below = directory.strip_prefix("/").unwrap_or(directory);
        let made = boot::written(&self.private).join(below);
        fs::rename(&made, to).doing(|| format!("move {} to {}", made.display(), to.display()))
    }

    fn refuse_if_volatile(&self) -> Result<(), Error> {
        if self.options.is_persistent() {
            Ok(())
        } else {
            Err(Error::Volatile(self.name().to_owned()))
        }
    }

    fn start_again(&mut self) -> Result<(), Error> {
        self.supervisor = boot::start(&self.root, &self.options, &self.private)?;
        Ok(())
    }

    /// Has systemd stop everything and end; `verb` is a verb of systemctl.
    fn end_orderly(&mut self, verb: &str) -> Result<Duration, Error> {
        let begun = Instant::now();
        // The command itself may be killed by what it asked for, so its status says nothing.
        self.run(&["systemctl", "--no-wall", "--no-block", verb])?;
        let machine = self.name().to_owned();
        let child = self.supervisor.child();
        let over = ended(child, POWER_OFF_DEADLINE).doing(|| format!("wait for {machine}"))?;
        if !over {
            let journal = self.last_of_journal();
            let what = format!("{verb} of {machine}");
            return Err(Error::Awaited {
                what,
                deadline: POWER_OFF_DEADLINE,
                journal,
            });
        }
        reap(child);
        Ok(begun.elapsed())
    }

    /// Kills everything in it, and lets systemd-nspawn clean up behind itself if it can.
    fn pull_the_plug(&mut self) {
        self.supervisor.kill_leader();
        let child = self.supervisor.child();
        if !matches!(child.try_wait(), Ok(Some(_))) && !ended(child, CLEAN_UP).unwrap_or(false) {
            // Failing to kill means that it is gone.
            drop(child.kill());
        }
        reap(child);
    }
}

impl Drop for Machine {
    fn drop(&mut self) {
        // A machine that is thrown away has nothing to save, so its units are not stopped first.
        self.pull_the_plug();
    }
}

/// Takes note of a child's end; that somebody already has is as good.
fn reap(child: &mut Child) {
    drop(child.wait());
}

/// The number in the first line of `systemctl --version`.
fn version(text: &str) -> Option<u32> {
    let number = text.strip_prefix("systemd ")?;
    let end = number.find(|letter: char| !letter.is_ascii_digit())?;
    number.get(..end)?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::version;

    #[test]
    fn the_version_is_the_number_after_systemd() {
        assert_eq!(version("systemd 252 (252.39-1~deb12u1)\n+PAM"), Some(252));
        assert_eq!(version("systemd 262~rc1 (262~rc1-1)\n"), Some(262));
        assert_eq!(version("busybox 1\n"), None);
    }
}
