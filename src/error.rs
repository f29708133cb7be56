//! What went wrong, whose fault it is, and what to do: one error for all commands.
//!
//! The kind decides the exit code, exhaustively and nowhere else.

use std::fmt;

use crate::unit::RenderError;

/// Whose fault it is; the exit code follows from it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Done, but not with the result that was asked for: a unit failed, a time ran out.
    NotAsAsked,
    /// The command line makes no sense.
    Usage,
    /// The configuration is refused.
    Configuration,
    /// The machine refuses: no permission, no bus, no such user.
    Machine,
}

impl Kind {
    /// The documented exit code.
    #[must_use]
    pub fn exit_code(self) -> u8 {
        match self {
            Self::NotAsAsked => 1,
            Self::Usage => 2,
            Self::Configuration => 3,
            Self::Machine => 4,
        }
    }
}

/// An error for people.
#[derive(Debug)]
pub struct CommandError {
    /// Whose fault it is.
    pub kind: Kind,
    /// What was tried and what happened. Empty where everything has been said already.
    pub message: String,
    /// What to do now.
    pub hints: Vec<String>,
}

impl CommandError {
    /// An error with a message.
    pub fn new(kind: Kind, message: impl Into<String>) -> Self {
        Self {
            kind,
            message: message.into(),
            hints: Vec::new(),
        }
    }

    /// An error whose story has been told on the way.
    #[must_use]
    pub fn told(kind: Kind) -> Self {
        Self::new(kind, "")
    }

    /// The same with advice.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hints.push(hint.into());
        self
    }
}

impl fmt::Display for CommandError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.message)
    }
}

impl std::error::Error for CommandError {}

impl From<RenderError> for CommandError {
    fn from(error: RenderError) -> Self {
        let said = Self::new(Kind::Configuration, error.to_string());
        match error {
            RenderError::ControlCharacter { .. } => said,
            RenderError::LongArgument { .. } => {
                said.hint("put what it says into a file, and have the program read that")
            }
        }
    }
}
