//! Everything that can go wrong in the lab, worded for the person who reads the test's output.
//!
//! The texts carry the whole story (command, status, both streams, the journal's end), because a
//! machine is gone by the time its error is read.

use std::io;
use std::path::PathBuf;
use std::time::Duration;

/// Why the lab could not do what a test asked of it.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// This computer cannot boot machines.
    #[error("this computer cannot boot machines: {0}\nhint: run `lab requirements`")]
    Requirements(String),

    /// A file or process of the host got in the way.
    #[error("cannot {doing}: {source}")]
    Host {
        /// What was tried.
        doing: String,
        /// What the system said.
        source: io::Error,
    },

    /// Something asked of the host's tools ended badly.
    #[error("{tool} failed while it should {doing}:\n{log}")]
    Tool {
        /// The program.
        tool: &'static str,
        /// What it should have done.
        doing: String,
        /// The end of what it said.
        log: String,
    },

    /// The package index cannot be reached, so the real services cannot be had here and now.
    #[error("the Python package index or the Debian mirror cannot be reached:\n{log}")]
    IndexUnreachable {
        /// The end of what pip or apt said.
        log: String,
    },

    /// Ubuntu's archive cannot be reached, so its roots cannot be had here and now.
    #[error("Ubuntu's archive at {mirror} cannot be reached:\n{log}")]
    ArchiveUnreachable {
        /// Where it was looked for.
        mirror: String,
        /// What was said of it.
        log: String,
    },

    /// A machine did not come up.
    #[error("machine {machine} did not boot: {why}\n-- console --\n{console}")]
    Boot {
        /// The machine's name.
        machine: String,
        /// What was waited for or seen.
        why: String,
        /// The end of its console.
        console: String,
    },

    /// A machine ended while something was asked of it.
    #[error("machine {machine} ended while it should run `{command}`\n-- console --\n{console}")]
    Gone {
        /// The machine's name.
        machine: String,
        /// The command line.
        command: String,
        /// The end of its console.
        console: String,
    },

    /// A command in a machine ended with something else than success.
    #[error(
        "`{command}` failed: {status}\n-- stdout --\n{stdout}\n-- stderr --\n{stderr}\n-- journal --\n{journal}"
    )]
    Command {
        /// The command line.
        command: String,
        /// How it ended.
        status: String,
        /// What it printed.
        stdout: String,
        /// What it complained about.
        stderr: String,
        /// The last lines of the machine's journal.
        journal: String,
    },

    /// A command in a machine was killed because it took too long.
    #[error(
        "`{command}` was killed after {deadline:?}\n-- stdout --\n{stdout}\n-- stderr --\n{stderr}"
    )]
    Overrun {
        /// The command line.
        command: String,
        /// How long it was given.
        deadline: Duration,
        /// What it had printed until then.
        stdout: String,
        /// What it had complained about until then.
        stderr: String,
    },

    /// Something that was waited for did not come about.
    #[error("waited {deadline:?} in vain for {what}\n-- journal --\n{journal}")]
    Awaited {
        /// What was waited for.
        what: String,
        /// How long.
        deadline: Duration,
        /// The last lines of the machine's journal.
        journal: String,
    },

    /// Something went another way than it was meant to.
    #[error("{what}\n-- journal --\n{journal}")]
    Unexpected {
        /// What happened and what should have.
        what: String,
        /// The last lines of the machine's journal.
        journal: String,
    },

    /// A Debian package that is to be installed is not there.
    #[error("no package {name} in {}\nhint: run `make deb`", directory.display())]
    NoPackage {
        /// Its name.
        name: &'static str,
        /// Where it was looked for.
        directory: PathBuf,
    },

    /// A second boot was asked of a machine that keeps nothing.
    #[error(
        "machine {0} keeps nothing over a reboot\nhint: boot it with `BootOptions::persistent`"
    )]
    Volatile(String),

    /// An answer could not be understood.
    #[error("cannot make sense of {what}: {text:?}")]
    Unreadable {
        /// What was read.
        what: &'static str,
        /// What it said.
        text: String,
    },

    /// A path below a machine's root that is not there or not of the right kind.
    #[error("cannot {doing} {path} in machine {machine}: {source}")]
    Inside {
        /// What was tried.
        doing: &'static str,
        /// Where, as the machine sees it.
        path: PathBuf,
        /// The machine's name.
        machine: String,
        /// What the system said.
        source: io::Error,
    },
}

impl Error {
    /// Whether the surroundings are to blame (no root, no tools, no package index, no archive), so that a test
    /// may be skipped aloud instead of failing.
    #[must_use]
    pub const fn is_unavailable(&self) -> bool {
        matches!(
            self,
            Self::Requirements(_) | Self::IndexUnreachable { .. } | Self::ArchiveUnreachable { .. }
        )
    }
}

/// Turns an I/O error into one that says what was tried.
pub(crate) trait Doing<T> {
    /// Names what was tried; the text is only made when something failed.
    fn doing(self, what: impl FnOnce() -> String) -> Result<T, Error>;
}

impl<T, E: Into<io::Error>> Doing<T> for Result<T, E> {
    fn doing(self, what: impl FnOnce() -> String) -> Result<T, Error> {
        self.map_err(|source| Error::Host {
            doing: what(),
            source: source.into(),
        })
    }
}

/// The last `count` lines of a text.
pub(crate) fn last_lines(text: &str, count: usize) -> String {
    let lines: Vec<&str> = text.lines().collect();
    let start = lines.len().saturating_sub(count);
    lines.get(start..).unwrap_or_default().join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_end_of_a_long_text_is_kept() {
        assert_eq!(last_lines("a\nb\nc\n", 2), "b\nc");
        assert_eq!(last_lines("a", 40), "a");
        assert_eq!(last_lines("", 40), "");
    }

    #[test]
    fn a_missing_index_is_no_fault_of_the_code_under_test() {
        let offline = Error::IndexUnreachable { log: String::new() };
        assert!(offline.is_unavailable());
        assert!(!Error::Volatile("m".to_owned()).is_unavailable());
    }
}
