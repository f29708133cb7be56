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
    first_directory("RUNTIME_DIRECTORY")
}

/// The state directory of the unit that this runs in (systemd.exec(5), `$STATE_DIRECTORY`).
#[must_use]
pub fn state_directory() -> Option<PathBuf> {
    first_directory("STATE_DIRECTORY")
}

fn first_directory(variable: &str) -> Option<PathBuf> {
    let directories = env::var_os(variable)?;
    env::split_paths(&directories).next()
}
