//! `start`, `stop`, `restart`: jobs over D-Bus, followed until the services answer.

use std::collections::BTreeMap;

use crate::cli::Lifecycle;
use crate::error::{CommandError, Kind};
use crate::host::systemd::{BusError, Job, Systemd, Verb};
use crate::readiness::unit_state::{ActiveState, UnitState};
use crate::spec::stack::{Member, Stack};
use crate::unit::group::{READY, TARGET};

use super::progress::{Ending, Follower};
use super::{Context, configuration, failure};

pub(super) async fn run(
    verb: Verb,
    options: &Lifecycle,
    context: &Context,
) -> Result<u8, CommandError> {
    context.online("this")?;
    let stack = configuration::installed_stack(context)?;
    let members = failure::selected(&stack, &options.services)?;
    let systemd = Systemd::connect().await?;
    let units: Vec<String> = if options.services.is_empty() {
        vec![TARGET.to_owned()]
    } else {
        members.iter().map(Member::unit).collect()
    };
    change(verb, &units, &members, !options.no_wait, &systemd, context).await
}

/// Starts the whole group and waits until it answers.
pub(super) async fn start_group(
    stack: &Stack,
    systemd: &Systemd,
    context: &Context,
) -> Result<u8, CommandError> {
    change(
        Verb::Start,
        &[TARGET.to_owned()],
        &stack.members(),
        true,
        systemd,
        context,
    )
    .await
}

/// Stops these units and waits until the members are down.
pub(super) async fn stop(
    units: &[String],
    members: &[Member<'_>],
    systemd: &Systemd,
    context: &Context,
) -> Result<u8, CommandError> {
    change(Verb::Stop, units, members, true, systemd, context).await
}

async fn change(
    verb: Verb,
    units: &[String],
    members: &[Member<'_>],
    wait: bool,
    systemd: &Systemd,
    context: &Context,
) -> Result<u8, CommandError> {
    installed(units, systemd).await?;
    let mut jobs = systemd.jobs().await?;
    if verb != Verb::Stop {
        clear_failures(members, systemd).await?;
    }
    let mut pending: Vec<Job> = Vec::new();
    for unit in units {
        pending.push(systemd.enqueue(verb, unit).await?);
    }
    if !wait {
        context
            .terminal
            .say("systemd has taken the job; `juniperctl status` shows how it goes");
        return Ok(0);
    }
    let ending = Follower::new(systemd, members, verb, context)
        .follow(&mut jobs, pending)
        .await?;
    report(verb, &ending, members, systemd, context).await
}

/// Refuses to work on units that are not there, before anything is touched.
async fn installed(units: &[String], systemd: &Systemd) -> Result<(), CommandError> {
    let states = systemd.states(units).await?;
    match units
        .iter()
        .find(|unit| states.get(*unit).is_none_or(|state| !state.found))
    {
        None => Ok(()),
        Some(unit) => Err(
            CommandError::new(Kind::NotAsAsked, format!("{unit} is not installed"))
                .hint("install the units first: sudo juniperctl install"),
        ),
    }
}

/// A start limit that was hit also blocks starts by hand; it is cleared for units that failed.
async fn clear_failures(members: &[Member<'_>], systemd: &Systemd) -> Result<(), BusError> {
    let mut units: Vec<String> = members.iter().map(Member::unit).collect();
    units.push(READY.to_owned());
    units.push(TARGET.to_owned());
    let failed: BTreeMap<String, UnitState> = systemd
        .states(&units)
        .await?
        .into_iter()
        .filter(|(_, state)| state.active == ActiveState::Failed)
        .collect();
    for unit in failed.keys() {
        systemd.reset_failed(unit).await?;
    }
    Ok(())
}

async fn report(
    verb: Verb,
    ending: &Ending,
    members: &[Member<'_>],
    systemd: &Systemd,
    context: &Context,
) -> Result<u8, CommandError> {
    let lost: Vec<(Member<'_>, UnitState)> = members
        .iter()
        .filter(|member| member.service.managed().is_some())
        .filter_map(|member| Some((*member, ending.states.get(&member.unit())?.clone())))
        .filter(|(_, state)| verb != Verb::Stop && state.active == ActiveState::Failed)
        .collect();
    for (member, state) in &lost {
        failure::tell(*member, state.clone(), systemd, context).await;
    }
    if lost.is_empty() && ending.failed.is_empty() {
        return Ok(0);
    }
    for (job, outcome) in &ending.failed {
        let known = lost.iter().any(|(member, _)| member.unit() == job.unit);
        if !known {
            context.terminal.error(&format!(
                "error: {}: the job ended as {outcome:?}",
                job.unit
            ));
        }
    }
    if lost.is_empty() {
        context
            .terminal
            .error("hint: `juniperctl health` names the cause");
    }
    Err(CommandError::told(Kind::NotAsAsked))
}
