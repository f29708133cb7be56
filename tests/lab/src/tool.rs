//! Running one of the host's tools that must succeed.
//!
//! What it prints is shown only when it fails. Knows no tool in particular.

use std::process::Command;
use std::time::Duration;

use crate::error::{Doing, Error, last_lines};
use crate::process::Running;

/// Lines of what a tool said that an error shows.
const LOG_LINES: usize = 30;

/// Runs the command to its end and tells what it printed; kills it when its deadline is over.
pub(crate) fn run(
    tool: &'static str,
    command: Command,
    deadline: Duration,
    doing: impl Fn() -> String,
) -> Result<String, Error> {
    let mut running = Running::start(command, Vec::new()).doing(&doing)?;
    let status = running.wait(deadline).doing(&doing)?;
    running.kill();
    let (stdout, stderr) = running.output();
    if status.is_some_and(|status| status.success()) {
        return Ok(stdout);
    }
    Err(Error::Tool {
        tool,
        doing: doing(),
        log: last_lines(&format!("{stdout}{stderr}"), LOG_LINES),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shell(script: &str) -> Result<String, Error> {
        let mut command = Command::new("sh");
        command.args(["-c", script]);
        run("sh", command, Duration::from_secs(10), || "try".to_owned())
    }

    #[test]
    fn a_failure_is_told_with_what_the_tool_said() {
        assert_eq!(shell("echo fine").unwrap(), "fine\n");
        let told = shell("echo out; echo bad >&2; exit 1")
            .unwrap_err()
            .to_string();
        assert_eq!(told, "sh failed while it should try:\nout\nbad");
    }
}
