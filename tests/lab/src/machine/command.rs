//! Running commands in a machine.
//!
//! A command starts in `/` with a clean environment, outside of every unit, as `nsenter` leaves it.
//! It never inherits anything of the test's own environment.

use std::ffi::OsString;
use std::process::{self, ExitStatus};
use std::time::Duration;

use super::Machine;
use crate::error::{Doing, Error};
use crate::process::Running;

/// How long a command may take unless told otherwise.
const DEADLINE: Duration = Duration::from_mins(1);

/// What every command finds in its environment.
pub(crate) const ENVIRONMENT: [(&str, &str); 4] = [
    (
        "PATH",
        "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
    ),
    ("HOME", "/root"),
    ("LANG", "C.UTF-8"),
    ("TERM", "dumb"),
];

/// A command to run in a machine.
#[derive(Debug, Clone)]
pub struct Command {
    arguments: Vec<String>,
    environment: Vec<(String, OsString)>,
    user: Option<String>,
    input: Vec<u8>,
    deadline: Duration,
}

impl Command {
    /// A program with its arguments, run as root.
    #[must_use]
    pub fn new<T: AsRef<str>>(arguments: &[T]) -> Self {
        Self {
            arguments: arguments
                .iter()
                .map(|argument| argument.as_ref().to_owned())
                .collect(),
            environment: Vec::new(),
            user: None,
            input: Vec::new(),
            deadline: DEADLINE,
        }
    }

    /// A line for the machine's `sh`.
    #[must_use]
    pub fn shell(line: &str) -> Self {
        Self::new(&["sh", "-c", line])
    }

    /// Sets a variable of its environment.
    #[must_use]
    pub fn env(mut self, name: &str, value: impl Into<OsString>) -> Self {
        self.environment.push((name.to_owned(), value.into()));
        self
    }

    /// Runs it as this user, with the user's groups.
    #[must_use]
    pub fn user(mut self, name: &str) -> Self {
        self.user = Some(name.to_owned());
        self
    }

    /// Gives it something to read.
    #[must_use]
    pub fn input(mut self, bytes: impl Into<Vec<u8>>) -> Self {
        self.input = bytes.into();
        self
    }

    /// How long it may take.
    #[must_use]
    pub const fn deadline(mut self, deadline: Duration) -> Self {
        self.deadline = deadline;
        self
    }

    /// The command line as a person would type it, more or less.
    fn text(&self) -> String {
        self.arguments.join(" ")
    }
}

/// What came of a command.
#[derive(Debug, Clone)]
pub struct Output {
    /// How it ended.
    pub status: ExitStatus,
    /// What it printed.
    pub stdout: String,
    /// What it complained about.
    pub stderr: String,
}

impl Output {
    /// Whether it ended with 0.
    #[must_use]
    pub fn success(&self) -> bool {
        self.status.success()
    }

    /// The exit code, if it was not ended by a signal.
    #[must_use]
    pub fn code(&self) -> Option<i32> {
        self.status.code()
    }
}

impl Machine {
    /// Runs a command to its end, whatever that is.
    pub fn run<T: AsRef<str>>(&self, arguments: &[T]) -> Result<Output, Error> {
        self.run_with(Command::new(arguments))
    }

    /// Runs a command to its end, whatever that is; kills it when its deadline is over.
    pub fn run_with(&self, command: Command) -> Result<Output, Error> {
        let deadline = command.deadline;
        let mut background = self.spawn(command)?;
        background.wait(deadline)
    }

    /// Runs a command that must succeed and tells what it printed.
    pub fn succeed<T: AsRef<str>>(&self, arguments: &[T]) -> Result<String, Error> {
        self.succeed_with(Command::new(arguments))
    }

    /// Runs a command that must succeed and tells what it printed.
    pub fn succeed_with(&self, command: Command) -> Result<String, Error> {
        let text = command.text();
        let Output {
            status,
            stdout,
            stderr,
        } = self.run_with(command)?;
        if status.success() {
            return Ok(stdout);
        }
        let status = status.to_string();
        let journal = self.last_of_journal();
        Err(Error::Command {
            command: text,
            status,
            stdout,
            stderr,
            journal,
        })
    }

    /// Starts a command and leaves it running; it is killed when the result is dropped.
    pub fn spawn(&self, command: Command) -> Result<Background, Error> {
        let text = command.text();
        let process = self.process(&command);
        let running =
            Running::start(process, command.input).doing(|| format!("run `{text}` by nsenter"))?;
        Ok(Background { text, running })
    }

    /// A process of the host that runs the command in the machine, for whoever wants to wire its
    /// streams up; the input and the deadline have no say here.
    #[must_use]
    pub fn process(&self, command: &Command) -> process::Command {
        let mut process = process::Command::new("nsenter");
        process.arg("--target").arg(self.leader().to_string());
        process.args(["--all", "--wd", "--"]);
        if let Some(user) = &command.user {
            process.args(["runuser", "--user", user, "--"]);
        }
        process.args(&command.arguments);
        process.env_clear().envs(ENVIRONMENT);
        process.envs(
            command
                .environment
                .iter()
                .map(|(name, value)| (name, value)),
        );
        process
    }
}

/// A command that runs in a machine while the test does other things.
#[derive(Debug)]
pub struct Background {
    text: String,
    running: Running,
}

impl Background {
    /// What it has printed so far to its two streams.
    #[must_use]
    pub fn output(&self) -> (String, String) {
        self.running.output()
    }

    /// Whether it has not ended yet.
    pub fn is_running(&mut self) -> Result<bool, Error> {
        let status = self.running.wait(Duration::ZERO);
        Ok(status
            .doing(|| format!("look after `{}`", self.text))?
            .is_none())
    }

    /// The id on the host of the process that entered the machine.
    #[must_use]
    pub fn id(&self) -> u32 {
        self.running.id()
    }

    /// Waits for its end and kills it when the deadline is over.
    pub fn wait(&mut self, deadline: Duration) -> Result<Output, Error> {
        let waited = self
            .running
            .wait(deadline)
            .doing(|| format!("wait for `{}`", self.text))?;
        if waited.is_none() {
            self.running.kill();
        }
        let (stdout, stderr) = self.running.output();
        match waited {
            Some(status) => Ok(Output {
                status,
                stdout,
                stderr,
            }),
            None => Err(Error::Overrun {
                command: self.text.clone(),
                deadline,
                stdout,
                stderr,
            }),
        }
    }

    /// Kills it and tells what it had printed to its two streams.
    #[must_use]
    pub fn stop(mut self) -> (String, String) {
        self.running.kill();
        self.running.output()
    }
}
