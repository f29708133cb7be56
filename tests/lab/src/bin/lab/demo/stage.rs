//! What a visitor sees: each command as it would be typed, then all that it says.
//!
//! Decides nothing about the story; it only shows, and refuses to go on when a command does not end
//! as the story says.

use std::env;
use std::io::{self, IsTerminal as _, Write as _};
use std::time::{Duration, Instant};

use juniper_lab::{Command, Error, Machine};

/// No command of the story takes longer, not even the start of the real services from a cold disk.
const DEADLINE: Duration = Duration::from_mins(5);

const BOLD: &str = "\x1b[1m";
const FAINT: &str = "\x1b[2m";
const PLAIN: &str = "\x1b[0m";

/// A machine on show.
#[derive(Debug)]
pub(super) struct Stage<'m> {
    pub(super) machine: &'m Machine,
    styled: bool,
}

/// What a command said and how long it took.
#[derive(Debug)]
pub(super) struct Shown {
    pub(super) said: String,
    pub(super) took: Duration,
}

impl<'m> Stage<'m> {
    /// Shows what happens on this machine.
    pub(super) fn of(machine: &'m Machine) -> Self {
        let styled = io::stdout().is_terminal() && env::var_os("NO_COLOR").is_none();
        Self { machine, styled }
    }

    /// Begins a new part of the story.
    pub(super) fn heading(&self, text: &str) {
        self.print("");
        self.styled(BOLD, &format!("== {text} =="));
    }

    /// Tells the visitor something.
    pub(super) fn say(&self, text: &str) {
        self.print(text);
    }

    /// Runs a line as root in root's home, as typed at a prompt; both its streams are shown. It must
    /// end with `code`.
    pub(super) fn run(&self, line: &str, code: i32) -> Result<Shown, Error> {
        self.print("");
        self.styled(BOLD, &format!("# {line}"));
        let begun = Instant::now();
        let typed = Command::shell(&format!("cd; exec 2>&1; {line}")).deadline(DEADLINE);
        let output = self.machine.run_with(typed)?;
        let took = begun.elapsed();
        let said = output.stdout;
        if !said.is_empty() {
            self.print(said.trim_end_matches('\n'));
        }
        let ended = match output.status.code() {
            Some(code) => format!("exit {code}"),
            None => output.status.to_string(),
        };
        self.styled(FAINT, &format!("-> {ended} after {}", spoken(took)));
        if output.status.code() == Some(code) {
            return Ok(Shown { said, took });
        }
        let what = format!("`{line}` should have ended with exit {code}, but: {ended}");
        Err(self.machine.unexpected(what))
    }

    /// Runs a line that must end with `code` and say `text`.
    pub(super) fn run_saying(&self, line: &str, code: i32, text: &str) -> Result<Shown, Error> {
        let shown = self.run(line, code)?;
        if shown.said.contains(text) {
            return Ok(shown);
        }
        let what = format!("`{line}` should have said {text:?}");
        Err(self.machine.unexpected(what))
    }

    fn styled(&self, style: &str, line: &str) {
        if self.styled {
            self.print(&format!("{style}{line}{PLAIN}"));
        } else {
            self.print(line);
        }
    }

    #[expect(
        clippy::unused_self,
        reason = "all that is shown goes through the stage"
    )]
    fn print(&self, line: &str) {
        // A visitor who has left misses nothing that matters: the exit code still tells.
        drop(writeln!(io::stdout().lock(), "{line}"));
    }
}

/// A time for people.
pub(super) fn spoken(time: Duration) -> String {
    if time < Duration::from_secs(1) {
        format!("{} ms", time.as_millis())
    } else {
        format!("{:.1} s", time.as_secs_f64())
    }
}

#[cfg(test)]
mod tests {
    use super::spoken;
    use std::time::Duration;

    #[test]
    fn short_times_are_told_in_milliseconds() {
        assert_eq!(spoken(Duration::from_micros(4_900)), "4 ms");
        assert_eq!(spoken(Duration::from_millis(10_049)), "10.0 s");
    }
}
