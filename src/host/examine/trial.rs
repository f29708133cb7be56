//! A service's Python run as the service's user, for as long as it may take: does it import what it is to run?
//!
//! Never as root, who would run a stranger's module with all rights. It gets an empty directory that goes
//! afterwards, no input, and the service's own variables; when its time is over its whole group ends.

use std::collections::BTreeMap;
use std::os::unix::fs::chown;
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process_group};
use tokio::io::{AsyncRead, AsyncReadExt as _};
use tokio::process::Command;

use crate::host::accounts::{self, Account};
use crate::preflight::facts::Trial;
use crate::spec::derived::EnvironmentValue;

/// Says the version first, so that it is known even where the import fails. The module is an argument,
/// never part of the program.
const PROGRAM: &str = "import sys, importlib\n\
    print('%d.%d.%d' % sys.version_info[:3], flush=True)\n\
    for name in sys.argv[1:]: importlib.import_module(name)";

/// How much of what it says is kept.
const KEPT: usize = 4_096;

/// What is tried.
#[derive(Debug)]
pub struct Attempt<'a> {
    /// The interpreter.
    pub python: &'a Path,
    /// What it imports.
    pub module: Option<&'a str>,
    /// The service's variables.
    pub environment: &'a BTreeMap<String, EnvironmentValue>,
    /// How long it may take.
    pub limit: Duration,
}

/// Runs it as the user of that name where we are root, as ourselves otherwise.
pub async fn run(attempt: &Attempt<'_>, user: &str) -> Trial {
    let account = if accounts::is_root() {
        match accounts::account(user) {
            Some(account) if !account.is_root() => Some(account),
            Some(_) => return Trial::NotRun(format!("the user {user} is root")),
            None => return Trial::NotRun(format!("there is no user {user}")),
        }
    } else {
        None
    };
    let user = account.map_or_else(accounts::own_name, |_| user.to_owned());
    match started(attempt, account).await {
        Ok(Some(said)) => judged(user, &said),
        Ok(None) => Trial::TimedOut {
            user,
            seconds: attempt.limit.as_secs(),
        },
        Err(error) => Trial::Failed {
            user,
            version: None,
            why: error.to_string(),
        },
    }
}

/// What it said, and whether it ended well.
struct Said {
    success: bool,
    output: Vec<u8>,
    errors: Vec<u8>,
}

fn judged(user: String, said: &Said) -> Trial {
    let first = String::from_utf8_lossy(&said.output);
    let version = first
        .lines()
        .next()
        .filter(|line| {
            !line.is_empty()
                && line
                    .bytes()
                    .all(|byte| byte.is_ascii_digit() || byte == b'.')
        })
        .map(str::to_owned);
    match version {
        Some(version) if said.success => Trial::Passed { user, version },
        version => {
            let errors = String::from_utf8_lossy(&said.errors);
            let last = errors.lines().rev().find(|line| !line.trim().is_empty());
            Trial::Failed {
                user,
                version,
                why: last.unwrap_or("it ended without a word").to_owned(),
            }
        }
    }
}

async fn started(attempt: &Attempt<'_>, account: Option<Account>) -> std::io::Result<Option<Said>> {
    let directory = tempfile::Builder::new().prefix("juniperctl-").tempdir()?;
    let mut command = Command::new(attempt.python);
    command
        .arg("-c")
        .arg(PROGRAM)
        .args(attempt.module)
        .current_dir(directory.path())
        .env_clear()
        .env("PATH", "/usr/local/bin:/usr/bin:/bin")
        .env("HOME", directory.path())
        .env("TMPDIR", directory.path())
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .process_group(0)
        .kill_on_drop(true);
    for (name, value) in attempt.environment {
        match value {
            EnvironmentValue::Literal(text) => command.env(name, text.as_str()),
            EnvironmentValue::State(below)
            | EnvironmentValue::Logs(below)
            | EnvironmentValue::Cache(below) => {
                let below = below.as_ref().map_or("", |below| below.as_str());
                command.env(name, directory.path().join(below))
            }
        };
    }
    if let Some(account) = account {
        let (user, group) = account.numbers();
        chown(directory.path(), Some(user), Some(group))?;
        command.uid(user).gid(group);
    }
    let mut child = command.spawn()?;
    let group = child
        .id()
        .and_then(|id| Pid::from_raw(i32::try_from(id).ok()?));
    let (output, errors) = (child.stdout.take(), child.stderr.take());
    let all = async { tokio::join!(child.wait(), kept(output), kept(errors)) };
    let ended = tokio::time::timeout(attempt.limit, all).await;
    match ended {
        Err(_) => {
            // It, or somebody it left behind, is still there, so that the group's number is nobody else's.
            if let Some(group) = group {
                let _ = kill_process_group(group, Signal::KILL);
            }
            Ok(None)
        }
        Ok((status, output, errors)) => Ok(Some(Said {
            success: status?.success(),
            output,
            errors,
        })),
    }
}

/// The end of what is said; for the version the beginning is short enough to be in it.
async fn kept(stream: Option<impl AsyncRead + Unpin>) -> Vec<u8> {
    let mut kept = Vec::new();
    let Some(mut stream) = stream else {
        return kept;
    };
    let mut piece = vec![0; KEPT];
    while let Ok(length @ 1..) = stream.read(&mut piece).await {
        kept.extend(piece.iter().take(length));
        let surplus = kept.len().saturating_sub(KEPT);
        kept.drain(..surplus);
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::{Said, judged};
    use crate::preflight::facts::Trial;

    #[test]
    fn the_last_line_is_the_reason() {
        let said = |success, output: &str, errors: &str| Said {
            success,
            output: output.as_bytes().to_vec(),
            errors: errors.as_bytes().to_vec(),
        };
        let user = || "u".to_owned();
        let passed = judged(user(), &said(true, "3.13.1\n", "a warning\n"));
        assert!(matches!(passed, Trial::Passed { version, .. } if version == "3.13.1"));
        let failed = judged(
            user(),
            &said(false, "3.13.1\n", "Traceback\nModuleNotFoundError: x\n\n"),
        );
        assert!(
            matches!(failed, Trial::Failed { why, version: Some(_), .. } if why == "ModuleNotFoundError: x")
        );
        assert!(matches!(
            judged(user(), &said(true, "hello\n", "")),
            Trial::Failed { version: None, .. }
        ));
    }
}
