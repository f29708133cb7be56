//! `scale`: how many instances of a service run, from now on and after every reboot.
//!
//! The count is remembered in a drop-in of the configuration, so that installs and reboots agree with
//! it; only instances that come or go are touched.

use crate::cli::Scale as Options;
use crate::error::{CommandError, Kind};
use crate::host::Files;
use crate::host::systemd::{Systemd, Verb};
use crate::plan::Receipt;
use crate::spec::scale::{FILE, Scale};
use crate::spec::stack::{Member, Stack};
use crate::spec::{ProfileName, ServiceName};

use super::install::{change, pending};
use super::{Context, configuration, lifecycle};

pub(super) async fn run(options: &Options, context: &Context) -> Result<u8, CommandError> {
    context.online("scale")?;
    let _lock = context.locked()?;
    let receipt = context.receipt()?.ok_or_else(|| {
        CommandError::new(Kind::NotAsAsked, "nothing is installed yet")
            .hint("install the units first: sudo juniperctl install")
    })?;
    let profile = ProfileName::parse(&receipt.profile).ok();
    let before = configuration::stack(profile.as_ref(), context)?;
    refuse_unknown(options, &before)?;
    let remembered = remembered(context)?;
    let text = options
        .counts
        .iter()
        .fold(remembered, |scale, (service, count)| {
            scale.with(service.clone(), *count)
        })
        .written();
    if options
        .counts
        .iter()
        .all(|(name, count)| instances(&before, name) == Some(*count))
    {
        context
            .terminal
            .say("nothing to change: it is scaled so already");
        return Ok(0);
    }
    let path = context.paths.drop_ins().join(FILE);
    let after = configuration::stack_with(profile.as_ref(), Some((&path, &text)), context)?;
    refuse_overridden(options, &after, context)?;
    permitted(context)?;
    let systemd = context.systemd().await?;
    // Scaling writes units, and would carry out whatever else has changed in the configuration.
    context.try_namespaces(&systemd).await?;
    let facts = context.facts(&before)?;
    pending::refuse(&before, &facts, &receipt, &systemd, context).await?;
    carry_out(&text, &after, receipt, &systemd, context).await?;
    stop_surplus(&before, &after, &systemd, context).await?;
    start_missing(&after, new_members(&before, &after), &systemd, context).await
}

/// Only services of the profile that have instances can be scaled.
fn refuse_unknown(options: &Options, stack: &Stack) -> Result<(), CommandError> {
    for (name, _) in &options.counts {
        let managed = stack.service(name).map(crate::spec::Service::managed);
        let problem = match managed {
            None => format!("profile {} has no service {name}", stack.profile),
            Some(Some(managed)) if managed.instances.is_some() => continue,
            Some(_) => format!("{name} has no instances; there is one of it"),
        };
        let scalable: Vec<&str> = stack
            .services
            .iter()
            .filter(|service| service.managed().is_some_and(|it| it.instances.is_some()))
            .map(|service| service.name.as_str())
            .collect();
        let error = CommandError::new(Kind::Usage, problem);
        return Err(if scalable.is_empty() {
            error
        } else {
            error.hint(format!("these have instances: {}", scalable.join(", ")))
        });
    }
    Ok(())
}

/// The counts that earlier calls left.
fn remembered(context: &Context) -> Result<Scale, CommandError> {
    let path = context.paths.drop_ins().join(FILE);
    let Some(text) = Files::read(&path)? else {
        return Ok(Scale::default());
    };
    Scale::parse(&text).ok_or_else(|| {
        CommandError::new(
            Kind::Configuration,
            format!("{} was changed by hand", path.display()),
        )
        .hint(format!(
            "set services.NAME.instances there and run `{}`, or remove the file",
            configuration::install_again(context)
        ))
    })
}

/// Where something later or stronger than the drop-in sets the count, scaling would be in vain.
fn refuse_overridden(
    options: &Options,
    after: &Stack,
    context: &Context,
) -> Result<(), CommandError> {
    for (name, count) in &options.counts {
        if instances(after, name) != Some(*count) {
            return Err(CommandError::new(
                Kind::Configuration,
                format!("something else sets the instances of {name}; nothing was changed"),
            )
            .hint(format!(
                "look for it in files after {} and in profiles.{}.overrides",
                context.paths.drop_ins().join(FILE).display(),
                after.profile
            )));
        }
    }
    Ok(())
}

fn instances(stack: &Stack, name: &ServiceName) -> Option<u32> {
    stack.service(name)?.managed()?.instances
}

fn permitted(context: &Context) -> Result<(), CommandError> {
    if context.may_change() {
        return Ok(());
    }
    Err(
        CommandError::new(Kind::Machine, "scaling writes units, which takes root")
            .hint("run it as root: sudo juniperctl scale ..."),
    )
}

/// The drop-in first: were the machine to die in between, an install would finish the work.
async fn carry_out(
    text: &str,
    after: &Stack,
    receipt: Receipt,
    systemd: &Systemd,
    context: &Context,
) -> Result<(), CommandError> {
    let plan = pending::planned(after, &context.facts(after)?, &receipt, systemd, context).await?;
    let drop_ins = context.paths.drop_ins();
    let path = drop_ins.join(FILE);
    context
        .terminal
        .say(&format!("writes   {}", path.display()));
    for change in &plan.changes {
        context.terminal.say(&change.line());
    }
    let made = Files::make_directory(&drop_ins)?;
    let old = Files::read(&path)?;
    Files::replace(&path, text)?;
    let changed = change::carry_out("scale", &plan, &receipt, &made, systemd, context).await;
    if let Err(error) = changed {
        match old {
            Some(old) => Files::replace(&path, &old)?,
            None => Files::remove(&path)?,
        }
        return Err(error);
    }
    Ok(())
}

/// Stops instances that are not wanted any more.
async fn stop_surplus(
    before: &Stack,
    after: &Stack,
    systemd: &Systemd,
    context: &Context,
) -> Result<(), CommandError> {
    let wanted: Vec<String> = after.members().iter().map(Member::unit).collect();
    let gone: Vec<Member<'_>> = before
        .members()
        .into_iter()
        .filter(|member| !wanted.contains(&member.unit()))
        .collect();
    let units: Vec<String> = gone.iter().map(Member::unit).collect();
    if units.is_empty() {
        return Ok(());
    }
    lifecycle::stop(&units, &gone, systemd, context)
        .await
        .map(drop)
}

/// Instances that there were not before.
fn new_members<'s>(before: &Stack, after: &'s Stack) -> Vec<Member<'s>> {
    let old: Vec<String> = before.members().iter().map(Member::unit).collect();
    after
        .members()
        .into_iter()
        .filter(|member| !old.contains(&member.unit()))
        .collect()
}

/// Starts new instances where the group runs; one that somebody stopped stays stopped.
async fn start_missing(
    after: &Stack,
    new: Vec<Member<'_>>,
    systemd: &Systemd,
    context: &Context,
) -> Result<u8, CommandError> {
    if new.is_empty() {
        return Ok(0);
    }
    let of_the_group = |unit: &str| after.members().iter().any(|member| member.unit() == unit);
    let running = systemd.running(&["juniper-*.service".to_owned()]).await?;
    if !running.iter().any(|(unit, _)| of_the_group(unit)) {
        context
            .terminal
            .say("the group is stopped: the instances start with it");
        return Ok(0);
    }
    lifecycle::change_members(Verb::Start, &new, systemd, context).await
}
