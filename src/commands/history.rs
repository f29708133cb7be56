//! `history`: what was installed when, by which juniperctl, and what changed.

use crate::error::CommandError;
use crate::output::installed::{Row, history, history_json};

use super::{Context, generations};

pub(super) fn run(context: &Context) -> Result<u8, CommandError> {
    let installed = context.receipt()?.map_or(0, |receipt| receipt.generation);
    let mut rows: Vec<Row> = Vec::new();
    for name in generations::list(context)? {
        let generation = generations::read(name, context).map_err(|error| error.message);
        rows.push((name, generation));
    }
    if context.json {
        context
            .terminal
            .line(&history_json(&rows, installed).to_string());
    } else if rows.is_empty() {
        context.terminal.say("nothing has been installed here yet");
    } else {
        context.terminal.data(&history(&rows, installed));
    }
    Ok(0)
}
