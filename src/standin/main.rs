//! `juniper-standin` answers in place of the Juniper services on a machine that has none of them,
//! and misbehaves on demand for tests. It computes nothing, keeps no state between runs, and
//! refuses to run where `JUNIPER_ENV=production`.

mod address;
mod cli;
mod clock;
mod contract;
mod control;
mod dependency;
mod duration;
mod encoded;
mod failure;
mod fault;
mod key;
mod log;
mod record;
mod recording;
mod reply;
mod scrub;
mod server;
mod service;
mod settings;
mod stroke;
mod training;

use std::process::ExitCode;

use clap::Parser;

use address::Address;
use cli::{Command, CommandLine, Listen, Service};
use clock::Clock;
use failure::Failure;
use service::replay::{Play, load};
use settings::Environment;

fn main() -> ExitCode {
    let clock = Clock::start();
    let line = CommandLine::parse();
    match run(line.command, clock) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            log::line(&failure.message);
            ExitCode::from(failure.status)
        }
    }
}

fn run(command: Command, clock: Clock) -> Result<(), Failure> {
    let environment: Environment = std::env::vars_os()
        .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
        .collect();
    if settings::is_production(&environment) {
        return Err(Failure::production());
    }
    match command {
        Command::Data(listen) => serve(Service::Data, &listen, &environment, clock),
        Command::Cascor(listen) => serve(Service::Cascor, &listen, &environment, clock),
        Command::Canopy(listen) => serve(Service::Canopy, &listen, &environment, clock),
        Command::Worker(listen) => serve(Service::Worker, &listen, &environment, clock),
        Command::Record {
            service,
            file,
            upstream,
            listen,
            max_size,
            secrets,
        } => {
            let order = record::Order {
                service,
                address: Address {
                    host: listen.host.unwrap_or_else(|| "127.0.0.1".to_owned()),
                    port: listen.port.unwrap_or(0),
                },
                upstream,
                file,
                limit: max_size,
                secrets,
            };
            record::run(order, &environment, clock)
        }
        Command::Replay {
            file,
            speed,
            listen,
        } => {
            let recording = load(&file)?;
            let play = Play {
                file,
                recording,
                speed,
            };
            let settings = settings::read_for_replay(play, &listen, &environment)
                .map_err(|faults| Failure::settings(&faults))?;
            server::run(settings, clock)
        }
        Command::Fault {
            kind,
            service,
            listen,
        } => {
            let address = settings::read_address(service, &listen, &environment)
                .map_err(|faults| Failure::settings(&faults))?;
            control::send(kind, &address)
        }
    }
}

fn serve(
    service: Service,
    listen: &Listen,
    environment: &Environment,
    clock: Clock,
) -> Result<(), Failure> {
    let settings = settings::read(service, listen, environment)
        .map_err(|faults| Failure::settings(&faults))?;
    server::run(settings, clock)
}
