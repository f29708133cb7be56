//! What surrounds the process: the environment variables juniperctl reads, all of them, and the boot.

use std::env;
use std::path::PathBuf;

use super::accounts;
use super::paths::UserDirectories;

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

/// Where the manager makes runtime directories, as the machine's first process sees it: a line of a unit with `+`
/// runs as root and with all rights, but still with the unit's own view of `/run` (measured: 252 and 257 leave
/// `TemporaryFileSystem=` in force).
#[must_use]
pub fn runtime_directories(is_user: bool) -> PathBuf {
    if is_user {
        user_directories().runtime
    } else {
        PathBuf::from("/proc/1/root/run")
    }
}

/// Where a process may have small private files and sockets until it ends: in memory, where there is such a
/// place for this user (`$XDG_RUNTIME_DIR`), or for root.
#[must_use]
pub fn runtime_base() -> PathBuf {
    match env::var_os("XDG_RUNTIME_DIR").map(PathBuf::from) {
        Some(directory) if directory.is_absolute() && directory.is_dir() => directory,
        _ if accounts::is_root() => PathBuf::from("/run"),
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

/// The processor that programs run on (uname(2)): `x86_64`, `aarch64`.
#[must_use]
pub fn processor() -> String {
    rustix::system::uname()
        .machine()
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

/// The directories of this user (the XDG Base Directory Specification), as the user's manager has them, too.
#[must_use]
pub fn user_directories() -> UserDirectories {
    let home = env::var_os("HOME")
        .map(PathBuf::from)
        .filter(|home| home.is_absolute())
        .unwrap_or_else(accounts::own_home);
    let said = |variable: &str| {
        env::var_os(variable)
            .map(PathBuf::from)
            .filter(|directory| directory.is_absolute())
    };
    let runtime = format!("/run/user/{}", rustix::process::geteuid().as_raw());
    UserDirectories {
        configuration: said("XDG_CONFIG_HOME").unwrap_or_else(|| home.join(".config")),
        state: said("XDG_STATE_HOME").unwrap_or_else(|| home.join(".local/state")),
        cache: said("XDG_CACHE_HOME").unwrap_or_else(|| home.join(".cache")),
        runtime: said("XDG_RUNTIME_DIR").unwrap_or_else(|| PathBuf::from(runtime)),
    }
}

/// Where the bus of this user's session is said to be (`$DBUS_SESSION_BUS_ADDRESS`).
#[must_use]
pub fn session_bus() -> Option<String> {
    env::var("DBUS_SESSION_BUS_ADDRESS").ok()
}

fn first_directory(variable: &str) -> Option<PathBuf> {
    let directories = env::var_os(variable)?;
    env::split_paths(&directories).next()
}
