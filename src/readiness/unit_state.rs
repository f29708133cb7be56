//! The state of a unit as systemd reports it, in closed words, and why a unit failed.
//!
//! Pure: filled in by `host::systemd`, read by commands.

use crate::spec::text::for_terminal;

/// What `systemctl is-active` says.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum ActiveState {
    /// Running.
    Active,
    /// Not running, and not failed.
    #[default]
    Inactive,
    /// Given up.
    Failed,
    /// On its way up; also the pause before an automatic restart.
    Activating,
    /// On its way down.
    Deactivating,
    /// A word of a newer systemd.
    Other(String),
}

impl ActiveState {
    /// Reads systemd's word.
    #[must_use]
    pub fn parse(word: &str) -> Self {
        match word {
            "active" => Self::Active,
            "inactive" => Self::Inactive,
            "failed" => Self::Failed,
            "activating" => Self::Activating,
            "deactivating" => Self::Deactivating,
            other => Self::Other(for_terminal(other, 40)),
        }
    }

    /// systemd's word.
    #[must_use]
    pub fn word(&self) -> &str {
        match self {
            Self::Active => "active",
            Self::Inactive => "inactive",
            Self::Failed => "failed",
            Self::Activating => "activating",
            Self::Deactivating => "deactivating",
            Self::Other(word) => word,
        }
    }
}

/// One unit.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct UnitState {
    /// Whether systemd has a file for it.
    pub found: bool,
    /// Its state.
    pub active: ActiveState,
    /// The finer state: `running`, `start-post`, `auto-restart`, `dead`.
    pub sub: String,
    /// Whether a job for it is queued or running.
    pub has_job: bool,
    /// Its D-Bus object.
    pub object: String,
    /// When it came into this state, in microseconds since 1970.
    pub since_microseconds: Option<u64>,
    /// Why it is no longer running: `success`, `exit-code`, `signal`, `timeout`, `start-limit-hit`.
    pub result: String,
    /// Automatic restarts so far.
    pub restarts: u64,
    /// Its main process; 0 for none.
    pub main_pid: u64,
    /// Its memory in bytes, where systemd accounts for it.
    pub memory: Option<u64>,
    /// Its processor time in nanoseconds, where systemd accounts for it.
    pub processor: Option<u64>,
    /// Exit status of the main process, or the number of the signal that ended it.
    pub exit_status: u64,
    /// What the unit said of itself last (`sd_notify(3)`, `STATUS=`).
    pub status_text: String,
    /// Its runtime directory below systemd's own, if it has one.
    pub runtime_directory: Option<String>,
    /// When its main process was last started, in microseconds since the machine's boot.
    pub started_at: u64,
    /// The same, in microseconds since 1970.
    pub started_at_wall: u64,
    /// When its present or last activation began, in microseconds since the machine's boot.
    pub activating_at: u64,
    /// The same, in microseconds since 1970.
    pub activating_at_wall: u64,
    /// When it last became active, in microseconds since the machine's boot.
    pub ready_at: u64,
}

/// How the watcher of a start begins what it says when it gives up.
pub const NOT_READY: &str = "not ready after ";

/// How the gate begins what it says when it refuses a start for the sake of a GPU.
pub const GIVEN_UP: &str = "given up: ";

/// The starts within a minute after which systemd gives up: `StartLimitBurst=` of the units.
pub const START_LIMIT: u64 = 5;

impl UnitState {
    /// Whether it is waiting to come up, or about to be tried again.
    #[must_use]
    pub fn is_coming(&self) -> bool {
        self.active == ActiveState::Activating
            || (self.active == ActiveState::Inactive && self.has_job)
    }

    /// Whether systemd has started it, ready or not; one that failed and is about to be tried again
    /// is not.
    #[must_use]
    pub fn is_started(&self) -> bool {
        match self.active {
            ActiveState::Active => true,
            ActiveState::Activating => !self.sub.starts_with("auto-restart"),
            _ => false,
        }
    }

    /// Whether its gate and its watcher are at work; what they wait for is in the status.
    #[must_use]
    pub fn is_starting(&self) -> bool {
        self.active == ActiveState::Activating
            && matches!(self.sub.as_str(), "start" | "start-post")
    }

    /// Why it does not run, and what to do; `None` for one that runs.
    #[must_use]
    pub fn explanation(&self) -> Option<String> {
        if !self.found {
            return Some("its unit is not installed".to_owned());
        }
        match self.active {
            ActiveState::Active | ActiveState::Activating | ActiveState::Deactivating => None,
            ActiveState::Inactive if self.has_job => None,
            ActiveState::Inactive => Some("it is stopped".to_owned()),
            ActiveState::Failed if self.is_given_up() => Some(format!(
                "{}; given up after {} starts, `juniperctl start` tries again",
                self.failure(),
                self.restarts.max(START_LIMIT)
            )),
            ActiveState::Failed | ActiveState::Other(_) => Some(self.failure()),
        }
    }

