//! Roots, made once and shared by every machine that is booted from them.
//!
//! A root is never written to after it was made.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::architecture::Architecture;
use crate::cache::{self, Prepared};
use crate::error::Error;
use crate::recipe::Recipe;
use crate::requirements;
use crate::suite::Suite;

/// Counts up when the way of making roots changes.
const RECIPE: u32 = 2;

/// What a machine needs to boot, and nothing of what juniperctl or its services need.
const BARE: [&str; 2] = ["systemd", "systemd-sysv"];

/// What machines that are reached over ssh have on top. Nobody guesses at passwords there.
const SSH: [&str; 3] = ["openssh-server", "openssh-client", "sudo"];

/// A root that machines can be booted from. Cheap to copy; as long as a copy lives, nobody replaces
/// the root.
#[derive(Debug, Clone)]
pub struct Root {
    suite: Suite,
    path: PathBuf,
    _lock: Arc<File>,
}

impl Root {
    /// The root of a suite, made now if there is none or if its package list has changed.
    pub fn prepare(suite: Suite) -> Result<Self, Error> {
        requirements::check()?;
        Self::ensure(suite.codename(), &recipe(suite))
    }

    /// The root of a suite if it is there already.
    pub fn prepared(suite: Suite) -> Result<Option<Self>, Error> {
        Self::present(suite.codename(), &recipe(suite))
    }

    /// The same with Debian's own sshd and ssh: a root beside it, so that nobody else's changes.
    pub fn with_ssh(suite: Suite) -> Result<Self, Error> {
        requirements::check()?;
        let mut recipe = recipe(suite);
        recipe.packages.extend(SSH);
        Self::ensure(&format!("{suite}-ssh"), &recipe)
    }

    /// A root with nothing in it but Debian's essential packages, apt and systemd: the server that nobody has
    /// touched yet.
    pub fn bare(suite: Suite) -> Result<Self, Error> {
        requirements::check()?;
        let mut recipe = recipe(suite);
        recipe.packages = BARE.to_vec();
        Self::ensure(&format!("{suite}-bare"), &recipe)
    }

    /// The root that goes by this name in the cache, made now unless it is as the recipe says.
    pub(crate) fn ensure(name: &str, recipe: &Recipe) -> Result<Self, Error> {
        let path = cache::directory()?.join(name);
        let prepared = Prepared {
            path: &path,
            stamp: &recipe.stamp(),
        };
        let lock = prepared.ensure(|partial| recipe.make(partial))?;
        Ok(Self {
            suite: recipe.suite,
            path,
            _lock: Arc::new(lock),
        })
    }

    /// The root that goes by this name in the cache, if it is as the recipe says.
    pub(crate) fn present(name: &str, recipe: &Recipe) -> Result<Option<Self>, Error> {
        let path = cache::directory()?.join(name);
        let prepared = Prepared {
            path: &path,
            stamp: &recipe.stamp(),
        };
        Ok(prepared.present()?.map(|lock| Self {
            suite: recipe.suite,
            path,
            _lock: Arc::new(lock),
        }))
    }

    /// The suite that it was made from.
    #[must_use]
    pub const fn suite(&self) -> Suite {
        self.suite
    }

    /// Where it is. For reading only.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }
}

fn recipe(suite: Suite) -> Recipe {
    Recipe {
        suite,
        version: RECIPE,
        packages: suite.packages(),
        architecture: Architecture::Amd64,
        options: &[],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_stamp_changes_with_the_packages() {
        let stamp = |suite| recipe(suite).stamp();
        assert_eq!(stamp(Suite::Bookworm), stamp(Suite::Sid));
        assert_ne!(stamp(Suite::Bookworm), stamp(Suite::Trixie));
        assert!(stamp(Suite::Trixie).contains("\npython3-venv\n"));
    }
}
