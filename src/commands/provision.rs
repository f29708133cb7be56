//! `provision`: the Python environments of the services are made, switched, gone back from, removed.
//!
//! Running services are not touched: each keeps to the environment that it was started with.

mod changes;
mod make;
mod show;
mod survey;

use std::path::{Path, PathBuf};

use crate::cli::Provision;
use crate::error::{CommandError, Kind};
use crate::host::lock::Lock;
use crate::host::provision::{switching, tree};
use crate::host::{Files, accounts};
use crate::provision::environment::Site;
use crate::provision::{BUILDER, PREFIX, is_provided};
use crate::spec::{ServiceName, Stack};

use super::{Context, configuration};

/// The user that the services run as.
const SERVICES: &str = "juniper";

pub(super) async fn run(options: &Provision, context: &Context) -> Result<u8, CommandError> {
    context.online("making environments")?;
    if context.is_user() {
        return Err(CommandError::new(
            Kind::Usage,
            format!("the environments below {PREFIX} are the machine's, for all its users; leave out --user"),
        )
        .hint("sudo juniperctl provision: your own units run from them, too"));
    }
    let stack = configuration::installed_stack(context)?;
    let services = chosen(options, &stack)?;
    let lock = if options.dry_run {
        None
    } else {
        Some(taken(context)?)
    };
    if options.rollback {
        changes::rollback(&services, options, context)
    } else if options.prune {
        changes::prune(&services, options, context)
    } else {
        make::run(&services, &stack, options, lock.as_ref(), context).await
    }
}

/// The services that are meant: the named ones, or all of the profile that run from an environment of ours.
fn chosen(options: &Provision, stack: &Stack) -> Result<Vec<ServiceName>, CommandError> {
    if !options.services.is_empty() {
        let mut named = options.services.clone();
        named.dedup();
        return Ok(named);
    }
    let provided: Vec<ServiceName> = stack
        .services
        .iter()
        .filter(|service| {
            service
                .managed()
                .and_then(|managed| managed.command.first())
                .is_some_and(|program| is_provided(service.name.as_str(), program.as_str()))
        })
        .map(|service| service.name.clone())
        .collect();
    if provided.is_empty() {
        return Err(CommandError::new(
            Kind::NotAsAsked,
            format!(
                "no service of the profile {} runs from {PREFIX}: there is nothing to make",
                stack.profile
            ),
        )
        .hint("name the services: sudo juniperctl provision data cascor"));
    }
    Ok(provided)
}

/// The right to change environments, which no second juniperctl has meanwhile.
fn taken(context: &Context) -> Result<Lock, CommandError> {
    if !accounts::is_root() {
        return Err(CommandError::new(
            Kind::Machine,
            format!("the environments below {PREFIX} are root's"),
        )
        .hint("sudo juniperctl provision; packages are fetched and installed by a user without rights all the same"));
    }
    for name in [BUILDER, SERVICES] {
        if accounts::account(name).is_none() {
            return Err(CommandError::new(Kind::Machine, format!("there is no user {name}"))
                .hint(format!("the package makes it; by hand: sudo useradd --system --user-group --home-dir / --shell /usr/sbin/nologin {name}")));
        }
    }
    Files::make_directory(Path::new(PREFIX))?;
    let path = PathBuf::from(PREFIX).join(".juniperctl.lock");
    Lock::take(&path, |who| {
        context
            .terminal
            .say(&format!("waiting for {who} to finish"));
    })
}

/// What lies below a service's directory, after what an interrupted run left has been ended.
fn site(service: &ServiceName, dry_run: bool) -> Result<Site, CommandError> {
    let found = tree::site(service.as_str())?;
    if dry_run {
        return Ok(found);
    }
    switching::recover(service.as_str(), &found)?;
    for name in &found.unfinished {
        tree::remove(service.as_str(), name)?;
    }
    Ok(tree::site(service.as_str())?)
}
