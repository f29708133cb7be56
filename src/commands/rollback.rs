//! `rollback`: units that were installed before are installed again, byte for byte.
//!
//! The configuration is not touched: the next install follows it again, and says so.

use crate::cli::Rollback;
use crate::error::{CommandError, Kind};
use crate::plan::generation::FileName;
use crate::plan::{self, Effects, Generation, Receipt};
use crate::spec::{ProfileName, Stack};
use crate::unit::UnitFile;
use crate::unit::group::TARGET;

use super::install::apply::{Written, carry_out};
use super::install::warning::Restart;
use super::install::{
    confirmed, found, moving, refuse_conflicts, reload_recovered, running, show, warning,
};
use super::{Context, configuration, generations};

pub(super) async fn run(options: &Rollback, context: &Context) -> Result<u8, CommandError> {
    let lock = (!options.dry_run).then(|| context.locked()).transpose()?;
    let receipt = context.receipt()?.ok_or_else(|| {
        CommandError::new(Kind::NotAsAsked, "nothing is installed")
            .hint("install first: sudo juniperctl install")
    })?;
    let systemd = if context.paths.is_offline() {
        None
    } else {
        Some(context.systemd().await?)
    };
    reload_recovered(lock.as_ref(), systemd.as_ref()).await?;
    let chosen = chosen(options.number, &receipt, &generations::list(context)?)?;
    let generation = generations::read(chosen, context)?;
    let files = files(&generation);
    let found = found(&files, Some(&receipt), context)?;
    let plan = plan::install(&files, &found, Some(&receipt));
    refuse_conflicts(&plan, context)?;
    let profile = ProfileName::parse(&generation.profile).ok();
    let stack = configuration::silently(profile, context);
    let effects = match (&systemd, &stack) {
        (Some(systemd), Some(stack)) => {
            running::effects(&plan, stack, Some(&receipt), systemd, context).await?
        }
        _ => Effects::default(),
    };
    if plan.is_empty() {
        context.terminal.say(&format!(
            "nothing to change: the units are those of generation {}",
            generation.number
        ));
    }
    show(&plan, &effects, false, context);
    if let (Some(_online), Some(stack)) = (&systemd, &stack) {
        warning::of_harm(&plan, &effects, stack, Restart::Later, context).await?;
    }
    if moving::is_needed(&plan, &effects) {
        return Err(CommandError::new(
            Kind::NotAsAsked,
            "a running group cannot move into another network bit by bit; nothing was changed",
        )
        .hint("stop it first: sudo juniperctl stop"));
    }
    if options.dry_run {
        return Ok(0);
    }
    if !(plan.is_empty() && generation.profile == receipt.profile) {
        confirmed(options.yes, "sudo juniperctl rollback", context)?;
        let written = Written {
            command: "rollback",
            units: files.iter().map(|file| file.name.clone()).collect(),
            systemd: generation.systemd.clone(),
            profile: generation.profile.clone(),
            members: members(&files, stack.as_ref()),
            receipt: Some(&receipt),
            taken_over: &[],
            moves: None,
        };
        carry_out(&plan, &written, systemd.as_ref(), context).await?;
        context.terminal.say(&format!(
            "rolled back to generation {}: profile {}; the configuration has not changed, and the next \
             install follows it again",
            generation.number, generation.profile
        ));
    }
    if let Some(next) = effects.next_step(None).filter(|_| systemd.is_some()) {
        context.terminal.say(&format!("next: {next}"));
    }
    Ok(0)
}

/// The generation that was asked for, or the one before the installed one.
fn chosen(
    number: Option<u32>,
    receipt: &Receipt,
    names: &[FileName],
) -> Result<FileName, CommandError> {
    let applied = names.iter().filter(|name| !name.failed);
    let found = match number {
        Some(number) => names.iter().find(|name| name.number == number).copied(),
        None => applied
            .clone()
            .rfind(|name| name.number < receipt.generation)
            .copied(),
    };
    let listed: Vec<String> = applied.map(|name| name.number.to_string()).collect();
    let hint = format!("these can be gone back to: {}", listed.join(", "));
    match (found, number) {
        (Some(name), _) if name.failed => Err(CommandError::new(
            Kind::NotAsAsked,
            format!("generation {} was never installed: it failed", name.number),
        )
        .hint(hint)),
        (Some(name), _) => Ok(name),
        (None, Some(number)) => Err(CommandError::new(
            Kind::NotAsAsked,
            format!("there is no generation {number}"),
        )
        .hint(hint)),
        (None, None) => Err(CommandError::new(
            Kind::NotAsAsked,
            "nothing was installed before what is installed now",
        )),
    }
}

fn files(generation: &Generation) -> Vec<UnitFile> {
    generation
        .units
        .iter()
        .map(|(name, text)| UnitFile {
            name: name.clone(),
            text: text.clone(),
        })
        .collect()
}

/// The services that the target wants; those of the configuration where it names none.
fn members(files: &[UnitFile], stack: Option<&Stack>) -> Vec<String> {
    let target = files.iter().find(|file| file.name == TARGET);
    let named: Vec<String> = target
        .iter()
        .flat_map(|file| {
            file.text
                .split(|letter: char| letter.is_whitespace() || letter == '=')
        })
        .filter(|word| word.starts_with("juniper-") && word.ends_with(".service"))
        .map(str::to_owned)
        .collect();
    if named.is_empty() {
        return stack.map(crate::unit::group::members).unwrap_or_default();
    }
    named
}
