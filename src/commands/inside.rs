//! Going to where the services of a stack can be asked: a group with a network of its own answers only
//! inside of it.
//!
//! Units of the group are there already. A command that a person runs goes over as root, for itself
//! alone and for its questions only; it asks the members' processes where they live, so that there is
//! no name or file to forge.

use std::collections::BTreeSet;

use crate::error::{CommandError, Kind};
use crate::host::accounts;
use crate::host::http::Prober;
use crate::host::network::NetworkOf;
use crate::host::remote::Remote;
use crate::ordered::Ordered as _;
use crate::readiness::unit_state::ActiveState;
use crate::spec::Stack;
use crate::spec::stack::Member;
use crate::unit::group::WATCHDOG;

use super::{Context, survey};

/// Who asks the members of a stack; `None` where nothing of an isolated group runs, so that there is no
/// network in which anybody could answer.
///
/// # Errors
/// The group has a network of its own and this user may not enter it.
pub(super) async fn prober(
    stack: &Stack,
    context: &Context,
) -> Result<Option<Prober>, CommandError> {
    if let Some(remote) = &context.remote {
        return of_another(stack, remote).await.map(Some);
    }
    if stack.network.is_isolated() {
        let Some(network) = network(stack, context).await? else {
            return Ok(None);
        };
        network
            .enter()
            .map_err(|error| refused(&error.to_string()))?;
    }
    survey::prober().map(Some)
}

/// Who asks the members on another machine, over its connection; what is shut in there stays so.
async fn of_another(stack: &Stack, remote: &Remote) -> Result<Prober, CommandError> {
    if stack.network.is_isolated() {
        return Err(CommandError::new(
            Kind::Machine,
            "the services answer only inside of the group's own network",
        )
        .hint("`juniperctl health` tells what the watchdog there heard last"));
    }
    let authorities: BTreeSet<String> = stack
        .members()
        .iter()
        .filter_map(|member| {
            let endpoint = member.service.managed()?.endpoint?;
            Some(endpoint.authority(member.instance.unwrap_or(1)))
        })
        .ordered();
    let authorities: Vec<String> = authorities.into_iter().collect();
    Ok(remote.prober(&authorities).await?)
}

/// The network of the first process of the group that lives in one of its own. A process that is only
/// being made is still in the machine's; where those that run are there, too, the group has not moved yet.
async fn network(stack: &Stack, context: &Context) -> Result<Option<NetworkOf>, CommandError> {
    let systemd = context.systemd().await?;
    let mut machine = None;
    for (_, mut state) in systemd.running(&units(stack)).await? {
        systemd.detail(&mut state).await?;
        let pid = state.main_pid;
        if pid == 0 {
            continue;
        }
        if !accounts::is_root() {
            return Err(refused("only root may enter it"));
        }
        let Ok(network) = NetworkOf::process(pid) else {
            continue;
        };
        // Had it ended meanwhile, its number might be somebody else's by now.
        systemd.detail(&mut state).await?;
        if state.main_pid != pid {
            continue;
        }
        if !is_of_machine(&network).map_err(|error| refused(&error.to_string()))? {
            return Ok(Some(network));
        }
        machine = machine.or(Some(network).filter(|_| state.active == ActiveState::Active));
    }
    Ok(machine)
}

/// The machine's network is that of its first process.
fn is_of_machine(network: &NetworkOf) -> std::io::Result<bool> {
    network.is(&NetworkOf::process(1)?)
}

/// All that lives in it.
fn units(stack: &Stack) -> Vec<String> {
    stack
        .members()
        .iter()
        .filter(|member| member.service.managed().is_some())
        .map(Member::unit)
        .chain([WATCHDOG.to_owned()])
        .collect()
}

fn refused(why: &str) -> CommandError {
    CommandError::new(
        Kind::Machine,
        format!("the services answer only inside of the group's own network: {why}"),
    )
    .hint("run it as root: sudo juniperctl ...; `juniperctl health` needs no root while the watchdog runs")
}
