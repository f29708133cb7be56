//! Having juniperctl make the services' environments, in the root that they will run in.
//!
//! The root is used without being booted, with this computer's network, and forgets everything but the environments.
//! An environment knows its own path, so it is made at the path of its use.

use std::ffi::OsString;
use std::fs::{self, File};
use std::path::Path;
use std::time::Duration;

use super::pip::Settings;
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

/// Makes the environments of all services below an empty directory; what was said comes back.
pub(super) fn all(root: &Root, package: &Path, target: &Path) -> Result<String, Error> {
    let downloads = cache::directory()?.join("wheels");
    fs::create_dir_all(&downloads).doing(|| format!("make {}", downloads.display()))?;
    let doing = || "make the environments of the real services".to_owned();
    let private = Private::claim(&cache::directory()?)?;
    let log = private.path().join("log");
    let launch = Launch {
        cgroup: private.cgroup().path(),
        overlay: None,
        arguments: arguments(root, package, target, &downloads, private.name()),
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
    if said.contains("the package index cannot be reached") {
        return Err(Error::IndexUnreachable { log });
    }
    Err(Error::Tool {
        tool: "juniperctl",
        doing: doing(),
        log,
    })
}

/// The arguments of systemd-nspawn.
fn arguments(
    root: &Root,
    package: &Path,
    target: &Path,
    downloads: &Path,
    machine: &str,
) -> Vec<OsString> {
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
    arguments.push(joined("--directory=", &[root.path()]));
    arguments.push(joined("--bind=", &[target, Path::new(PREFIX)]));
    arguments.push(joined("--bind=", &[downloads, Path::new(DOWNLOADS)]));
    arguments.push(joined("--bind-ro=", &[package, Path::new(PACKAGE)]));
    for path in &settings.shown {
        arguments.push(joined("--bind-ro=", &[path, path]));
    }
    for (name, value) in &settings.environment {
        let mut setting = OsString::from(format!("--setenv={name}="));
        setting.push(value);
        arguments.push(setting);
    }
    // torch for the processor lies in an index of its own, which not every mirror has.
    let command = ["sh", "-euc", PROVISION, "sh", PACKAGE, "--torch", "cuda"];
    arguments.extend(command.map(OsString::from));
    arguments.extend(SERVICES.map(OsString::from));
    arguments
}
