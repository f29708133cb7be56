//! The published Python clients of the Juniper services, with their testing fakes.
//!
//! A few megabytes, the very files of a list with hashes, installed once by the Python of the root
//! that they run in, and shown to machines for reading only.

use std::fs::File;
use std::path::PathBuf;
use std::sync::Arc;

use super::{SUITE, build};
use crate::cache::{self, Prepared};
use crate::error::Error;
use crate::machine::BootOptions;
use crate::requirements;
use crate::root::Root;

/// Where the packages are seen in a machine, in `packages` below it.
pub const PREFIX: &str = "/opt/juniper-clients";

/// What is installed: for Python 3.13 on x86-64.
const LIST: &str = include_str!("clients.txt");

/// The packages. As long as a copy lives, nobody replaces them.
#[derive(Debug, Clone)]
pub struct Clients {
    path: PathBuf,
    _lock: Arc<File>,
}

impl Clients {
    /// The packages, made now if there are none or if the list has changed.
    ///
    /// Where the package index is out of reach the error's [`Error::is_unavailable`] says so.
    pub fn prepare() -> Result<Self, Error> {
        requirements::check()?;
        let path = path()?;
        let prepared = Prepared {
            path: &path,
            stamp: LIST,
        };
        let lock =
            prepared.ensure(|partial| build::packages(&Root::prepare(SUITE)?, partial, LIST))?;
        Ok(Self {
            path,
            _lock: Arc::new(lock),
        })
    }

    /// The packages if they are there already.
    pub fn prepared() -> Result<Option<Self>, Error> {
        let path = path()?;
        let lock = Prepared {
            path: &path,
            stamp: LIST,
        }
        .present()?;
        Ok(lock.map(|lock| Self {
            path,
            _lock: Arc::new(lock),
        }))
    }

    /// The options with the packages shown to the machine.
    #[must_use]
    pub fn shown(&self, options: BootOptions) -> BootOptions {
        options.bind_read_only(&self.path, PREFIX)
    }

    /// The command that runs a Python script with the clients in a machine.
    #[must_use]
    pub fn python() -> String {
        format!("env PYTHONPATH={PREFIX}/packages PYTHONDONTWRITEBYTECODE=1 python3")
    }
}

fn path() -> Result<PathBuf, Error> {
    Ok(cache::directory()?.join("opt-juniper-clients"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_package_has_a_version_and_a_hash() {
        for line in LIST.lines().filter(|line| !line.starts_with('#')) {
            assert!(
                line.contains("==") && line.contains(" --hash=sha256:"),
                "{line}"
            );
        }
        assert!(LIST.contains("juniper-data-client==") && LIST.contains("juniper-cascor-client=="));
    }
}
