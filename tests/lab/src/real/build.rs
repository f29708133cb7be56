//! Filling a directory with the packages of a list, by the pip of the root that they will be used in.
//!
//! The root is used without being booted, with this computer's network, and forgets everything but what is made.
//! The services' own environments are not made here: juniperctl does that, on a machine of its own (`chain`).

use std::ffi::OsString;
use std::fs::{self, File};
use std::path::Path;
use std::time::Duration;

use super::clients::PREFIX;
use super::pip::{Settings, is_unreachable};
use crate::cache;
use crate::error::{Doing, Error, last_lines};
use crate::machine::joined;
use crate::private::Private;
use crate::process::ended;
use crate::root::Root;
use crate::supervisor::Launch;

/// A slow index may take its time.
const DEADLINE: Duration = Duration::from_mins(40);

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

/// Fills an empty directory with the packages of a list with hashes.
pub(super) fn packages(root: &Root, target: &Path, list: &str) -> Result<(), Error> {
    let doing = || "install the clients".to_owned();
    fs::write(target.join("requirements.txt"), list).doing(doing)?;
    let private = Private::claim(&cache::directory()?)?;
    let log = private.path().join("log");
    let launch = Launch {
        cgroup: private.cgroup().path(),
        overlay: None,
        arguments: nspawn(private.name(), root, target),
        notify: None,
        console: File::create(&log).doing(doing)?,
    };
    let mut child = launch.start().doing(doing)?;
    if !ended(&child, DEADLINE).doing(doing)? {
        // The rest of it goes with the control group.
        child.kill().doing(doing)?;
    }
    if child.wait().doing(doing)?.success() {
        return Ok(());
    }
    let said = fs::read_to_string(&log).doing(doing)?;
    let log = last_lines(&said, 30);
    if is_unreachable(&said) {
        return Err(Error::IndexUnreachable { log });
    }
    Err(Error::Tool {
        tool: "pip",
        doing: doing(),
        log,
    })
}

/// The arguments of systemd-nspawn.
fn nspawn(machine: &str, root: &Root, target: &Path) -> Vec<OsString> {
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
    for path in &settings.shown {
        arguments.push(joined("--bind-ro=", &[path, path]));
    }
    for (name, value) in &settings.environment {
        let mut setting = OsString::from(format!("--setenv={name}="));
        setting.push(value);
        arguments.push(setting);
    }
    arguments.extend(["sh", "-euc", INSTALL_LIST, "sh", PREFIX].map(OsString::from));
    arguments
}
