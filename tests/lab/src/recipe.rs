//! What a root is made of, and making it with mmdebstrap.
//!
//! Neither where packages come from nor where roots are kept is decided here.

use std::fmt::Write as _;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use crate::archive::Archive;
use crate::error::Error;
use crate::suite::Suite;
use crate::tool;

/// A slow mirror may take its time; a dead one must not hold tests up for ever.
const DEADLINE: Duration = Duration::from_mins(15);

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
        let mut command = Command::new("mmdebstrap");
        command.args(["--quiet", "--variant=minbase"]);
        command.args(&archive.options);
        command.arg(format!("--include={}", self.packages.join(",")));
        command.arg(format!("--customize-hook={FORGET_THE_HOST}"));
        for option in suite.apt_options() {
            command.arg(format!("--aptopt={option}"));
        }
        command.args(self.options);
        command.arg(suite.codename()).arg(target);
        command.args(&archive.sources);
        let doing = || format!("make the {suite} root");
        tool::run("mmdebstrap", command, DEADLINE, doing).map(drop)
    }
}

/// Unpacks a package and what it depends on into an empty directory, and installs nothing.
pub(crate) fn unpack(suite: Suite, package: &str, target: &Path) -> Result<(), Error> {
    let archive = Archive::of(suite)?;
    let mut command = Command::new("mmdebstrap");
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
            options: &["--quiet"],
        };
        assert_eq!(recipe.stamp(), "recipe 7\nsystemd\ndbus\n--quiet\n");
    }
}
