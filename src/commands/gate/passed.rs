//! When a service passed its gate, remembered in its runtime directory.
//!
//! systemd only knows when the gate began and when the service was ready; whether a dependency was
//! lost since lies between the two.

use std::path::PathBuf;

use crate::error::CommandError;
use crate::host::{Files, clock, environment};
use crate::readiness::unit_state::UnitState;

const FILE: &str = "passed-gate";

/// Remembers that the service whose unit this runs in passes its gate now.
pub(super) fn note() -> Result<(), CommandError> {
    if let Some(directory) = environment::runtime_directory() {
        let text = format!("{}\n", clock::monotonic_microseconds());
        Files::replace(&directory.join(FILE), &text)?;
    }
    Ok(())
}

/// When another service did, in microseconds since the machine's boot. Where that is not known, when
/// it was ready.
pub(super) fn when(state: &UnitState) -> u64 {
    let noted = state.runtime_directory.as_ref().and_then(|below| {
        let path = PathBuf::from("/run").join(below).join(FILE);
        let text = Files::read(&path).ok().flatten()?;
        text.trim().parse().ok()
    });
    noted.unwrap_or(state.ready_at)
}
