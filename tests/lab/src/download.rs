//! Debian packages that no root has, unpacked beside it: programs that something is measured beside.
//!
//! Nothing of them is installed or run here; whoever wants a program shows it to a machine.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::cache::{self, Prepared};
use crate::error::Error;
use crate::recipe;
use crate::suite::Suite;

/// An unpacked package with what it depends on. As long as a copy lives, nobody replaces it.
#[derive(Debug, Clone)]
pub struct Unpacked {
    path: PathBuf,
    _lock: Arc<File>,
}

impl Unpacked {
    /// The package of a suite, fetched now if it was not before.
    pub fn package(suite: Suite, package: &str) -> Result<Self, Error> {
        let path = cache::directory()?.join(format!("{}-{package}", suite.codename()));
        let prepared = Prepared {
            path: &path,
            stamp: "unpacked 1\n",
        };
        let lock = prepared.ensure(|partial| recipe::unpack(suite, package, partial))?;
        Ok(Self {
            path,
            _lock: Arc::new(lock),
        })
    }

    /// Where its files are. For reading only.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }
}
