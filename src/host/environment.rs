//! The environment variables juniperctl reads, all of them.

use std::env;
use std::path::PathBuf;

/// Whether this machine is declared one where people rely on results.
#[must_use]
pub fn is_production() -> bool {
    env::var("JUNIPER_ENV").is_ok_and(|value| value == "production")
}

/// The runtime directory of the unit that this runs in (systemd.exec(5), `$RUNTIME_DIRECTORY`).
#[must_use]
pub fn runtime_directory() -> Option<PathBuf> {
    let directories = env::var_os("RUNTIME_DIRECTORY")?;
    env::split_paths(&directories).next()
}
