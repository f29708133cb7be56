//! A plan carried out: files, links, the receipt; what was changed is put back on an error.

use std::path::{Path, PathBuf};

use crate::commands::{Context, lifecycle};
use crate::error::{CommandError, Kind};
use crate::host::Files;
use crate::host::systemd::{BusError, Systemd};
use crate::plan::receipt::VERSION;
use crate::plan::{Change, Plan, Receipt};
use crate::readiness::unit_state::ActiveState;
use crate::spec::Stack;
use crate::unit::file::{extended_by, is_passing};
use crate::unit::group::{self, TARGET, WATCHDOG};
use crate::unit::{SystemdVersion, UnitFile, act};

/// What is written down about an install.
pub(super) struct Written<'w> {
    pub(super) files: &'w [UnitFile],
    pub(super) version: SystemdVersion,
    pub(super) stack: &'w Stack,
    pub(super) receipt: Option<&'w Receipt>,
}

/// Stops what goes, writes what comes, tells systemd, and leaves the receipt.
pub(super) async fn carry_out(
    plan: &Plan,
    written: &Written<'_>,
    systemd: Option<&Systemd>,
    context: &Context,
) -> Result<(), CommandError> {
    stop_removed(plan, written.stack, systemd, context).await?;
    let mut made = Files::make_directory(&context.paths.units())?;
    apply(&plan.changes, &context.paths.units())?;
    match systemd {
        Some(systemd) => {
            // The links of enabling are read by the reload; the other way round systemd would call
            // its own state outdated.
            systemd.enable(TARGET).await?;
            systemd.reload().await?;
        }
        None => made.extend(Files::link(
            &context.paths.enablement(),
            "/etc/systemd/system/juniper.target",
        )?),
    }
    made.extend(made_for_receipt(context)?);
    write_receipt(&receipt(written, &made, context), context)?;
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

/// After units of an install that is there have changed: adds to its receipt the directories made for
/// that, and tells systemd and the watchdog.
pub(in crate::commands) async fn settle(
    receipt: Receipt,
    made: &[PathBuf],
    systemd: &Systemd,
    context: &Context,
) -> Result<(), CommandError> {
    let made = made.iter().map(|made| context.paths.on_machine(made));
    write_receipt(&receipt.with_directories(made), context)?;
    systemd.reload().await?;
    tell_watchdog(systemd, context).await;
    Ok(())
}

/// Has the watchdog read the new configuration, where one runs.
pub(super) async fn tell_watchdog(systemd: &Systemd, context: &Context) {
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

/// Leaves the receipt where it belongs.
fn write_receipt(receipt: &Receipt, context: &Context) -> Result<(), CommandError> {
    let text = receipt
        .written()
        .map_err(|error| CommandError::new(Kind::Machine, error.to_string()))?;
    Ok(Files::replace(&context.paths.receipt(), &text)?)
}

fn made_for_receipt(context: &Context) -> Result<Vec<PathBuf>, CommandError> {
    match context.paths.receipt().parent() {
        Some(directory) => Ok(Files::make_directory(directory)?),
        None => Ok(Vec::new()),
    }
}

fn receipt(written: &Written<'_>, made: &[PathBuf], context: &Context) -> Receipt {
    let directories = written
        .receipt
        .map(|receipt| receipt.directories.clone())
        .unwrap_or_default();
    let receipt = Receipt {
        version: VERSION,
        profile: written.stack.profile.to_string(),
        systemd: written.version.to_string(),
        units: written.files.iter().map(|file| file.name.clone()).collect(),
        directories,
    };
    receipt.with_directories(made.iter().map(|made| context.paths.on_machine(made)))
}

/// Units that go, and instances that are not wanted any more, are stopped while systemd still
/// knows them.
async fn stop_removed(
    plan: &Plan,
    stack: &Stack,
    systemd: Option<&Systemd>,
    context: &Context,
) -> Result<(), CommandError> {
    let Some(systemd) = systemd else {
        return Ok(());
    };
    let wanted = group::members(stack);
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

/// Writes and removes; on an error what was changed so far is put back.
pub(in crate::commands) fn apply(changes: &[Change], directory: &Path) -> Result<(), CommandError> {
    for (index, change) in changes.iter().enumerate() {
        if let Err(error) = put(directory, change.name(), change.text()) {
            for done in changes.iter().take(index) {
                put(directory, done.name(), done.old())?;
            }
            return Err(error);
        }
    }
    Ok(())
}

fn put(directory: &Path, name: &str, text: Option<&str>) -> Result<(), CommandError> {
    let path = directory.join(name);
    // A drop-in brings its directory, and takes it along unless somebody else's is in it.
    let own = extended_by(name).and(path.parent());
    if let Some(text) = text {
        own.map(Files::make_directory).transpose()?;
        Files::replace(&path, text)?;
    } else {
        Files::remove(&path)?;
        own.map(Files::remove_if_empty);
    }
    Ok(())
}
