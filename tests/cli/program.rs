//! The built program, run as nobody's environment would have it, and what it said.
//!
//! The environment is empty, so that neither the home directory, the terminal nor the variables of
//! whoever runs the tests can change what comes out.

use std::process::{Command, Stdio};

/// What a program that has ended said.
#[derive(Debug)]
pub(crate) struct Said {
    pub(crate) code: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

/// The program under test, with an empty environment and nobody at its standard input.
pub(crate) fn juniperctl() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_juniperctl"));
    command.env_clear().stdin(Stdio::null());
    command
}

/// Runs it to its end.
pub(crate) fn said(command: &mut Command) -> Said {
    let output = command.output().unwrap();
    Said {
        code: output.status.code(),
        stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
        stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
    }
}
