//! The gate of the whole group: waits until every member is active and answers, gives up as soon as
//! one has failed, and leaves a record of who waited for whom.
//!
//! It is not ordered after the members: one that is tried again and again always has a job queued,
//! and a unit that comes after it would never get its turn.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::cli::{GateGroup, GroupMember, Target};
use crate::error::CommandError;
use crate::host::systemd::{BusError, Systemd};
use crate::host::{Files, clock, environment, notify};
use crate::readiness::patience::Patience;
use crate::readiness::start_record::{KEPT, Observed, kept, parse_all, recorded};
use crate::readiness::unit_state::{ActiveState, UnitState};
use crate::spec::probe::Expectations;
use crate::unit::group::READY;

use super::super::Context;
use super::ended;
use super::waiter::{Unmet, Waiter};
use super::watch::MARGIN;

/// States are looked at as often as this even where systemd tells of no job that ended: a service may
/// fail without any.
const LOOK: Duration = Duration::from_secs(1);

/// Waits for the group; the exit code is 0 where all of it is ready.
pub(super) async fn run(group: &GateGroup, context: &Context) -> Result<u8, CommandError> {
    let waiter = Waiter::new(group.within, Expectations::new(), context)?;
    let systemd = context.systemd().await?;
    let ready = match all_active(group, &waiter, &systemd).await? {
        Ok(()) => waiter.all_ready(&targets(group)).await.map(drop),
        failed => failed,
    };
    if ready.is_ok() {
        notify::ready("the group is ready");
    }
    // A record that cannot be made or kept must not fail the group.
    if let Err(error) = record(group, &systemd, context).await {
        context
            .terminal
            .error(&format!("this start is not remembered: {error}"));
    }
    Ok(ended(ready, &waiter))
}

/// Waits until systemd calls all members active: an endpoint alone may be answered by somebody who
/// took a dead service's port. One that has failed for good ends the wait.
async fn all_active(
    group: &GateGroup,
    waiter: &Waiter<'_>,
    systemd: &Systemd,
) -> Result<Result<(), Unmet>, BusError> {
    let members = units(group);
    let sockets = group.let_out.iter().map(|(_, socket)| socket.clone());
    let units: Vec<String> = members.iter().cloned().chain(sockets).collect();
    let mut jobs = systemd.jobs().await?;
    let mut patience = Patience::new(group.within);
    loop {
        let mut states = systemd.states(&units).await?;
        // In start order, so that a dependency is named before those that waited for it.
        let lost = members
            .iter()
            .find(|unit| states.get(*unit).is_none_or(is_lost));
        if let Some((unit, mut state)) = lost.and_then(|unit| states.remove_entry(unit)) {
            systemd.detail(&mut state).await?;
            let why = state.explanation().unwrap_or_default();
            return Ok(Err(Unmet::silent(format!("{unit} has failed: {why}"))));
        }
        if let Some((label, socket)) = shut(group, &states) {
            return Ok(Err(Unmet::silent(format!(
                "{label} runs, but nobody can reach it from outside of the group's network: {socket} is \
                 not active; `systemctl status {socket}` tells why, such as a port that is taken"
            ))));
        }
        let coming = units.iter().find(|unit| !is_active(states.get(*unit)));
        let Some(unit) = coming else {
            return Ok(Ok(()));
        };
        let progress = said(&mut states, systemd).await?;
        for text in &progress {
            if patience.note(waiter.waited(), text) {
                notify::extend(patience.left(waiter.waited()) + MARGIN);
            }
        }
        let left = patience.left(waiter.waited());
        if left.is_zero() {
            let word = states.get(unit).map_or("gone", |state| state.active.word());
            return Ok(Err(Unmet::silent(format!("{unit} is {word}"))));
        }
        if let Some(closed) = clock::within(left.min(LOOK), jobs.any()).await {
            closed?;
        }
    }
}

/// A socket that stays shut though its service runs: it is opened as soon as that is ready.
fn shut<'g>(
    group: &'g GateGroup,
    states: &BTreeMap<String, UnitState>,
) -> Option<&'g (String, String)> {
    group.let_out.iter().find(|(label, socket)| {
        let mut services = group.members.iter().filter(|member| member.label == *label);
        services.any(|member| is_active(states.get(&member.unit)))
            && states.get(socket).is_none_or(is_lost)
    })
}

/// What members that are starting say of themselves.
async fn said(
    states: &mut BTreeMap<String, UnitState>,
    systemd: &Systemd,
) -> Result<Vec<String>, BusError> {
    let mut said = Vec::new();
    for state in states.values_mut() {
        if state.is_starting() {
            systemd.detail(state).await?;
            if state.status_text.starts_with("starting: ") {
                said.push(state.status_text.clone());
            }
        }
    }
    Ok(said)
}

/// Not running, and not about to.
fn is_lost(state: &UnitState) -> bool {
    !state.has_job && matches!(state.active, ActiveState::Failed | ActiveState::Inactive)
}

fn is_active(state: Option<&UnitState>) -> bool {
    state.is_some_and(|state| state.active == ActiveState::Active)
}

fn units(group: &GateGroup) -> Vec<String> {
    group
        .members
        .iter()
        .map(|member| member.unit.clone())
        .collect()
}

/// The members that can be asked.
fn targets(group: &GateGroup) -> Vec<Target> {
    group
        .members
        .iter()
        .filter_map(|member| {
            Some(Target {
                name: member.label.clone(),
                url: member.url.clone()?,
            })
        })
        .collect()
}

/// Adds this start to those that are remembered.
async fn record(
    group: &GateGroup,
    systemd: &Systemd,
    context: &Context,
) -> Result<(), CommandError> {
    let own = context
        .is_user()
        .then(|| context.paths.starts().parent().map(ToOwned::to_owned));
    let Some(directory) = own.flatten().or_else(environment::state_directory) else {
        return Ok(());
    };
    Files::make_directory(&directory)?;
    let mut asked = units(group);
    asked.push(READY.to_owned());
    let mut states: BTreeMap<String, UnitState> = systemd.states(&asked).await?;
    for state in states.values_mut() {
        systemd.detail(state).await?;
    }
    let Some(own) = states.remove(READY) else {
        return Ok(());
    };
    let observed: Vec<Observed> = group
        .members
        .iter()
        .map(|member| observed(member, group, &states))
        .collect();
    let record = recorded(&group.profile, &own, observed);
    // Where all ran already there was nothing to wait for.
    if record.is_empty() {
        return Ok(());
    }
    let path = directory.join("starts.jsonl");
    let mut records = parse_all(&Files::read(&path)?.unwrap_or_default()).records;
    records.push(record);
    let lines: Result<String, serde_json::Error> = kept(records, KEPT)
        .iter()
        .map(crate::readiness::StartRecord::written)
        .collect();
    let text =
        lines.map_err(|error| CommandError::new(crate::error::Kind::Machine, error.to_string()))?;
    Ok(Files::replace(&path, &text)?)
}

fn observed(
    member: &GroupMember,
    group: &GateGroup,
    states: &BTreeMap<String, UnitState>,
) -> Observed {
    Observed {
        label: member.label.clone(),
        unit: member.unit.clone(),
        waits_for: group
            .after
            .iter()
            .filter(|(label, _)| *label == member.label)
            .map(|(_, on)| on.clone())
            .collect(),
        state: states.get(&member.unit).cloned().unwrap_or_default(),
    }
}
