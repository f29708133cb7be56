//! `uninstall`: everything that install brought is stopped and taken away again.

use std::collections::BTreeMap;
use std::path::PathBuf;

use crate::cli::Uninstall;
use crate::error::{CommandError, Kind};
use crate::host::Files;
use crate::host::switch::Switch;
use crate::plan::{self, Plan, Receipt};
use crate::spec::{Stack, scale};
use crate::unit::file::extended_by;
use crate::unit::group::{READY, TARGET};

use super::{Context, configuration, install, lifecycle};

pub(super) async fn run(options: &Uninstall, context: &Context) -> Result<u8, CommandError> {
    let _lock = (!options.dry_run).then(|| context.locked()).transpose()?;
    let receipt = context.receipt()?;
    let found = install::found(&[], receipt.as_ref(), context)?;
    let mut plan = plan::uninstall(&found, receipt.as_ref());
    plan.give_back(&taken_over(context)?);
    let kept: Vec<(PathBuf, u64)> = context
        .paths
        .written_by_services()
        .into_iter()
        .chain(beside_configuration(context)?)
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
    if !options.shown {
        show(&plan, &kept, options.purge, context);
    }
    if options.dry_run {
        return Ok(0);
    }
    confirmed(options, context)?;
    let switch = context.switch();
    switch.stage(&plan.changes, &[], &made(receipt.as_ref(), context))?;
    let enabled = Files::found(&context.paths.enablement())?.is_some();
    if let Err(why) = units_go(&plan, &switch, context).await {
        return Err(take_back(why, &switch, enabled, context));
    }
    forget_decisions(context)?;
    if options.purge {
        for (path, _) in &kept {
            Files::remove_tree(path)?;
        }
    }
    Files::remove_tree(&context.paths.generations())?;
    Files::remove_tree(&context.paths.taken_over())?;
    // As long as it is there another uninstall goes on where this one was interrupted.
    Files::remove(&context.paths.receipt())?;
    switch.forget()?;
    context.terminal.say("uninstalled");
    Ok(0)
}

/// Before systemd 254 what a user's services keep lies in directories beside the user's configuration.
fn beside_configuration(context: &Context) -> Result<Vec<PathBuf>, CommandError> {
    let Some(user) = context.paths.user() else {
        return Ok(Vec::new());
    };
    let directory = user.configuration.join("juniper");
    let configured = [context.paths.secrets(), context.paths.drop_ins()];
    Ok(Files::names(&directory)?
        .into_iter()
        .map(|name| directory.join(name))
        .filter(|path| Files::is_directory(path) && !configured.contains(path))
        .collect())
}

/// What was taken over from somebody else at the install.
fn taken_over(context: &Context) -> Result<BTreeMap<String, String>, CommandError> {
    let directory = context.paths.taken_over();
    let mut texts = BTreeMap::new();
    for name in Files::names(&directory)? {
        if let Some(text) = Files::read(&directory.join(&name))? {
            texts.insert(name, text);
        }
    }
    Ok(texts)
}

/// The directories that were made for the installation, and those that uninstalling takes for itself.
fn made(receipt: Option<&Receipt>, context: &Context) -> Vec<PathBuf> {
    let paths = &context.paths;
    let mut made: Vec<PathBuf> = receipt
        .iter()
        .flat_map(|receipt| receipt.directories.iter())
        .map(|directory| paths.at(directory))
        .collect();
    made.extend(Files::missing(&paths.units()));
    // Attempts that failed make it, too, and nobody else does.
    made.extend([paths.records()]);
    made
}

/// Stops what runs, takes the units away and has systemd forget them.
async fn units_go(plan: &Plan, switch: &Switch, context: &Context) -> Result<(), CommandError> {
    if !context.paths.is_offline() {
        stop_everything(plan, context).await?;
    }
    Files::remove(&context.paths.enablement())?;
    switch.switch()?;
    if !context.paths.is_offline() {
        forget(plan, context).await?;
    }
    Ok(())
}

/// Puts the units back where they could not be taken away.
fn take_back(why: CommandError, switch: &Switch, enabled: bool, context: &Context) -> CommandError {
    let target = context.paths.units().join(TARGET);
    let target = context.paths.on_machine(&target);
    let undone = switch.undo().and_then(|()| {
        if enabled {
            Files::link(&context.paths.enablement(), &target)?;
        }
        Ok(())
    });
    let mut why = why;
    why.message = match undone {
        Ok(()) => format!("{}; the units are back", why.message),
        Err(error) => format!("{}; and then {error}", why.message),
    };
    why.hint("what was stopped is still stopped: sudo systemctl daemon-reload, then sudo juniperctl start")
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
    if !context.paths.is_offline() && !context.may_change() {
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
    let systemd = context.systemd().await?;
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
async fn forget(plan: &Plan, context: &Context) -> Result<(), CommandError> {
    let systemd = context.systemd().await?;
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
