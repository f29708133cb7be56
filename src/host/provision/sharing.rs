//! Saving disk: large files that environments have in common are kept once, as hard links.
//!
//! pip records a digest of each file that it installs. Python's own files are left alone, as compiled ones
//! remember when their source was written. Nothing here is worth failing for.

use std::collections::HashMap;
use std::fs;
use std::io;
use std::path::{Component, Path, PathBuf};

/// Smaller files are not worth a link.
const WORTH_IT: u64 = 64 * 1024;

/// Replaces files of a finished tree by links to those of others; tells how many bytes that saves.
pub(super) fn share(packages: &Path, others: &[PathBuf]) -> u64 {
    let mut known = HashMap::new();
    for other in others {
        for (line, name, _) in recorded(other) {
            known.entry(line).or_insert_with(|| other.join(name));
        }
    }
    let mut saved = 0;
    for (line, name, size) in recorded(packages) {
        if let Some(twin) = known.get(&line)
            && linked(twin, &packages.join(name)).unwrap_or(false)
        {
            saved += size;
        }
    }
    saved
}

/// The lines of all records below a directory of packages, with path and size.
fn recorded(packages: &Path) -> Vec<(String, String, u64)> {
    let Ok(entries) = fs::read_dir(packages) else {
        return Vec::new();
    };
    let texts = entries
        .flatten()
        .filter_map(|entry| fs::read_to_string(entry.path().join("RECORD")).ok());
    texts
        .flat_map(|text| text.lines().filter_map(worthy).collect::<Vec<_>>())
        .collect()
}

fn worthy(line: &str) -> Option<(String, String, u64)> {
    let (rest, size) = line.rsplit_once(',')?;
    let (name, digest) = rest.rsplit_once(',')?;
    let size: u64 = size.parse().ok()?;
    let path = Path::new(name);
    let is_inside = path
        .components()
        .all(|part| matches!(part, Component::Normal(_)));
    let is_python = path
        .extension()
        .is_some_and(|kind| kind == "py" || kind == "pyc");
    // A quoted path has a comma or a quote in it: rare, and not worth a parser.
    let fits = size >= WORTH_IT
        && is_inside
        && !is_python
        && digest.starts_with("sha256=")
        && !name.starts_with('"');
    fits.then(|| (line.to_owned(), name.to_owned(), size))
}

/// Puts a link to a file in the place of its twin; tells whether it did.
fn linked(file: &Path, twin: &Path) -> io::Result<bool> {
    let (one, other) = (fs::symlink_metadata(file)?, fs::symlink_metadata(twin)?);
    if !one.is_file() || !other.is_file() || one.len() != other.len() {
        return Ok(false);
    }
    let mut name = twin.as_os_str().to_owned();
    name.push(".juniperctl-link");
    let link = PathBuf::from(name);
    fs::hard_link(file, &link)?;
    fs::rename(&link, twin)?;
    Ok(true)
}

#[cfg(test)]
mod tests {
    use super::{share, worthy};
    use std::fs;
    use std::os::unix::fs::MetadataExt as _;
    use std::path::{Path, PathBuf};

    fn packages(base: &Path, name: &str, digest: &str) -> PathBuf {
        let packages = base.join(name);
        fs::create_dir_all(packages.join("big-1.dist-info")).unwrap();
        fs::write(packages.join("big.so"), vec![7; 100_000]).unwrap();
        let record = format!("big.so,sha256={digest},100000\nbig.py,sha256=x,100000\n");
        fs::write(packages.join("big-1.dist-info/RECORD"), record).unwrap();
        packages
    }

    #[test]
    fn only_what_has_the_same_record_is_kept_once() {
        let scratch = tempfile::tempdir().unwrap();
        let one = packages(scratch.path(), "one", "a");
        let two = packages(scratch.path(), "two", "a");
        let three = packages(scratch.path(), "three", "b");
        assert_eq!(share(&two, &[one.clone(), three.clone()]), 100_000);
        assert_eq!(share(&three, std::slice::from_ref(&one)), 0);
        let inode = |packages: &Path| fs::metadata(packages.join("big.so")).unwrap().ino();
        assert_eq!(inode(&one), inode(&two));
        assert_ne!(inode(&one), inode(&three));
        assert!(worthy("../../../bin/tool,sha256=a,100000").is_none());
        assert!(worthy("a.so,sha256=a,100").is_none());
    }
}
