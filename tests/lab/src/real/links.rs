//! Saving disk: what two environments have in common is kept once.
//!
//! Wheels record a digest of each file that they install. Large files with the same path, size and
//! digest in two environments become hard links to one file. Python's own files are left alone, as
//! compiled ones remember when the source was written.

use std::collections::HashMap;
use std::fs;
use std::io;
use std::path::{Component, Path, PathBuf};

/// Smaller files are not worth a link.
const WORTH_IT: u64 = 64 * 1024;

/// Large files that were installed before, by what their wheel recorded about them.
#[derive(Debug, Default)]
pub(super) struct Known {
    files: HashMap<String, PathBuf>,
}

impl Known {
    /// Links what is known already, takes note of the rest, and tells how many bytes were saved.
    /// `packages` is the directory that packages are installed to.
    pub(super) fn share(&mut self, packages: &Path) -> io::Result<u64> {
        let mut saved = 0;
        for entry in fs::read_dir(packages)? {
            let record = entry?.path().join("RECORD");
            let Ok(lines) = fs::read_to_string(record) else {
                continue;
            };
            for (line, name, size) in lines.lines().filter_map(recorded) {
                let path = packages.join(name);
                match self.files.get(line) {
                    Some(known) if replace_by_link(known, &path)? => saved += size,
                    Some(_) => {}
                    None => {
                        self.files.insert(line.to_owned(), path);
                    }
                }
            }
        }
        Ok(saved)
    }
}

/// The line, path and size of a record's line if the file is one to share.
fn recorded(line: &str) -> Option<(&str, &str, u64)> {
    let (rest, size) = line.rsplit_once(',')?;
    let (name, digest) = rest.rsplit_once(',')?;
    let size = size.parse().ok()?;
    let path = Path::new(name);
    let is_inside = path
        .components()
        .all(|part| matches!(part, Component::Normal(_)));
    let is_python = path
        .extension()
        .is_some_and(|kind| kind == "py" || kind == "pyc");
    let is_shared = size >= WORTH_IT && is_inside && !is_python && digest.starts_with("sha256=");
    // A quoted path has a comma or a quote in it: rare, and not worth a parser.
    (is_shared && !name.starts_with('"')).then_some((line, name, size))
}

/// Puts a link to the known file in the place of its twin; tells whether it did.
fn replace_by_link(known: &Path, twin: &Path) -> io::Result<bool> {
    let same_size = fs::metadata(known)?.len() == fs::metadata(twin)?.len();
    if !same_size {
        return Ok(false);
    }
    let link = twin.with_extension("lab-link");
    fs::hard_link(known, &link)?;
    fs::rename(&link, twin)?;
    Ok(true)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::MetadataExt as _;

    /// An environment with one large file, recorded under the digest.
    fn environment(base: &Path, name: &str, digest: &str) -> PathBuf {
        let packages = base.join(name);
        fs::create_dir_all(packages.join("big-1.dist-info")).unwrap();
        fs::write(packages.join("big.so"), vec![7; 100_000]).unwrap();
        let record = format!("big.so,sha256={digest},100000\nbig.py,sha256=x,100000\n");
        fs::write(packages.join("big-1.dist-info/RECORD"), record).unwrap();
        packages
    }

    #[test]
    fn only_files_with_the_same_record_are_shared() {
        let scratch = tempfile::tempdir().unwrap();
        let mut known = Known::default();
        let saved = [("one", "a"), ("two", "a"), ("three", "b")].map(|(name, digest)| {
            known
                .share(&environment(scratch.path(), name, digest))
                .unwrap()
        });
        assert_eq!(saved, [0, 100_000, 0]);
        let inode = |name: &str| {
            fs::metadata(scratch.path().join(name).join("big.so"))
                .unwrap()
                .ino()
        };
        assert_eq!(inode("one"), inode("two"));
        assert_ne!(inode("one"), inode("three"));
    }

    #[test]
    fn records_that_lead_elsewhere_or_are_small_are_left_alone() {
        assert!(recorded("../../../bin/tool,sha256=a,100000").is_none());
        assert!(recorded("a.so,sha256=a,100").is_none());
        assert!(recorded("a.so,,").is_none());
        assert!(recorded("pkg/a.so,sha256=a,100000").is_some());
    }
}
