//! Going back to the environment from before, and removing those that nobody uses.

use std::path::Path;

use serde_json::{Value, json};

use crate::cli::Provision;
use crate::commands::Context;
use crate::error::CommandError;
use crate::host::provision::{switching, tree};
use crate::provision::CACHE;
use crate::provision::environment::Current;
use crate::provision::plan::{self, Pruned};
use crate::spec::ServiceName;

use super::{show, site};

pub(super) fn rollback(
    services: &[ServiceName],
    options: &Provision,
    context: &Context,
) -> Result<u8, CommandError> {
    // All are looked at before one is changed.
    let mut chosen = Vec::new();
    for service in services {
        let site = site(service, options.dry_run)?;
        let name = plan::rollback(service.as_str(), &site)?;
        chosen.push((service, site, name));
    }
    let mut told = Vec::new();
    for (service, site, name) in chosen {
        let was = match &site.current {
            Current::Named(was) => was.as_str(),
            _ => "nothing",
        };
        context
            .terminal
            .say(&format!("{service}: {name} instead of {was}"));
        if !options.dry_run {
            switching::switch(service.as_str(), &site, &name)?;
            show::still_running(service, context)?;
        }
        told.push(json!({
            "service": service.as_str(), "action": "switched", "environment": name, "previous": was,
        }));
    }
    finished(&told, options, context);
    Ok(0)
}

pub(super) fn prune(
    services: &[ServiceName],
    options: &Provision,
    context: &Context,
) -> Result<u8, CommandError> {
    let (mut told, mut refused) = (Vec::new(), false);
    for service in services {
        // Not `site`: what is half made is named, too.
        let found = tree::site(service.as_str())?;
        if !options.dry_run {
            switching::recover(service.as_str(), &found)?;
        }
        for one in plan::prune(&found) {
            let (name, action) = match &one {
                Pruned::Removed(name) | Pruned::Unfinished(name) => (name, "removed"),
                Pruned::InUse(name, _) => (name, "in_use"),
                Pruned::ByHand(name) => (name, "by_hand"),
            };
            let mut processes: Vec<u32> = Vec::new();
            match &one {
                Pruned::Removed(name) | Pruned::Unfinished(name) => {
                    let what = if matches!(one, Pruned::Unfinished(_)) {
                        " (half made)"
                    } else {
                        ""
                    };
                    context
                        .terminal
                        .say(&format!("{service}: removes {name}{what}"));
                    if !options.dry_run {
                        tree::remove(service.as_str(), name)?;
                    }
                }
                Pruned::InUse(name, users) => {
                    refused = true;
                    processes.extend(users.iter().map(|user| user.pid));
                    context.terminal.error(&format!(
                        "{service}: {name} stays, because {} with it\n\
                         hint: when it suits: sudo juniperctl restart {service}, then again: sudo juniperctl provision --prune {service}",
                        show::run(users)
                    ));
                }
                Pruned::ByHand(name) => context.terminal.say(&format!(
                    "{service}: {name} stays, because juniperctl did not make it; when nobody needs it: sudo rm -r {}",
                    tree::of_service(service.as_str()).join(name).display()
                )),
            }
            told.push(json!({
                "service": service.as_str(), "action": action, "environment": name, "processes": processes,
            }));
        }
        if !options.dry_run {
            switching::forget(service.as_str())?;
        }
    }
    if told.is_empty() {
        context.terminal.say("nothing to remove");
    }
    if !options.dry_run {
        // What was kept of downloads that came to nothing.
        tree::removed(&Path::new(CACHE).join("wheels"))?;
        tree::removed(&Path::new(CACHE).join("scratch"))?;
    }
    finished(&told, options, context);
    Ok(u8::from(refused))
}

fn finished(told: &[Value], options: &Provision, context: &Context) {
    if context.json {
        let all = json!({ "version": 1, "dry_run": options.dry_run, "services": told });
        context.terminal.line(&all.to_string());
    } else if options.dry_run {
        context.terminal.say("nothing was changed");
    }
}
