//! Installing the services, in the root that they will run in.
//!
//! The root is used without being booted, with this computer's network, and forgets everything but
//! the environments. An environment knows its own path, so it is made at the path of its use.

use std::ffi::OsString;
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::links::Known;
use super::pip::{Settings, is_unreachable};
use super::services::{PREFIX, SERVICES, Service};
use crate::cache;
use crate::error::{Doing, Error, last_lines};
use crate::machine::joined;
use crate::private::Private;
use crate::process::ended;
use crate::root::Root;
use crate::supervisor::Launch;

/// A slow index may take its time for one service's gigabytes.
const DEADLINE: Duration = Duration::from_mins(30);

/// Where pip keeps downloads, as the root sees it.
const PIP_CACHE: &str = "/var/cache/juniper-lab/pip";

/// Makes the environment `$1` and fills it with `$2`. Nothing is written to the small /tmp.
const INSTALL: &str = r#"
mkdir -p "$1" "$TMPDIR"
python3 -m venv "$1"
"$1/bin/python" -m pip install --no-input --progress-bar off "$2"
"$1/bin/python" -m compileall -q "$1/lib" || true
rm -r "$TMPDIR"
"#;

/// Fills `$1` with what the list in it says, and with nothing that has another hash.
const INSTALL_LIST: &str = r#"
mkdir -p "$TMPDIR"
python3 -m venv "$TMPDIR/pip"
"$TMPDIR/pip/bin/python" -m pip install --no-input --progress-bar off --only-binary :all: \
  --require-hashes --requirement "$1/requirements.txt" --target "$1/packages"
rm -r "$TMPDIR"
"#;

/// Makes the environments of all services below an empty directory.
pub(super) fn all(root: &Root, target: &Path) -> Result<(), Error> {
    let downloads = downloads()?;
    let settings = Settings::of_this_computer();
    let mut known = Known::default();
    for service in SERVICES {
        let builder = Builder {
            root,
            target,
            prefix: PREFIX,
            downloads: &downloads,
            settings: &settings,
            name: service.name,
            script: INSTALL,
            arguments: &[&service.directory(), service.requirement],
        };
        builder.install()?;
        let library = library(target, service)?;
        for directory in service.directories {
            let path = library.join(directory);
            fs::create_dir_all(&path).doing(|| format!("make {}", path.display()))?;
        }
        known
            .share(&library.join("site-packages"))
            .doing(|| format!("share files of {}", service.name))?;
    }
    Ok(())
}

/// Fills an empty directory with the packages of a list with hashes.
pub(super) fn packages(root: &Root, target: &Path, list: &str) -> Result<(), Error> {
    let downloads = downloads()?;
    let doing = || format!("write a list into {}", target.display());
    fs::write(target.join("requirements.txt"), list).doing(doing)?;
    let builder = Builder {
        root,
        target,
        prefix: super::clients::PREFIX,
        downloads: &downloads,
        settings: &Settings::of_this_computer(),
        name: "the clients",
        script: INSTALL_LIST,
        arguments: &[super::clients::PREFIX],
    };
    builder.install()
}

/// Where pip keeps downloads on this computer.
fn downloads() -> Result<PathBuf, Error> {
    let downloads = cache::directory()?.join("pip");
    fs::create_dir_all(&downloads).doing(|| format!("make {}", downloads.display()))?;
    Ok(downloads)
}

struct Builder<'a> {
    root: &'a Root,
    target: &'a Path,
    /// Where the target is seen in the root.
    prefix: &'static str,
    downloads: &'a Path,
    settings: &'a Settings,
    /// Whose packages these are, for people.
    name: &'static str,
    script: &'static str,
    arguments: &'a [&'a str],
}

impl Builder<'_> {
    fn install(&self) -> Result<(), Error> {
        let name = self.name;
        let doing = || format!("install the packages of {name}");
        let private = Private::claim(&cache::directory()?)?;
        let log = private.path().join("log");
        let launch = Launch {
            cgroup: private.cgroup().path(),
            overlay: None,
            arguments: self.arguments(private.name()),
            notify: None,
            console: File::create(&log).doing(doing)?,
        };
        let mut child = launch.start().doing(doing)?;
        if !ended(&child, DEADLINE).doing(doing)? {
            // The rest of it goes with the control group.
            child.kill().doing(doing)?;
        }
        let status = child.wait().doing(doing)?;
        if status.success() {
            return Ok(());
        }
        let said = fs::read_to_string(&log).doing(doing)?;
        let log = last_lines(&said, 30);
        if is_unreachable(&said) {
            return Err(Error::IndexUnreachable { service: name, log });
        }
        Err(Error::Tool {
            tool: "pip",
            doing: doing(),
            log,
        })
    }

    /// The arguments of systemd-nspawn.
    fn arguments(&self, machine: &str) -> Vec<OsString> {
        let mut arguments: Vec<OsString> = [
            "--quiet",
            "--as-pid2",
            "--register=no",
            "--keep-unit",
            "--volatile=overlay",
            "--resolv-conf=copy-host",
            "--link-journal=no",
            "--console=pipe",
        ]
        .map(OsString::from)
        .to_vec();
        arguments.push(format!("--machine={machine}").into());
        arguments.push(joined("--directory=", &[self.root.path()]));
        arguments.push(joined("--bind=", &[self.target, Path::new(self.prefix)]));
        arguments.push(joined("--bind=", &[self.downloads, Path::new(PIP_CACHE)]));
        for path in &self.settings.shown {
            arguments.push(joined("--bind-ro=", &[path, path]));
        }
        for (name, value) in &self.settings.environment {
            let mut setting = OsString::from(format!("--setenv={name}="));
            setting.push(value);
            arguments.push(setting);
        }
        arguments.push(format!("--setenv=PIP_CACHE_DIR={PIP_CACHE}").into());
        arguments.push(format!("--setenv=TMPDIR={}/.unpacking", self.prefix).into());
        let command = ["sh", "-euc", self.script, "sh"];
        arguments.extend(command.iter().chain(self.arguments).map(OsString::from));
        arguments
    }
}

/// The directory named after the version of Python, where a service's packages are below.
fn library(target: &Path, service: Service) -> Result<PathBuf, Error> {
    let library = target.join(service.name).join("current/lib");
    let found = || -> io::Result<PathBuf> {
        for entry in fs::read_dir(&library)? {
            let path = entry?.path();
            if path.join("site-packages").is_dir() {
                return Ok(path);
            }
        }
        Err(io::ErrorKind::NotFound.into())
    };
    found().doing(|| format!("find packages below {}", library.display()))
}
