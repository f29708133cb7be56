//! The values of secrets of this machine, for whoever hands them on to another.

use std::collections::BTreeSet;

use crate::commands::{Context, configuration};
use crate::error::{CommandError, Kind};
use crate::host::{Files, secrets};
use crate::secrets::{SecretValue, Store};
use crate::spec::name::SecretName;

/// The values of those of these secrets that are stored.
///
/// # Errors
/// They are not for this user, or one cannot be read.
pub(in crate::commands) fn values(
    wanted: &BTreeSet<&SecretName>,
    context: &Context,
) -> Result<Vec<(SecretName, SecretValue)>, CommandError> {
    let stack = configuration::installed_stack(context)?;
    let Some(stored) = context.secrets(&stack)? else {
        let demanded = context.handed_over()?;
        return match wanted.iter().find(|name| demanded.contains_key(**name)) {
            None => Ok(Vec::new()),
            Some(name) => Err(CommandError::new(
                Kind::Machine,
                format!("{name} is needed there, and reading it takes root"),
            )
            .hint("run it as root: sudo juniperctl -H ...")),
        };
    };
    let mut values = Vec::new();
    for name in wanted {
        let Some(stored) = stored.get(*name) else {
            continue;
        };
        let path = context.paths.secrets().join(stored.store.file(name));
        let text = Files::read(&path)?.unwrap_or_default();
        let text = match stored.store {
            Store::Plain => text,
            Store::Encrypted => secrets::decrypted(name, &text).map_err(|error| {
                CommandError::new(Kind::Machine, format!("cannot decrypt {name}: {error}"))
            })?,
        };
        let value = SecretValue::parse(&text).map_err(|why| {
            CommandError::new(
                Kind::Machine,
                format!("the value of {name} is unfit: {why}"),
            )
        })?;
        values.push(((*name).clone(), value));
    }
    Ok(values)
}
