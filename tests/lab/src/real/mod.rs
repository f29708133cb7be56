//! The published Juniper services, ready to be shown to a machine.
//!
//! Their environments are what the README's three commands leave on a machine that had nothing before (`chain`), at
//! the very path where other machines see them; they are shared read-only from then on. Several gigabytes: tests ask
//! whether they are [`prepared`] and never start the download themselves.

mod build;
mod chain;
pub mod clients;
mod pip;
mod services;

pub use chain::DRIVER;
pub use pip::PASSED_ON;
pub use services::{PREFIX, SERVICES};

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::cache::{self, Prepared};
use crate::error::{Doing, Error};
use crate::machine::BootOptions;
use crate::requirements;
use crate::suite::Suite;

/// The suite whose Python the services run on.
pub const SUITE: Suite = Suite::Trixie;

/// Counts up when something else than a pin changes what is in the environments.
const RECIPE: u32 = 2;

/// The virtual environments of all services. As long as a copy lives, nobody replaces them.
#[derive(Debug, Clone)]
pub struct Environments {
    path: PathBuf,
    _lock: Arc<File>,
}

impl Environments {
    /// Where they are on this computer: one directory for each service. For reading only.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// When and how they came about, with what each command took; nothing where that was not written down.
    #[must_use]
    pub fn figures(&self) -> Option<String> {
        fs::read_to_string(figures(&self.path)).ok()
    }

    /// The options with the environments as the machine's own: it may write there, and nobody else sees it.
    #[must_use]
    pub fn given(&self, options: BootOptions) -> BootOptions {
        options.lay_over(&self.path, PREFIX)
    }

    /// The options with the environments shown to the machine where they belong.
    #[must_use]
    pub fn shown(&self, options: BootOptions) -> BootOptions {
        options.bind_read_only(&self.path, PREFIX)
    }
}

/// The environments, made now by the juniperctl of this package if there are none or if a lock file has changed;
/// with what was said on the way.
///
/// Where the package index is out of reach the error's [`Error::is_unavailable`] says so.
pub fn environments(package: &Path) -> Result<(Environments, Option<String>), Error> {
    requirements::check()?;
    let path = path()?;
    let prepared = Prepared {
        path: &path,
        stamp: &stamp(),
    };
    let mut said = None;
    let lock = prepared.ensure(|partial| {
        // What an earlier recipe made would take the room of these.
        cache::remove(&cache::directory()?.join("opt-juniper"))?;
        let (heard, figures_of_it) = chain::play(package, partial)?;
        let place = figures(&path);
        fs::write(&place, figures_of_it).doing(|| format!("write {}", place.display()))?;
        said = Some(heard);
        Ok(())
    })?;
    let environments = Environments {
        path,
        _lock: Arc::new(lock),
    };
    Ok((environments, said))
}

/// The environments if they are there already.
pub fn prepared() -> Result<Option<Environments>, Error> {
    let path = path()?;
    let lock = Prepared {
        path: &path,
        stamp: &stamp(),
    }
    .present()?;
    Ok(lock.map(|lock| Environments {
        path,
        _lock: Arc::new(lock),
    }))
}

fn path() -> Result<PathBuf, Error> {
    Ok(cache::directory()?.join("provisioned"))
}

/// Where the figures of environments are kept: beside them.
fn figures(path: &Path) -> PathBuf {
    path.with_extension("figures")
}

/// What the environments are made of, in words: the pins of the lock files, not what they tell people.
fn stamp() -> String {
    let text = services::LOCKS.concat();
    let pins = text.lines().filter(|line| !line.starts_with('#'));
    let mut stamp = format!("recipe {RECIPE} on {SUITE}\n");
    for line in pins {
        stamp.push_str(line);
        stamp.push('\n');
    }
    stamp
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_stamp_names_every_pin() {
        let stamp = stamp();
        for pin in [
            "juniper-data==",
            "juniper-cascor==",
            "juniper-canopy==",
            "torch==",
        ] {
            assert!(stamp.contains(pin), "{pin}");
        }
        assert!(stamp.contains("--hash=sha256:") && !stamp.contains('#'));
    }
}
