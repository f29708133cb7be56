//! A directory tree to install into, and everything about it that an uninstall must give back.

use std::collections::BTreeMap;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

use tempfile::TempDir;

use crate::program::{Said, juniperctl, said};

/// A thrown-away tree that has the one program the units call.
pub(crate) struct Tree(TempDir);

/// What one path of a tree is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Entry {
    Directory { mode: u32 },
    File { mode: u32, bytes: Vec<u8> },
    Link { target: PathBuf },
}

impl Tree {
    pub(crate) fn new() -> Self {
        let tree = Self(tempfile::tempdir().unwrap());
        tree.write("usr/bin/juniperctl", "#!/bin/sh\n");
        std::fs::set_permissions(
            tree.path("usr/bin/juniperctl"),
            std::fs::Permissions::from_mode(0o755),
        )
        .unwrap();
        tree
    }

    /// One that a person has lived in.
    pub(crate) fn lived_in() -> Self {
        let tree = Self::new();
        tree.write("etc/systemd/system/other.service", "[Service]\n");
        tree.write("etc/juniper/juniper.toml", "profile = \"full\"\n");
        tree.write("var/log/other.log", "a line\n");
        tree.write("var/cache/other", "");
        std::fs::create_dir_all(tree.path("var/lib/empty")).unwrap();
        std::os::unix::fs::symlink("/nowhere", tree.path("etc/dangling")).unwrap();
        tree
    }

    pub(crate) fn path(&self, below: &str) -> PathBuf {
        self.0.path().join(below)
    }

    pub(crate) fn write(&self, below: &str, text: &str) {
        let path = self.path(below);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }

    pub(crate) fn read(&self, below: &str) -> String {
        std::fs::read_to_string(self.path(below)).unwrap()
    }

    /// Runs a command line on the tree.
    pub(crate) fn run(&self, line: &str) -> Said {
        said(
            juniperctl()
                .arg("--root")
                .arg(self.0.path())
                .args(line.split_whitespace()),
        )
    }

    /// The same, and it must succeed without a word on standard output.
    pub(crate) fn succeeds(&self, line: &str) -> Said {
        let said = self.run(line);
        assert_eq!(said.code, Some(0), "{line}: {said:#?}");
        assert_eq!(said.stdout, "", "{line}");
        said
    }

    /// Everything in it.
    pub(crate) fn entries(&self) -> BTreeMap<PathBuf, Entry> {
        let mut entries = BTreeMap::new();
        collect(self.0.path(), &mut entries);
        entries
    }

    /// The inode of every file: a file that is written again gets another one.
    pub(crate) fn inodes(&self) -> BTreeMap<PathBuf, (u64, i64, i64)> {
        self.entries()
            .into_keys()
            .map(|path| {
                let found = std::fs::symlink_metadata(&path).unwrap();
                (path, (found.ino(), found.mtime(), found.mtime_nsec()))
            })
            .collect()
    }

    /// Names in the directory of units.
    pub(crate) fn units(&self) -> Vec<String> {
        let mut names: Vec<String> = std::fs::read_dir(self.path("etc/systemd/system"))
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .filter(|name| name.starts_with("juniper"))
            .collect();
        names.sort();
        names
    }
}

fn collect(directory: &Path, entries: &mut BTreeMap<PathBuf, Entry>) {
    for entry in std::fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        let metadata = std::fs::symlink_metadata(&path).unwrap();
        let mode = metadata.permissions().mode();
        let found = if metadata.is_symlink() {
            Entry::Link {
                target: std::fs::read_link(&path).unwrap(),
            }
        } else if metadata.is_dir() {
            collect(&path, entries);
            Entry::Directory { mode }
        } else {
            Entry::File {
                mode,
                bytes: std::fs::read(&path).unwrap(),
            }
        };
        entries.insert(path, found);
    }
}
