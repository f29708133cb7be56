//! The command line of what was installed before and what has become of it: types only, no behaviour.

use clap::Args;

/// Go back to units that were installed before
#[derive(Debug, Args)]
pub struct Rollback {
    /// The generation, as `juniperctl history` numbers them; the one before where none is given
    #[arg(value_name = "N")]
    pub number: Option<u32>,
    /// Only show what would change
    #[arg(long)]
    pub dry_run: bool,
    /// Do not ask
    #[arg(short, long)]
    pub yes: bool,
}
