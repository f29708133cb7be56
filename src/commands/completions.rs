//! `completions`: what a shell needs to complete our command line.
//!
//! It writes what clap makes of the command line, and for fish what clap leaves out there.

use std::fmt::Write as _;

use clap::{Command, CommandFactory as _};
use clap_complete::Shell;

use crate::cli::Cli;
use crate::error::CommandError;

use super::Context;

#[expect(clippy::unnecessary_wraps, reason = "every command has the same shape")]
pub(super) fn run(shell: Shell, context: &Context) -> Result<u8, CommandError> {
    let mut command = typed();
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut command, "juniperctl", &mut script);
    let mut script = String::from_utf8_lossy(&script).into_owned();
    if shell == Shell::Fish {
        script.push_str(&words_for_fish(&command));
    }
    context.terminal.data(&script);
    Ok(0)
}

/// The words that a command takes without an option before them: fish would offer files instead.
fn words_for_fish(command: &Command) -> String {
    let mut script = String::new();
    for verb in command.get_subcommands().filter(|verb| !verb.is_hide_set()) {
        let words: Vec<String> = verb
            .get_positionals()
            .flat_map(clap::Arg::get_possible_values)
            .filter(|word| !word.is_hide_set())
            .map(|word| word.get_name().to_owned())
            .collect();
        if words.is_empty() {
            continue;
        }
        let (verb, words) = (verb.get_name(), words.join(" "));
        // Writing to a string cannot fail.
        let _ = writeln!(
            script,
            "complete -c juniperctl -n \"__fish_juniperctl_using_subcommand {verb}\" -f -a \"{words}\""
        );
    }
    script
}

/// What people type: neither what only units call, nor every verb once more below `help`. The scripts are half
/// as long by it.
fn typed() -> Command {
    let whole = Cli::command();
    let verbs = whole
        .get_subcommands()
        .filter(|verb| !verb.is_hide_set())
        .map(|verb| verb.clone().disable_help_subcommand(true));
    let help = Command::new("help").about("Print the help of a command");
    Command::new("juniperctl")
        .version(env!("CARGO_PKG_VERSION"))
        .args(whole.get_arguments().cloned())
        .subcommands(verbs)
        .subcommand(help)
        .disable_help_subcommand(true)
}
