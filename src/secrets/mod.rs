//! The secrets of a machine: what lies in their directory, what a value may be, how one is typed.
//!
//! Pure: entries of a directory and keystrokes come in as values. `host` reads and writes them; units are
//! told by [`Store`] alone how to get at one. No value is ever printed or put into an error from here.

pub mod stored;
pub mod typed;
pub mod value;

pub use stored::{Entry, Stored, Unfit, stored};
pub use typed::{Typed, Typing};
pub use value::SecretValue;

use crate::spec::name::SecretName;
use crate::unit::manager::Manager;

/// Where secrets lie on a machine: root's alone.
pub const DIRECTORY: &str = "/etc/juniper/secrets";

/// How the file of an encrypted secret ends.
pub const ENCRYPTED: &str = ".cred";

/// The first systemd that reads encrypted credentials (systemd-creds(1)).
pub const ENCRYPTS: u32 = 250;

/// How a secret is stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Store {
    /// As it is.
    Plain,
    /// Encrypted by `systemd-creds encrypt` with the machine's own key.
    Encrypted,
}

impl Store {
    /// The name of a secret's file.
    #[must_use]
    pub fn file(self, name: &SecretName) -> String {
        match self {
            Self::Plain => name.to_string(),
            Self::Encrypted => format!("{name}{ENCRYPTED}"),
        }
    }

    /// The file's path on the machine.
    #[must_use]
    pub fn path(self, name: &SecretName) -> String {
        format!("{DIRECTORY}/{}", self.file(name))
    }

    /// The same as a unit of this manager names it.
    #[must_use]
    pub fn path_for(self, name: &SecretName, manager: &Manager) -> String {
        match manager {
            Manager::System => self.path(name),
            Manager::User(_) => format!("%E/juniper/secrets/{}", self.file(name)),
        }
    }

    /// The directive by which systemd hands it over.
    #[must_use]
    pub fn directive(self) -> &'static str {
        match self {
            Self::Plain => "LoadCredential",
            Self::Encrypted => "LoadCredentialEncrypted",
        }
    }
}
