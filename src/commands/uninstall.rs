//! `uninstall`: everything that install brought is stopped and taken away again.

use std::path::PathBuf;

use crate::cli::Uninstall;
use crate::error::{CommandError, Kind};
use crate::host::systemd::Systemd;
use crate::host::{Files, accounts};
use crate::plan::{self, Plan, Receipt};
use crate::spec::{Stack, scale};
use crate::unit::file::extended_by;
use crate::unit::group::{READY, TARGET};

use super::{Context, configuration, install, lifecycle};

pub(super) async fn run(options: &Uninstall, context: &Context) -> Result<u8, CommandError> {
    let _lock = context.locked()?;
    let receipt = context.receipt()?;
    let found = install::found(&[], receipt.as_ref(), context)?;
    let plan = plan::uninstall(&found, receipt.as_ref());
    let kept: Vec<(PathBuf, u64)> = context
        .paths
        .written_by_services()
        .into_iter()
        .chain([context.paths.secrets()])
        .filter(|path| Files::exists(path))
        .map(|path| {
            let count = Files::count(&path);
            (path, count)
        })
        .collect();
    if plan.is_empty() && receipt.is_none() && (kept.is_empty() || !options.purge) {
        context.terminal.say("nothing is installed");
        return Ok(0);
    }
    show(&plan, &kept, options.purge, context);
    confirmed(options, context)?;
    if !context.paths.is_offline() {
        stop_everything(&plan, context).await?;
    }
    Files::remove(&context.paths.enablement())?;
    install::apply::apply(&plan.changes, &context.paths.units())?;
    if !context.paths.is_offline() {
        forget(&plan).await?;
    }
    Files::remove(&context.paths.receipt())?;
    forget_decisions(context)?;
    if options.purge {
        for (path, _) in &kept {
            Files::remove_tree(path)?;
        }
    }
    for directory in receipt
        .iter()
        .flat_map(|receipt: &Receipt| receipt.directories.iter().rev())
    {
        Files::remove_if_empty(&context.paths.at(directory));
    }
    context.terminal.say("uninstalled");
    Ok(0)
}

fn show(plan: &Plan, kept: &[(PathBuf, u64)], purge: bool, context: &Context) {
    context
        .terminal
        .say(&format!("in {}:", context.paths.units().display()));
    for change in &plan.changes {
        context.terminal.say(&format!("  {}", change.line()));
    }
    for (path, count) in kept {
        let verb = if purge { "removes " } else { "keeps   " };
        context
            .terminal
            .say(&format!("  {verb} {}: {count} files", path.display()));
    }
}

fn confirmed(options: &Uninstall, context: &Context) -> Result<(), CommandError> {
    if !context.paths.is_offline() && !accounts::is_root() {
        return Err(CommandError::new(Kind::Machine, "uninstalling takes root")
            .hint("run it as root: sudo juniperctl uninstall"));
    }
    if options.yes {
        return Ok(());
    }
    match context.terminal.asks("uninstall this?") {
        Some(false) => Err(CommandError::new(Kind::NotAsAsked, "nothing was changed")),
        // Without a terminal there is nobody to ask; only what cannot be undone needs --yes.
        None if options.purge => Err(CommandError::new(
            Kind::Usage,
            "purging removes data; there is no terminal to ask on",
        )
        .hint("add --yes")),
        Some(true) | None => Ok(()),
    }
}

/// The target, its services and whatever else of ours runs.
async fn stop_everything(plan: &Plan, context: &Context) -> Result<(), CommandError> {
    let systemd = Systemd::connect().await?;
    let units = units(plan);
    if units.is_empty() {
        return Ok(());
    }
    // The members make sure that the stop is waited for; a configuration that is broken by now
    // must not keep anyone from uninstalling.
    let stack = configuration::installed_stack(context).ok();
    let members = stack.as_ref().map(Stack::members).unwrap_or_default();
    lifecycle::stop(&units, &members, &systemd, context).await?;
    systemd.disable(TARGET).await?;
    Ok(())
}

/// What `scale`, the starts of the group, the watchdog and the kernel's log left; a drop-in that somebody changed by hand stays.
fn forget_decisions(context: &Context) -> Result<(), CommandError> {
    let drop_in = context.paths.drop_ins().join(scale::FILE);
    if Files::read(&drop_in)?.is_some_and(|text| scale::is_ours(&text)) {
        Files::remove(&drop_in)?;
    }
    if let Some(starts) = context.paths.starts().parent() {
        Files::remove_tree(starts)?;
    }
    Files::remove_tree(&context.paths.watchdog())?;
    if let Some(faults) = context.paths.gpu_faults().parent() {
        Files::remove_tree(faults)?;
    }
    Ok(())
}

/// systemd's memory of units that are gone.
async fn forget(plan: &Plan) -> Result<(), CommandError> {
    let systemd = Systemd::connect().await?;
    systemd.reload().await?;
    let mut failed = units(plan);
    // Instances are not in the plan: their template is.
    for change in &plan.changes {
        if let Some((stem, _)) = change.name().split_once("@.") {
            let pattern = format!("{stem}@*.service");
            failed.extend(systemd.failed(&[pattern]).await?);
        }
    }
    for unit in failed {
        // Only units that failed have anything to forget; for the others this is refused.
        drop(systemd.reset_failed(&unit).await);
    }
    Ok(())
}

/// The removed units that can be stopped by name: templates cannot, and the target takes
/// [`READY`] along, which refuses to be stopped by hand.
fn units(plan: &Plan) -> Vec<String> {
    plan.changes
        .iter()
        .map(|change| change.name().to_owned())
        .filter(|name| !name.contains("@.") && name != READY && extended_by(name).is_none())
        .collect()
}
