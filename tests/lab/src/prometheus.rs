//! A real Prometheus for machines that are to be scraped: Debian's own, two programs in a directory.
//!
//! Made once, beside the roots and not in them, so that no root has to be made anew or grows for it.
//! Shown to a machine for reading only.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use std::time::Duration;

use crate::archive;
use crate::cache::{self, Prepared};
use crate::error::{Doing, Error};
use crate::machine::BootOptions;
use crate::requirements;
use crate::suite::Suite;
use crate::tool;

/// Where the programs are seen in a machine.
pub const PREFIX: &str = "/opt/prometheus";

/// The suite that the programs are of; they run on it and on later ones.
pub const SUITE: Suite = Suite::Trixie;

/// The programs.
const PROGRAMS: [&str; 2] = ["prometheus", "promtool"];

/// Counts up when the way of making the directory changes.
const RECIPE: u32 = 1;

/// A slow mirror may take its time for 60 MB.
const DEADLINE: Duration = Duration::from_mins(10);

/// The programs. As long as a copy lives, nobody replaces them.
#[derive(Debug, Clone)]
pub struct Prometheus {
    path: PathBuf,
    _lock: Arc<File>,
}

impl Prometheus {
    /// The programs, made now if there are none.
    pub fn prepare() -> Result<Self, Error> {
        requirements::check()?;
        let path = cache::directory()?.join("opt-prometheus");
        let stamp = format!("recipe {RECIPE} on {SUITE}\n{}\n", PROGRAMS.join("\n"));
        let prepared = Prepared {
            path: &path,
            stamp: &stamp,
        };
        let lock = prepared.ensure(extract)?;
        Ok(Self {
            path,
            _lock: Arc::new(lock),
        })
    }

    /// The options with the programs shown to the machine.
    #[must_use]
    pub fn shown(&self, options: BootOptions) -> BootOptions {
        options.bind_read_only(&self.path, PREFIX)
    }
}

/// Unpacks the package with what it depends on, and keeps the programs alone.
fn extract(target: &Path) -> Result<(), Error> {
    let tree = target.join("tree");
    let mut command = Command::new("mmdebstrap");
    command.args(["--quiet", "--variant=extract", "--include=prometheus"]);
    command.arg(SUITE.codename()).arg(&tree);
    command.args(archive::mirror());
    tool::run("mmdebstrap", command, DEADLINE, || {
        "unpack prometheus".to_owned()
    })?;
    for program in PROGRAMS {
        let (from, to) = (tree.join("usr/bin").join(program), target.join(program));
        fs::rename(&from, &to).doing(|| format!("move {} out", from.display()))?;
    }
    cache::remove(&tree)
}
