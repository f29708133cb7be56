//! The command line of `learn`: types only, no behaviour.

use std::time::Duration;

use clap::Args;

use crate::spec::name::Selector;

use super::{selector, span};

/// Watch what the sandbox denies a service, and propose the least that would grant it
#[derive(Debug, Args)]
#[command(
    after_help = "It changes nothing: the proposal is a difference of /etc/juniper/juniper.toml. \
                        Exit codes: 0 nothing was denied, or nothing that is to be granted; 1 there is a \
                        proposal, or something that no key grants."
)]
pub struct Learn {
    /// The service (data), or one instance of it (worker@2)
    #[arg(value_name = "SERVICE", value_parser = selector)]
    pub service: Selector,
    /// How long to watch; Ctrl-C ends it early and shows what was seen
    #[arg(long = "for", value_name = "SPAN", value_parser = span, default_value = "60s")]
    pub span: Duration,
}
