//! `incidents`: what the watchdog saw and did, newest last.

use crate::cli::Incidents as Options;
use crate::error::CommandError;
use crate::output::incidents::{json, text};

use super::Context;
use super::watchdog::Records;

pub(super) fn run(options: &Options, context: &Context) -> Result<u8, CommandError> {
    let incidents = Records::at(context).all_incidents()?;
    let first = incidents.len().saturating_sub(options.last);
    let shown = incidents.get(first..).unwrap_or_default();
    if context.json {
        context.terminal.line(&json(shown).to_string());
    } else if shown.is_empty() {
        context.terminal.say("there was no incident");
    } else {
        context.terminal.data(&text(shown));
    }
    Ok(0)
}
