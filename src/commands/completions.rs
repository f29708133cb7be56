//! `completions`: what a shell needs to complete our command line.

use clap::CommandFactory as _;

use crate::cli::Cli;
use crate::error::CommandError;

use super::Context;

#[expect(clippy::unnecessary_wraps, reason = "every command has the same shape")]
pub(super) fn run(shell: clap_complete::Shell, context: &Context) -> Result<u8, CommandError> {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Cli::command(), "juniperctl", &mut script);
    context.terminal.data(&String::from_utf8_lossy(&script));
    Ok(0)
}
