//! `install`: what would change is shown, then done; on an error the old state is back.

use std::collections::BTreeMap;

use crate::cli::Install;
use crate::error::{CommandError, Kind};
use crate::hardening::audit;
use crate::host::examine::machine;
use crate::host::switch::Recovery;
use crate::host::systemd::Systemd;
use crate::host::{Files, accounts};
use crate::plan::{self, Effects, Found, Plan, Receipt};
use crate::spec::Stack;
use crate::spec::stack::Member;
use crate::unit::group;
use crate::unit::{Facts, SystemdVersion, UnitFile, gpu, rendered};

use super::context::Locked;
use super::{Context, configuration, gpus, lifecycle};

pub(super) mod apply;
pub(super) mod change;
pub(super) mod moving;
pub(super) mod pending;
mod preflight;
pub(super) mod running;
pub(super) mod transaction;
mod verify;
pub(super) mod warning;

use apply::{Written, carry_out};
use preflight::preflight;
use warning::Restart;

pub(super) async fn run(options: &Install, context: &Context) -> Result<u8, CommandError> {
    // A dry run changes nothing, not even what another one has left half done.
    let lock = (!options.dry_run).then(|| context.locked()).transpose()?;
    let stack = configuration::stack(options.profile.as_ref(), context)?;
    let systemd = running_systemd(lock.as_ref(), context).await?;
    let version = version(options, systemd.as_ref(), context).await?;
    let facts = context.facts(&stack)?;
    warn_of_lost(&facts, context)?;
    let files = rendered(&stack, version, &facts)?;
    configuration::refuse_over_budget(
        &audit::of(&stack, &files, version, &facts.manager),
        context,
    )?;
    gpus::refuse(&stack, &facts.gpus, context)?;
    let receipt = context.receipt()?;
    let found = found(&files, receipt.as_ref(), context)?;
    let mut plan = plan::install(&files, &found, receipt.as_ref());
    let taken_over = if options.replace {
        plan.take_over(&files, &found)
    } else {
        Vec::new()
    };
    refuse_conflicts(&plan, context)?;
    preflight(&stack, options.brought, context)?;
    configuration::explain_network(&stack, context);
    gpus::warn(&stack, &facts.gpus, context);
    let effects = match &systemd {
        Some(systemd) => {
            running::effects(&plan, &stack, receipt.as_ref(), systemd, context).await?
        }
        None => Effects::default(),
    };
    if !options.shown {
        told(&plan, &stack, receipt.as_ref(), &effects, options, context);
    }
    for (name, _) in &taken_over {
        context.terminal.say(&format!(
            "  takes over {name}: a copy is kept in {}",
            context.paths.taken_over().display()
        ));
    }
    if systemd.is_some() {
        let restart = if options.now {
            Restart::Now
        } else {
            Restart::OnlyIfTold
        };
        warning::of_harm(&plan, &effects, &stack, restart, context).await?;
    }
    let again = configuration::install_command(stack.profile.as_str(), context);
    let moves = moving::is_needed(&plan, &effects);
    if moves {
        moving::told(&stack, options.now, &again, context)?;
    }
    if options.dry_run {
        return Ok(0);
    }
    let enabled = Files::found(&context.paths.enablement())?.is_some();
    let recorded = receipt
        .as_ref()
        .is_some_and(|receipt| receipt.profile == stack.profile.as_str());
    if !(plan.is_empty() && enabled && recorded) {
        confirmed(plan.is_empty() || options.yes, &again, context)?;
        let written = Written {
            command: "install",
            units: files.iter().map(|file| file.name.clone()).collect(),
            systemd: version.to_string(),
            profile: stack.profile.to_string(),
            members: group::members(&stack),
            receipt: receipt.as_ref(),
            taken_over: &taken_over,
            moves: moves.then_some(&stack),
        };
        carry_out(&plan, &written, systemd.as_ref(), context).await?;
        context.terminal.say(&format!(
            "installed: profile {}, systemd {version}",
            stack.profile
        ));
        explain_lingering(context);
    } else if let Some(systemd) = &systemd {
        // Much of what the watchdog goes by stands in no unit.
        apply::tell_watchdog(systemd, context).await;
    }
    // What follows changes no file, and may take minutes.
    drop(lock);
    match &systemd {
        Some(systemd) if options.now => {
            let changed = members_of(&stack, &effects.changes);
            let code = lifecycle::bring_up(&changed, &stack, systemd, context).await?;
            gpus::tell_of(&stack.members(), &stack, context).await;
            Ok(code)
        }
        Some(_) => {
            if let Some(next) = effects.next_step(Some(&again)) {
                context.terminal.say(&format!("next: {next}"));
            }
            Ok(0)
        }
        None => Ok(0),
    }
}

