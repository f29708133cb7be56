//! What an install would change now: for commands that change one thing and must not carry out the rest.

use crate::commands::{Context, configuration};
use crate::error::{CommandError, Kind};
use crate::host::systemd::Systemd;
use crate::plan::{self, Plan, Receipt};
use crate::spec::Stack;
use crate::unit::{Facts, rendered};

/// What an install of a stack would change.
pub(in crate::commands) async fn planned(
    stack: &Stack,
    facts: &Facts,
    receipt: &Receipt,
    systemd: &Systemd,
    context: &Context,
) -> Result<Plan, CommandError> {
    let version = systemd.version().await?;
    let files = rendered(stack, version, facts)?;
    let found = super::found(&files, Some(receipt), context)?;
    let plan = plan::install(&files, &found, Some(receipt));
    super::refuse_conflicts(&plan, context)?;
    Ok(plan)
}

/// Refuses to go on where an install would change anything: units would be written that nobody asked for.
pub(in crate::commands) async fn refuse(
    stack: &Stack,
    facts: &Facts,
    receipt: &Receipt,
    systemd: &Systemd,
    context: &Context,
) -> Result<(), CommandError> {
    let plan = planned(stack, facts, receipt, systemd, context).await?;
    if plan.is_empty() {
        return Ok(());
    }
    Err(CommandError::new(
        Kind::NotAsAsked,
        "the configuration has changed since the last install; nothing was changed",
    )
    .hint(format!(
        "install that first: {}",
        configuration::install_command(&receipt.profile, context)
    )))
}
