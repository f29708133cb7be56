//! `export` as a user meets it: strictness, a directory that is not ours, what cannot be exported at all.

use std::path::Path;

use libtest_mimic::Trial;

use crate::program::{Said, juniperctl, said};

pub(crate) fn trials() -> Vec<Trial> {
    trials![
        strict_is_an_error_only_where_something_is_lost,
        what_is_not_of_an_export_is_left_alone,
        what_cannot_be_said_is_refused_with_its_place,
        json_holds_files_and_losses,
    ]
}

/// One service that asks for nothing which a quadlet cannot say.
fn plain() -> String {
    let off = [
        "ProcSubset",
        "RestrictAddressFamilies",
        "RestrictSUIDSGID",
        "MemoryDenyWriteExecute",
        "SystemCallArchitectures",
        "PrivateUsers",
        "IPAddressDeny",
    ];
    let relaxed: Vec<String> = off
        .iter()
        .map(|name| format!("relax.{name} = \"x\"\n"))
        .collect();
    format!(
        "profile = \"p\"\n[services.one]\ncommand = [\"/usr/bin/juniper-standin\", \"data\"]\n{}\n\
         [profiles.p]\nservices = [\"one\"]\n",
        relaxed.concat()
    )
}

fn export(directory: &Path, configuration: &str, options: &[&str]) -> Said {
    let file = directory.join("juniper.toml");
    std::fs::write(&file, configuration).unwrap();
    said(
        juniperctl()
            .arg("--config")
            .arg(&file)
            .arg("--root")
            .arg(directory)
            .arg("export")
            .args(options),
    )
}

fn strict_is_an_error_only_where_something_is_lost() {
    let directory = tempfile::tempdir().unwrap();
    let out = directory.path().join("out");
    let out = out.to_str().unwrap();
    let strict = export(
        directory.path(),
        &plain(),
        &["compose", "--strict", "--out", out],
    );
    assert_eq!(strict.code, Some(1), "{strict:#?}");
    assert!(
        strict.stderr.contains("not expressed: one: restart_delay"),
        "{strict:#?}"
    );
    assert!(!Path::new(out).exists(), "written all the same");
    let loose = export(directory.path(), &plain(), &["compose", "--out", out]);
    assert_eq!(loose.code, Some(0), "{loose:#?}");
    assert!(Path::new(out).join("compose.yaml").exists());
    let whole = export(directory.path(), &plain(), &["quadlet", "--strict"]);
    assert_eq!((whole.code, whole.stderr.as_str()), (Some(0), ""));
}

fn what_is_not_of_an_export_is_left_alone() {
    let directory = tempfile::tempdir().unwrap();
    let readme = directory.path().join("README.md");
    std::fs::write(&readme, "mine").unwrap();
    let out = directory.path().to_str().unwrap().to_owned();
    let refused = export(directory.path(), &plain(), &["procfile", "--out", &out]);
    assert_eq!(refused.code, Some(4), "{refused:#?}");
    assert_eq!(std::fs::read_to_string(&readme).unwrap(), "mine");
    assert!(!directory.path().join("Procfile").exists());
}

fn what_cannot_be_said_is_refused_with_its_place() {
    let directory = tempfile::tempdir().unwrap();
    let long = "x".repeat(60_000);
    let configuration = format!(
        "profile = \"p\"\n[services.long]\ncommand = [\"/bin/true\", \"{long}\", \"{long}\", \"{long}\"]\n\
         [profiles.p]\nservices = [\"long\"]\n"
    );
    let refused = export(directory.path(), &configuration, &["procfile"]);
    assert_eq!((refused.code, refused.stdout.as_str()), (Some(3), ""));
    assert!(
        refused.stderr.contains("juniper.toml:3:11"),
        "{}",
        refused.stderr.get(..2_000).unwrap_or(&refused.stderr)
    );
    let supervisord = export(directory.path(), &configuration, &["supervisord"]);
    assert_eq!(supervisord.code, Some(0));
}

fn json_holds_files_and_losses() {
    let directory = tempfile::tempdir().unwrap();
    let told = export(directory.path(), &plain(), &["--json", "kubernetes"]);
    let value: serde_json::Value = serde_json::from_str(&told.stdout).unwrap();
    assert_eq!(
        (told.stderr.as_str(), &value["engine"]),
        ("", &"kubernetes".into())
    );
    assert!(value["files"].as_array().unwrap().len() > 3);
    assert_eq!(value["losses"][0]["services"][0], "one");
}
