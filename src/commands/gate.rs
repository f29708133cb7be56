//! `gate`: what the units call. `exec` waits and becomes the service, `ready` holds a start job.
//!
//! Exit codes are read by `readiness::unit_state`: 75 a dependency was not ready in time, 98 the port
//! is taken, 203 the program cannot be run, 1 the service itself is not ready.

use std::ffi::OsString;
use std::net::SocketAddr;

use crate::cli::{GateCommand, Target};
use crate::error::{CommandError, Kind};
use crate::host::process;
use crate::host::systemd::Systemd;
use crate::output::style::latency;
use crate::spec::duration::written;
use crate::spec::probe::Expectations;
use crate::spec::text::Text;

use super::Context;

mod waiter;

use waiter::Waiter;

const DEPENDENCY_NOT_READY: u8 = 75;
const PORT_TAKEN: u8 = 98;
const PROGRAM_FAILED: u8 = 203;
const NOT_READY: u8 = 1;

pub(super) async fn run(gate: GateCommand, context: &Context) -> Result<u8, CommandError> {
    match gate {
        GateCommand::Exec {
            service,
            listen,
            instance,
            within,
            awaited,
            command,
        } => {
            let address = listen.map(|address| moved(address, instance));
            // Asked before the wait, too: while it lasts, whoever holds the port would be taken
            // for the service by the gate that waits for its answer.
            if let Some(told) = taken(&service, address) {
                context.terminal.error(&told);
                return Ok(PORT_TAKEN);
            }
            let waiter = Waiter::new(within, Expectations::new(), context)?;
            if let Err(reason) = waiter.all_ready(&awaited).await {
                context.terminal.error(&format!(
                    "{service} is not started: after {} {reason}",
                    written(within)
                ));
                return Ok(DEPENDENCY_NOT_READY);
            }
            if let Some(told) = taken(&service, address) {
                context.terminal.error(&told);
                return Ok(PORT_TAKEN);
            }
            Ok(become_service(&service, &command, context))
        }
        GateCommand::Ready {
            within,
            instance,
            expect,
            targets,
        } => {
            let targets: Vec<Target> = targets
                .into_iter()
                .map(|target| target.of_instance(instance))
                .collect();
            let waiter = Waiter::new(within, expectations(expect)?, context)?;
            match waiter.all_ready(&targets).await {
                Ok(()) => Ok(0),
                Err(reason) => Ok(not_ready(&waiter, &reason)),
            }
        }
        GateCommand::Group { within, targets } => {
            let waiter = Waiter::new(within, Expectations::new(), context)?;
            let systemd = Systemd::connect().await?;
            let ready = match waiter.all_active(&targets, &systemd).await? {
                Ok(()) => waiter.all_ready(&targets).await,
                failed => failed,
            };
            match ready {
                Ok(()) => Ok(0),
                Err(reason) => Ok(not_ready(&waiter, &reason)),
            }
        }
    }
}

fn not_ready(waiter: &Waiter<'_>, reason: &str) -> u8 {
    let span = latency(waiter.waited());
    waiter
        .context
        .terminal
        .error(&format!("not ready after {span}: {reason}"));
    NOT_READY
}

fn become_service(service: &str, command: &[OsString], context: &Context) -> u8 {
    if let Some((program, arguments)) = command.split_first() {
        let error = process::become_program(program, arguments);
        context.terminal.error(&format!(
            "{service} is not started: cannot run {}: {error}",
            program.to_string_lossy()
        ));
        if error.kind() == std::io::ErrorKind::NotFound {
            context.terminal.error(
                "hint: install the service's Python environment there, or set services.NAME.command in /etc/juniper/juniper.toml",
            );
        }
    }
    PROGRAM_FAILED
}

/// What to tell where the service cannot have its address.
fn taken(service: &str, address: Option<SocketAddr>) -> Option<String> {
    let address = address?;
    let error = process::address_is_free(address).err()?;
    let port = address.port();
    Some(if error.kind() == std::io::ErrorKind::AddrInUse {
        format!(
            "{service} is not started: port {port} on {} is taken by another process\n\
             hint: `ss -ltnp 'sport = :{port}'` names it; stop it, or set services.{service}.port in \
             /etc/juniper/juniper.toml and install again",
            address.ip()
        )
    } else {
        format!("{service} is not started: cannot listen on {address}: {error}")
    })
}

/// The address of an instance: its port is that of the first plus N - 1.
fn moved(mut address: SocketAddr, instance: u16) -> SocketAddr {
    address.set_port(address.port().saturating_add(instance.saturating_sub(1)));
    address
}

impl Target {
    fn of_instance(self, instance: u16) -> Self {
        if instance <= 1 {
            return self;
        }
        let moved_url = self.url.strip_prefix("http://").and_then(|rest| {
            let (authority, path) = rest.split_once('/')?;
            let address = moved(authority.parse().ok()?, instance);
            Some(format!("http://{address}/{path}"))
        });
        Self {
            url: moved_url.unwrap_or(self.url),
            ..self
        }
    }
}

fn expectations(written: Vec<(String, String)>) -> Result<Expectations, CommandError> {
    written
        .into_iter()
        .map(|(path, text)| match Text::parse(&text) {
            Ok(text) => Ok((path, text)),
            Err(problem) => Err(CommandError::new(Kind::Usage, problem.label)),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::Target;

    #[test]
    fn an_instance_is_asked_at_its_own_port() {
        let target = |url: &str| Target {
            name: "worker".to_owned(),
            url: url.to_owned(),
        };
        for (url, instance, moved) in [
            (
                "http://127.0.0.1:8210/v1/health/ready",
                1,
                "http://127.0.0.1:8210/v1/health/ready",
            ),
            (
                "http://127.0.0.1:8210/v1/health/ready",
                3,
                "http://127.0.0.1:8212/v1/health/ready",
            ),
            ("http://[::1]:8210/x/y", 2, "http://[::1]:8211/x/y"),
        ] {
            assert_eq!(target(url).of_instance(instance).url, moved);
        }
    }
}
