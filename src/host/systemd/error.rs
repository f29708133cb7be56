//! What can go wrong on the bus, told so that a person knows what to do.

use crate::error::{CommandError, Kind};

/// A failed conversation with systemd.
#[derive(Debug, thiserror::Error)]
pub enum BusError {
    /// There is nobody to talk to.
    #[error("cannot reach systemd over the system bus: {0}")]
    Unreachable(String),
    /// There is no manager of this user.
    #[error("cannot reach your own systemd: nothing answers below {runtime} ({answer})")]
    NoUserManager {
        /// The user's runtime directory.
        runtime: String,
        /// What came instead.
        answer: String,
        /// Whether it runs all the same: then there is no bus to reach it by.
        runs: bool,
    },
    /// We may not do this.
    #[error("may not {tried}: {answer}")]
    Denied {
        /// What was tried.
        tried: String,
        /// What the bus said.
        answer: String,
    },
    /// systemd does not know the unit.
    #[error("cannot {tried}: {answer}")]
    NoSuchUnit {
        /// What was tried.
        tried: String,
        /// What systemd said.
        answer: String,
    },
    /// systemd refused.
    #[error("cannot {tried}: {answer}")]
    Refused {
        /// What was tried.
        tried: String,
        /// What systemd said.
        answer: String,
    },
    /// The answer makes no sense.
    #[error("{0}")]
    Answer(String),
}

impl BusError {
    pub(super) fn unreachable(error: &zbus::Error) -> Self {
        Self::Unreachable(text(error))
    }

    /// The bare reason.
    pub(super) fn told(self) -> String {
        match self {
            Self::Unreachable(told) => told,
            other => other.to_string(),
        }
    }

    pub(super) fn call(tried: &str, error: &zbus::Error) -> Self {
        let (tried, answer) = (tried.to_owned(), text(error));
        let name = match error {
            zbus::Error::MethodError(name, _, _) => name.to_string(),
            zbus::Error::FDO(inner) => match **inner {
                zbus::fdo::Error::AccessDenied(_)
                | zbus::fdo::Error::InteractiveAuthorizationRequired(_)
                | zbus::fdo::Error::AuthFailed(_) => return Self::Denied { tried, answer },
                _ => String::new(),
            },
            zbus::Error::InputOutput(_) => return Self::Unreachable(answer),
            _ => String::new(),
        };
        match name.as_str() {
            "org.freedesktop.systemd1.NoSuchUnit" => Self::NoSuchUnit { tried, answer },
            name if name.contains("AuthorizationRequired") || name.contains("AccessDenied") => {
                Self::Denied { tried, answer }
            }
            _ => Self::Refused { tried, answer },
        }
    }
}

/// The message without the type names around it.
fn text(error: &zbus::Error) -> String {
    match error {
        zbus::Error::MethodError(name, None, _) => name.to_string(),
        zbus::Error::MethodError(_, Some(message), _) => message.clone(),
        zbus::Error::InputOutput(error) => error.to_string(),
        other => other.to_string(),
    }
}

impl From<BusError> for CommandError {
    fn from(error: BusError) -> Self {
        let message = error.to_string();
        match error {
            BusError::Unreachable(_) => Self::new(Kind::Machine, message)
                .hint("is systemd running here? `systemctl is-system-running` asks the same bus")
                .hint("where it runs and its bus does not: sudo apt install dbus && sudo systemctl start dbus.socket")
                .hint("to work on a directory tree without systemd, use --root DIR"),
            BusError::NoUserManager { runs: true, .. } => Self::new(Kind::Machine, message).hint(
                "your systemd runs, but there is no bus of yours to reach it by: sudo apt install dbus-user-session, then log in again",
            ),
            BusError::NoUserManager { .. } => Self::new(Kind::Machine, message)
                .hint("a user's systemd runs from log-in to log-out: log in by ssh, at the console or by `machinectl shell`, not by su or sudo")
                .hint("to have it run from boot on, without anybody logged in: loginctl enable-linger")
                .hint("where it runs and only the shell does not know of it: export XDG_RUNTIME_DIR=/run/user/$(id -u)"),
            BusError::Denied { .. } => {
                Self::new(Kind::Machine, message).hint("run it as root: sudo juniperctl ...")
            }
            BusError::NoSuchUnit { .. } => Self::new(Kind::NotAsAsked, message)
                .hint("nothing is installed yet: sudo juniperctl install"),
            BusError::Refused { .. } | BusError::Answer(_) => Self::new(Kind::NotAsAsked, message),
        }
    }
}