/// Says what would change.
fn told(
    plan: &Plan,
    stack: &Stack,
    receipt: Option<&Receipt>,
    effects: &Effects,
    options: &Install,
    context: &Context,
) {
    if let Some(before) = receipt
        .map(|receipt| receipt.profile.as_str())
        .filter(|before| *before != stack.profile.as_str())
    {
        context
            .terminal
            .say(&format!("profile: {} in place of {before}", stack.profile));
    }
    if plan.is_empty() {
        context.terminal.say(&format!(
            "nothing to change: profile {} is installed as configured",
            stack.profile
        ));
    }
    show(plan, effects, options.now, context);
}

/// The systemd that is installed for; `None` where a directory tree is worked on. What an interrupted one had
/// not told it yet is told now.
async fn running_systemd(
    lock: Option<&Locked>,
    context: &Context,
) -> Result<Option<Systemd>, CommandError> {
    if context.paths.is_offline() {
        return Ok(None);
    }
    let systemd = context.systemd().await?;
    reload_recovered(lock, Some(&systemd)).await?;
    context.try_namespaces(&systemd).await?;
    Ok(Some(systemd))
}

/// Without lingering a user's units end with the last session, and no reboot starts them.
fn explain_lingering(context: &Context) {
    if context.is_user() && !machine::lingers(&accounts::own_name()) {
        context.terminal.say(
            "note: lingering is off: the group ends with your last session, and a reboot does not start it\n\
             hint: to have it run from boot on: loginctl enable-linger",
        );
    }
}

/// What an interrupted one had not told systemd yet is told now.
pub(super) async fn reload_recovered(
    lock: Option<&Locked>,
    systemd: Option<&Systemd>,
) -> Result<(), CommandError> {
    if let (Some(lock), Some(systemd)) = (lock, systemd)
        && lock.recovery != Recovery::Nothing
    {
        systemd.reload().await?;
    }
    Ok(())
}

/// Without its secret a service is open; that must not come about by a file that was lost.
fn warn_of_lost(facts: &Facts, context: &Context) -> Result<(), CommandError> {
    for name in context.handed_over()?.keys() {
        if !facts.secrets.contains_key(name) {
            context.terminal.error(&format!(
                "warning: the secret {name} is gone: whoever demanded it will answer without\n\
                 hint: set it again: sudo juniperctl secret set {name}"
            ));
        }
    }
    Ok(())
}

/// The systemd to write for: asked on the bus, named by hand, or read off the tree.
async fn version(
    options: &Install,
    systemd: Option<&Systemd>,
    context: &Context,
) -> Result<SystemdVersion, CommandError> {
    let version = match (options.systemd, systemd) {
        (Some(version), _) => version,
        (None, Some(systemd)) => systemd.version().await?,
        (None, None) => version_in_tree(context)?,
    };
    if version < SystemdVersion::OLDEST {
        return Err(CommandError::new(
            Kind::Machine,
            format!(
                "this is systemd {version}; {} is the oldest that is supported",
                SystemdVersion::OLDEST
            ),
        ));
    }
    Ok(version)
}

