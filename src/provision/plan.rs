//! What is to be done: which environment is made, switched to, left alone or removed.
//!
//! What a person made by hand is never removed, and nothing that a process runs with is.

use crate::error::{CommandError, Kind};

use super::environment::{Current, Environment, Site, User};
use super::lock::Lock;

/// What is done for one service.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Action {
    /// An environment of this name is made, then used.
    Make(String),
    /// One that is there already is used.
    Switch(String),
    /// Nothing.
    Leave(Left),
}

/// Why nothing is done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Left {
    /// It is what the lock file says.
    Current(String),
    /// Another is in use; only `--upgrade` replaces it.
    Other(String),
    /// Somebody made it by hand; only `--upgrade` replaces it.
    ByHand,
}

/// What is done to have a service's environment as its lock file says; what works already stays unless
/// `upgrade`.
#[must_use]
pub fn wanted(site: &Site, lock: &Lock, upgrade: bool) -> Action {
    let is_it = |one: &&Environment| {
        one.works()
            && one
                .record
                .as_ref()
                .and_then(|record| Lock::parse(&record.lock).ok())
                .is_some_and(|made| made.is_same_as(lock))
    };
    let by_hand = |site: &Site| match &site.current {
        Current::Directory | Current::Elsewhere(_) => true,
        Current::Missing => false,
        Current::Named(name) => site
            .named(name)
            .is_some_and(|one| one.record.is_none() && one.works()),
    };
    if let Current::Named(name) = &site.current
        && let Some(used) = site.named(name).filter(|one| one.works())
    {
        if is_it(&used) {
            return Action::Leave(Left::Current(name.clone()));
        }
        if !upgrade && used.record.is_some() {
            return Action::Leave(Left::Other(name.clone()));
        }
    }
    if !upgrade && by_hand(site) {
        return Action::Leave(Left::ByHand);
    }
    match site.environments.iter().find(is_it) {
        Some(ready) => Action::Switch(ready.name.clone()),
        None => Action::Make(site.free(&lock.environment())),
    }
}

/// The environment that was in use before.
///
/// # Errors
/// There is none, or it does not work any more.
pub fn rollback(service: &str, site: &Site) -> Result<String, CommandError> {
    let refused = |message: String| CommandError::new(Kind::NotAsAsked, message);
    let Some(name) = &site.previous else {
        return Err(refused(format!(
            "{service} has no environment from before to go back to; nothing was changed"
        )));
    };
    match site.named(name) {
        Some(one) if one.works() => Ok(name.clone()),
        Some(_) => Err(refused(format!(
            "the environment {name} of {service} does not work any more: its Python is gone; nothing was changed"
        ))
        .hint(format!("make one anew: sudo juniperctl provision --upgrade {service}"))),
        None => Err(refused(format!(
            "the environment {name} of {service} was removed; nothing was changed"
        ))),
    }
}

/// What becomes of one environment when others than the one in use are removed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Pruned {
    /// It goes.
    Removed(String),
    /// It goes: it was left half made.
    Unfinished(String),
    /// It stays: these run with it.
    InUse(String, Vec<User>),
    /// It stays: somebody made it by hand.
    ByHand(String),
}

/// What becomes of all environments but the one in use.
#[must_use]
pub fn prune(site: &Site) -> Vec<Pruned> {
    let others = site
        .environments
        .iter()
        .filter(|one| site.current != Current::Named(one.name.clone()));
    let judged = others.map(|one| match (&one.record, one.users.as_slice()) {
        (None, _) => Pruned::ByHand(one.name.clone()),
        (Some(_), []) => Pruned::Removed(one.name.clone()),
        (Some(_), users) => Pruned::InUse(one.name.clone(), users.to_vec()),
    });
    let unfinished = site.unfinished.iter().cloned().map(Pruned::Unfinished);
    judged.chain(unfinished).collect()
}
