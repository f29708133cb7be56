//! A Debian root with other engines in it: podman, Compose, kubectl; and supervisord and honcho from `PyPI` beside it.
//!
//! A root of its own, so that the common ones stay small. Made once and cached like them.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use std::time::Duration;

use crate::architecture::Architecture;
use crate::cache::{self, Prepared};
use crate::error::Error;
use crate::machine::BootOptions;
use crate::recipe::Recipe;
use crate::requirements;
use crate::root::Root;
use crate::suite::Suite;
use crate::tool;

/// Where the programs from `PyPI` are seen in a machine: `PREFIX/bin` and, for Python, `PREFIX/lib`.
pub const PREFIX: &str = "/opt/engines";

/// Counts up when the way of making either changes.
const RECIPE: u32 = 1;

/// What is on top of an ordinary root.
const PACKAGES: [&str; 11] = [
    "podman",
    "crun",
    "netavark",
    "aardvark-dns",
    "catatonit",
    "nftables",
    "iptables",
    "docker-compose",
    "kubernetes-client",
    "python3-yaml",
    "python3-setuptools",
];

/// What comes from `PyPI`: pure Python, so that no virtual environment is needed.
const FROM_PYPI: [&str; 2] = ["supervisor==4.3.0", "honcho==2.0.0"];

/// The client of Kubernetes as published for three releases: its models are generated from each release's `OpenAPI`.
const KUBERNETES: [&str; 3] = ["33.1.0", "34.1.0", "35.0.0"];

/// A slow index may take its time for a megabyte.
const DEADLINE: Duration = Duration::from_mins(5);

/// The programs from `PyPI`. As long as a copy lives, nobody replaces them.
#[derive(Debug, Clone)]
pub struct Engines {
    root: Root,
    programs: PathBuf,
    _lock: Arc<File>,
}

impl Engines {
    /// Everything, made now if need be.
    pub fn prepare() -> Result<Self, Error> {
        requirements::check()?;
        let suite = Suite::Trixie;
        let mut packages = suite.packages();
        packages.extend(PACKAGES);
        let recipe = Recipe {
            suite,
            version: RECIPE,
            packages,
            architecture: Architecture::Amd64,
            options: &[],
        };
        let root = Root::ensure("trixie-engines", &recipe)?;
        let programs = cache::directory()?.join("opt-engines");
        let (programs_of, clients) = (FROM_PYPI.join("\n"), KUBERNETES.join("\n"));
        let stamp = format!("recipe {RECIPE}\n{programs_of}\n{clients}\n");
        let prepared = Prepared {
            path: &programs,
            stamp: &stamp,
        };
        let lock = prepared.ensure(|target| {
            fetch(target, &FROM_PYPI)?;
            for version in KUBERNETES {
                let client = format!("kubernetes=={version}");
                fetch(&target.join(format!("kubernetes-{version}")), &[&client])?;
            }
            Ok(())
        })?;
        Ok(Self {
            root,
            programs,
            _lock: Arc::new(lock),
        })
    }

    /// The root.
    #[must_use]
    pub const fn root(&self) -> &Root {
        &self.root
    }

    /// The options with the programs shown to the machine, which may run containers.
    #[must_use]
    pub fn shown(&self, options: BootOptions) -> BootOptions {
        options.bind_read_only(&self.programs, PREFIX).nesting()
    }
}

fn fetch(target: &Path, packages: &[&str]) -> Result<(), Error> {
    let mut command = Command::new("python3");
    command.args([
        "-m",
        "pip",
        "install",
        "--quiet",
        "--no-deps",
        "--no-compile",
    ]);
    command.args(["--disable-pip-version-check", "--root-user-action=ignore"]);
    command.arg("--target").arg(target).args(packages);
    tool::run("pip", command, DEADLINE, || {
        format!("fetch {} from PyPI", packages.join(" and "))
    })
    .map(drop)
}
