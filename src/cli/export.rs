//! The command line of `export`: types only, no behaviour.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use crate::export::Target;
use crate::spec::ProfileName;

use super::profile;

/// Put the same stack into another engine's words: Kubernetes, Compose, quadlets, supervisord, a Procfile
#[derive(Debug, Args)]
#[command(
    after_help = "What the engine cannot be told is named on standard error, at the head of the files and in \
                  their README.md. No value of a secret is in an export.\n\n\
                  Exit codes: 0 exported, 1 --strict and something is lost, 2 usage, 3 the configuration is \
                  refused or cannot be put into the engine's words, 4 the machine refused."
)]
pub struct Export {
    /// The engine
    #[arg(value_name = "ENGINE")]
    pub target: Target,
    /// Write files into this directory instead of printing them
    #[arg(long, value_name = "DIR")]
    pub out: Option<PathBuf>,
    /// Write nothing where something is lost
    #[arg(long)]
    pub strict: bool,
    /// Use this profile instead of the configured one
    #[arg(long, value_name = "PROFILE", value_parser = profile)]
    pub profile: Option<ProfileName>,
}

impl ValueEnum for Target {
    fn value_variants<'a>() -> &'a [Self] {
        &Self::ALL
    }

    fn to_possible_value(&self) -> Option<clap::builder::PossibleValue> {
        Some(clap::builder::PossibleValue::new(self.word()))
    }
}
