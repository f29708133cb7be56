//! Having juniperctl make the services' environments, in the root that they will run in, and pip the clients.
//!
//! The root is used without being booted, with this computer's network, and forgets everything but what is made.
//! An environment knows its own path, so it is made at the path of its use.

use std::ffi::OsString;
use std::fs::{self, File};
use std::path::Path;
use std::time::Duration;

use super::clients;
use super::pip::{Settings, is_unreachable};
use super::services::{PREFIX, SERVICES};
use crate::cache;
use crate::error::{Doing, Error, last_lines};
use crate::machine::joined;
use crate::private::Private;
use crate::process::ended;
use crate::root::Root;
use crate::supervisor::Launch;

/// A slow index may take its time for three gigabytes.
const DEADLINE: Duration = Duration::from_mins(40);

/// Where juniperctl keeps downloads, as the root sees it.
const DOWNLOADS: &str = "/var/cache/juniperctl/provision";

/// Where the package is, as the root sees it.
const PACKAGE: &str = "/var/tmp/juniperctl.deb";

/// What a user does on a new machine: install the package, make the environments. What it takes is written down.
const PROVISION: &str = r#"
dpkg --install "$1" >/dev/null
shift
begun=$(date +%s)
juniperctl provision "$@"
echo "made in $(($(date +%s) - begun)) s"
chown root:root /var/cache/juniperctl/provision
"#;

/// Fills `$1` with what the list in it says, and with nothing that has another hash. Nothing is written to the
/// small /tmp.
const INSTALL_LIST: &str = r#"
export TMPDIR="$1/.unpacking"
mkdir -p "$TMPDIR"
python3 -m venv "$TMPDIR/pip"
"$TMPDIR/pip/bin/python" -m pip install --no-input --progress-bar off --no-cache-dir --only-binary :all: \
  --require-hashes --requirement "$1/requirements.txt" --target "$1/packages"
rm -r "$TMPDIR"
"#;

/// Makes the environments of all services below an empty directory; what was said comes back.
pub(super) fn all(root: &Root, package: &Path, target: &Path) -> Result<String, Error> {
    let downloads = cache::directory()?.join("wheels");
    fs::create_dir_all(&downloads).doing(|| format!("make {}", downloads.display()))?;
    // torch for the processor lies in an index of its own, which not every mirror has.
    let arguments = [PACKAGE, "--torch", "cuda"].into_iter().chain(SERVICES);
    Making {
        root,
        written: &[(target, PREFIX), (&downloads, DOWNLOADS)],
        read: Some((package, PACKAGE)),
        what: "make the environments of the real services",
        tool: "juniperctl",
        script: PROVISION,
        arguments: arguments.collect(),
    }
    .run()
}

/// Fills an empty directory with the packages of a list with hashes.
pub(super) fn packages(root: &Root, target: &Path, list: &str) -> Result<(), Error> {
    let doing = || format!("write a list into {}", target.display());
    fs::write(target.join("requirements.txt"), list).doing(doing)?;
    Making {
        root,
        written: &[(target, clients::PREFIX)],
        read: None,
        what: "install the clients",
        tool: "pip",
        script: INSTALL_LIST,
        arguments: vec![clients::PREFIX],
    }
    .run()
    .map(drop)
}

/// A script that is run in a root for what it leaves in directories of this computer.
struct Making<'a> {
    root: &'a Root,
    /// Directories of this computer, each with the path at which the script writes to it.
    written: &'a [(&'a Path, &'static str)],
    /// A file of this computer, with the path at which the script reads it.
    read: Option<(&'a Path, &'static str)>,
    /// For people.
    what: &'static str,
    /// Who is to blame.
    tool: &'static str,
    script: &'static str,
    arguments: Vec<&'a str>,
}

impl Making<'_> {
    /// Runs it; what it said comes back.
    fn run(&self) -> Result<String, Error> {
        let doing = || self.what.to_owned();
        let private = Private::claim(&cache::directory()?)?;
        let log = private.path().join("log");
        let launch = Launch {
            cgroup: private.cgroup().path(),
            overlay: None,
            arguments: self.nspawn(private.name()),
            notify: None,
            console: File::create(&log).doing(doing)?,
        };
        let mut child = launch.start().doing(doing)?;
        if !ended(&child, DEADLINE).doing(doing)? {
            // The rest of it goes with the control group.
            child.kill().doing(doing)?;
        }
        let status = child.wait().doing(doing)?;
        let said = fs::read_to_string(&log).doing(doing)?;
        if status.success() {
            return Ok(said);
        }
        let log = last_lines(&said, 30);
        if said.contains("the package index cannot be reached") || is_unreachable(&said) {
            return Err(Error::IndexUnreachable { log });
        }
        Err(Error::Tool {
            tool: self.tool,
            doing: doing(),
            log,
        })
    }

    /// The arguments of systemd-nspawn.
    fn nspawn(&self, machine: &str) -> Vec<OsString> {
        let settings = Settings::of_this_computer();
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
        for (path, inside) in self.written {
            arguments.push(joined("--bind=", &[path, Path::new(inside)]));
        }
        if let Some((path, inside)) = self.read {
            arguments.push(joined("--bind-ro=", &[path, Path::new(inside)]));
        }
        for path in &settings.shown {
            arguments.push(joined("--bind-ro=", &[path, path]));
        }
        for (name, value) in &settings.environment {
            let mut setting = OsString::from(format!("--setenv={name}="));
            setting.push(value);
            arguments.push(setting);
        }
        let command = ["sh", "-euc", self.script, "sh"];
        arguments.extend(command.iter().chain(&self.arguments).map(OsString::from));
        arguments
    }
}
