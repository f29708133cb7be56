//! The configuration as the watchdog's user sees it: a file that only root may read leaves it without one.
//!
//! It holds no secret, by the same rules by which it is read, and the units say the same to everybody.
//! Nothing is opened to anybody from here: who closed it may have had a reason.

use std::path::PathBuf;

use crate::host::{Files, accounts};
use crate::unit::act::USER;

use super::Context;

/// Says which files of the configuration the watchdog cannot read. Only root can tell, and only of this
/// machine.
pub(super) fn warn(context: &Context) {
    if let Some(path) = closed(context) {
        let path = path.display();
        context.terminal.error(&format!(
            "warning: the watchdog's user, {USER}, may not read {path}: it would watch over nothing\n\
             hint: it holds no secret: sudo chmod a+rX {path}; directories above it must let others \
             through, too"
        ));
    }
}

/// The first file of the configuration that the watchdog cannot read, where it can be told.
pub(super) fn closed(context: &Context) -> Option<PathBuf> {
    if context.paths.is_offline() || context.is_user() || !accounts::is_root() {
        return None;
    }
    let watchdog = accounts::account(USER)?;
    let directory = context.paths.drop_ins();
    let drop_ins = Files::names(&directory).unwrap_or_default();
    [context.paths.configuration().to_owned(), directory.clone()]
        .into_iter()
        .chain(
            drop_ins
                .iter()
                .map(|name| directory.join(name))
                .filter(|path| path.extension().is_some_and(|kind| kind == "toml")),
        )
        .filter(|path| Files::exists(path))
        .find(|path| !accounts::may_read(watchdog, path))
}
