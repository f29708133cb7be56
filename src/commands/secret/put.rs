//! `secret set` and `secret rotate`: what would change is shown, then the file is written, then the units
//! that hand it over, then those that hold an earlier value are restarted.
//!
//! The file first: were the machine to die in between, the next install would finish the work.

use crate::cli::PutSecret;
use crate::commands::{Context, configuration};
use crate::error::{CommandError, Kind};
use crate::host::{Files, secrets};
use crate::output::moment::moment;
use crate::secrets::{SecretValue, Store, Stored};

use super::site::{Site, show};
use super::{known, value};

/// Which of the two.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Verb {
    /// For the first time.
    Set,
    /// In place of an earlier value.
    Rotate,
}

pub(super) async fn run(
    verb: Verb,
    options: &PutSecret,
    context: &Context,
) -> Result<u8, CommandError> {
    let name = &options.name;
    known(name, &configuration::installed_stack(context)?)?;
    refuse(verb, options, &Site::look(context).await?)?;
    // Before the lock: a person may take their time.
    let wanted = value::wanted(options, context)?;
    let lock = context.locked()?;
    let site = Site::look(context).await?;
    let before = site.stored.get(name).copied();
    if let Some(before) = before
        && value::is_stored(name, before, &wanted, context)?
    {
        context
            .terminal
            .say(&format!("nothing to change: {name} has that value already"));
        return Ok(0);
    }
    if let (Verb::Set, Some(before)) = (verb, before) {
        return Err(is_set(options, before));
    }
    let version = site.running.as_ref().map(|running| running.version);
    let (store, text) = value::sealed(name, &wanted, version, context);
    let plan = site.plan(name, Some(store), context).await?;
    let path = context.paths.secrets().join(store.file(name));
    let how = match store {
        Store::Plain => "root's alone",
        Store::Encrypted => "root's alone, encrypted for this machine",
    };
    let does = if before.is_some() {
        "replaces"
    } else {
        "creates "
    };
    context
        .terminal
        .say(&format!("{does} {}, {how}", path.display()));
    show(plan.as_ref(), context);
    let restarts = !options.no_restart;
    let running = site.holders(name, restarts, context).await?;
    context.agreed("do this?", options.yes)?;
    let made = secrets::make_directory(&context.paths.secrets())?;
    let old = Files::read(&path)?;
    Files::replace_private(&path, &text)?;
    if let Err(error) = site.rewrite(plan.as_ref(), &made, context).await {
        match old {
            Some(old) => Files::replace_private(&path, &old)?,
            None => Files::remove(&path)?,
        }
        return Err(error);
    }
    forget_other(name, before, store, context)?;
    told(options, &wanted, &site, context);
    // What follows changes no file, and may take minutes.
    drop(lock);
    site.renew(&running, restarts, context).await
}

/// What can be refused before anybody has typed anything.
fn refuse(verb: Verb, options: &PutSecret, site: &Site) -> Result<(), CommandError> {
    let name = &options.name;
    match (verb, site.stored.get(name)) {
        (Verb::Set, Some(before)) if options.generate => Err(is_set(options, *before)),
        (Verb::Rotate, None) => Err(CommandError::new(
            Kind::NotAsAsked,
            format!("{name} is not set yet"),
        )
        .hint(format!("set it: sudo juniperctl secret set {name}"))),
        _ => Ok(()),
    }
}

fn is_set(options: &PutSecret, before: Stored) -> CommandError {
    let name = &options.name;
    CommandError::new(
        Kind::NotAsAsked,
        format!(
            "{name} is set since {}; nothing was changed",
            moment(before.since)
        ),
    )
    .hint(format!("replace it: sudo juniperctl secret rotate {name}"))
}

/// What was stored in the other way before.
fn forget_other(
    name: &crate::spec::name::SecretName,
    before: Option<Stored>,
    now: Store,
    context: &Context,
) -> Result<(), CommandError> {
    match before {
        Some(before) if before.store != now => {
            let path = context.paths.secrets().join(before.store.file(name));
            Ok(Files::remove(&path)?)
        }
        _ => Ok(()),
    }
}

fn told(options: &PutSecret, value: &SecretValue, site: &Site, context: &Context) {
    let name = &options.name;
    if site.receipt.is_none() || site.running.is_none() {
        context
            .terminal
            .say(&format!("stored {name}: the next install hands it over"));
    } else {
        context.terminal.say(&format!("stored {name}"));
    }
    if options.show {
        context.terminal.line(value.exposed());
    }
}
