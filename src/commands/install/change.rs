//! A change of some units of an installation that is there, for commands that change one thing.

use std::path::PathBuf;

use crate::commands::Context;
use crate::error::CommandError;
use crate::host::systemd::Systemd;
use crate::plan::{Plan, Receipt};

use super::apply::tell_watchdog;
use super::transaction::{Transaction, Wanted};

/// Carries the plan out whole or not at all, adds to the receipt the directories made for it, and tells
/// systemd and the watchdog.
///
/// # Errors
/// The units are those from before.
pub(in crate::commands) async fn carry_out(
    command: &'static str,
    plan: &Plan,
    receipt: &Receipt,
    made: &[PathBuf],
    systemd: &Systemd,
    context: &Context,
) -> Result<(), CommandError> {
    let wanted = Wanted {
        command,
        changes: &plan.changes,
        receipt: receipt.clone().with_units(&plan.changes),
        made,
        enables: false,
        taken_over: &[],
    };
    Transaction::stage(&wanted, Some(systemd), context)?
        .carry_out(Some(systemd))
        .await?;
    tell_watchdog(systemd, context).await;
    Ok(())
}
