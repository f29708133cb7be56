//! One change to a machine, and how it reads.

use super::difference::unified;
use crate::unit::group::READY;

/// Something an install or uninstall does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Change {
    /// Writes a unit file that is not there yet.
    Create {
        /// File name.
        name: String,
        /// Its text.
        text: String,
    },
    /// Replaces a unit file of ours.
    Rewrite {
        /// File name.
        name: String,
        /// What is there now.
        old: String,
        /// What will be.
        text: String,
    },
    /// Removes a unit file of ours; the unit is stopped first.
    Remove {
        /// File name.
        name: String,
        /// What is there now.
        old: String,
    },
}

impl Change {
    /// The unit file it is about.
    #[must_use]
    pub fn name(&self) -> &str {
        match self {
            Self::Create { name, .. } | Self::Rewrite { name, .. } | Self::Remove { name, .. } => {
                name
            }
        }
    }

    /// The text the file has afterwards; `None` where it is gone.
    #[must_use]
    pub fn text(&self) -> Option<&str> {
        match self {
            Self::Create { text, .. } | Self::Rewrite { text, .. } => Some(text),
            Self::Remove { .. } => None,
        }
    }

    /// The text the file has before; `None` where there is none.
    #[must_use]
    pub fn old(&self) -> Option<&str> {
        match self {
            Self::Create { .. } => None,
            Self::Rewrite { old, .. } | Self::Remove { old, .. } => Some(old),
        }
    }

    /// One line for people: what happens, and when it takes effect.
    #[must_use]
    pub fn line(&self) -> String {
        match self {
            Self::Create { name, .. } => format!("creates  {name}"),
            Self::Rewrite { name, .. } if name == READY || name.ends_with(".target") => {
                format!("rewrites {name}")
            }
            Self::Rewrite { name, .. } => {
                format!("rewrites {name}: takes effect at its next restart")
            }
            Self::Remove { name, .. } => format!("removes  {name}, after stopping it"),
        }
    }

    /// The lines that change in a file that stays, as a unified diff; nothing for other changes.
    #[must_use]
    pub fn difference(&self) -> String {
        match self {
            Self::Rewrite { name, old, text } => unified(
                [&format!("{name} (installed)"), &format!("{name} (new)")],
                old,
                text,
                1,
            ),
            Self::Create { .. } | Self::Remove { .. } => String::new(),
        }
    }
}
