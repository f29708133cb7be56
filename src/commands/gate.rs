//! `gate`: what the units call. `exec` waits and becomes the service; `watch` sees to it that its start
//! is complete when it is ready; `group` asks for the target; `network` looks at the network that it is
//! in; `gpu` and `nodes` see to the GPUs' driver; `lost` and `returned` reach dependents.
//!
//! Exit codes are read by `readiness::unit_state`: 69 a GPU has a fault that no restart cures, 72 a GPU cannot be
//! opened, 75 a dependency was not ready in time, 98 the port is taken, 203 the program cannot be run, 1 the service itself is not ready.

use std::net::SocketAddr;

use crate::cli::{GateCommand, Target};
use crate::error::{CommandError, Kind};
use crate::spec::probe::Expectations;
use crate::spec::text::Text;

use super::Context;

mod dependents;
mod exec;
mod gpu;
mod group;
mod lost_gpu;
mod network;
mod passed;
mod probe;
mod unready;
mod waiter;
mod watch;

use waiter::{Unmet, Waiter};

const NOT_READY: u8 = 1;

pub(super) async fn run(gate: GateCommand, context: &Context) -> Result<u8, CommandError> {
    match gate {
        GateCommand::Exec(exec) => exec::run(&exec, context).await,
        GateCommand::Watch(watch) => watch::run(&watch, context).await,
        GateCommand::Ready {
            within,
            instance,
            expect,
            targets,
        } => {
            let targets = of_instance(targets, instance);
            let waiter = Waiter::new(within, expectations(expect)?, context)?;
            Ok(ended(waiter.all_ready(&targets).await.map(drop), &waiter))
        }
        GateCommand::Probe(wanted) => probe::run(wanted, context).await,
        GateCommand::Group(group) => group::run(&group, context).await,
        GateCommand::Network => network::run(),
        GateCommand::Gpu(wanted) => gpu::run(&wanted, context).await,
        GateCommand::Nodes => gpu::make_nodes(),
        GateCommand::Lost { dependents } => dependents::lost(&dependents, context).await,
        GateCommand::Returned { unit, dependents } => {
            dependents::returned(&unit, &dependents, context).await
        }
    }
}

fn ended(ready: Result<(), Unmet>, waiter: &Waiter<'_>) -> u8 {
    let Err(unmet) = ready else {
        return 0;
    };
    waiter.context.terminal.error(&waiter.in_vain(&unmet));
    NOT_READY
}

/// The address of an instance: its port is that of the first plus N - 1.
fn moved(mut address: SocketAddr, instance: u16) -> SocketAddr {
    address.set_port(address.port().saturating_add(instance.saturating_sub(1)));
    address
}

fn of_instance(targets: Vec<Target>, instance: u16) -> Vec<Target> {
    targets
        .into_iter()
        .map(|target| target.of_instance(instance))
        .collect()
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
