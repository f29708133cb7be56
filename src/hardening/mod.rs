//! The sandbox as data: each directive with the systemd that has it and what it denies.
//!
//! One table, [`table::SANDBOX`]; a service gets every directive of it that its systemd knows and
//! that its configuration does not relax. Nothing here writes a unit.

pub mod table;

use table::{Directive, SANDBOX};

use crate::unit::version::SystemdVersion;

/// The directives that a systemd of this version understands, in the order of the unit.
pub fn known_to(version: SystemdVersion) -> impl Iterator<Item = &'static Directive> {
    SANDBOX
        .iter()
        .filter(move |directive| version.has(directive.since))
}

/// Names that `relax` may turn off.
pub fn relaxable() -> impl Iterator<Item = &'static str> {
    SANDBOX.iter().map(|directive| directive.name)
}

/// Whether `relax` may turn a directive off.
#[must_use]
pub fn is_relaxable(name: &str) -> bool {
    relaxable().any(|known| known == name)
}
