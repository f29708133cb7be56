//! What `systemd-analyze verify` says of the units: nothing.
//!
//! It works without a running systemd, on a tree that holds the units and the few things they
//! refer to. Units for a newer systemd than this computer's would be blamed for directives it does
//! not know, so such a case is rendered once more for the systemd that is here.

use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::Command;
use std::sync::OnceLock;

use juniperctl::unit::SystemdVersion;
use libtest_mimic::{Failed, Trial};

use crate::case::Case;
use crate::needs;
use crate::tree::Tree;

/// Units of systemd itself that every service depends on by default.
const SYSTEMDS_OWN: [&str; 4] = [
    "sysinit.target",
    "basic.target",
    "shutdown.target",
    "multi-user.target",
];

/// The verification of one case.
pub(crate) fn trial(case: Case) -> Trial {
    let name = format!("{}_is_accepted_by_systemd", case.name);
    match installed() {
        None => needs::programs(&["systemd-analyze"], &name, || {
            Err("systemd-analyze does not tell its version".into())
        }),
        Some(version) if version < SystemdVersion::OLDEST => {
            needs::ignored(&name, &format!("systemd {version} is too old"))
        }
        Some(version) => {
            let version = version.min(case.version());
            Trial::test(format!("{name}_{version}"), move || verify(&case, version))
        }
    }
}

/// The version of this computer's `systemd-analyze`.
pub(crate) fn installed() -> Option<SystemdVersion> {
    static VERSION: OnceLock<Option<SystemdVersion>> = OnceLock::new();
    *VERSION.get_or_init(|| {
        let output = Command::new("systemd-analyze").arg("--version").output();
        SystemdVersion::parse(&String::from_utf8_lossy(&output.ok()?.stdout))
    })
}

fn verify(case: &Case, version: SystemdVersion) -> Result<(), Failed> {
    let root = tempfile::tempdir().unwrap();
    let units = case.rendered(Some(version))?;
    build(root.path(), &units, &gate(&case.folder));
    let output = Command::new("systemd-analyze")
        .args(["verify", "--man=no", "--root"])
        .arg(root.path())
        .arg("juniper.target")
        // Nothing wants it: the watchdog starts it.
        .args(
            units
                .contains_key("juniper-notification@.service")
                .then_some("juniper-notification@1.service"),
        )
        .output()
        .unwrap();
    let complaints = [output.stdout, output.stderr].concat();
    // Its exit code is 0 after most complaints; only silence counts.
    if output.status.success() && complaints.is_empty() {
        return Ok(());
    }
    Err(String::from_utf8_lossy(&complaints).into_owned().into())
}

/// Lays out what the units refer to.
fn build(root: &Path, units: &Tree, gate: &str) {
    let own = root.join("usr/lib/systemd/system");
    std::fs::create_dir_all(&own).unwrap();
    for name in SYSTEMDS_OWN {
        std::fs::write(own.join(name), "[Unit]\n").unwrap();
    }
    let ours = root.join("etc/systemd/system");
    std::fs::create_dir_all(&ours).unwrap();
    for (name, text) in units {
        let path = ours.join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }
    let program = root.join(gate.trim_start_matches('/'));
    std::fs::create_dir_all(program.parent().unwrap()).unwrap();
    std::fs::write(&program, "#!/bin/sh\n").unwrap();
    std::fs::set_permissions(&program, std::fs::Permissions::from_mode(0o755)).unwrap();
}

/// The program that the units of a case call.
fn gate(folder: &Path) -> String {
    let text = std::fs::read_to_string(folder.join("juniper.toml")).unwrap();
    let table: toml::Table = toml::from_str(&text).unwrap();
    table
        .get("juniperctl")
        .and_then(toml::Value::as_str)
        .unwrap_or("/usr/bin/juniperctl")
        .to_owned()
}
