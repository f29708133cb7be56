//! What a root is made of, and making it with mmdebstrap.
//!
//! Neither where packages come from nor where roots are kept is decided here.

use std::fmt::Write as _;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use crate::architecture::Architecture;
use crate::archive::Archive;
use crate::error::Error;
use crate::suite::Suite;
use crate::tool;

/// A slow mirror may take its time; a dead one must not hold tests up for ever.
const DEADLINE: Duration = Duration::from_mins(15);

/// The programs of a foreign processor, which set the packages up, are emulated one by one.
const FOREIGN_DEADLINE: Duration = Duration::from_hours(1);

/// mmdebstrap copies these from this computer; a machine has a name of its own and no network.
const FORGET_THE_HOST: &str = r#"rm -f "$1/etc/hostname" "$1/etc/resolv.conf""#;

/// How to make a root.
#[derive(Debug)]
pub(crate) struct Recipe {
    /// The release that it is made from.
    pub(crate) suite: Suite,
    /// Counts up when the way of making roots changes.
    pub(crate) version: u32,
    /// The packages that are in it.
    pub(crate) packages: Vec<&'static str>,
    /// The processor that it is for.
    pub(crate) architecture: Architecture,
    /// Further options of mmdebstrap.
    pub(crate) options: &'static [&'static str],
}

impl Recipe {
    /// The recipe in words: a root with another stamp is to be made anew.
    pub(crate) fn stamp(&self) -> String {
        let mut text = format!("recipe {}\n", self.version);
        for line in self.packages.iter().chain(self.options) {
            // Writing to a string cannot fail.
            let _ = writeln!(text, "{line}");
        }
        text
    }

    /// Makes the root in an empty directory.
    pub(crate) fn make(&self, target: &Path) -> Result<(), Error> {
        let suite = self.suite;
        let archive = Archive::of(suite)?;
        let mut command = mmdebstrap();
        command.args(["--quiet", "--variant=minbase"]);
        command.args(&archive.options);
        command.arg(format!("--include={}", self.packages.join(",")));
        command.arg(format!("--customize-hook={FORGET_THE_HOST}"));
        for option in suite.apt_options() {
            command.arg(format!("--aptopt={option}"));
        }
        let mut deadline = DEADLINE;
        if !self.architecture.is_own() {
            command.arg(format!("--architectures={}", self.architecture));
            deadline = FOREIGN_DEADLINE;
        }
        command.args(self.options);
        command.arg(suite.codename()).arg(target);
        command.args(&archive.sources);
        let doing = || format!("make the {suite} root");
        tool::run("mmdebstrap", command, deadline, doing).map(drop)
    }
}

/// mmdebstrap, with mounts that nobody else sees. It shows parts of this computer to what it makes, and where it is
/// killed it leaves them mounted there: whoever then removed the half-made root would remove what is behind them.
fn mmdebstrap() -> Command {
    let mut command = Command::new("unshare");
    command.args(["--mount", "--propagation", "private", "--", "mmdebstrap"]);
    command
}

/// Unpacks a package and what it depends on into an empty directory, and installs nothing.
pub(crate) fn unpack(suite: Suite, package: &str, target: &Path) -> Result<(), Error> {
    let archive = Archive::of(suite)?;
    let mut command = mmdebstrap();
    command.args(["--quiet", "--variant=extract"]);
    command.args(&archive.options);
    command.arg(format!("--include={package}"));
    for option in suite.apt_options() {
        command.arg(format!("--aptopt={option}"));
    }
    command.arg(suite.codename()).arg(target);
    command.args(&archive.sources);
    let doing = || format!("fetch {package} of {suite}");
    tool::run("mmdebstrap", command, DEADLINE, doing).map(drop)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_stamp_names_all_that_decides() {
        let recipe = Recipe {
            suite: Suite::Sid,
            version: 7,
            packages: vec!["systemd", "dbus"],
            architecture: Architecture::Amd64,
            options: &["--quiet"],
        };
        assert_eq!(recipe.stamp(), "recipe 7\nsystemd\ndbus\n--quiet\n");
    }
}
