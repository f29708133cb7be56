//! `start`, `stop`, `restart`: jobs over D-Bus, followed until the services answer.

use crate::cli::Lifecycle;
use crate::error::{CommandError, Kind};
use crate::host::systemd::{BusError, Job, Systemd, Verb};
use crate::readiness::unit_state::{ActiveState, UnitState};
use crate::spec::stack::{Member, Stack};
use crate::unit::group::{READY, TARGET};

use super::progress::{Ending, Follower};
use super::{Context, configuration, failure, gpus, orders};

pub(super) async fn run(
    verb: Verb,
    options: &Lifecycle,
    context: &Context,
) -> Result<u8, CommandError> {
    context.online("this")?;
    let stack = configuration::installed_stack(context)?;
    let chosen = failure::selected(&stack, &options.services)?;
    let systemd = context.systemd().await?;
    if chosen.is_empty() {
        context
            .terminal
            .say("there is no instance of it: juniperctl scale SERVICE=N");
        return Ok(0);
    }
    let wait = !options.no_wait;
    let code = ordered(verb, options, &chosen, &stack, &systemd, context).await?;
    if code == 0 && wait && verb != Verb::Stop {
        gpus::tell_of(&chosen, &stack, context).await;
    }
    Ok(code)
}

async fn ordered(
    verb: Verb,
    options: &Lifecycle,
    chosen: &[Member<'_>],
    stack: &Stack,
    systemd: &Systemd,
    context: &Context,
) -> Result<u8, CommandError> {
    let wait = !options.no_wait;
    if options.services.is_empty() {
        return group(verb, stack, wait, systemd, context).await;
    }
    match verb {
        Verb::Start => {
            // The units do not want each other, so that a restart of one never starts what somebody
            // stopped; whoever starts one by hand wants it to work.
            let members = available(stack.with_dependencies(chosen), chosen, systemd).await?;
            let units: Vec<String> = members.iter().map(Member::unit).collect();
            change(verb, &units, &members, wait, systemd, context).await
        }
        Verb::Restart if wait => rolling(chosen, systemd, context).await,
        Verb::Stop | Verb::Restart => {
            let units: Vec<String> = chosen.iter().map(Member::unit).collect();
            change(verb, &units, chosen, wait, systemd, context).await
        }
    }
}

/// Restarts members that run with an earlier unit and starts all that does not run, in one go: a
/// restarted service may wait for one that is only being started.
pub(super) async fn bring_up(
    changed: &[Member<'_>],
    stack: &Stack,
    systemd: &Systemd,
    context: &Context,
) -> Result<u8, CommandError> {
    if changed.is_empty() {
        return group(Verb::Start, stack, true, systemd, context).await;
    }
    let mut orders: Vec<(Verb, String)> = changed
        .iter()
        .map(|member| (Verb::Restart, member.unit()))
        .collect();
    orders.push((Verb::Start, TARGET.to_owned()));
    carry_out(
        Verb::Restart,
        &orders,
        &stack.members(),
        true,
        systemd,
        context,
    )
    .await
}

async fn group(
    verb: Verb,
    stack: &Stack,
    wait: bool,
    systemd: &Systemd,
    context: &Context,
) -> Result<u8, CommandError> {
    let units = [TARGET.to_owned()];
    change(verb, &units, &stack.members(), wait, systemd, context).await
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

/// Starts or restarts members side by side and waits until they answer.
pub(super) async fn change_members(
    verb: Verb,
    members: &[Member<'_>],
    systemd: &Systemd,
    context: &Context,
) -> Result<u8, CommandError> {
    let units: Vec<String> = members.iter().map(Member::unit).collect();
    change(verb, &units, members, true, systemd, context).await
}

/// Restarts what there is one of together, then instances one by one: each is ready again before the
/// next one goes.
async fn rolling(
    members: &[Member<'_>],
    systemd: &Systemd,
    context: &Context,
) -> Result<u8, CommandError> {
    let (instances, singles): (Vec<Member<'_>>, Vec<Member<'_>>) =
        members.iter().partition(|member| member.instance.is_some());
    if !singles.is_empty() {
        change_members(Verb::Restart, &singles, systemd, context).await?;
    }
    for (done, instance) in instances.iter().enumerate() {
        let ended = change_members(Verb::Restart, &[*instance], systemd, context).await;
        let left: Vec<String> = instances.iter().skip(done + 1).map(Member::label).collect();
        if ended.is_err() && !left.is_empty() {
            context
                .terminal
                .error(&format!("not restarted: {}", left.join(", ")));
        }
        ended?;
    }
    Ok(0)
}

/// Without dependencies whose units others ship and that are not installed.
async fn available<'s>(
    members: Vec<Member<'s>>,
    chosen: &[Member<'s>],
    systemd: &Systemd,
) -> Result<Vec<Member<'s>>, BusError> {
    let units: Vec<String> = members.iter().map(Member::unit).collect();
    let states = systemd.states(&units).await?;
    Ok(members
        .into_iter()
        .filter(|member| {
            member.service.managed().is_some()
                || chosen.iter().any(|named| named.label() == member.label())
                || states.get(&member.unit()).is_some_and(|state| state.found)
        })
        .collect())
}

async fn change(
    verb: Verb,
    units: &[String],
    members: &[Member<'_>],
    wait: bool,
    systemd: &Systemd,
    context: &Context,
) -> Result<u8, CommandError> {
    let orders: Vec<(Verb, String)> = units.iter().map(|unit| (verb, unit.clone())).collect();
    carry_out(verb, &orders, members, wait, systemd, context).await
}

/// Queues all jobs at once, so that systemd brings them into order, and follows the members.
async fn carry_out(
    verb: Verb,
    orders: &[(Verb, String)],
    members: &[Member<'_>],
    wait: bool,
    systemd: &Systemd,
    context: &Context,
) -> Result<u8, CommandError> {
    installed(orders, systemd, context).await?;
    let begun = failure::Moment(context.wall_microseconds());
    let mut jobs = systemd.jobs().await?;
    if verb != Verb::Stop {
        clear_failures(members, systemd).await?;
        orders::cleared(members, context);
    }
    let mut pending: Vec<Job> = Vec::new();
    for (verb, unit) in orders {
        pending.push(systemd.enqueue(*verb, unit).await?);
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
    report(verb, &ending, members, begun, systemd, context).await
}

/// Refuses to work on units that are not there, before anything is touched.
async fn installed(
    orders: &[(Verb, String)],
    systemd: &Systemd,
    context: &Context,
) -> Result<(), CommandError> {
    let units: Vec<String> = orders.iter().map(|(_, unit)| unit.clone()).collect();
    let states = systemd.states(&units).await?;
    match units
        .iter()
        .find(|unit| states.get(*unit).is_none_or(|state| !state.found))
    {
        None => Ok(()),
        Some(unit) => Err(
            CommandError::new(Kind::NotAsAsked, format!("{unit} is not installed")).hint(format!(
                "install the units first: {}",
                configuration::install_again(context)
            )),
        ),
    }
}

/// A start limit that was hit also blocks starts by hand, and starts by hand count towards it: both
/// are forgotten, for our own units.
async fn clear_failures(members: &[Member<'_>], systemd: &Systemd) -> Result<(), BusError> {
    let ours = members
        .iter()
        .filter(|member| member.service.managed().is_some())
        .map(Member::unit);
    for unit in ours.chain([READY.to_owned(), TARGET.to_owned()]) {
        match systemd.reset_failed(&unit).await {
            // Of a unit that is not loaded systemd has nothing to forget; who may not do this may not
            // start anything either, and is told so of the start.
            Ok(()) | Err(BusError::NoSuchUnit { .. } | BusError::Denied { .. }) => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

async fn report(
    verb: Verb,
    ending: &Ending,
    members: &[Member<'_>],
    begun: failure::Moment,
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
        failure::tell(*member, state.clone(), begun, systemd, context).await;
    }
    if lost.is_empty() && ending.failed.is_empty() {
        return Ok(0);
    }
    for (job, outcome) in &ending.failed {
        // The target fails with its members.
        let known = lost
            .iter()
            .any(|(member, _)| member.unit() == job.unit || job.unit == TARGET);
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
