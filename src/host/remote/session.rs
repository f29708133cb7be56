//! Programs on another machine: run to their end, or followed line by line, each within its time.

use std::process::Stdio;
use std::time::Duration;

use tokio::io::{
    AsyncBufReadExt as _, AsyncRead, AsyncReadExt as _, AsyncWriteExt as _, BufReader,
};
use tokio::process::Command;

use crate::host::clock;
use crate::spec::text::for_terminal;

use super::facts::Rights;
use super::streams::Streams;
use super::{MAX_SAID, Remote, RemoteError, control, lines, ssh};

/// The most that is taken of what a program prints.
const MAX_PRINTED: usize = 64 * 1024 * 1024;

/// What came of a program.
#[derive(Debug)]
pub struct Ran {
    /// How it ended.
    pub code: i32,
    /// What it printed.
    pub printed: Vec<u8>,
    /// What it complained about, fit for a terminal, line by line.
    pub said: Vec<String>,
}

impl Remote {
    /// Runs a script of ours there with arguments and an input, as root where that is possible.
    ///
    /// # Errors
    /// The connection is lost, or it takes too long.
    pub async fn run(
        &self,
        script: &str,
        arguments: &[&str],
        input: &[u8],
        tried: &str,
        limit: Duration,
    ) -> Result<Ran, RemoteError> {
        let line = ssh::shell(script, self.by_sudo(), arguments);
        let command = ssh::session(&control(&self.directory), &self.target, &line);
        self.finish(command, input, tried, limit).await
    }

    /// The process that runs a script there, for whoever reads what it prints as it comes.
    #[must_use]
    pub fn session(&self, script: &str, arguments: &[&str]) -> Command {
        let line = ssh::shell(script, self.by_sudo(), arguments);
        ssh::session(&control(&self.directory), &self.target, &line)
    }

    /// Runs a script of ours there, telling each line that it prints or says as it comes.
    ///
    /// # Errors
    /// The connection is lost, or it takes too long.
    pub async fn follow(
        &self,
        script: &str,
        arguments: &[&str],
        (tried, limit): (&str, Duration),
        printed: impl Fn(&str),
        said: impl Fn(&str),
    ) -> Result<i32, RemoteError> {
        let mut child = self
            .session(script, arguments)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .map_err(|error| RemoteError::NoProgram(error.to_string()))?;
        let (Some(output), Some(errors)) = (child.stdout.take(), child.stderr.take()) else {
            return Err(RemoteError::NoProgram("it has no streams".to_owned()));
        };
        let all = async {
            tokio::join!(each_line(output, printed), each_line(errors, said));
            child.wait().await
        };
        let Some(ended) = clock::within(limit, all).await else {
            return Err(RemoteError::Late {
                tried: tried.to_owned(),
                limit,
            });
        };
        match ended
            .map_err(|error| RemoteError::failed(tried, &error))?
            .code()
        {
            Some(255) | None => Err(RemoteError::Lost),
            Some(code) => Ok(code),
        }
    }

    pub(super) fn by_sudo(&self) -> bool {
        self.facts.rights == Rights::Sudo
    }

    pub(super) async fn finish(
        &self,
        command: Command,
        input: &[u8],
        tried: &str,
        limit: Duration,
    ) -> Result<Ran, RemoteError> {
        let Streams {
            mut child,
            input: mut pipe,
            output,
            errors,
        } = Streams::of(command)?;
        let fed = async move {
            // One that does not read to the end says why by other means.
            drop(pipe.write_all(input).await);
            drop(pipe.shutdown().await);
        };
        let printed = bounded(output, MAX_PRINTED);
        let said = bounded(errors, MAX_SAID);
        let all = async {
            let ((), printed, said) = tokio::join!(fed, printed, said);
            (printed, said, child.wait().await)
        };
        let Some((printed, said, ended)) = clock::within(limit, all).await else {
            return Err(RemoteError::Late {
                tried: tried.to_owned(),
                limit,
            });
        };
        let ended = ended.map_err(|error| RemoteError::failed(tried, &error))?;
        let said = lines(&String::from_utf8_lossy(&said));
        match ended.code() {
            // ssh's own word for a connection that broke.
            Some(255) | None => Err(RemoteError::Lost),
            Some(code) => Ok(Ran {
                code,
                printed,
                said,
            }),
        }
    }

    /// A program that did not do what it was for.
    pub(super) fn ended(&self, tried: &str, ran: &Ran) -> RemoteError {
        let last = ran.said.last().cloned();
        let said = last.unwrap_or_else(|| format!("it ended with {} on {}", ran.code, self.target));
        RemoteError::failed(tried, &said)
    }
}

/// Hands on each line of somebody else, fit for a terminal.
async fn each_line(stream: impl AsyncRead + Unpin, tell: impl Fn(&str)) {
    let most = u64::try_from(MAX_PRINTED).unwrap_or(u64::MAX);
    let mut read = BufReader::new(stream.take(most)).split(b'\n');
    while let Ok(Some(line)) = read.next_segment().await {
        tell(&for_terminal(&String::from_utf8_lossy(&line), 4000));
    }
}

async fn bounded(stream: impl AsyncRead + Unpin, most: usize) -> Vec<u8> {
    let mut bytes = Vec::new();
    let most = u64::try_from(most).unwrap_or(u64::MAX);
    // What was read before an error is all there is.
    drop(stream.take(most).read_to_end(&mut bytes).await);
    bytes
}
