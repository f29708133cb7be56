//! A running group that moves into another network: all of it at once.
//!
//! With one half here and one there nobody reaches the other, and a watchdog that has moved before its
//! services would take them for dead. So the group is stopped first, and that only where it was asked for.

use crate::commands::{Context, lifecycle};
use crate::error::{CommandError, Kind};
use crate::host::systemd::Systemd;
use crate::plan::{Effects, Plan};
use crate::spec::Stack;
use crate::unit::group::TARGET;
use crate::unit::network::NETWORK;

/// Whether the plan takes services that run into another network.
pub(in crate::commands) fn is_needed(plan: &Plan, effects: &Effects) -> bool {
    effects.anything_runs()
        && plan.changes.iter().any(|change| {
            change.name() == NETWORK && (change.text().is_none() || change.old().is_none())
        })
}

/// Says so; without `--now` it is refused. `again` is the command that installs the same.
///
/// # Errors
/// The group runs, and nobody asked for it to be stopped.
pub(in crate::commands) fn told(
    stack: &Stack,
    now: bool,
    again: &str,
    context: &Context,
) -> Result<(), CommandError> {
    let network = if stack.network.is_isolated() {
        "a network of its own"
    } else {
        "the machine's network"
    };
    context.terminal.say(&format!(
        "network: the group moves into {network}; all of it is stopped first"
    ));
    if now {
        return Ok(());
    }
    Err(CommandError::new(
        Kind::NotAsAsked,
        "a running group cannot move into another network bit by bit; nothing was changed",
    )
    .hint(format!("{again} --now stops it, installs and starts it again; or stop it yourself: sudo juniperctl stop")))
}

/// Stops the whole group, its watchdog first of all.
pub(in crate::commands) async fn stop(
    stack: &Stack,
    systemd: &Systemd,
    context: &Context,
) -> Result<(), CommandError> {
    lifecycle::stop(&[TARGET.to_owned()], &stack.members(), systemd, context)
        .await
        .map(drop)
}
