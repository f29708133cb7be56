//! `network`: whose network the group lives in, and who is let out of its own.
//!
//! It says what is wanted; how units bring it about is decided in `unit`.

/// Whose network the services share.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Network {
    /// The machine's: every process on it can reach every service.
    #[default]
    Host,
    /// The group's own, with nothing but loopback; whoever is let out has a proxy at its address.
    Isolated,
}

impl Network {
    /// The words of the configuration.
    pub const WORDS: &'static [(&'static str, Self)] =
        &[("host", Self::Host), ("isolated", Self::Isolated)];

    /// Its word.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Host => "host",
            Self::Isolated => "isolated",
        }
    }

    /// Whether the group has a network of its own.
    #[must_use]
    pub fn is_isolated(self) -> bool {
        self == Self::Isolated
    }
}
