//! The command line of `doctor` and `import`.

use std::path::PathBuf;

use clap::Args;

/// Make a configuration of an existing installation: .env files, a Compose file, unit files
#[derive(Debug, Args)]
#[command(
    after_help = "What cannot be carried over is named on standard error, with file, line and reason, and \
                  as comments. Secrets are named with the command that sets them, and written nowhere.\n\n\
                  Exit codes: 0 a configuration was made, 2 usage, 3 a file cannot be read as what its name \
                  says, 4 the machine refused."
)]
pub struct Import {
    /// Write to this file, which must not exist yet, instead of standard output
    #[arg(long, value_name = "FILE")]
    pub out: Option<PathBuf>,
    /// .env, docker-compose.yml, *.service; the .env beside a Compose file and what a file refers to is
    /// read by itself
    #[arg(required = true, value_name = "PATH")]
    pub paths: Vec<PathBuf>,
}

/// Look whether this machine can run the group, and what keeps it from that
#[derive(Debug, Args)]
#[command(
    after_help = "Exit codes: 0 nothing is in the way (notes and warnings are no errors), 1 an error was \
                  found, 2 usage, 3 the configuration is refused."
)]
pub struct Doctor {
    /// How long the import of one service's module may take, in seconds
    #[arg(long, value_name = "SECONDS", default_value_t = 60, value_parser = clap::value_parser!(u64).range(1..=600))]
    pub import_timeout: u64,
    /// The users are made by the install; what `-H` asks another machine with
    #[arg(long, hide = true)]
    pub brought: bool,
}
