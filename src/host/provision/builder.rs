//! Programs run as the user that builds, with what they say heard line by line.
//!
//! They end with us (`setpriv --pdeathsig`), and hold the lock as long as they live: it is their standard input.
//! Nothing of our own environment reaches them but what pip needs to find an index.

use std::env;
use std::ffi::{OsStr, OsString};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use tokio::io::AsyncReadExt as _;
use tokio::net::unix::pipe::Receiver;
use tokio::process::Command;

use crate::host::accounts::{self, Account};
use crate::host::lock::Lock;
use crate::provision::python::{Interpreter, Minor, Said};

/// How long nothing may be said before that is told.
const SILENCE: Duration = Duration::from_secs(10);

/// How long an interpreter may take to tell its version.
const PATIENCE: Duration = Duration::from_secs(20);

/// How much of what is said is kept.
const KEPT: usize = 32_768;

/// The longest line.
const LONGEST: usize = 4_096;

/// Runs a program that ends when whoever started it does (setpriv(1)).
const SETPRIV: &str = "/usr/bin/setpriv";

/// Says the version, and whether environments with pip in them can be made.
const VERSION: &str = "import sys, importlib.util as i\n\
    print('%d.%d' % sys.version_info[:2], all(i.find_spec(m) for m in ('venv', 'ensurepip')))";

/// What pip is told of proxies and certificates, besides its own variables.
const PASSED_ON: [&str; 9] = [
    "SSL_CERT_FILE",
    "REQUESTS_CA_BUNDLE",
    "http_proxy",
    "https_proxy",
    "no_proxy",
    "HTTP_PROXY",
    "HTTPS_PROXY",
    "NO_PROXY",
    "ALL_PROXY",
];

/// Variables of pip that would lead elsewhere what it installs or keeps.
const LEADS_ELSEWHERE: [&str; 6] = [
    "PIP_TARGET",
    "PIP_PREFIX",
    "PIP_ROOT",
    "PIP_USER",
    "PIP_CACHE_DIR",
    "PIP_LOG",
];

/// Whoever builds.
#[derive(Debug)]
pub struct Builder<'l> {
    /// As whom; ourselves where we are not root.
    pub account: Option<Account>,
    /// Where temporary files go.
    pub scratch: PathBuf,
    /// What is held as long as one of its programs lives.
    pub lock: Option<&'l Lock>,
}

/// What came of a program.
#[derive(Debug)]
pub struct Ended {
    /// Whether it ended well.
    pub success: bool,
    /// The end of what it said.
    pub said: String,
}

/// What is heard of a program.
#[derive(Debug, Clone, Copy)]
pub enum Heard<'h> {
    /// A line.
    Line(&'h str),
    /// Nothing, for a while.
    Nothing,
}

