//! What systemd-analyze(1) says of units that are not in place yet.

use std::io;
use std::path::Path;

use crate::commands::Context;
use crate::error::{CommandError, Kind};
use crate::host::analyze;

/// Refuses staged units about which it says anything. What it says of drop-ins and of units of others is told
/// as a warning: it has been so before.
pub(super) fn staged(
    directory: &Path,
    names: &[&str],
    context: &Context,
) -> Result<(), CommandError> {
    if names.is_empty() {
        return Ok(());
    }
    let said = analyze::verify(directory, names, context.is_user()).map_err(|error| {
        let told = CommandError::new(
            Kind::Machine,
            format!("cannot verify the units with systemd-analyze: {error}; nothing was changed"),
        );
        if error.kind() == io::ErrorKind::NotFound {
            told.hint("it belongs to systemd: sudo apt install --reinstall systemd")
        } else {
            told
        }
    })?;
    for line in &said.of_others {
        // What stands in a drop-in of ours is for its administrator to know; the rest has been so before.
        if line.contains("/juniper") {
            context.terminal.error(&format!("warning: {line}"));
        } else {
            context.terminal.detail(line);
        }
    }
    if said.of_ours.is_empty() {
        return Ok(());
    }
    for line in &said.of_ours {
        context.terminal.error(&format!("error: {line}"));
    }
    Err(CommandError::new(
        Kind::Machine,
        "systemd-analyze finds fault with the new units; nothing was changed",
    )
    .hint("where a drop-in is to blame correct it (`systemctl cat UNIT` shows all); otherwise please report these lines"))
}
