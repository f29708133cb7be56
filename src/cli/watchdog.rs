//! The command line of the watchdog and of those who ask it: types only, no behaviour.

use std::ffi::OsString;
use std::time::Duration;

use clap::Args;

use crate::spec::name::Selector;

use super::{selector, span};

/// Watch the group; what juniper-watchdog.service runs
#[derive(Debug, Args)]
pub struct Watch {
    /// Have the watchdog that runs read the configuration again
    #[arg(long)]
    pub reload: bool,
}

/// Carry out one order of the watchdog; what juniper-act@.service runs
#[derive(Debug, Args)]
pub struct Act {
    /// Somebody may be told of incidents
    #[arg(long)]
    pub notification: bool,
    /// The units that may be acted upon; a template stands for its instances
    #[arg(value_name = "UNIT")]
    pub units: Vec<String>,
}

/// Tell somebody of an incident; what juniper-notification@.service runs
#[derive(Debug, Args)]
pub struct Notification {
    /// The number of the incident; or test, which tells of none
    #[arg(value_name = "N|test", value_parser = told)]
    pub incident: Told,
    /// How long it may take
    #[arg(long, value_name = "SPAN", value_parser = span, default_value = "30s")]
    pub within: Duration,
    /// Post it to the address in the credential `webhook`
    #[arg(long, conflicts_with = "command")]
    pub webhook: bool,
    /// The program that is told on its standard input, and its arguments
    #[arg(last = true, required_unless_present = "webhook")]
    pub command: Vec<OsString>,
}

/// What is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Told {
    /// The incident of this number.
    Incident(u64),
    /// An example.
    Test,
}

fn told(text: &str) -> Result<Told, String> {
    match text {
        "test" => Ok(Told::Test),
        number => number
            .parse()
            .map(Told::Incident)
            .map_err(|_| "the number of an incident, or test".to_owned()),
    }
}

/// Show what the watchdog saw and did
#[derive(Debug, Args)]
pub struct Incidents {
    /// Show the last N incidents
    #[arg(short = 'n', long, value_name = "N", default_value_t = 20)]
    pub last: usize,
}

/// Keep the watchdog from acting
#[derive(Debug, Args)]
pub struct Pause {
    /// Services (data) or instances (worker@2); all where none is given
    #[arg(value_name = "SERVICE", value_parser = selector)]
    pub services: Vec<Selector>,
    /// For this long (30min, 2h); until `resume` where it is left out
    #[arg(long = "for", value_name = "T", value_parser = span)]
    pub span: Option<Duration>,
}

/// Let the watchdog act again
#[derive(Debug, Args)]
pub struct Resume {
    /// Services (data) or instances (worker@2); all where none is given
    #[arg(value_name = "SERVICE", value_parser = selector)]
    pub services: Vec<Selector>,
}

/// Tell the story of a service's last failure
#[derive(Debug, Args)]
pub struct Why {
    /// A service (data) or an instance (worker@2)
    #[arg(value_name = "SERVICE", value_parser = selector)]
    pub service: Selector,
}
