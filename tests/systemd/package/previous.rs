//! A package of an earlier version: the one at hand with a lower number, whose program writes other units.

use std::path::{Path, PathBuf};
use std::process::Command;

use libtest_mimic::Failed;

use super::super::lab::{claim, package};

/// What each unit of a service says, and what it said before, as many bytes.
const NOW: &[u8] = b"Documentation=man:juniperctl(1)";
const BEFORE: &[u8] = b"Documentation=man:juniperctl(7)";

/// Makes it in a directory.
pub(super) fn previous(directory: &Path) -> Result<PathBuf, Failed> {
    let tree = directory.join("tree");
    let made = directory.join("juniperctl_0.0.9-1.deb");
    dpkg_deb(&["--raw-extract"], &package("juniperctl"), &tree)?;
    let control = tree.join("DEBIAN/control");
    let text: Vec<String> = std::fs::read_to_string(&control)?
        .lines()
        .map(|line| match line.strip_prefix("Version: ") {
            Some(_) => "Version: 0.0.9-1".to_owned(),
            None => line.to_owned(),
        })
        .collect();
    std::fs::write(&control, text.join("\n") + "\n")?;
    let program = tree.join("usr/bin/juniperctl");
    let mut bytes = std::fs::read(&program)?;
    let places: Vec<usize> = bytes
        .windows(NOW.len())
        .enumerate()
        .filter_map(|(place, window)| (window == NOW).then_some(place))
        .collect();
    claim(!places.is_empty(), "the program has no such line any more")?;
    for place in places {
        bytes[place..place + BEFORE.len()].copy_from_slice(BEFORE);
    }
    std::fs::write(&program, bytes)?;
    // Nobody compresses what is thrown away.
    dpkg_deb(&["-Znone", "--root-owner-group", "--build"], &tree, &made)?;
    Ok(made)
}

fn dpkg_deb(options: &[&str], from: &Path, to: &Path) -> Result<(), Failed> {
    let said = Command::new("dpkg-deb")
        .args(options)
        .arg(from)
        .arg(to)
        .output()?;
    claim(said.status.success(), String::from_utf8_lossy(&said.stderr))
}
