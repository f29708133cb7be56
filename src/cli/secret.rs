//! The command line of secrets: types only, no behaviour. There is no argument that takes a value: a
//! command line can be read by everybody.

use clap::{Args, Subcommand};

use crate::spec::name::SecretName;

use super::said;

/// Keep the keys of the services
#[derive(Debug, Args)]
pub struct Secret {
    /// What to do
    #[command(subcommand)]
    pub action: SecretAction,
}

/// What to do with secrets
#[derive(Debug, Subcommand)]
pub enum SecretAction {
    /// Store a secret for the first time and have its consumers use it
    Set(PutSecret),
    /// Show which secrets there are, since when, and who is handed them; never a value
    List,
    /// Replace a secret and restart those that hold the earlier value
    Rotate(PutSecret),
    /// Take a secret away from all that are handed it
    Remove(RemoveSecret),
}

/// Store or replace a secret; the value comes from the terminal, without echo, or from standard input
#[derive(Debug, Args)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is an option of its own, in any combination"
)]
pub struct PutSecret {
    /// The secret (data-api-key); `juniperctl secret list` names them
    #[arg(value_name = "NAME", value_parser = secret)]
    pub name: SecretName,
    /// Make a value of 32 random bytes instead of asking for one
    #[arg(long)]
    pub generate: bool,
    /// Print the value that was made
    #[arg(long, requires = "generate")]
    pub show: bool,
    /// Restart nobody: consumers take it up at their next restart
    #[arg(long)]
    pub no_restart: bool,
    /// Do not ask
    #[arg(short, long)]
    pub yes: bool,
}

/// Take a secret away
#[derive(Debug, Args)]
pub struct RemoveSecret {
    /// The secret (data-api-key)
    #[arg(value_name = "NAME", value_parser = secret)]
    pub name: SecretName,
    /// Restart nobody: consumers lose it at their next restart
    #[arg(long)]
    pub no_restart: bool,
    /// Do not ask
    #[arg(short, long)]
    pub yes: bool,
}

fn secret(text: &str) -> Result<SecretName, String> {
    SecretName::parse(text).map_err(said)
}
