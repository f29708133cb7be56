//! The README's three commands, each once, on a server with a GPU whose environments are there already.
//!
//! That they make them, too, is seen by `lab prepare --real`, which has no other way to them.

use juniper_lab::{BootOptions, Command, Suite, real};

use super::super::lab::{Outcome, claim, exits, has, machine};

/// Nothing is configured, written or started before; what is left as it is must not be touched.
pub(super) fn bring_the_services_up() -> Outcome {
    let environments = real::prepared()?.ok_or("the real services are not prepared")?;
    let machine = machine(Suite::Trixie, environments.given(BootOptions::default()))?;
    machine.succeed_with(Command::shell(real::DRIVER))?;
    let said = exits(
        &machine,
        "juniperctl provision && juniperctl install --now && juniperctl health",
        0,
    )?;
    has(
        &said.stdout,
        &["the group is ready", "data", "cascor", "canopy", "worker@1"],
    )?;
    let left = said.stderr.matches("is in use, as the lock file says");
    claim(left.count() == real::SERVICES.len(), &said.stderr)?;
    claim(!said.stderr.contains("makes"), &said.stderr)
}
