//! The sandbox as data: which directives a unit gets, which it does without and why, and how exposed
//! that leaves it.
//!
//! One table, [`table::SANDBOX`]; a unit gets every directive of it that its systemd knows, that its
//! [`Profile`] does not leave out and that its configuration does not relax. Nothing here writes a unit.

pub mod attempts;
pub mod audit;
pub mod budget;
pub mod exposure;
pub mod profile;
pub mod reference;
pub mod table;
pub mod unprivileged;

use std::collections::BTreeMap;

pub use exposure::Exposure;
pub use profile::Profile;

use crate::spec::network::Network;
use crate::spec::text::Line;
use crate::unit::manager::Manager;
use crate::unit::version::SystemdVersion;
use table::{Directive, ISOLATED, SANDBOX};
use unprivileged::Fit;

/// What becomes of the table for one unit.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Sandbox {
    /// Directives that the unit has, in order.
    pub applied: Vec<(&'static str, &'static str)>,
    /// Directives that it does without, or with less.
    pub relaxed: Vec<Relaxed>,
}

/// A directive that a unit does without, or with less.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Relaxed {
    /// Its name.
    pub name: &'static str,
    /// What it is instead; `None` where it is off.
    pub instead: Option<&'static str>,
    /// Why.
    pub reason: String,
    /// Who says so.
    pub by: By,
}

/// Who relaxed a directive.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum By {
    /// The unit's profile.
    Profile(Profile),
    /// What the site's configuration makes necessary.
    Configuration,
    /// The site itself, by `relax`.
    Site,
    /// The manager, which is a user's.
    Manager,
}

impl Sandbox {
    /// What the unit does without by itself, its own configuration, or the site.
    pub fn by_unit(&self) -> impl Iterator<Item = &Relaxed> {
        self.relaxed
            .iter()
            .filter(|one| one.by != By::Manager || one.instead.is_some())
    }

    /// What it does without because its manager cannot do it: directives with the same reason together.
    #[must_use]
    pub fn by_manager(&self) -> Vec<(String, &str)> {
        let mut told: Vec<(String, &str)> = Vec::new();
        for one in &self.relaxed {
            if one.by != By::Manager || one.instead.is_some() {
                continue;
            }
            match told.iter_mut().find(|(_, reason)| *reason == one.reason) {
                Some((names, _)) => {
                    names.push_str(", ");
                    names.push_str(one.name);
                    names.push('=');
                }
                None => told.push((format!("{}=", one.name), &one.reason)),
            }
        }
        told
    }

    /// That of a profile on a systemd of this version. `relax` is what the site turned off, `implied`
    /// what its configuration rules out.
    #[must_use]
    pub fn of(
        profile: Profile,
        version: SystemdVersion,
        network: Network,
        manager: &Manager,
        relax: &BTreeMap<String, Line>,
        implied: impl Fn(&str) -> Option<String>,
    ) -> Self {
        let mut sandbox = Self::default();
        for directive in rows(network) {
            let Some(mut value) = directive.value(version) else {
                continue;
            };
            let fit = unprivileged::fit(directive.name, profile, version, manager);
            if let Fit::Instead(other) = fit {
                value = other;
            }
            let exception = profile.exception(directive.name);
            let relaxed = if let Some(reason) = relax.get(directive.name) {
                Some((None, reason.as_str().to_owned(), By::Site))
            } else if let Some(reason) = implied(directive.name) {
                Some((None, reason, By::Configuration))
            } else if let Some(exception) = exception.filter(|one| one.instead.is_none()) {
                Some((None, exception.reason.to_owned(), By::Profile(profile)))
            } else if let Fit::Off(reason) = fit {
                Some((None, reason.to_owned(), By::Manager))
            } else if let Fit::Less(value, reason) = fit {
                Some((Some(value), reason.to_owned(), By::Manager))
            } else {
                exception.map(|exception| {
                    let reason = exception.reason.to_owned();
                    (exception.instead, reason, By::Profile(profile))
                })
            };
            let Some((instead, reason, by)) = relaxed else {
                sandbox.applied.push((directive.name, value));
                continue;
            };
            if let Some(instead) = instead {
                sandbox.applied.push((directive.name, instead));
            }
            // A directive may have several rows; one reason is enough.
            if sandbox.relaxed.iter().all(|one| one.name != directive.name) {
                sandbox.relaxed.push(Relaxed {
                    name: directive.name,
                    instead,
                    reason,
                    by,
                });
            }
        }
        sandbox
    }
}