    fn is_given_up(&self) -> bool {
        self.result == "start-limit-hit" || self.restarts >= START_LIMIT - 1
    }

    /// What ended it, from systemd's result and the exit status (systemd.exec(5), "PROCESS EXIT
    /// CODES"; 3 is uvicorn's start-up failure, 69, 75, 98 and 203 are the gate's).
    #[must_use]
    pub fn failure(&self) -> String {
        match (self.result.as_str(), self.exit_status) {
            ("start-limit-hit", _) => "it failed again and again".to_owned(),
            // The watcher of the start ended it and had said why.
            ("exit-code" | "signal" | "core-dump", _)
                if self.status_text.starts_with(NOT_READY) =>
            {
                for_terminal(&self.status_text, 200)
            }
            ("exit-code", 69) if self.status_text.starts_with(GIVEN_UP) => {
                for_terminal(&self.status_text, 200)
            }
            ("timeout", _) => "it was not ready in time".to_owned(),
            // The failure is the watcher's: a program that ends cleanly later on has not failed.
            ("exit-code", 0) => "it ended before it was ready".to_owned(),
            ("oom-kill", _) => "the kernel killed it for lack of memory".to_owned(),
            ("signal" | "core-dump", signal) => format!("it was killed by signal {signal}"),
            ("watchdog", _) => "it was killed because it hung".to_owned(),
            ("exit-code", 69) => "its GPU has a fault that no restart cures".to_owned(),
            ("exit-code", 72) => {
                "it may not open its GPU; its journal says what is missing".to_owned()
            }
            ("exit-code", 75) => "a service it depends on was not ready in time".to_owned(),
            ("exit-code", 98) => "its port is taken by another process".to_owned(),
            ("exit-code", 203) => "its program cannot be run".to_owned(),
            ("exit-code", 200) => "its working directory is missing".to_owned(),
            // systemd says the same of a user namespace that it cannot make for `PrivateUsers=` (measured).
            ("exit-code", 217) => {
                "the user juniper does not exist, or the kernel makes no user namespaces (sysctl \
                 user.max_user_namespaces)"
                    .to_owned()
            }
            ("exit-code", 226) => "its sandbox could not be set up".to_owned(),
            ("exit-code", 243) => {
                "a secret could not be handed to it: is it there, and stored on this machine?"
                    .to_owned()
            }
            ("exit-code", status) => format!("it ended with status {status}"),
            (other, _) => format!("it ended with the result {}", for_terminal(other, 40)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{ActiveState, UnitState};

    fn failed(result: &str, exit_status: u64) -> UnitState {
        UnitState {
            found: true,
            active: ActiveState::Failed,
            result: result.to_owned(),
            exit_status,
            ..UnitState::default()
        }
    }

    #[test]
    fn failures_are_told_in_words() {
        for (state, told) in [
            (
                failed("exit-code", 98),
                "its port is taken by another process",
            ),
            (failed("exit-code", 203), "its program cannot be run"),
            (
                failed("exit-code", 217),
                "the user juniper does not exist, or the kernel makes no user namespaces (sysctl user.max_user_namespaces)",
            ),
            (
                failed("exit-code", 243),
                "a secret could not be handed to it: is it there, and stored on this machine?",
            ),
            (failed("signal", 9), "it was killed by signal 9"),
            (failed("exit-code", 0), "it ended before it was ready"),
            (
                UnitState {
                    status_text: "not ready after 60 s: data is down".to_owned(),
                    ..failed("signal", 6)
                },
                "not ready after 60 s: data is down",
            ),
            (
                UnitState {
                    status_text: "not ready after 60 s: disk is full".to_owned(),
                    ..failed("exit-code", 0)
                },
                "not ready after 60 s: disk is full",
            ),
            (failed("exit-code", 3), "it ended with status 3"),
            (
                UnitState {
                    restarts: 5,
                    ..failed("exit-code", 3)
                },
                "it ended with status 3; given up after 5 starts, `juniperctl start` tries again",
            ),
            (
                failed("exit-code", 69),
                "its GPU has a fault that no restart cures",
            ),
            (
                UnitState {
                    status_text: "given up: GPU 0000:3b:00 has fallen off the bus".to_owned(),
                    ..failed("exit-code", 69)
                },
                "given up: GPU 0000:3b:00 has fallen off the bus",
            ),
            (
                failed("start-limit-hit", 1),
                "it failed again and again; given up after 5 starts, `juniperctl start` tries again",
            ),
            (UnitState::default(), "its unit is not installed"),
        ] {
            assert_eq!(state.explanation().as_deref(), Some(told));
        }
        let running = UnitState {
            active: ActiveState::Active,
            ..failed("success", 0)
        };
        assert_eq!(running.explanation(), None);
    }
}
