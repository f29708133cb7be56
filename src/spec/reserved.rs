//! Environment variables that systemd makes for each start, and that no configuration may make up.
//!
//! A value in a unit takes the place of systemd's own (measured). The watcher would then follow another process,
//! the service would look for its secrets or its directories elsewhere, or talk to systemd by a socket
//! that is not there. Variables that only describe the user, such as `HOME`, are the site's to set.
//! Nothing here knows where a variable is written.

use super::fault::Problem;
use super::name::EnvironmentName;

/// What systemd sets for processes of a service (systemd.exec(5), "Environment variables set or
/// propagated"), up to 262. Whole names: a service may well have a `WATCHDOG_INTERVAL` of its own.
const RESERVED: [&str; 37] = [
    "CACHE_DIRECTORY",
    "CONFIGURATION_DIRECTORY",
    "CREDENTIALS_DIRECTORY",
    "DEBUG_INVOCATION",
    "EXIT_CODE",
    "EXIT_STATUS",
    "FDSTORE",
    "INVOCATION_ID",
    "JOURNAL_STREAM",
    "LISTEN_FDNAMES",
    "LISTEN_FDS",
    "LISTEN_PID",
    "LISTEN_PIDFDID",
    "LOGS_DIRECTORY",
    "MAINPID",
    "MAINPIDFDID",
    "MANAGERPID",
    "MANAGERPIDFDID",
    "MEMORY_PRESSURE_WATCH",
    "MEMORY_PRESSURE_WRITE",
    "MONITOR_EXIT_CODE",
    "MONITOR_EXIT_STATUS",
    "MONITOR_INVOCATION_ID",
    "MONITOR_SERVICE_RESULT",
    "MONITOR_UNIT",
    "NOTIFY_SOCKET",
    "PIDFILE",
    "REMOTE_ADDR",
    "REMOTE_PORT",
    "RUNTIME_DIRECTORY",
    "SERVICE_RESULT",
    "STATE_DIRECTORY",
    "SYSTEMD_EXEC_PID",
    "TRIGGER_UNIT",
    "TRIGGER_TIMER_REALTIME_USEC",
    "WATCHDOG_PID",
    "WATCHDOG_USEC",
];

/// Takes the name of a variable that the configuration may set.
///
/// # Errors
/// It is no name, or systemd's own.
pub fn settable(text: &str) -> Result<EnvironmentName, Problem> {
    let name = EnvironmentName::parse(text)?;
    if RESERVED.contains(&text) {
        return Err(Problem::invalid(
            "systemd sets this one itself at each start; a value from here would take its place",
        )
        .help("take it out; what systemd hands over is described in systemd.exec(5)"));
    }
    Ok(name)
}

#[cfg(test)]
mod tests {
    use super::{RESERVED, settable};

    #[test]
    fn what_systemd_sets_is_its_own_and_nothing_else() {
        for name in RESERVED {
            assert!(settable(name).is_err(), "{name}");
        }
        for name in ["HOME", "PATH", "WATCHDOG_INTERVAL", "MY_MAINPID", "mainpid"] {
            assert!(settable(name).is_ok(), "{name}");
        }
        assert!(settable("A B").is_err());
    }
}
