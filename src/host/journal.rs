//! The journal, read through journalctl(1): its JSON lines as they come, and whether all of them do.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::process::Stdio;

use tokio::io::{AsyncBufReadExt as _, BufReader, Lines};
use tokio::process::{Child, ChildStdout, Command};

use crate::error::{CommandError, Kind};

use super::remote::Remote;

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
    /// Of a user's own units.
    pub of_user: bool,
}

/// Where journals are (systemd-journald.service(8)): kept, and of this boot alone.
const JOURNALS: [&str; 2] = [KEPT, "/run/log/journal"];

/// Where journals are kept over a reboot, each user's apart.
const KEPT: &str = "/var/log/journal";

/// Whether this user may read none of the system's journals. journalctl leaves out what it may not read, and
/// says nothing of it where it is told to be quiet.
#[must_use]
pub fn is_hidden() -> bool {
    let below = |directory: &str| -> Vec<PathBuf> {
        fs::read_dir(Path::new(directory))
            .map(|machines| machines.flatten().map(|machine| machine.path()).collect())
            .unwrap_or_default()
    };
    let mut denied = false;
    for machine in JOURNALS.into_iter().flat_map(below) {
        match File::open(machine.join("system.journal")) {
            Ok(_) => return false,
            Err(error) => denied |= error.kind() == io::ErrorKind::PermissionDenied,
        }
    }
    denied
}

/// Whether this user has no journal of their own, nor may read the system's: where journals are kept in
/// memory alone, those of users are among the system's.
#[must_use]
pub fn is_hidden_from_user() -> bool {
    if Path::new(KEPT).is_dir() {
        return false;
    }
    let own = format!("user-{}.journal", super::accounts::own_id());
    let machines = JOURNALS.iter().flat_map(|directory| {
        fs::read_dir(Path::new(directory))
            .into_iter()
            .flatten()
            .flatten()
    });
    let mut readable = machines.flat_map(|machine| {
        [&*own, "system.journal"].map(|name| File::open(machine.path().join(name)).is_ok())
    });
    !readable.any(|is_open| is_open)
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
        command.args(arguments(query));
        Self::started(command)
    }

    /// Starts to read the journal of another machine.
    ///
    /// # Errors
    /// ssh cannot be started.
    pub fn of_another(query: &Query, remote: &Remote) -> Result<Self, CommandError> {
        let arguments = arguments(query);
        let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
        Self::started(remote.session("exec journalctl \"$@\"", &words))
    }

    /// Starts to read what the kernel says, from the entry after this cursor on, or else from the boot
    /// on; it ends only with journalctl.
    ///
    /// # Errors
    /// journalctl cannot be started.
    pub fn of_kernel(after: Option<&str>) -> Result<Self, CommandError> {
        let mut command = Command::new("journalctl");
        command
            .args(["--output=json", "--no-pager", "--quiet"])
            // Nothing that is said is waited for again and again: journalctl waits on inotify(7).
            .args(["--boot", "--follow", "--no-tail"])
            .args(after.map(|cursor| format!("--after-cursor={cursor}")))
            .arg("_TRANSPORT=kernel");
        Self::started(command)
    }

    fn started(mut command: Command) -> Result<Self, CommandError> {
        command
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

/// What journalctl is told.
fn arguments(query: &Query) -> Vec<String> {
    ["--output=json", "--no-pager", "--quiet"]
        .into_iter()
        .map(str::to_owned)
        .chain(query.units.iter().map(|unit| {
            let kind = if query.of_user { "user-unit" } else { "unit" };
            format!("--{kind}={unit}")
        }))
        .chain(query.last.map(|count| format!("--lines={count}")))
        .chain(query.since.iter().map(|since| format!("--since={since}")))
        .chain(query.follow.then(|| "--follow".to_owned()))
        .chain(
            if query.kernel { KERNEL } else { &[] }
                .iter()
                .map(|word| (*word).to_owned()),
        )
        .collect()
}
