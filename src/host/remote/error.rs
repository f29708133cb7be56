//! What can go wrong on the way to another machine, told so that a person knows what to do.

use std::time::Duration;

use crate::error::{CommandError, Kind};

/// A failed conversation with another machine.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RemoteError {
    /// ssh(1) cannot be run here.
    #[error("cannot run ssh: {0}")]
    NoProgram(String),
    /// There is no connection.
    #[error("cannot reach it over ssh: {said}")]
    Unreachable {
        /// What ssh said.
        said: String,
    },
    /// The connection was there and is gone.
    #[error("the connection is lost")]
    Lost,
    /// Nothing came within the time that it may take.
    #[error("no answer to {tried} within {limit:?}")]
    Late {
        /// What was tried.
        tried: String,
        /// How long it may take.
        limit: Duration,
    },
    /// Something else was wrong.
    #[error("cannot {tried}: {said}")]
    Failed {
        /// What was tried.
        tried: String,
        /// What was said about it.
        said: String,
    },
}

impl RemoteError {
    pub(super) fn failed(tried: &str, said: &(impl ToString + ?Sized)) -> Self {
        Self::Failed {
            tried: tried.to_owned(),
            said: said.to_string(),
        }
    }

    /// Whether it is the way there that is broken, and not what was asked for.
    #[must_use]
    pub fn is_of_the_way(&self) -> bool {
        !matches!(self, Self::Failed { .. } | Self::NoProgram(_))
    }
}

impl From<RemoteError> for CommandError {
    fn from(error: RemoteError) -> Self {
        let told = Self::new(Kind::Machine, error.to_string());
        match error {
            RemoteError::NoProgram(_) => told.hint("sudo apt install openssh-client"),
            RemoteError::Unreachable { said } if said.contains("Host key verification") => {
                told.hint("connect once by hand and compare its key: ssh HOST")
            }
            RemoteError::Unreachable { said } if said.contains("Permission denied") => told.hint(
                "no passwords are asked for: have the key in an agent, or name it in ~/.ssh/config",
            ),
            _ => told,
        }
    }
}