/// systemd's private library carries its version in its name.
fn version_in_tree(context: &Context) -> Result<SystemdVersion, CommandError> {
    for directory in [
        "/usr/lib/systemd",
        "/lib/systemd",
        "/usr/lib/x86_64-linux-gnu/systemd",
        "/usr/lib/aarch64-linux-gnu/systemd",
    ] {
        for name in Files::names(&context.paths.at(directory))? {
            let version = name
                .strip_prefix("libsystemd-shared-")
                .and_then(|rest| rest.strip_suffix(".so"))
                .and_then(SystemdVersion::parse);
            if let Some(version) = version {
                return Ok(version);
            }
        }
    }
    Err(
        CommandError::new(Kind::Machine, "cannot tell which systemd the tree has")
            .hint("name it: --systemd 257"),
    )
}

/// What lies where our units belong.
pub(super) fn found(
    files: &[UnitFile],
    receipt: Option<&Receipt>,
    context: &Context,
) -> Result<BTreeMap<String, Found>, CommandError> {
    let directory = context.paths.units();
    let switch = context.switch();
    let mut names: Vec<String> = Files::names(&directory)?
        .into_iter()
        .filter(|name| {
            name.starts_with("juniper")
                && [".service", ".socket", ".target"]
                    .iter()
                    .any(|kind| name.ends_with(kind))
        })
        .collect();
    // Drop-ins of instances lie one directory below.
    let extended: Vec<String> = Files::names(&directory)?
        .iter()
        .filter(|name| name.starts_with("juniper"))
        .filter_map(|name| name.strip_suffix(".d").map(gpu::drop_in))
        .collect();
    names.extend(extended);
    names.extend(files.iter().map(|file| file.name.clone()));
    names.extend(receipt.iter().flat_map(|receipt| receipt.units.clone()));
    let mut found = BTreeMap::new();
    for name in names {
        let lies_there = match Files::found(&directory.join(&name))? {
            // In the middle of a switch that was interrupted a unit is what its link leads to.
            Some(Found::Link(link)) => match switch.target(&name, &link) {
                Some(unit) => Files::found(&unit)?,
                None => Some(Found::Link(link)),
            },
            other => other,
        };
        if let Some(lies_there) = lies_there {
            found.insert(name, lies_there);
        }
    }
    Ok(found)
}

pub(super) fn refuse_conflicts(plan: &Plan, context: &Context) -> Result<(), CommandError> {
    if plan.conflicts.is_empty() {
        return Ok(());
    }
    let directory = context.paths.units();
    for conflict in &plan.conflicts {
        context.terminal.error(&format!(
            "error: {} is {}",
            directory.join(&conflict.name).display(),
            conflict.what
        ));
    }
    Err(CommandError::new(
        Kind::Machine,
        "units of the same name are in the way; nothing was changed",
    )
    .hint("move them away, or rename the service in /etc/juniper/juniper.toml; files can be taken over: --replace"))
}

fn members_of<'s>(stack: &'s Stack, labels: &[String]) -> Vec<Member<'s>> {
    stack
        .members()
        .into_iter()
        .filter(|member| labels.contains(&member.label()))
        .collect()
}

pub(super) fn show(plan: &Plan, effects: &Effects, now: bool, context: &Context) {
    let terminal = &context.terminal;
    if !plan.is_empty() {
        terminal.say(&format!("in {}:", context.paths.units().display()));
    }
    for change in &plan.changes {
        terminal.say(&format!("  {}", change.line()));
        let difference = change.difference();
        if !difference.is_empty() {
            terminal.say(difference.trim_end());
        }
    }
    if let Some(sentence) = effects.sentence(now) {
        terminal.say(&format!("effect: {sentence}"));
    }
    for name in &plan.masked {
        terminal.say(&format!(
            "  leaves   {name}: the administrator has masked it"
        ));
    }
}

pub(super) fn confirmed(agreed: bool, again: &str, context: &Context) -> Result<(), CommandError> {
    if !context.paths.is_offline() && !context.may_change() {
        return Err(CommandError::new(
            Kind::Machine,
            format!(
                "installing writes to {}, which takes root",
                context.paths.units().display()
            ),
        )
        .hint(format!(
            "run it as root: {again}; --dry-run shows the plan without"
        )));
    }
    context.agreed("install this?", agreed)
}
