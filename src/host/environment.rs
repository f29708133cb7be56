//! What surrounds the process: the environment variables juniperctl reads, all of them, and the boot.

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

/// Where systemd puts the secrets of the unit that this runs in (systemd.exec(5),
/// `$CREDENTIALS_DIRECTORY`).
#[must_use]
pub fn credentials_directory() -> Option<PathBuf> {
    env::var_os("CREDENTIALS_DIRECTORY").map(PathBuf::from)
}

/// Where a process may have small private files and sockets until it ends: in memory, where there is such a
/// place for this user (`$XDG_RUNTIME_DIR`), or for root.
#[must_use]
pub fn runtime_base() -> PathBuf {
    match env::var_os("XDG_RUNTIME_DIR").map(PathBuf::from) {
        Some(directory) if directory.is_absolute() && directory.is_dir() => directory,
        _ if super::accounts::is_root() => PathBuf::from("/run"),
        _ => env::temp_dir(),
    }
}

/// The name of this machine (uname(2)).
#[must_use]
pub fn host_name() -> String {
    rustix::system::uname()
        .nodename()
        .to_string_lossy()
        .into_owned()
}

/// The main process of the unit that this runs in beside it (systemd.exec(5), `$MAINPID`).
#[must_use]
pub fn main_process() -> Option<i32> {
    env::var("MAINPID").ok()?.parse().ok()
}

/// The name of the start that this belongs to, the same for all command lines of a unit
/// (systemd.exec(5), `$INVOCATION_ID`); empty outside of one.
#[must_use]
pub fn invocation() -> String {
    env::var("INVOCATION_ID").unwrap_or_default()
}

/// The name of this boot of the machine (random(4)); empty where the kernel does not tell.
#[must_use]
pub fn boot() -> String {
    std::fs::read_to_string("/proc/sys/kernel/random/boot_id")
        .map(|text| text.trim().to_owned())
        .unwrap_or_default()
}

/// The GPUs that CUDA is told to look at (`$CUDA_VISIBLE_DEVICES`); `None` where it is not told.
#[must_use]
pub fn visible_gpus() -> Option<String> {
    env::var("CUDA_VISIBLE_DEVICES").ok()
}

fn first_directory(variable: &str) -> Option<PathBuf> {
    let directories = env::var_os(variable)?;
    env::split_paths(&directories).next()
}
