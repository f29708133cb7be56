//! The options that every command takes: on which machine, for whom, how it is told. Types only.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use crate::spec::remote::SshTarget;

use super::said;

/// What they stand below in the help: after the options of the command itself.
const EVERYWHERE: &str = "Everywhere";

/// Options that every command takes
#[derive(Debug, Args)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is an option of its own"
)]
pub struct Globals {
    /// Work on a directory tree instead of this machine; no bus is needed
    #[arg(long, global = true, help_heading = EVERYWHERE, value_name = "DIR")]
    pub root: Option<PathBuf>,
    /// Work on another machine over ssh, by address or by its name in the configuration; can be repeated
    #[arg(short = 'H', long = "host", global = true, help_heading = EVERYWHERE, value_name = "[USER@]HOST", value_parser = ssh_target, conflicts_with_all = ["root", "user"])]
    pub hosts: Vec<SshTarget>,
    /// Work with your own manager and your own units, without root
    #[arg(long, global = true, help_heading = EVERYWHERE, conflicts_with = "root")]
    pub user: bool,
    /// Read this file instead of /etc/juniper/juniper.toml
    #[arg(long, global = true, help_heading = EVERYWHERE, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// Print JSON
    #[arg(long, global = true, help_heading = EVERYWHERE)]
    pub json: bool,
    /// Say nothing but errors
    #[arg(short, long, global = true, help_heading = EVERYWHERE, conflicts_with = "verbose")]
    pub quiet: bool,
    /// Say each step
    #[arg(short, long, global = true, help_heading = EVERYWHERE)]
    pub verbose: bool,
    /// When to use colour
    #[arg(long, global = true, help_heading = EVERYWHERE, value_name = "WHEN", default_value = "auto")]
    pub color: Color,
}

/// When to use colour
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Color {
    /// On a terminal, unless `NO_COLOR` is set
    Auto,
    /// Always
    Always,
    /// Never
    Never,
}

fn ssh_target(text: &str) -> Result<SshTarget, String> {
    SshTarget::parse(text).map_err(said)
}
