//! The command line: one subcommand per service, and `fault` for a service that runs already.
//! It describes what may be said and never acts on it.

use std::fmt;

use clap::{Args, Parser, Subcommand, ValueEnum};
use serde::{Deserialize, Serialize};

use crate::fault::Fault;

/// Answers in place of a Juniper service, for tests and for machines without Juniper.
///
/// Each service reads the environment variables of the real one. Besides those:
/// `JUNIPER_STANDIN_LIVE_AFTER`, `JUNIPER_STANDIN_READY_AFTER`, `JUNIPER_STANDIN_FAULT`,
/// `JUNIPER_STANDIN_FAULT_AFTER`, `JUNIPER_STANDIN_TRAINING`. Refused when
/// `JUNIPER_ENV=production`.
#[derive(Debug, Parser)]
#[command(name = "juniper-standin", version)]
pub(crate) struct CommandLine {
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// What is to be done.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Run the dataset service in the foreground (port 8100).
    Data(Listen),
    /// Run the training service in the foreground (port 8200).
    Cascor(Listen),
    /// Run the dashboard in the foreground (port 8050).
    Canopy(Listen),
    /// Run a training worker in the foreground (health port 8210).
    Worker(Listen),
    /// Ask a running service to misbehave, or to behave again (`none`).
    Fault {
        /// hang, busy, crash, exit3, degraded, not-ready, demo (canopy only), garbage,
        /// slow=DURATION, drip, huge, redirect or none.
        #[arg(value_name = "KIND", value_parser = Fault::parse)]
        kind: Fault,
        /// The service that is to be struck.
        #[arg(value_name = "SERVICE")]
        service: Service,
        #[command(flatten)]
        listen: Listen,
    },
}

/// Where to listen, or where the running service listens; the environment says where else.
#[derive(Args, Clone, Debug, Default)]
pub(crate) struct Listen {
    /// Port, instead of the one from the environment; 0 takes a free one and logs it.
    #[arg(long, value_name = "N")]
    pub(crate) port: Option<u16>,
    /// Host, instead of the one from the environment.
    #[arg(long, value_name = "H")]
    pub(crate) host: Option<String>,
}

/// The four services that can be stood in for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize, ValueEnum)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Service {
    /// The dataset service.
    Data,
    /// The training service.
    Cascor,
    /// The dashboard.
    Canopy,
    /// A remote training worker.
    Worker,
}

impl fmt::Display for Service {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Data => "data",
            Self::Cascor => "cascor",
            Self::Canopy => "canopy",
            Self::Worker => "worker",
        })
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_definition_is_consistent() {
        CommandLine::command().debug_assert();
    }

    #[test]
    fn a_fault_is_read_with_its_service_and_port() {
        let line = CommandLine::try_parse_from([
            "juniper-standin",
            "fault",
            "slow=2s",
            "cascor",
            "--port",
            "9",
        ])
        .unwrap();
        let Command::Fault {
            kind,
            service,
            listen,
        } = line.command
        else {
            panic!("not a fault: {line:?}");
        };
        assert_eq!(kind.to_string(), "slow=2000ms");
        assert_eq!((service, listen.port), (Service::Cascor, Some(9)));
    }
}