impl Builder<'_> {
    /// Runs a program to its end.
    ///
    /// # Errors
    /// It cannot be started or heard.
    pub async fn run(
        &self,
        program: &Path,
        arguments: &[&OsStr],
        mut heard: impl FnMut(Heard<'_>),
    ) -> io::Result<Ended> {
        let (reader, writer) = io::pipe()?;
        let mut command = self.command(program);
        command
            .args(arguments)
            .stdin(match self.lock {
                Some(lock) => lock.handed_on()?,
                None => Stdio::null(),
            })
            .stdout(writer.try_clone()?)
            .stderr(writer);
        let mut child = command.spawn()?;
        // Its ends of the pipe are the only ones then.
        drop(command);
        let mut stream = Receiver::from_owned_fd(reader.into())?;
        let (mut said, mut line, mut piece) = (Vec::new(), Vec::new(), vec![0; LONGEST]);
        loop {
            let length = match tokio::time::timeout(SILENCE, stream.read(&mut piece)).await {
                Err(_) => {
                    heard(Heard::Nothing);
                    continue;
                }
                Ok(length) => length?,
            };
            let new = piece.get(..length).unwrap_or_default();
            said.extend_from_slice(new);
            let surplus = said.len().saturating_sub(KEPT);
            said.drain(..surplus);
            for byte in new {
                if *byte != b'\n' && line.len() < LONGEST {
                    line.push(*byte);
                } else if *byte == b'\n' {
                    heard(Heard::Line(&String::from_utf8_lossy(&line)));
                    line.clear();
                }
            }
            if length == 0 {
                break;
            }
        }
        Ok(Ended {
            success: child.wait().await?.success(),
            said: String::from_utf8_lossy(&said).into_owned(),
        })
    }

    /// Asks an interpreter what it is; `None` where it is not there.
    pub async fn interpreter(&self, path: &Path) -> Option<Interpreter> {
        let home = fs::canonicalize(path).ok()?;
        let nothing = |why: &str| Said::Nothing(why.to_owned());
        let said = {
            let arguments = ["-I", "-c", VERSION].map(OsStr::new);
            let run = self.run(path, &arguments, |_| ());
            match tokio::time::timeout(PATIENCE, run).await {
                Err(_) => nothing("it does not answer"),
                Ok(Err(error)) => Said::Nothing(error.to_string()),
                Ok(Ok(ended)) if !ended.success => nothing(
                    ended
                        .said
                        .lines()
                        .last()
                        .unwrap_or("it ended without a word"),
                ),
                Ok(Ok(ended)) => read(&ended.said).unwrap_or_else(|| nothing("it is no Python")),
            }
        };
        Some(Interpreter {
            path: path.display().to_string(),
            home: home.display().to_string(),
            said,
        })
    }

    /// Whether whoever builds may read it.
    #[must_use]
    pub fn may_read(&self, path: &Path) -> bool {
        self.account
            .is_none_or(|account| accounts::may_read(account, path))
    }

    fn command(&self, program: &Path) -> Command {
        let mut command = if Path::new(SETPRIV).exists() {
            let mut command = Command::new(SETPRIV);
            command
                .args(["--no-new-privs", "--pdeathsig", "KILL", "--"])
                .arg(program);
            command
        } else {
            Command::new(program)
        };
        command
            .current_dir("/")
            .env_clear()
            .env("PATH", "/usr/local/bin:/usr/bin:/bin")
            .env("LANG", "C.UTF-8")
            .env("HOME", &self.scratch)
            .env("TMPDIR", &self.scratch)
            .envs(passed_on(env::vars_os()))
            .kill_on_drop(true);
        if let Some(account) = self.account {
            let (user, group) = account.numbers();
            // Further groups of root's go with it.
            command.uid(user).gid(group);
        }
        command
    }
}

fn read(said: &str) -> Option<Said> {
    let (version, has_pip) = said.lines().last()?.split_once(' ')?;
    Some(Said::Version {
        version: Minor::parse(version)?,
        has_pip: has_pip == "True",
    })
}

fn passed_on(
    variables: impl Iterator<Item = (OsString, OsString)>,
) -> impl Iterator<Item = (OsString, OsString)> {
    variables.filter(|(name, _)| {
        name.to_str().is_some_and(|name| {
            PASSED_ON.contains(&name)
                || (name.starts_with("PIP_") && !LEADS_ELSEWHERE.contains(&name))
        })
    })
}

#[cfg(test)]
mod tests {
    use super::{Builder, Heard, PASSED_ON, passed_on};
    use crate::provision::python::Said;
    use std::ffi::OsStr;
    use std::path::{Path, PathBuf};

    fn builder() -> Builder<'static> {
        Builder {
            account: None,
            scratch: PathBuf::from("/tmp"),
            lock: None,
        }
    }

    #[tokio::test]
    async fn lines_of_both_streams_are_heard_and_the_end_is_told() {
        let mut lines = Vec::new();
        let arguments = ["-c", "echo one; echo two >&2; printf three; exit 3"].map(OsStr::new);
        let ended = builder()
            .run(Path::new("/bin/sh"), &arguments, |heard| {
                if let Heard::Line(line) = heard {
                    lines.push(line.to_owned());
                }
            })
            .await
            .unwrap();
        assert_eq!(lines, ["one", "two"]);
        assert!(!ended.success);
        assert_eq!(ended.said, "one\ntwo\nthree");
    }

    #[tokio::test]
    async fn what_is_no_python_says_so() {
        let found = builder().interpreter(Path::new("/bin/true")).await.unwrap();
        assert!(matches!(found.said, Said::Nothing(_)), "{found:?}");
        assert_eq!(builder().interpreter(Path::new("/nowhere")).await, None);
    }

    #[test]
    fn the_lab_tells_its_own_pip_the_same() {
        assert_eq!(PASSED_ON, juniper_lab::real::PASSED_ON);
    }

    #[test]
    fn only_what_finds_an_index_is_passed_on() {
        let given = ["PIP_INDEX_URL", "PIP_TARGET", "HTTPS_PROXY", "AWS_SECRET"]
            .map(|name| (name.into(), "x".into()));
        let names: Vec<_> = passed_on(given.into_iter()).map(|(name, _)| name).collect();
        assert_eq!(names, ["PIP_INDEX_URL", "HTTPS_PROXY"]);
    }
}
