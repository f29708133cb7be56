//! The journal, read through journalctl(1): its JSON lines as they come.

use std::process::Stdio;

use tokio::io::{AsyncBufReadExt as _, BufReader, Lines};
use tokio::process::{Child, ChildStdout, Command};

use crate::error::{CommandError, Kind};

/// Where either of these holds.
const KERNEL: &[&str] = &["_TRANSPORT=kernel", "+", "_TRANSPORT=audit"];

/// Which entries.
#[derive(Debug, Clone, Default)]
pub struct Query {
    /// Of these units.
    pub units: Vec<String>,
    /// The last so many.
    pub last: Option<u32>,
    /// From this time on, as journalctl reads it.
    pub since: Option<String>,
    /// And those that are yet to come.
    pub follow: bool,
    /// What the kernel and its audit say.
    pub kernel: bool,
}

/// Entries that journalctl writes, line by line.
pub struct Journal {
    child: Child,
    lines: Lines<BufReader<ChildStdout>>,
}

impl Journal {
    /// Starts to read.
    ///
    /// # Errors
    /// journalctl cannot be started.
    pub fn open(query: &Query) -> Result<Self, CommandError> {
        let mut command = Command::new("journalctl");
        command
            .args(["--output=json", "--no-pager", "--quiet"])
            .args(query.units.iter().map(|unit| format!("--unit={unit}")))
            .args(query.last.map(|count| format!("--lines={count}")))
            .args(query.since.iter().map(|since| format!("--since={since}")))
            .args(query.follow.then_some("--follow"))
            .args(if query.kernel { KERNEL } else { &[] })
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .kill_on_drop(true);
        let mut child = command.spawn().map_err(|error| {
            CommandError::new(Kind::Machine, format!("cannot run journalctl: {error}"))
                .hint("journalctl is part of systemd; is this machine running it?")
        })?;
        let Some(output) = child.stdout.take() else {
            return Err(CommandError::new(
                Kind::Machine,
                "journalctl gives no output",
            ));
        };
        Ok(Self {
            child,
            lines: BufReader::new(output).lines(),
        })
    }

    /// The next line; `None` at the end.
    ///
    /// # Errors
    /// Reading failed.
    pub async fn next(&mut self) -> Result<Option<String>, CommandError> {
        self.lines.next_line().await.map_err(|error| {
            CommandError::new(
                Kind::Machine,
                format!("cannot read from journalctl: {error}"),
            )
        })
    }

    /// Waits for journalctl's end.
    ///
    /// # Errors
    /// It failed; its own words are on standard error.
    pub async fn finished(mut self) -> Result<(), CommandError> {
        match self.child.wait().await {
            Ok(status) if status.success() => Ok(()),
            _ => Err(CommandError::new(Kind::Machine, "journalctl failed")),
        }
    }
}
