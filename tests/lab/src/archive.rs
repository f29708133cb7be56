//! The archives that roots are made from: Debian's as this computer's apt knows it, and Ubuntu's.
//!
//! Nothing here is trusted because of where it came from. Debian's keys are this computer's own; Ubuntu's are
//! taken from Debian's package of them, which Debian's archive vouches for. Makes no root.

use std::env;
use std::ffi::OsString;
use std::process::Command;
use std::time::Duration;

use crate::download::Unpacked;
use crate::error::Error;
use crate::suite::{Distribution, Suite};
use crate::tool;

/// The variable that names another mirror of Ubuntu's archive.
const UBUNTU_MIRROR: &str = "JUNIPER_UBUNTU_MIRROR";

/// Where Ubuntu's archive is for everybody.
const UBUNTU: &str = "http://archive.ubuntu.com/ubuntu";

/// Where Debian's package has Ubuntu's keys.
const UBUNTU_KEYS: &str = "usr/share/keyrings/ubuntu-archive-keyring.gpg";

/// apt's own tool for fetching one file the way apt would, proxies and all.
const FETCH: &str = "/usr/lib/apt/apt-helper";

/// A dead archive is to be told soon; a slow one has answered with a kilobyte by then.
const DEADLINE: Duration = Duration::from_secs(30);

/// What mmdebstrap is told of where packages come from and who vouches for them.
pub(crate) struct Archive {
    /// Goes before the suite.
    pub(crate) options: Vec<OsString>,
    /// Goes after the target.
    pub(crate) sources: Vec<String>,
    /// Whose keys the options name; held until they were read.
    _keys: Option<Unpacked>,
}

impl Archive {
    /// The archive of a suite. Where Ubuntu's is out of reach the error's [`Error::is_unavailable`] says so.
    pub(crate) fn of(suite: Suite) -> Result<Self, Error> {
        match suite.distribution() {
            Distribution::Debian => Ok(Self {
                options: Vec::new(),
                sources: mirror().into_iter().collect(),
                _keys: None,
            }),
            Distribution::Ubuntu => Self::ubuntu(suite),
        }
    }

    fn ubuntu(suite: Suite) -> Result<Self, Error> {
        let mirror = env::var(UBUNTU_MIRROR).unwrap_or_else(|_| UBUNTU.to_owned());
        reach(&mirror, suite)?;
        let keys = Unpacked::package(Suite::Trixie, "ubuntu-keyring")?;
        let mut keyring = OsString::from("--keyring=");
        keyring.push(keys.path().join(UBUNTU_KEYS));
        Ok(Self {
            options: vec![keyring],
            sources: ubuntu_sources(&mirror, suite),
            _keys: Some(keys),
        })
    }
}

/// What machines of this release have: its updates, too.
fn ubuntu_sources(mirror: &str, suite: Suite) -> Vec<String> {
    ["", "-updates"]
        .map(|pocket| format!("deb {mirror} {suite}{pocket} main"))
        .into()
}

/// Fetches the smallest file that every suite has.
fn reach(mirror: &str, suite: Suite) -> Result<(), Error> {
    let target = tempfile::tempdir().map_err(|source| Error::Host {
        doing: "make a directory".to_owned(),
        source,
    })?;
    let mut command = Command::new(FETCH);
    command.args([
        "-o",
        "Acquire::http::Timeout=10",
        "-o",
        "Acquire::Retries=1",
    ]);
    command.arg("download-file");
    command.arg(format!("{mirror}/dists/{suite}/Release.gpg"));
    command.arg(target.path().join("Release.gpg"));
    let doing = || format!("fetch a file of {suite}");
    match tool::run("apt-helper", command, DEADLINE, doing) {
        Ok(_) => Ok(()),
        Err(error) => Err(Error::ArchiveUnreachable {
            mirror: mirror.to_owned(),
            log: error.to_string(),
        }),
    }
}

/// The Debian mirror that apt is set up with, if it is; mmdebstrap knows the public one otherwise.
pub(crate) fn mirror() -> Option<String> {
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
    fn ubuntu_comes_with_its_updates() {
        assert_eq!(
            ubuntu_sources("http://mirror.invalid/ubuntu", Suite::Noble),
            [
                "deb http://mirror.invalid/ubuntu noble main",
                "deb http://mirror.invalid/ubuntu noble-updates main"
            ]
        );
    }

    #[test]
    fn an_archive_out_of_reach_is_no_fault_of_the_code_under_test() {
        // Nobody listens there.
        let refused = reach("http://127.0.0.1:9/ubuntu", Suite::Jammy).unwrap_err();
        assert!(refused.is_unavailable(), "{refused}");
    }
}
