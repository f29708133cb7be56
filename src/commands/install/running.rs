//! What an install does to the services that run: asked of systemd, judged by `plan::effects`.

use std::collections::BTreeMap;

use crate::commands::{Context, configuration};
use crate::error::CommandError;
use crate::host::Files;
use crate::host::systemd::Systemd;
use crate::ordered::Ordered as _;
use crate::plan::effects::{Follower, Now};
use crate::plan::{self, Effects, Plan, Receipt};
use crate::readiness::unit_state::UnitState;
use crate::spec::Stack;
use crate::spec::stack::WhenLost;
use crate::unit::file::{file_of, is_passing};
use crate::unit::gpu::{GATE, drop_in};
use crate::unit::group::{READY, WATCHDOG};
use crate::unit::kernel_log;
use crate::unit::network::is_of_network;
use crate::unit::service::file_name;

/// What the plan does to the services that run.
pub(in crate::commands) async fn effects(
    plan: &Plan,
    stack: &Stack,
    receipt: Option<&Receipt>,
    systemd: &Systemd,
    context: &Context,
) -> Result<Effects, CommandError> {
    let wanted: Vec<(String, String)> = stack
        .members()
        .iter()
        .filter(|member| member.service.managed().is_some())
        .map(|member| (member.unit(), member.label()))
        .collect();
    let installed_units = receipt
        .map(|receipt| receipt.units.clone())
        .unwrap_or_default();
    // What is not ours, and what is no service of the group, is not spoken of.
    let is_ours = |unit: &str| {
        let installed = || receipt.is_some_and(|receipt| receipt.units.contains(&file_of(unit)));
        unit != READY
            && unit != WATCHDOG
            && unit != kernel_log::UNIT
            && unit != GATE
            && !is_of_network(unit, &installed_units)
            && !is_passing(unit)
            && (wanted.iter().any(|(name, _)| name == unit) || installed())
    };
    let mut running: BTreeMap<String, Now> = BTreeMap::new();
    for (unit, mut state) in systemd.running(&["juniper*.service".to_owned()]).await? {
        if is_ours(&unit) {
            systemd.detail(&mut state).await?;
            let now = now(&unit, &state, context);
            running.insert(unit, now);
        }
    }
    let labels = labels(stack, running.keys(), context);
    Ok(plan::effects(
        plan,
        &wanted,
        &running,
        &labels,
        &followers(stack),
    ))
}

/// A service that was started before its unit was last written runs with an earlier one.
fn now(unit: &str, state: &UnitState, context: &Context) -> Now {
    let directory = context.paths.units();
    let written = Files::modified(&directory.join(file_of(unit)))
        .max(Files::modified(&directory.join(drop_in(unit))));
    match written {
        Some(written) if state.started_at_wall < written => Now::Outdated,
        _ => Now::AsInstalled,
    }
}

/// Short names of units, those that go included. A configuration that is broken by now has none for
/// them; then their own names have to do.
fn labels<'u>(
    stack: &Stack,
    running: impl Iterator<Item = &'u String>,
    context: &Context,
) -> BTreeMap<String, String> {
    let before = configuration::installed_stack_silently(context);
    let stacks = || before.iter().chain([stack]);
    let mut labels: BTreeMap<String, String> = stacks()
        .flat_map(Stack::members)
        .map(|member| (member.unit(), member.label()))
        .ordered();
    // Instances that neither has any more.
    for unit in running {
        let Some((_, instance)) = unit.trim_end_matches(".service").split_once('@') else {
            continue;
        };
        let service = stacks().flat_map(|stack| &stack.services).find(|service| {
            service
                .managed()
                .is_some_and(|managed| file_name(managed) == file_of(unit))
        });
        if let Some(service) = service {
            labels
                .entry(unit.clone())
                .or_insert_with(|| format!("{}@{instance}", service.name));
        }
    }
    labels
}

/// Who is restarted with whom.
fn followers(stack: &Stack) -> Vec<Follower> {
    let mut followers = Vec::new();
    for member in stack.members() {
        for edge in &member.service.depends_on {
            let Some(on) = stack.service(&edge.on) else {
                continue;
            };
            if edge.when_lost != WhenLost::Keep && on.managed().is_some() {
                followers.extend(on.members().iter().map(|other| Follower {
                    label: member.label(),
                    on: other.label(),
                }));
            }
        }
    }
    followers
}
