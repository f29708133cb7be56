//! The environment variables juniperctl reads, all of them.

use std::env;

/// Whether this machine is declared one where people rely on results.
#[must_use]
pub fn is_production() -> bool {
    env::var("JUNIPER_ENV").is_ok_and(|value| value == "production")
}

/// The main process of the service whose `ExecStartPost=` this is (systemd.exec(5), `$MAINPID`).
#[must_use]
pub fn main_process() -> Option<i32> {
    env::var("MAINPID")
        .ok()?
        .parse()
        .ok()
        .filter(|pid| *pid > 0)
}
