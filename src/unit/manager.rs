//! Whose manager runs the units: the system's, or that of one user.
//!
//! A user's manager has no rights beyond the user's own. What follows from that for a unit is asked here
//! and in `hardening::unprivileged`; how such a manager is reached is `host`'s.

use std::collections::BTreeMap;

use crate::spec::text::{AbsolutePath, Text};

/// Whose manager it is.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Manager {
    /// The system's: it runs as root, and services as users of their own.
    #[default]
    System,
    /// A user's: everything runs as that user.
    User(UserManager),
}

/// What the units of a user's manager depend on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UserManager {
    /// Whether it may make namespaces.
    pub namespaces: Namespaces,
    /// Where juniperctl and the watchdog keep what they know.
    pub records: AbsolutePath,
    /// What must be shown to a service whose programs lie where the sandbox hides everything, by program.
    pub programs: BTreeMap<Text, Vec<AbsolutePath>>,
}

/// Whether an ordinary user may make namespaces on a machine; most of the sandbox takes them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Namespaces {
    /// It was tried, or is taken for granted.
    Allowed,
    /// It was tried, and refused.
    Refused,
}

/// Directories that `ProtectHome=` hides.
pub const HIDDEN: [&str; 3] = ["/home", "/root", "/run/user"];

impl Manager {
    /// That of a user, if it is one.
    #[must_use]
    pub fn user(&self) -> Option<&UserManager> {
        match self {
            Self::System => None,
            Self::User(user) => Some(user),
        }
    }

    /// Whether it is a user's.
    #[must_use]
    pub fn is_user(&self) -> bool {
        self.user().is_some()
    }

    /// Whether units may have mounts of their own.
    #[must_use]
    pub fn mounts(&self) -> bool {
        self.user()
            .is_none_or(|user| user.namespaces == Namespaces::Allowed)
    }

    /// The target that starts when it does.
    #[must_use]
    pub fn default_target(&self) -> &'static str {
        match self {
            Self::System => "multi-user.target",
            Self::User(_) => "default.target",
        }
    }

    /// What stands between the program and its first argument: units of a user's manager say so.
    #[must_use]
    pub fn option(&self) -> &'static str {
        match self {
            Self::System => "",
            Self::User(_) => " --user",
        }
    }

    /// Where the credentials of a unit are that systemd of an old release has no specifier for.
    #[must_use]
    pub fn credentials(&self) -> &'static str {
        match self {
            Self::System => "/run/credentials/%n",
            Self::User(_) => "%t/credentials/%n",
        }
    }

    /// The site's file as units name it.
    #[must_use]
    pub fn configuration(&self) -> &'static str {
        match self {
            Self::System => "/etc/juniper/juniper.toml",
            Self::User(_) => "~/.config/juniper/juniper.toml",
        }
    }

    /// The command that lays a drop-in over a unit.
    #[must_use]
    pub fn edit(&self) -> &'static str {
        match self {
            Self::System => "systemctl edit",
            Self::User(_) => "systemctl --user edit",
        }
    }
}

/// Whether `ProtectHome=` hides a path.
#[must_use]
pub fn is_hidden(path: &str) -> bool {
    HIDDEN.iter().any(|directory| {
        path.strip_prefix(directory)
            .is_some_and(|rest| rest.starts_with('/'))
    })
}

#[cfg(test)]
mod tests {
    use super::is_hidden;

    #[test]
    fn what_the_sandbox_hides() {
        for (path, hidden) in [
            ("/home/lena/venv/bin/python", true),
            ("/root/x", true),
            ("/run/user/1000/bus", true),
            ("/homes/lena", false),
            ("/home", false),
            ("/opt/juniper/data", false),
        ] {
            assert_eq!(is_hidden(path), hidden, "{path}");
        }
    }
}
