//! `completions`: what a shell needs to complete our command line.

use clap::{Command, CommandFactory as _};

use crate::cli::Cli;
use crate::error::CommandError;

use super::Context;

#[expect(clippy::unnecessary_wraps, reason = "every command has the same shape")]
pub(super) fn run(shell: clap_complete::Shell, context: &Context) -> Result<u8, CommandError> {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut typed(), "juniperctl", &mut script);
    context.terminal.data(&String::from_utf8_lossy(&script));
    Ok(0)
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
