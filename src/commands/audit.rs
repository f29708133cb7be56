//! `audit`: how exposed each unit is, against its budget, and what each does without and why.
//!
//! Computed from the units as configured; where they are installed and systemd can tell (release 250 and
//! later), systemd's own figure for what lies there, drop-ins included, stands beside it.

use crate::cli::Audit;
use crate::error::CommandError;
use crate::hardening::Exposure;
use crate::hardening::audit::{self, Audited};
use crate::host::{Files, analyze};
use crate::output::audit::{Row, json, text};
use crate::unit::{SystemdVersion, rendered};

use super::{Context, configuration, gpus};

/// The first systemd that tells the exposure of a file.
const OFFLINE: u32 = 250;

pub(super) async fn run(options: &Audit, context: &Context) -> Result<u8, CommandError> {
    let stack = match &options.profile {
        Some(_) => configuration::stack(options.profile.as_ref(), context)?,
        None => configuration::installed_stack(context)?,
    };
    let version = match options.systemd {
        Some(version) => version,
        None => running(context).await,
    };
    let gpus = gpus::section(&stack, context);
    let facts = context.facts(&stack)?;
    let files = rendered(&stack, version, &facts)?;
    let rows: Vec<Row> = audit::of(&stack, &files, version, &facts.manager)
        .into_iter()
        .map(|audited| Row {
            measured: measured(&audited, version, context),
            audited,
        })
        .collect();
    if context.json {
        let told = json(stack.profile.as_str(), &version.to_string(), &rows, &gpus);
        context.terminal.line(&told.to_string());
    } else {
        let told = text(stack.profile.as_str(), &version.to_string(), &rows, &gpus);
        context.terminal.data(&told);
    }
    Ok(u8::from(rows.iter().any(Row::is_over_budget)))
}

/// The running systemd, or the newest that is known where none can be asked.
async fn running(context: &Context) -> SystemdVersion {
    if context.paths.is_offline() {
        return SystemdVersion::NEWEST;
    }
    let asked = match context.systemd().await {
        Ok(systemd) => systemd.version().await,
        Err(error) => Err(error),
    };
    asked.unwrap_or_else(|error| {
        context.terminal.detail(&format!(
            "systemd cannot be asked ({error}): computed for {}",
            SystemdVersion::NEWEST
        ));
        SystemdVersion::NEWEST
    })
}

/// What systemd itself says of the installed unit.
fn measured(audited: &Audited, version: SystemdVersion, context: &Context) -> Option<Exposure> {
    // It takes every unit that names no user for root's, those of a user's manager, too.
    if context.is_user() {
        return None;
    }
    let path = context.paths.units().join(&audited.unit);
    let can = !context.paths.is_offline() && version.has(OFFLINE) && Files::exists(&path);
    if !can {
        return None;
    }
    match analyze::exposure(&path) {
        Ok(exposure) => Some(exposure),
        Err(error) => {
            context.terminal.error(&format!(
                "warning: systemd-analyze does not tell the exposure of {}: {error}",
                path.display()
            ));
            None
        }
    }
}
