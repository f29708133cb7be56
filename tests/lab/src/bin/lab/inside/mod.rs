//! `lab inside`: what the benchmark runs in its machine, where no `nsenter` stands between the clock
//! and what is measured. It talks to `lab bench`, one line for each fact, times in microseconds.

mod cost;
mod hang;
mod probe;
mod start;
mod timing;

use std::io::{self, Write as _};
use std::process::ExitCode;
use std::time::Duration;

use clap::Subcommand;
use juniper_lab::Error;

use super::Done;

pub(super) use probe::Endpoint;

/// What to measure.
#[derive(Debug, Subcommand)]
pub(super) enum Task {
    /// Start a unit; tell when `systemctl start` returned and when each endpoint was ready.
    Start {
        /// The unit.
        unit: String,
        /// The services to ask meanwhile.
        #[arg(long = "probe", value_name = "NAME=PORT")]
        endpoints: Vec<Endpoint>,
    },
    /// Run the command lines that are read from the standard input, taking turns, and tell how long
    /// each took in each round.
    Time {
        /// How often.
        #[arg(long)]
        rounds: usize,
    },
    /// Tell what processes cost: memory now, processor time meanwhile.
    Cost {
        /// The processes.
        pids: Vec<u32>,
        /// How long to wait first, in seconds.
        #[arg(long)]
        settle: u64,
        /// For how long, in seconds.
        #[arg(long)]
        span: u64,
    },
    /// Have a stand-in hang; tell when one is ready there again.
    Hang {
        /// Where it listens.
        #[arg(long)]
        port: u16,
        /// How long to wait first, in microseconds.
        #[arg(long)]
        pause: u64,
    },
}

/// Measures and tells.
pub(super) fn run(task: Task) -> Done {
    match task {
        Task::Start { unit, endpoints } => start::run(&unit, endpoints)?,
        Task::Time { rounds } => timing::run(rounds)?,
        Task::Cost { pids, settle, span } => {
            cost::run(
                &pids,
                Duration::from_secs(settle),
                Duration::from_secs(span),
            )?;
        }
        Task::Hang { port, pause } => hang::run(port, Duration::from_micros(pause))?,
    }
    Ok(ExitCode::SUCCESS)
}

/// One line for `lab bench`.
fn fact(line: &str) -> Result<(), Error> {
    writeln!(io::stdout().lock(), "{line}").map_err(|source| failed("print", source))
}

/// An error of this side.
fn failed(doing: &str, source: io::Error) -> Error {
    Error::Host {
        doing: doing.to_owned(),
        source,
    }
}
