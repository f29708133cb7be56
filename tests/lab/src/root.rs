//! Debian roots, made once by mmdebstrap and shared by every machine that is booted from them.
//!
//! A root is never written to after it was made. The mirror is the one that this computer's apt
//! uses; no host name is written down here.

use std::fmt::Write as _;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use std::time::Duration;

use crate::cache::{self, Prepared};
use crate::error::{Doing, Error, last_lines};
use crate::process::Running;
use crate::requirements;
use crate::suite::Suite;

/// A slow mirror may take its time; a dead one must not hold tests up for ever.
const BUILD_DEADLINE: Duration = Duration::from_mins(15);

/// Counts up when the way of making roots changes.
const RECIPE: u32 = 2;

/// mmdebstrap copies these from this computer; a machine has a name of its own and no network.
const FORGET_THE_HOST: &str = r#"rm -f "$1/etc/hostname" "$1/etc/resolv.conf""#;

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
        let path = cache::directory()?.join(suite.codename());
        let prepared = Prepared {
            path: &path,
            stamp: &stamp(suite),
        };
        let lock = prepared.ensure(|partial| build(suite, partial))?;
        Ok(Self {
            suite,
            path,
            _lock: Arc::new(lock),
        })
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

/// What a root of the suite is made of, in words.
fn stamp(suite: Suite) -> String {
    let mut text = format!("recipe {RECIPE}\n");
    for package in suite.packages() {
        // Writing to a string cannot fail.
        let _ = writeln!(text, "{package}");
    }
    text
}

fn build(suite: Suite, target: &Path) -> Result<(), Error> {
    let mut command = Command::new("mmdebstrap");
    command.args(["--quiet", "--variant=minbase"]);
    command.arg(format!("--include={}", suite.packages().join(",")));
    command.arg(format!("--customize-hook={FORGET_THE_HOST}"));
    for option in suite.apt_options() {
        command.arg(format!("--aptopt={option}"));
    }
    command.arg(suite.codename()).arg(target).args(mirror());
    let doing = || format!("make the {suite} root");
    let mut running = Running::start(command, Vec::new()).doing(doing)?;
    let status = running.wait(BUILD_DEADLINE).doing(doing)?;
    if status.is_some_and(|status| status.success()) {
        return Ok(());
    }
    running.kill();
    let (stdout, stderr) = running.output();
    let log = last_lines(&format!("{stdout}{stderr}"), 30);
    Err(Error::Tool {
        tool: "mmdebstrap",
        doing: doing(),
        log,
    })
}

/// The Debian mirror that apt is set up with, if it is; mmdebstrap knows the public one otherwise.
fn mirror() -> Option<String> {
    let listed = Command::new("apt-get")
        .args(["indextargets", "--format", "$(ORIGIN)|$(LABEL)|$(REPO_URI)"])
        .output()
        .ok()?;
    chosen_mirror(&String::from_utf8_lossy(&listed.stdout))
}

/// The first archive that calls itself Debian's own, from lines of origin, label and address.
fn chosen_mirror(targets: &str) -> Option<String> {
    targets
        .lines()
        .find_map(|line| line.strip_prefix("Debian|Debian|"))
        .map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_mirror_is_debians_own_archive() {
        let targets = "Node|Node|https://node.invalid/\n\
            Debian|Debian-Security|http://security.invalid/\n\
            Debian|Debian|http://mirror.invalid/debian/\n";
        assert_eq!(
            chosen_mirror(targets).as_deref(),
            Some("http://mirror.invalid/debian/")
        );
        assert_eq!(chosen_mirror("Ubuntu|Ubuntu|http://other.invalid/\n"), None);
    }

    #[test]
    fn the_stamp_changes_with_the_packages() {
        assert_eq!(stamp(Suite::Bookworm), stamp(Suite::Sid));
        assert_ne!(stamp(Suite::Bookworm), stamp(Suite::Trixie));
        assert!(stamp(Suite::Trixie).contains("\npython3-venv\n"));
    }
}
