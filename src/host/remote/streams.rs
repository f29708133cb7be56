//! A program that was started, with its three streams at hand. Knows nothing of ssh.

use std::process::Stdio;

use tokio::process::{Child, ChildStderr, ChildStdin, ChildStdout, Command};

use super::RemoteError;

/// A running program and what leads to and from it.
pub(super) struct Streams {
    pub(super) child: Child,
    pub(super) input: ChildStdin,
    pub(super) output: ChildStdout,
    pub(super) errors: ChildStderr,
}

impl Streams {
    /// Starts a program.
    ///
    /// # Errors
    /// There is no such program, or no room for one more.
    pub(super) fn of(mut command: Command) -> Result<Self, RemoteError> {
        command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        let mut child = command
            .spawn()
            .map_err(|error| RemoteError::NoProgram(error.to_string()))?;
        let (Some(input), Some(output), Some(errors)) =
            (child.stdin.take(), child.stdout.take(), child.stderr.take())
        else {
            return Err(RemoteError::NoProgram("it has no streams".to_owned()));
        };
        Ok(Self {
            child,
            input,
            output,
            errors,
        })
    }
}
