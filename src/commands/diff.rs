//! `diff`: what has become of the installed units, and what an install would change.

use std::collections::BTreeMap;

use crate::error::{CommandError, Kind};
use crate::host::Files;
use crate::output::installed::{drift as text, drift_json};
use crate::plan::drift::{Lying, drift};
use crate::plan::{self, Change, Effects, Found, Receipt};
use crate::unit::{SystemdVersion, rendered};

use super::{Context, configuration, generations, install};

pub(super) async fn run(context: &Context) -> Result<u8, CommandError> {
    let receipt = context.receipt()?.ok_or_else(|| {
        CommandError::new(Kind::NotAsAsked, "nothing is installed yet")
            .hint("`juniperctl install --dry-run` shows what an install would write")
    })?;
    let texts = generations::list(context)?
        .into_iter()
        .find(|name| name.number == receipt.generation)
        .map(|name| generations::read(name, context))
        .transpose()?
        .map(|generation| generation.units);
    if texts.is_none() {
        context.terminal.say(
            "note: no copy was kept of what was installed, so edits cannot be told; the next install keeps one",
        );
    }
    let found = install::found(&[], Some(&receipt), context)?;
    let drifts = drift(
        &receipt.units,
        &texts.unwrap_or_default(),
        &lying(found, context)?,
    );
    let mut pending = pending(&receipt, context).await;
    // What has drifted has been told.
    if let Ok(pending) = &mut pending {
        pending
            .changes
            .retain(|change| !drifts.iter().any(|drift| drift.name == change.name()));
    }
    let changes = pending
        .as_ref()
        .map(|pending| pending.changes.as_slice())
        .unwrap_or_default();
    if context.json {
        let told = drift_json(&drifts, changes, receipt.generation);
        context.terminal.line(&told.to_string());
    } else {
        context.terminal.data(&text(&drifts, changes));
    }
    let is_same = drifts.is_empty() && changes.is_empty();
    if let Some(effect) = pending?.effect.filter(|_| !context.json) {
        context.terminal.say(&format!("effect: {effect}"));
    }
    if is_same && !context.json {
        context.terminal.say(&format!(
            "no difference: profile {} is installed as configured",
            receipt.profile
        ));
    }
    Ok(u8::from(!is_same))
}

fn lying(units: BTreeMap<String, Found>, context: &Context) -> Result<Lying, CommandError> {
    let own = context.paths.units();
    let mut lying = Lying {
        units,
        enabled: Files::found(&context.paths.enablement())?.is_some(),
        interrupted: context.switch().is_begun()?,
        ..Lying::default()
    };
    let elsewhere = context.paths.units_elsewhere();
    for directory in std::iter::once(&own).chain(&elsewhere) {
        for name in Files::names(directory)? {
            if !name.starts_with("juniper") {
                continue;
            }
            let path = directory.join(&name);
            if name.strip_suffix(".d").is_some() {
                let files = Files::names(&path)?;
                let drop_ins = files
                    .iter()
                    .filter(|file| file.strip_suffix(".conf").is_some());
                lying
                    .drop_ins
                    .extend(drop_ins.map(|file| context.paths.on_machine(&path.join(file))));
            } else if *directory != own
                && Files::read_link(&path).is_some_and(|target| target == "/dev/null")
            {
                lying.masked.push(name);
            }
        }
    }
    Ok(lying)
}

/// What an install would change, and for which of the services that run it takes a restart.
#[derive(Default)]
struct Pending {
    changes: Vec<Change>,
    effect: Option<String>,
}

/// Computed for the systemd that runs, or that it was installed for.
async fn pending(receipt: &Receipt, context: &Context) -> Result<Pending, CommandError> {
    let stack = configuration::stack(None, context).or_else(|error| match &error {
        // Somebody named the profile by hand at the install.
        error if error.message == "no profile is configured" => {
            configuration::installed_stack(context)
        }
        _ => Err(error),
    })?;
    let stack = if stack.profile.as_str() == receipt.profile {
        stack
    } else {
        configuration::installed_stack(context)?
    };
    let systemd = if context.paths.is_offline() {
        None
    } else {
        context.systemd().await.ok()
    };
    let running = match &systemd {
        Some(systemd) => {
            context.try_namespaces(systemd).await?;
            systemd.version().await.ok()
        }
        None => None,
    };
    let Some(version) = running.or_else(|| SystemdVersion::parse(&receipt.systemd)) else {
        return Ok(Pending::default());
    };
    let files = rendered(&stack, version, &context.facts(&stack)?)?;
    let found = install::found(&files, Some(receipt), context)?;
    let plan = plan::install(&files, &found, Some(receipt));
    let effect = match &systemd {
        Some(systemd) => {
            let effects =
                install::running::effects(&plan, &stack, Some(receipt), systemd, context).await?;
            // What does not run is no news here.
            Effects {
                starts: Vec::new(),
                ..effects
            }
            .sentence(false)
        }
        None => None,
    };
    Ok(Pending {
        changes: plan.changes,
        effect,
    })
}
