//! The program: reads the command line, runs the command, exits with its code.
#![deny(clippy::disallowed_methods, clippy::disallowed_types)]

use std::process::ExitCode;

use clap::Parser as _;
use juniperctl::cli::Cli;
use juniperctl::commands;

fn main() -> ExitCode {
    ExitCode::from(commands::main(Cli::parse()))
}
