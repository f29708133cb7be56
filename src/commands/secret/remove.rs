//! `secret remove`: who loses it is said, then the units stop asking for it, then the file goes.
//!
//! The units first: one that asks for a file that is not there does not start.

use crate::cli::RemoveSecret;
use crate::commands::Context;
use crate::error::{CommandError, Kind};
use crate::host::Files;

use super::site::{Site, show};

pub(super) async fn run(options: &RemoveSecret, context: &Context) -> Result<u8, CommandError> {
    let name = &options.name;
    let lock = context.locked()?;
    let site = Site::look(context).await?;
    let Some(stored) = site.stored.get(name) else {
        let error = CommandError::new(Kind::NotAsAsked, format!("{name} is not set"));
        return Err(error.hint("`juniperctl secret list` names those that are"));
    };
    let plan = site.plan(name, None, context).await?;
    let path = context.paths.secrets().join(stored.store.file(name));
    context
        .terminal
        .say(&format!("removes  {}", path.display()));
    show(plan.as_ref(), context);
    let lose: Vec<String> = site
        .stack
        .consumers(name)
        .into_iter()
        .map(|(member, credential)| {
            let label = member.label();
            if credential.enforce.is_some() {
                format!("{label} (which then answers without a key)")
            } else {
                label
            }
        })
        .collect();
    if !lose.is_empty() {
        context
            .terminal
            .say(&format!("loses it: {}", lose.join(", ")));
    }
    let restarts = !options.no_restart;
    let running = site.holders(name, restarts, context).await?;
    context.agreed("do this?", options.yes)?;
    site.rewrite(plan.as_ref(), &[], context).await?;
    Files::remove(&path)?;
    context.terminal.say(&format!("removed {name}"));
    drop(lock);
    site.renew(&running, restarts, context).await
}
