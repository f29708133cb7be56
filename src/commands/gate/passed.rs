//! When a service passed its gate, remembered in its runtime directory.
//!
//! systemd only knows when the gate began and when the service was ready; whether a dependency was
//! lost since lies between the two. And it is by this mark that the watcher of a start learns that the
//! gate becomes the program. It is a symbolic link: whole from the moment it is there, and made even
//! where the disk is full. It outlives the start (`RuntimeDirectoryPreserve=`), so it names the one that
//! made it.

use std::path::Path;

use crate::error::{CommandError, Kind};
use crate::host::directory_events::DirectoryEvents;
use crate::host::{Files, environment};
use crate::readiness::unit_state::UnitState;

const NAME: &str = "passed-gate";

/// What the mark says.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Mark {
    /// In microseconds since the machine's boot.
    at: u64,
    /// The start that passed.
    invocation: String,
}

impl Mark {
    fn parse(text: &str) -> Option<Self> {
        let (at, invocation) = text.split_once(' ')?;
        Some(Self {
            at: at.parse().ok()?,
            invocation: invocation.to_owned(),
        })
    }

    fn written(&self) -> String {
        format!("{} {}", self.at, self.invocation)
    }

    fn read(directory: &Path) -> Option<Self> {
        Self::parse(&Files::read_link(&directory.join(NAME))?)
    }
}

/// Remembers that the service whose unit this runs in passes its gate, by what it was told at this moment,
/// in microseconds since the machine's boot.
pub(super) fn note(at: u64) -> Result<(), CommandError> {
    if let Some(directory) = environment::runtime_directory() {
        let mark = Mark {
            at,
            invocation: environment::invocation(),
        };
        Files::replace_link(&directory.join(NAME), &mark.written())?;
    }
    Ok(())
}

/// Whether the start that this belongs to has passed its gate.
pub(super) fn is_noted() -> bool {
    environment::runtime_directory().is_some_and(|directory| is_noted_in(&directory))
}

fn is_noted_in(directory: &Path) -> bool {
    Mark::read(directory).is_some_and(|mark| mark.invocation == environment::invocation())
}

/// Waits until the start that this belongs to has passed its gate.
pub(super) async fn awaited() -> Result<(), CommandError> {
    let Some(directory) = environment::runtime_directory() else {
        return Err(CommandError::new(
            Kind::Usage,
            "the unit has no RuntimeDirectory= in which its gate could say that it was passed",
        ));
    };
    let failed = |error: std::io::Error| {
        let what = format!("cannot watch {}: {error}", directory.display());
        CommandError::new(Kind::Machine, what)
    };
    // Before the first look, so that no mark falls between the two.
    let events = DirectoryEvents::of(&directory).map_err(failed)?;
    while !is_noted_in(&directory) {
        events.next().await.map_err(failed)?;
    }
    Ok(())
}

/// When another service did, in microseconds since the machine's boot. Where that is not known, when
/// it was ready.
pub(super) fn when(state: &UnitState, is_user: bool) -> u64 {
    let noted = state
        .runtime_directory
        .as_ref()
        .and_then(|below| Mark::read(&environment::runtime_directories(is_user).join(below)));
    noted.map_or(state.ready_at, |mark| mark.at)
}

#[cfg(test)]
mod tests {
    use super::Mark;

    #[test]
    fn a_mark_is_read_as_it_was_written_and_anything_else_is_none() {
        let mark = Mark {
            at: 17,
            invocation: "e4b0".to_owned(),
        };
        assert_eq!(Mark::parse(&mark.written()), Some(mark));
        for other in ["", "17", "x e4b0", "-1 e4b0"] {
            assert_eq!(Mark::parse(other), None, "{other:?}");
        }
    }
}
