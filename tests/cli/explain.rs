//! What `explain`, `check --explain` and `schema` answer.

use std::path::Path;

use juniperctl::spec::fault::Code;
use libtest_mimic::Trial;
use serde_json::Value;

use crate::program::{Said, juniperctl, said};

pub(crate) fn trials() -> Vec<Trial> {
    trials![
        every_code_is_listed_and_explained,
        a_code_that_is_none_is_refused,
        each_value_is_shown_with_its_file_and_line,
        a_service_or_a_key_can_be_named,
        a_value_that_is_none_is_refused,
        faults_come_before_explanations,
        the_schema_is_printed,
    ]
}

fn explain(arguments: &[&str]) -> Said {
    said(juniperctl().arg("explain").args(arguments))
}

fn every_code_is_listed_and_explained() {
    let list = explain(&[]);
    assert_eq!(list.code, Some(0), "{list:#?}");
    assert_eq!(list.stdout.lines().count(), Code::ALL.len());
    let listing: Value = serde_json::from_str(&explain(&["--json"]).stdout).unwrap();
    assert_eq!(listing["version"], 1);
    for (code, listed) in Code::ALL
        .into_iter()
        .zip(listing["codes"].as_array().unwrap())
    {
        assert_eq!(listed["code"], code.id());
        let title = listed["title"].as_str().unwrap();
        assert!(
            list.stdout.contains(&format!("{}  {title}\n", code.id())),
            "{list:#?}"
        );
        let one = explain(&[code.id()]);
        assert_eq!(one.code, Some(0), "{one:#?}");
        assert!(one.stdout.starts_with(&format!("{}: {title}\n", code.id())));
        let refused = listed["refused"].as_str().unwrap();
        let first = refused.lines().next().unwrap();
        assert!(one.stdout.contains(&format!("    {first}\n")), "{one:#?}");
        assert!(
            one.stdout.lines().all(|line| line.chars().count() <= 100),
            "{one:#?}"
        );
    }
}

fn a_code_that_is_none_is_refused() {
    let near = explain(&["E0O4"]);
    assert_eq!(near.code, Some(2), "{near:#?}");
    assert!(near.stderr.contains("did you mean `E004`?"), "{near:#?}");
    let far = explain(&["\u{1b}[31mwarning"]);
    assert_eq!(far.code, Some(2), "{far:#?}");
    assert!(
        far.stderr.contains("`juniperctl explain` lists all codes"),
        "{far:#?}"
    );
    assert!(!far.stderr.contains('\u{1b}'), "{far:#?}");
}

/// A configuration of two files, and the arguments that name it.
fn site(directory: &Path) -> String {
    let file = directory.join("juniper.toml");
    let drop_ins = directory.join("juniper.toml.d");
    std::fs::create_dir(&drop_ins).unwrap();
    std::fs::write(
        &file,
        "profile = \"full\"\n\n[services.data]\nport = 8101\n\n[services.cascor]\nport = 8201\n",
    )
    .unwrap();
    std::fs::write(
        drop_ins.join("20-later.toml"),
        "services.data.port = 8103\n",
    )
    .unwrap();
    std::fs::write(
        drop_ins.join("10-first.toml"),
        "\nservices.data.port = 8102\n",
    )
    .unwrap();
    file.display().to_string()
}

fn each_value_is_shown_with_its_file_and_line() {
    let directory = tempfile::tempdir().unwrap();
    let file = site(directory.path());
    let shown = said(juniperctl().args(["--config", &file, "check", "--explain"]));
    assert_eq!(shown.code, Some(0), "{shown:#?}");
    let line = |key: &str| {
        let begin = format!("{key} = ");
        shown
            .stdout
            .lines()
            .find(|line| line.starts_with(&begin))
            .unwrap_or_else(|| panic!("no {key} in {}", shown.stdout))
            .to_owned()
    };
    assert_eq!(
        line("services.data.port"),
        format!(
            "services.data.port = 8103  # {file}.d/20-later.toml:1, instead of 8102 \
             ({file}.d/10-first.toml:2), instead of 8101 ({file}:4), instead of 8100 (built in)"
        )
    );
    assert_eq!(
        line("services.canopy.port"),
        "services.canopy.port = 8050  # built in"
    );
    assert_eq!(
        line("services.canopy.environment.JUNIPER_CANOPY_JUNIPER_DATA_URL"),
        "services.canopy.environment.JUNIPER_CANOPY_JUNIPER_DATA_URL = \"http://127.0.0.1:8103\"  \
         # derived: from \"data.url\" (built in)"
    );
    // All of it is a configuration by itself.
    let again = directory.path().join("again.toml");
    std::fs::write(&again, &shown.stdout).unwrap();
    let units = |file: &str| said(juniperctl().args(["--config", file, "render"])).stdout;
    assert_eq!(units(&file), units(again.to_str().unwrap()));
}

fn a_service_or_a_key_can_be_named() {
    let directory = tempfile::tempdir().unwrap();
    let file = site(directory.path());
    for (what, count) in [
        ("cascor.port", 1),
        ("services.cascor.port", 1),
        ("cascor.liveness", 8),
        ("network", 1),
    ] {
        let shown =
            said(juniperctl().args(["--config", &file, "--json", "check", "--explain", what]));
        assert_eq!(shown.code, Some(0), "{shown:#?}");
        let report: Value = serde_json::from_str(&shown.stdout).unwrap();
        assert_eq!(report["version"], 1);
        assert_eq!(report["profile"], "full");
        let values = report["values"].as_array().unwrap();
        assert_eq!(values.len(), count, "{what}: {values:#?}");
        if count == 1 && what != "network" {
            let value = &values[0];
            assert_eq!(value["key"], "services.cascor.port");
            assert_eq!(value["value"], 8201);
            assert_eq!(value["origin"], "file");
            assert_eq!(value["file"], file);
            assert_eq!((&value["line"], &value["column"]), (&7.into(), &8.into()));
            assert_eq!(value["instead_of"][0]["text"], "8200");
        }
    }
}

fn a_value_that_is_none_is_refused() {
    for (what, hint) in [
        ("cascr", "did you mean `cascor`?"),
        ("cascor.prot", "did you mean `cascor.port`?"),
        (
            "nothing.like.it",
            "`juniperctl check --explain` shows all of them",
        ),
    ] {
        let refused = said(juniperctl().args(["check", "--explain", what]));
        assert_eq!(refused.code, Some(2), "{refused:#?}");
        assert_eq!(refused.stdout, "");
        assert!(refused.stderr.contains(hint), "{refused:#?}");
    }
}

fn faults_come_before_explanations() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("juniper.toml");
    std::fs::write(&file, "services.data.prot = 1\n").unwrap();
    let refused = said(
        juniperctl()
            .arg("--config")
            .arg(&file)
            .args(["check", "--explain"]),
    );
    assert_eq!(refused.code, Some(3), "{refused:#?}");
    assert_eq!(refused.stdout, "");
    assert!(refused.stderr.contains("error[E002]"), "{refused:#?}");
    assert!(
        refused.stderr.contains("juniperctl explain E002"),
        "{refused:#?}"
    );
}

fn the_schema_is_printed() {
    let printed = said(juniperctl().arg("schema"));
    assert_eq!(printed.code, Some(0), "{printed:#?}");
    let schema: Value = serde_json::from_str(&printed.stdout).unwrap();
    assert_eq!(schema["title"], "juniper.toml");
}