/// The rows of the table that apply in a network.
fn rows(network: Network) -> impl Iterator<Item = &'static Directive> {
    let isolated = if network.is_isolated() { ISOLATED } else { &[] };
    let replaced = move |row: &'static Directive| {
        isolated
            .iter()
            .find(|other| other.name == row.name)
            .unwrap_or(row)
    };
    let more = isolated
        .iter()
        .filter(|row| SANDBOX.iter().all(|other| other.name != row.name));
    SANDBOX.iter().map(replaced).chain(more)
}

/// Names that `relax` may turn off. Whoever left the group's network alone would reach nobody.
pub fn relaxable() -> impl Iterator<Item = &'static str> {
    SANDBOX.iter().map(|directive| directive.name)
}

/// Whether `relax` may turn a directive off.
#[must_use]
pub fn is_relaxable(name: &str) -> bool {
    relaxable().any(|known| known == name)
}

#[cfg(test)]
mod tests {
    use super::{By, Profile, Sandbox};
    use crate::spec::network::Network;
    use crate::spec::text::Line;
    use crate::unit::SystemdVersion;
    use crate::unit::manager::Manager;
    use std::collections::BTreeMap;

    #[test]
    fn the_site_is_heard_before_the_profile() {
        let reason = Line::parse("a debugger").unwrap();
        let relax = BTreeMap::from([("MemoryDenyWriteExecute".to_owned(), reason)]);
        let sandbox = Sandbox::of(
            Profile::MachineLearning,
            SystemdVersion::NEWEST,
            Network::Host,
            &Manager::System,
            &relax,
            |_| None,
        );
        let relaxed: Vec<_> = sandbox
            .relaxed
            .iter()
            .map(|one| (one.name, one.by))
            .collect();
        assert_eq!(
            relaxed,
            [
                ("ProcSubset", By::Profile(Profile::MachineLearning)),
                ("MemoryDenyWriteExecute", By::Site)
            ]
        );
    }

    fn of(version: SystemdVersion, network: Network) -> Sandbox {
        Sandbox::of(
            Profile::Network,
            version,
            network,
            &Manager::System,
            &BTreeMap::new(),
            |_| None,
        )
    }

    #[test]
    fn an_isolated_network_adds_to_the_table() {
        let temporary = |sandbox: &Sandbox| {
            let values: Vec<_> = sandbox
                .applied
                .iter()
                .filter(|(name, _)| *name == "PrivateTmp")
                .map(|(_, value)| *value)
                .collect();
            values
        };
        let new = of(SystemdVersion::NEWEST, Network::Isolated);
        assert!(new.applied.contains(&("PrivateNetwork", "yes")));
        assert_eq!(temporary(&new), ["disconnected"]);
        let old = of(SystemdVersion::OLDEST, Network::Isolated);
        assert!(old.applied.contains(&("PrivateNetwork", "yes")));
        assert_eq!(temporary(&old), ["yes"]);
        let host = of(SystemdVersion::NEWEST, Network::Host);
        assert!(
            host.applied
                .iter()
                .all(|(name, _)| *name != "PrivateNetwork")
        );
        assert_eq!(temporary(&host), ["yes"]);
    }

    #[test]
    fn an_old_systemd_gets_only_what_it_knows() {
        let old = of(SystemdVersion::OLDEST, Network::Host);
        assert!(old.applied.iter().all(|(name, _)| *name != "PrivateIPC"));
        assert!(old.applied.contains(&("ProtectProc", "invisible")));
    }
}
