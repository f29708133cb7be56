//! The command line of what is about the configuration alone: types only, no behaviour.

use clap::Args;

/// Validate the configuration and report every fault
#[derive(Debug, Args)]
pub struct Check {
    /// Show each effective value and where it comes from; only those of a service, or below a key, where
    /// one is named
    #[arg(
        long,
        value_name = "SERVICE|KEY",
        num_args = 0..=1,
        default_missing_value = ""
    )]
    pub explain: Option<String>,
}

/// Tell what the code of a fault means
#[derive(Debug, Args)]
pub struct Explain {
    /// The code, such as E004; all are listed where none is given
    #[arg(value_name = "CODE")]
    pub code: Option<String>,
}
