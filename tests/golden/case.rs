//! One folder: a configuration and the unit files it must become.

use std::fs::Permissions;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use juniperctl::unit::SystemdVersion;
use libtest_mimic::Failed;

use crate::program::{juniperctl, said};
use crate::tree::{self, Tree};

/// Where secrets lie below a root.
const SECRETS: &str = "etc/juniper/secrets";

/// Copies secrets with the permissions that they must have: git keeps none.
fn keep_to_owner(from: &Path, to: &Path) {
    let (from, to) = (from.join(SECRETS), to.join(SECRETS));
    std::fs::create_dir_all(&to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let path = entry.unwrap().path();
        let copy = to.join(path.file_name().unwrap());
        std::fs::copy(&path, &copy).unwrap();
        std::fs::set_permissions(copy, Permissions::from_mode(0o600)).unwrap();
    }
    std::fs::set_permissions(to, Permissions::from_mode(0o700)).unwrap();
}

/// One folder.
#[derive(Debug, Clone)]
pub(crate) struct Case {
    pub(crate) name: String,
    pub(crate) folder: PathBuf,
    options: Vec<String>,
}

/// Every folder, by number.
pub(crate) fn all() -> Vec<Case> {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden");
    let mut cases: Vec<Case> = std::fs::read_dir(&directory)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.is_dir())
        .map(Case::read)
        .collect();
    cases.sort_by(|left, right| left.name.cmp(&right.name));
    assert!(!cases.is_empty(), "no case in {}", directory.display());
    cases
}

impl Case {
    fn read(folder: PathBuf) -> Self {
        let name = folder.file_name().unwrap().to_str().unwrap().to_owned();
        let options = std::fs::read_to_string(folder.join("args")).unwrap_or_default();
        Self {
            name,
            options: options.split_whitespace().map(str::to_owned).collect(),
            folder,
        }
    }

    /// Whether the units are for a user's own manager.
    pub(crate) fn is_user(&self) -> bool {
        self.options.iter().any(|option| option == "--user")
    }

    /// The systemd that the expected tree is for.
    pub(crate) fn version(&self) -> SystemdVersion {
        let named = self
            .options
            .iter()
            .position(|option| option == "--systemd")
            .and_then(|index| self.options.get(index + 1));
        named.map_or(SystemdVersion::NEWEST, |text| {
            SystemdVersion::parse(text).unwrap()
        })
    }

    /// Renders the case, for another systemd where one is given.
    pub(crate) fn rendered(&self, version: Option<SystemdVersion>) -> Result<Tree, Failed> {
        // A case that says nothing of the machine meets an empty one, not this computer.
        let empty = tempfile::tempdir().unwrap();
        let own = self.folder.join("root");
        let root = if own.join(SECRETS).is_dir() {
            keep_to_owner(&own, empty.path());
            empty.path()
        } else if own.is_dir() {
            &own
        } else {
            empty.path()
        };
        let out = tempfile::tempdir().unwrap();
        let mut command = juniperctl();
        command
            .current_dir(&self.folder)
            .args(["--config", "juniper.toml"]);
        if self.is_user() {
            command.env("HOME", "/home/lena");
        } else {
            command.arg("--root").arg(root);
        }
        command.args(["render", "--out"]).arg(out.path());
        match version {
            None => command.args(&self.options),
            Some(version) => command.args(self.options_for(version)),
        };
        let said = said(&mut command);
        if said.code != Some(0) || !said.stdout.is_empty() {
            return Err(format!("render: exit code {:?}\n{}", said.code, said.stderr).into());
        }
        Ok(tree::read(out.path()))
    }

    /// What comes out against what was accepted.
    pub(crate) fn compare(&self) -> Result<(), Failed> {
        tree::matches(&self.folder.join("expected"), &self.rendered(None)?)
    }

    fn options_for(&self, version: SystemdVersion) -> Vec<String> {
        let mut options = self.options.clone();
        if let Some(index) = options.iter().position(|option| option == "--systemd") {
            options.drain(index..index + 2);
        }
        options.extend(["--systemd".to_owned(), version.to_string()]);
        options
    }
}
