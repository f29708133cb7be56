//! Whole exports, compared with the ones that were read and accepted by a person.
//!
//! Each folder of tests/export holds a configuration, the engine and options in `args`, a tree of the machine in `root`
//! where one matters, the files in `expected`, and what was told of losses in `expected.txt`.

use std::path::{Path, PathBuf};

use libtest_mimic::{Failed, Trial};

use crate::program::{juniperctl, said};
use crate::tree;

pub(crate) fn trials() -> Vec<Trial> {
    let mut folders: Vec<PathBuf> =
        std::fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/export"))
            .unwrap()
            .map(|entry| entry.unwrap().path())
            .collect();
    folders.sort();
    assert!(folders.len() >= 7, "{folders:?}");
    let trial = |folder: PathBuf| {
        let name = folder.file_name().unwrap().to_str().unwrap().to_owned();
        Trial::test(format!("{name}_exports_as_accepted"), move || {
            compare(&folder)
        })
    };
    folders.into_iter().map(trial).collect()
}

fn compare(folder: &Path) -> Result<(), Failed> {
    let (machine, out) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    // Which secrets there are is told by names; git keeps no permissions.
    let names = std::fs::read_to_string(folder.join("secrets")).unwrap_or_default();
    for name in names.split_whitespace() {
        let directory = machine.path().join("etc/juniper/secrets");
        std::fs::create_dir_all(&directory).unwrap();
        let mut created = std::fs::OpenOptions::new();
        std::os::unix::fs::OpenOptionsExt::mode(created.write(true).create(true), 0o600);
        let mut file = created.open(directory.join(name)).unwrap();
        std::io::Write::write_all(&mut file, b"never-to-be-seen").unwrap();
    }
    let options = std::fs::read_to_string(folder.join("args")).unwrap();
    let said = said(
        juniperctl()
            .current_dir(folder)
            .args(["--config", "juniper.toml", "--quiet", "--root"])
            .arg(machine.path())
            .args(["export", "--out"])
            .arg(out.path())
            .args(options.split_whitespace()),
    );
    if said.code != Some(0) || !said.stdout.is_empty() {
        return Err(format!("export: exit code {:?}\n{}", said.code, said.stderr).into());
    }
    let mut found = tree::read(out.path());
    if found.values().any(|text| text.contains("never-to-be-seen")) {
        return Err("a secret is in the export".into());
    }
    // Kept once, where the packages have it.
    found.retain(|name, _| !name.ends_with("juniper_worker.py"));
    tree::matches(&folder.join("expected"), &found)?;
    let losses = tree::Tree::from([("losses.txt".to_owned(), said.stderr)]);
    tree::matches(&folder.join("told"), &losses)
}
