//! An install carried out: staged, what goes stopped, switched, and the watchdog told.

use crate::commands::{Context, lifecycle};
use crate::error::CommandError;
use crate::host::systemd::{BusError, Systemd};
use crate::plan::receipt::VERSION;
use crate::plan::{Plan, Receipt};
use crate::readiness::unit_state::ActiveState;
use crate::spec::stack::Stack;
use crate::unit::act;
use crate::unit::file::{extended_by, is_passing};
use crate::unit::group::WATCHDOG;

use super::moving;
use super::transaction::{Transaction, Wanted};

/// What is written down about an install.
pub(in crate::commands) struct Written<'w> {
    /// The command that installs.
    pub(in crate::commands) command: &'static str,
    /// File names of all units.
    pub(in crate::commands) units: Vec<String>,
    /// The systemd that they are for.
    pub(in crate::commands) systemd: String,
    /// The profile that they are for.
    pub(in crate::commands) profile: String,
    /// Instances that may go on running.
    pub(in crate::commands) members: Vec<String>,
    /// What was written down before.
    pub(in crate::commands) receipt: Option<&'w Receipt>,
    /// Files of somebody else that are taken over, with their texts.
    pub(in crate::commands) taken_over: &'w [(String, String)],
    /// The group that is stopped as a whole, because it moves into another network.
    pub(in crate::commands) moves: Option<&'w Stack>,
}

/// Stages and verifies what comes, stops what goes, switches, tells systemd, and leaves the receipt.
pub(in crate::commands) async fn carry_out(
    plan: &Plan,
    written: &Written<'_>,
    systemd: Option<&Systemd>,
    context: &Context,
) -> Result<(), CommandError> {
    let wanted = Wanted {
        command: written.command,
        changes: &plan.changes,
        receipt: receipt(written),
        made: &[],
        enables: true,
        taken_over: written.taken_over,
    };
    let transaction = Transaction::stage(&wanted, systemd, context)?;
    if let Some(systemd) = systemd {
        let stopped = async {
            if let Some(stack) = written.moves {
                moving::stop(stack, systemd, context).await?;
            }
            stop_removed(plan, &written.members, systemd, context).await
        };
        if let Err(error) = stopped.await {
            return Err(transaction.abandon(error));
        }
    }
    transaction.carry_out(systemd).await?;
    if let Some(systemd) = systemd {
        // One that ran as root before it had somebody to act for it cannot be told by its new user.
        if plan.creates(act::SOCKET) {
            renew_watchdog(systemd, context).await;
        } else {
            tell_watchdog(systemd, context).await;
        }
    }
    Ok(())
}

/// Has the watchdog read the new configuration, where one runs.
pub(in crate::commands) async fn tell_watchdog(systemd: &Systemd, context: &Context) {
    let told = async {
        let states = systemd.states(&[WATCHDOG.to_owned()]).await?;
        let runs = states
            .values()
            .any(|state| state.active == ActiveState::Active);
        if runs {
            systemd.reload_unit(WATCHDOG).await?;
        }
        Ok::<(), BusError>(())
    };
    if let Err(error) = told.await {
        context.terminal.detail(&error.to_string());
    }
}

/// Has a watchdog of an earlier juniperctl make place for one of this.
async fn renew_watchdog(systemd: &Systemd, context: &Context) {
    let renewed = systemd.restart_running(WATCHDOG, &ActiveState::Active);
    if let Err(error) = renewed.await {
        context.terminal.detail(&error.to_string());
    }
}

fn receipt(written: &Written<'_>) -> Receipt {
    let directories = written
        .receipt
        .map(|receipt| receipt.directories.clone())
        .unwrap_or_default();
    Receipt {
        version: VERSION,
        profile: written.profile.clone(),
        systemd: written.systemd.clone(),
        generation: 0,
        units: written.units.clone(),
        directories,
    }
}

/// Units that go, and instances that are not wanted any more, are stopped while systemd still
/// knows them.
async fn stop_removed(
    plan: &Plan,
    wanted: &[String],
    systemd: &Systemd,
    context: &Context,
) -> Result<(), CommandError> {
    let mut units: Vec<String> = plan
        .changes
        .iter()
        .filter(|change| change.text().is_none() && !change.name().contains("@."))
        .filter(|change| extended_by(change.name()).is_none())
        .map(|change| change.name().to_owned())
        .collect();
    units.extend(
        systemd
            .running(&["juniper-*@*.service".to_owned()])
            .await?
            .into_iter()
            .map(|(unit, _)| unit)
            .filter(|unit| !wanted.contains(unit))
            // Whoever is being told of an incident right now is told to the end, and what the watchdog
            // has ordered is done.
            .filter(|unit| !is_passing(unit)),
    );
    for unit in units {
        lifecycle::stop(&[unit], &[], systemd, context).await?;
    }
    Ok(())
}
