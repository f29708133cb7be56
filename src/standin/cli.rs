//! The command line: one subcommand per service, and `fault` for a service that runs already.
//! It describes what may be said and never acts on it.

use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, Parser, Subcommand, ValueEnum};
use serde::{Deserialize, Serialize};

use crate::address::ServiceUrl;
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
    /// Pass requests on to a real service, and write what passes to FILE, without secrets.
    Record {
        /// The service whose answers these are.
        #[arg(value_name = "SERVICE")]
        service: Service,
        /// The recording, which must not be there yet; it is readable by its owner alone.
        #[arg(value_name = "FILE")]
        file: PathBuf,
        /// Where the real service is.
        #[arg(long, value_name = "URL", value_parser = ServiceUrl::parse)]
        upstream: ServiceUrl,
        /// Where clients are to come: by default, a free port on 127.0.0.1, which is logged.
        #[command(flatten)]
        listen: Listen,
        /// The most bytes that FILE may have; K, M and G are understood.
        #[arg(long, value_name = "SIZE", default_value = "64M", value_parser = size)]
        max_size: u64,
        /// A file, or a directory of files, with further secrets that must not be recorded.
        #[arg(long, value_name = "PATH")]
        secrets: Vec<PathBuf>,
    },
    /// Answer in a service's place from a recording.
    Replay {
        /// The recording; it says whose answers these are.
        #[arg(value_name = "FILE")]
        file: PathBuf,
        /// How much faster than recorded; `max` does not wait at all.
        #[arg(long, value_name = "N", default_value = "1", value_parser = Speed::parse)]
        speed: Speed,
        #[command(flatten)]
        listen: Listen,
    },
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

/// How fast a recording is played.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Speed {
    /// So many times as fast as it was recorded.
    Times(f64),
    /// Without any waiting.
    Unhindered,
}

impl Speed {
    fn parse(text: &str) -> Result<Self, String> {
        if text == "max" {
            return Ok(Self::Unhindered);
        }
        match text.parse() {
            Ok(times) if (0.001..=1_000_000.0).contains(&times) => Ok(Self::Times(times)),
            _ => Err("how much faster, such as 2 or 0.5, or max".to_owned()),
        }
    }

    /// How long a time that was recorded is to last.
    pub(crate) fn of(self, recorded: Duration) -> Duration {
        match self {
            Self::Times(times) => recorded.div_f64(times),
            Self::Unhindered => Duration::ZERO,
        }
    }
}

/// A number of bytes, as people write it.
fn size(text: &str) -> Result<u64, String> {
    let (number, unit) = match text.char_indices().last() {
        Some((place, 'K' | 'k')) => (text.get(..place), 1 << 10),
        Some((place, 'M' | 'm')) => (text.get(..place), 1 << 20),
        Some((place, 'G' | 'g')) => (text.get(..place), 1 << 30),
        _ => (Some(text), 1),
    };
    number
        .and_then(|number| number.parse::<u64>().ok()?.checked_mul(unit))
        .filter(|bytes| *bytes >= 1024)
        .ok_or_else(|| format!("{text:?} is not a size of 1K or more, such as 64M"))
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
    fn sizes_and_speeds_are_read_or_refused() {
        assert_eq!([size("64M"), size("2048")], [Ok(64 << 20), Ok(2048)]);
        assert_eq!(size("1g"), Ok(1 << 30));
        for text in ["", "1", "M", "-1M", "64 MB", "99999999999G"] {
            assert!(size(text).is_err(), "{text}");
        }
        let second = Duration::from_secs(1);
        assert_eq!(Speed::parse("max").unwrap().of(second), Duration::ZERO);
        assert_eq!(Speed::parse("4").unwrap().of(second), second / 4);
        for text in ["", "0", "-1", "nan", "inf", "fast"] {
            assert!(Speed::parse(text).is_err(), "{text}");
        }
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
