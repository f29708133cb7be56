//! A switch in a directory: what is there at each of its stations, and after whoever comes next.

use std::fs;
use std::os::unix::fs::MetadataExt as _;
use std::path::Path;

use super::Files;
use super::switch::{Recovery, Switch};
use crate::plan::Change;

/// A directory with a unit that is rewritten, one that goes, and one that nobody touches.
fn stage() -> (tempfile::TempDir, Switch, Vec<Change>) {
    let directory = tempfile::tempdir().unwrap();
    let units = directory.path().join("systemd/system");
    fs::create_dir_all(&units).unwrap();
    for name in ["a", "b", "theirs"] {
        fs::write(units.join(format!("{name}.service")), format!("old {name}")).unwrap();
    }
    let changes = vec![
        Change::Rewrite {
            name: "a.service".to_owned(),
            old: "old a".to_owned(),
            text: "new a".to_owned(),
        },
        Change::Remove {
            name: "b.service".to_owned(),
            old: "old b".to_owned(),
        },
        Change::Create {
            name: "c.service".to_owned(),
            text: "new c".to_owned(),
        },
    ];
    let switch = Switch::new(&units, &directory.path().join("records"));
    (directory, switch, changes)
}

/// What whoever opens the units reads, and everything else below the directory that is no unit.
fn seen(directory: &Path) -> (Vec<String>, Vec<String>) {
    let units = directory.join("systemd/system");
    let mut texts = Vec::new();
    for name in Files::names(&units).unwrap() {
        if let Ok(text) = fs::read_to_string(units.join(&name)) {
            texts.push(text);
        }
    }
    let mut others = Files::names(directory).unwrap();
    others.extend(Files::names(&directory.join("systemd")).unwrap());
    (texts, others)
}

const OLD: [&str; 3] = ["old a", "old b", "old theirs"];
const NEW: [&str; 3] = ["new a", "new c", "old theirs"];

#[test]
fn a_switch_that_comes_to_pass_leaves_plain_files_and_records() {
    let (directory, switch, changes) = stage();
    let records = [
        ("receipt.json".to_owned(), "r".to_owned()),
        ("generations/1.json".to_owned(), "g".to_owned()),
    ];
    switch.stage(&changes, &records, &[]).unwrap();
    assert!(switch.is_begun().unwrap());
    assert_eq!(seen(directory.path()).0, OLD);
    switch.switch().unwrap();
    assert_eq!(seen(directory.path()).0, NEW);
    switch.commit().unwrap();
    let (texts, others) = seen(directory.path());
    assert_eq!(texts, NEW);
    assert_eq!(others, ["records", "systemd", "system"]);
    let records = directory.path().join("records");
    assert_eq!(
        fs::read_to_string(records.join("receipt.json")).unwrap(),
        "r"
    );
    assert_eq!(
        fs::read_to_string(records.join("generations/1.json")).unwrap(),
        "g"
    );
    for name in ["a.service", "c.service"] {
        let path = directory.path().join("systemd/system").join(name);
        assert!(fs::symlink_metadata(path).unwrap().is_file(), "{name}");
    }
    assert_eq!(switch.recover().unwrap(), Recovery::Nothing);
}

#[test]
fn what_is_undone_is_the_very_file_that_was_there() {
    for after_the_switch in [false, true] {
        let (directory, switch, changes) = stage();
        let path = directory.path().join("systemd/system/a.service");
        let before = fs::metadata(&path).unwrap();
        let made = [directory.path().join("records")];
        let records = [("receipt.json".to_owned(), "r".to_owned())];
        switch.stage(&changes, &records, &made).unwrap();
        if after_the_switch {
            switch.switch().unwrap();
        }
        switch.undo().unwrap();
        let (texts, others) = seen(directory.path());
        assert_eq!(texts, OLD);
        assert_eq!(others, ["systemd", "system"], "{after_the_switch}");
        let after = fs::metadata(&path).unwrap();
        assert_eq!(
            (before.ino(), before.mtime_nsec()),
            (after.ino(), after.mtime_nsec())
        );
    }
}

#[test]
fn whoever_comes_next_ends_what_was_interrupted() {
    for (after_the_switch, recovery, texts) in [
        (false, Recovery::Undone, OLD),
        (true, Recovery::Finished, NEW),
    ] {
        let (directory, switch, changes) = stage();
        let records = [("receipt.json".to_owned(), "r".to_owned())];
        switch.stage(&changes, &records, &[]).unwrap();
        if after_the_switch {
            switch.switch().unwrap();
        }
        assert_eq!(switch.recover().unwrap(), recovery);
        assert_eq!(seen(directory.path()).0, texts);
        assert!(!switch.is_begun().unwrap());
        let receipt = directory.path().join("records/receipt.json");
        assert_eq!(receipt.exists(), after_the_switch);
    }
}

#[test]
fn a_unit_that_is_not_there_any_more_leaves_everything_as_it_is() {
    let (directory, switch, changes) = stage();
    fs::remove_file(directory.path().join("systemd/system/b.service")).unwrap();
    let before = seen(directory.path());
    let made = [directory.path().join("records")];
    let error = switch.stage(&changes, &[], &made).unwrap_err();
    assert!(error.to_string().contains("b.service"), "{error}");
    assert_eq!(seen(directory.path()), before);
}
