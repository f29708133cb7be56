//! `secret`: the keys of the services, stored, listed, replaced, taken away.
//!
//! A value is read from a terminal or a pipe, or made; it goes into its file and nowhere else.

use crate::cli::{Secret as Options, SecretAction};
use crate::error::{CommandError, Kind};
use crate::spec::Stack;
use crate::spec::name::SecretName;
use crate::spec::suggestion::nearest;

use super::Context;

mod consumers;
mod exposed;
mod list;
mod put;
mod remove;
mod site;
mod value;

pub(super) use exposed::values;

pub(super) async fn run(options: &Options, context: &Context) -> Result<u8, CommandError> {
    permitted(context)?;
    match &options.action {
        SecretAction::Set(options) => put::run(put::Verb::Set, options, context).await,
        SecretAction::Rotate(options) => put::run(put::Verb::Rotate, options, context).await,
        SecretAction::Remove(options) => remove::run(options, context).await,
        SecretAction::List => list::run(context).await,
    }
}

fn permitted(context: &Context) -> Result<(), CommandError> {
    if context.paths.is_offline() || context.may_change() {
        return Ok(());
    }
    let directory = context.paths.secrets();
    Err(CommandError::new(
        Kind::Machine,
        format!("secrets lie in {}, which takes root", directory.display()),
    )
    .hint("run it as root: sudo juniperctl secret ..."))
}

/// Refuses a name that no service of the stack takes.
fn known(name: &SecretName, stack: &Stack) -> Result<(), CommandError> {
    let secrets = stack.secrets();
    if secrets.contains(name) {
        return Ok(());
    }
    let names: Vec<&str> = secrets.into_iter().map(SecretName::as_str).collect();
    let error = CommandError::new(
        Kind::Usage,
        format!(
            "no service of profile {} takes a secret {name}",
            stack.profile
        ),
    );
    Err(match nearest(name.as_str(), names.iter().copied()) {
        Some(near) => error.hint(format!("did you mean {near}?")),
        None if names.is_empty() => error,
        None => error.hint(format!("these are taken: {}", names.join(", "))),
    }
    .hint("a service of your own takes one by [services.NAME.credentials] in /etc/juniper/juniper.toml"))
}
