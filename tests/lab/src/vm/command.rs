//! Running commands in a virtual machine, and waiting for its systemd.
//!
//! A command starts in `/` with a clean environment, in the unit of the lab's shell. Each one ends
//! before the next one begins.

use std::os::unix::process::ExitStatusExt as _;
use std::process::ExitStatus;
use std::thread;
use std::time::{Duration, Instant};

use super::Vm;
use super::channel::{Answer, Silence};
use crate::error::Error;
use crate::machine::Output;

/// How long a short question may take.
pub(super) const QUESTION: Duration = Duration::from_secs(30);

/// The status of a command that was killed, be it because it took too long.
const KILLED: i32 = 128 + 9;

/// The state of a systemd that has finished starting.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Settled {
    /// All units are well.
    Running,
    /// A unit has failed.
    Degraded,
}

impl Vm {
    /// Runs a line for the machine's `sh` to its end, whatever that is, as root; kills it when its
    /// deadline is over. One at a time: a second one waits for its turn.
    pub fn run(&self, line: &str, deadline: Duration) -> Result<Output, Error> {
        let mut channel = self.channel();
        let begun = Instant::now();
        let asked = channel.ask(line, deadline);
        let overran = begun.elapsed() >= deadline;
        drop(channel);
        let streams = |answer: &Answer| {
            let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
            (text(&answer.stdout), text(&answer.stderr))
        };
        let (stdout, stderr) = match asked {
            Ok(answer) if !(overran && answer.status == KILLED) => {
                let (stdout, stderr) = streams(&answer);
                // As wait(2) tells the status of a process that ended by itself.
                let status = ExitStatus::from_raw(answer.status << 8);
                return Ok(Output {
                    status,
                    stdout,
                    stderr,
                });
            }
            Ok(answer) => streams(&answer),
            Err(Silence::Late) => (String::new(), String::new()),
            Err(Silence::Ended) => {
                return Err(Error::Gone {
                    machine: self.name().to_owned(),
                    command: line.to_owned(),
                    console: self.last_of_console(),
                });
            }
        };
        Err(Error::Overrun {
            command: line.to_owned(),
            deadline,
            stdout,
            stderr,
        })
    }

    /// Runs a line that must succeed and tells what it printed.
    pub fn succeed(&self, line: &str, deadline: Duration) -> Result<String, Error> {
        let Output {
            status,
            stdout,
            stderr,
        } = self.run(line, deadline)?;
        if status.success() {
            return Ok(stdout);
        }
        Err(Error::Command {
            command: line.to_owned(),
            status: status.to_string(),
            stdout,
            stderr,
            journal: self.last_of_journal(),
        })
    }

    /// Waits until systemd has finished starting, be it with failed units.
    pub fn wait_until_settled(&self, deadline: Duration) -> Result<Settled, Error> {
        let begun = Instant::now();
        loop {
            let left = deadline.saturating_sub(begun.elapsed());
            let state = match self.run("systemctl is-system-running --wait", left) {
                Ok(output) => output.stdout,
                Err(Error::Overrun { stdout, .. }) => stdout,
                Err(error) => return Err(error),
            };
            match state.trim_end() {
                "running" => return Ok(Settled::Running),
                "degraded" => return Ok(Settled::Degraded),
                // Very early there may be nobody yet to ask.
                _ if begun.elapsed() < deadline => thread::sleep(Duration::from_millis(50)),
                _ => {
                    return Err(Error::Awaited {
                        what: format!("{} to settle", self.name()),
                        deadline,
                        journal: self.last_of_journal(),
                    });
                }
            }
        }
    }

    /// The last lines of the whole journal, for error messages: an empty text where there is none.
    pub(super) fn last_of_journal(&self) -> String {
        self.run("journalctl --no-pager --quiet --lines 40", QUESTION)
            .map(|output| output.stdout)
            .unwrap_or_default()
    }
}
