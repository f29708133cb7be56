//! Many trees of units through one `systemd-analyze verify`, told apart by the names of their units.
//!
//! It works without a running systemd, on a tree that holds the units and the programs that they call.

use std::collections::{BTreeMap, BTreeSet};
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::Command;
use std::sync::OnceLock;

use juniperctl::unit::{SystemdVersion, UnitFile};
use libtest_mimic::Failed;

use crate::examined::Units;

/// How many units are loaded at once.
const FULL: usize = 1_500;

/// Units of systemd itself that every service depends on by default.
const SYSTEMDS_OWN: [&str; 6] = [
    "sysinit.target",
    "basic.target",
    "shutdown.target",
    "multi-user.target",
    "sockets.target",
    "redis-server.service",
];

/// Directives whose values are names of units.
const NAMES: [&str; 14] = [
    "After",
    "Before",
    "BindsTo",
    "Conflicts",
    "JoinsNamespaceOf",
    "OnFailure",
    "OnSuccess",
    "PartOf",
    "PropagatesStopTo",
    "Requires",
    "Service",
    "Sockets",
    "StopPropagatedFrom",
    "Wants",
];

/// Trees that wait to be verified.
pub(crate) struct Batch {
    trees: Vec<(u64, Units)>,
    units: usize,
}

impl Batch {
    /// An empty one.
    pub(crate) fn new() -> Self {
        Self {
            trees: Vec::new(),
            units: 0,
        }
    }

    pub(crate) fn add(&mut self, number: u64, units: Units) {
        self.units += units.files.len();
        self.trees.push((number, units));
    }

    pub(crate) fn is_full(&self) -> bool {
        self.units >= FULL
    }

    pub(crate) fn len(&self) -> usize {
        self.trees.len()
    }

    pub(crate) fn units(&self) -> usize {
        self.units
    }

    /// What systemd says of the trees, by the number of the file that made them; nothing, if all is well.
    pub(crate) fn verify(&self) -> Result<BTreeMap<u64, String>, Failed> {
        if self.trees.is_empty() {
            return Ok(BTreeMap::new());
        }
        let root = tempfile::tempdir()?;
        let mut asked = Vec::new();
        for (index, (_, units)) in self.trees.iter().enumerate() {
            asked.extend(laid_out(root.path(), index, units)?);
        }
        let own = root.path().join("usr/lib/systemd/system");
        std::fs::create_dir_all(&own)?;
        for name in SYSTEMDS_OWN {
            let text = if name.ends_with(".service") {
                "[Service]\nExecStart=/bin/true\n"
            } else {
                "[Unit]\n"
            };
            std::fs::write(own.join(name), text)?;
        }
        program(root.path(), "/bin/true")?;
        let output = Command::new("systemd-analyze")
            .args(["verify", "--man=no", "--recursive-errors=no", "--root"])
            .arg(root.path())
            .args(asked)
            .output()?;
        let said = [output.stdout, output.stderr].concat();
        let said = String::from_utf8_lossy(&said).into_owned();
        let mut complaints: BTreeMap<u64, String> = BTreeMap::new();
        for line in said.lines() {
            // A line that names no tree is blamed on the first one.
            let index = line
                .split(|c: char| !c.is_ascii_alphanumeric())
                .find_map(|word| word.strip_prefix('t')?.strip_suffix('x')?.parse().ok())
                .unwrap_or(0);
            let number = self.trees.get(index).map_or(0, |(number, _)| *number);
            let text = complaints.entry(number).or_default();
            text.push_str(line);
            text.push('\n');
        }
        if complaints.is_empty() && !output.status.success() {
            return Err(format!("systemd-analyze: {}", output.status).into());
        }
        Ok(complaints)
    }
}

/// Writes one tree under names of its own, and says what is to be verified.
fn laid_out(root: &Path, index: usize, units: &Units) -> Result<Vec<String>, Failed> {
    let ours = root.join("etc/systemd/system");
    std::fs::create_dir_all(&ours)?;
    let renamed = |name: &str| name.replacen("juniper", &format!("t{index}x"), 1);
    let mut asked = Vec::new();
    for UnitFile { name, text } in &units.files {
        let mut out = String::new();
        for line in text.lines() {
            let is_name = line
                .split_once('=')
                .is_some_and(|(directive, _)| NAMES.contains(&directive));
            if is_name {
                out.push_str(&line.replace("juniper", &format!("t{index}x")));
            } else {
                out.push_str(line);
            }
            out.push('\n');
        }
        let name = renamed(name);
        let path = ours.join(&name);
        std::fs::create_dir_all(path.parent().unwrap())?;
        std::fs::write(path, out)?;
        // A drop-in is read with the unit that it belongs to.
        if !name.contains('/') {
            asked.push(name.replace("@.", "@1."));
        }
        for path in programs(text) {
            program(root, &path)?;
        }
    }
    Ok(asked)
}

/// The programs that a unit calls, as systemd reads its command lines.
fn programs(text: &str) -> BTreeSet<String> {
    text.lines()
        .filter(|line| line.starts_with("Exec"))
        .filter_map(|line| line.split_once('='))
        .map(|(_, value)| value.trim_start_matches(['@', '-', ':', '+', '!']))
        .filter_map(|value| match value.strip_prefix('"') {
            Some(quoted) => quoted.split('"').next(),
            None => value.split(' ').next(),
        })
        .filter(|path| path.starts_with('/'))
        // What is escaped in the unit is so in the tree: `%%` is a percent sign.
        .map(|path| path.replace("%%", "%").replace("\\\\", "\\"))
        .collect()
}

fn program(root: &Path, path: &str) -> Result<(), Failed> {
    let file = root.join(path.trim_start_matches('/'));
    if file.exists() {
        return Ok(());
    }
    std::fs::create_dir_all(file.parent().unwrap())?;
    std::fs::write(&file, "#!/bin/sh\n")?;
    std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o755))?;
    Ok(())
}

/// The version of this computer's `systemd-analyze`, where it can verify many units at once.
pub(crate) fn installed() -> Option<SystemdVersion> {
    static VERSION: OnceLock<Option<SystemdVersion>> = OnceLock::new();
    *VERSION.get_or_init(|| {
        let output = Command::new("systemd-analyze").arg("--version").output();
        let version = SystemdVersion::parse(&String::from_utf8_lossy(&output.ok()?.stdout))?;
        // `--recursive-errors=` is there from 250 on.
        (version >= SystemdVersion::parse("250")?).then_some(version)
    })
}
