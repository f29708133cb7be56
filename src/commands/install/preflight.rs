//! What the units will need, looked for before anything is written.

use crate::commands::Context;
use crate::error::{CommandError, Kind};
use crate::host::{Files, accounts};
use crate::spec::Stack;

/// What the units need and this machine lacks.
pub(super) fn preflight(stack: &Stack, context: &Context) -> Result<(), CommandError> {
    let account = accounts::user_exists("juniper") && accounts::group_exists("juniper");
    if !context.paths.is_offline() && !account {
        return Err(CommandError::new(Kind::Machine, "the user or the group juniper does not exist")
            .hint("the package makes both; by hand: sudo useradd --system --user-group --home-dir / --shell /usr/sbin/nologin juniper"));
    }
    let there = |path: &str| Files::is_program(&context.paths.at(path));
    let gate = stack.juniperctl.as_str();
    if !there(gate) {
        return Err(CommandError::new(Kind::Machine, format!("the units call {gate}, but there is no such program"))
            .hint("install the package, copy this program there, or set juniperctl = \"/where/it/is\" in /etc/juniper/juniper.toml"));
    }
    for service in &stack.services {
        let Some(managed) = service.managed() else {
            continue;
        };
        if let Some(program) = managed
            .command
            .first()
            .filter(|program| !there(program.as_str()))
        {
            context.terminal.error(&format!(
                "warning: {} cannot start yet: {program} is not there\nhint: install it there, or correct services.{}.command",
                service.name, service.name
            ));
        }
    }
    Ok(())
}
