//! The generations that are kept: listed, written, read, and the oldest thrown away.

use crate::error::{CommandError, Kind};
use crate::host::Files;
use crate::ordered;
use crate::plan::Generation;
use crate::plan::generation::{FileName, surplus};

use super::Context;

/// Those that are there, oldest first.
pub(super) fn list(context: &Context) -> Result<Vec<FileName>, CommandError> {
    let mut names: Vec<FileName> = Files::names(&context.paths.generations())?
        .iter()
        .filter_map(|name| FileName::parse(name))
        .collect();
    ordered::sort(&mut names);
    Ok(names)
}

/// The number of the next one. An installation that was uninstalled begins anew.
pub(super) fn next(context: &Context) -> Result<u32, CommandError> {
    let last = list(context)?.last().map_or(0, |name| name.number);
    Ok(last.saturating_add(1))
}

/// Reads one.
///
/// # Errors
/// It is gone, damaged, or of a newer juniperctl.
pub(super) fn read(name: FileName, context: &Context) -> Result<Generation, CommandError> {
    let path = context.paths.generations().join(name.written());
    let Some(text) = Files::read(&path)? else {
        return Err(CommandError::new(
            Kind::NotAsAsked,
            format!("there is no generation {}", name.number),
        ));
    };
    Generation::parse(&text).map_err(|error| {
        CommandError::new(
            Kind::Machine,
            format!("cannot use the generation {}: {error}", path.display()),
        )
        .hint("`juniperctl history` lists the others; nothing needs this one")
    })
}

/// Writes one beside the others.
///
/// # Errors
/// It cannot be written.
pub(super) fn write(generation: &Generation, context: &Context) -> Result<(), CommandError> {
    let text = generation
        .written()
        .map_err(|error| CommandError::new(Kind::Machine, error.to_string()))?;
    let directory = context.paths.generations();
    Files::make_directory(&directory)?;
    Ok(Files::replace(
        &directory.join(generation.file().written()),
        &text,
    )?)
}

/// Throws away those that are too many. One that cannot be removed now is next time.
pub(super) fn prune(context: &Context) {
    let gone = list(context).map(|names| surplus(&names));
    for name in gone.into_iter().flatten() {
        let path = context.paths.generations().join(name.written());
        if let Err(error) = Files::remove(&path) {
            context.terminal.detail(&error.to_string());
        }
    }
}
