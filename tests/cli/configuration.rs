//! Which configuration is read, what `check` and `render` answer, and what production refuses.

use std::path::{Path, PathBuf};

use libtest_mimic::Trial;
use serde_json::Value;
use tempfile::TempDir;

use crate::program::{juniperctl, said};

pub(crate) fn trials() -> Vec<Trial> {
    trials![
        a_named_file_that_is_missing_is_refused,
        a_tree_without_configuration_has_the_built_in_stack,
        a_tree_is_configured_by_its_own_files,
        quiet_says_nothing_and_verbose_says_which_file_is_missing,
        render_answers_json_of_version_1,
        check_answers_json_of_version_1,
        render_prints_what_it_would_write,
        render_makes_the_directory_it_writes_to,
        production_refuses_make_believe,
        production_allows_the_real_services,
        check_accepts_a_production_site,
        a_file_that_is_no_text_is_refused,
        a_mistyped_root_is_noticed,
    ]
}

/// A directory with one configuration file in it.
fn written(text: &str) -> (TempDir, PathBuf) {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("juniper.toml");
    std::fs::write(&file, text).unwrap();
    (directory, file)
}

fn json(text: &str) -> Value {
    serde_json::from_str(text).unwrap()
}

fn a_named_file_that_is_missing_is_refused() {
    for command in ["check", "render", "health", "install --dry-run"] {
        let said = said(
            juniperctl()
                .args(["--config", "/nonexistent/juniper.toml"])
                .args(command.split_whitespace()),
        );
        assert_eq!(said.code, Some(3), "{command}: {said:#?}");
        assert!(
            said.stderr.contains("/nonexistent/juniper.toml"),
            "{command}: {said:#?}"
        );
        assert_eq!(said.stdout, "");
    }
}

fn check_accepts_a_production_site() {
    let (_directory, file) =
        written("profile = \"full\"\nenvironment.JUNIPER_ENV = \"production\"\n");
    let accepted = said(juniperctl().arg("--config").arg(&file).arg("check"));
    assert_eq!(accepted.code, Some(0), "{accepted:#?}");
    let (_directory, file) =
        written("profile = \"mock\"\nenvironment.JUNIPER_ENV = \"production\"\n");
    let refused = said(juniperctl().arg("--config").arg(&file).arg("check"));
    assert_eq!(refused.code, Some(3), "{refused:#?}");
    assert!(refused.stderr.contains("E011"), "{refused:#?}");
}

fn a_file_that_is_no_text_is_refused() {
    let (_directory, file) = written("");
    std::fs::write(&file, b"\xff").unwrap();
    let said = said(juniperctl().arg("--config").arg(&file).arg("check"));
    assert_eq!(said.code, Some(3), "{said:#?}");
    assert!(said.stderr.contains("UTF-8"), "{said:#?}");
}

fn a_mistyped_root_is_noticed() {
    let said = said(juniperctl().args(["--root", "/nonexistent", "check"]));
    assert_eq!(said.code, Some(4), "{said:#?}");
    assert!(said.stderr.contains("/nonexistent"), "{said:#?}");
}

fn a_tree_without_configuration_has_the_built_in_stack() {
    let tree = tempfile::tempdir().unwrap();
    let said = said(juniperctl().arg("--root").arg(tree.path()).arg("check"));
    assert_eq!(said.code, Some(0), "{said:#?}");
    assert!(
        said.stderr.contains("profile full, 5 services"),
        "{said:#?}"
    );
    assert_eq!(said.stdout, "");
}

fn a_tree_is_configured_by_its_own_files() {
    let tree = tempfile::tempdir().unwrap();
    let directory = tree.path().join("etc/juniper/juniper.toml.d");
    std::fs::create_dir_all(&directory).unwrap();
    std::fs::write(
        tree.path().join("etc/juniper/juniper.toml"),
        "profile = \"dev\"\n",
    )
    .unwrap();
    std::fs::write(directory.join("10-a.toml"), "profile = \"default\"\n").unwrap();
    let said = said(juniperctl().arg("--root").arg(tree.path()).arg("check"));
    assert_eq!(said.code, Some(0), "{said:#?}");
    assert!(said.stderr.contains("profile default"), "{said:#?}");
}

fn quiet_says_nothing_and_verbose_says_which_file_is_missing() {
    let tree = tempfile::tempdir().unwrap();
    let check = |option: &str| {
        said(
            juniperctl()
                .arg("--root")
                .arg(tree.path())
                .args(["check", option]),
        )
        .stderr
    };
    assert_eq!(check("--quiet"), "");
    assert!(check("--verbose").contains("etc/juniper/juniper.toml is not there"));
}

fn render_answers_json_of_version_1() {
    let (_directory, file) = written("profile = \"default\"\n");
    let said = said(
        juniperctl()
            .arg("--config")
            .arg(file)
            .args(["--json", "render"]),
    );
    assert_eq!(said.code, Some(0), "{said:#?}");
    assert_eq!(said.stderr, "");
    let listing = json(&said.stdout);
    assert_eq!(listing["version"], 1);
    assert_eq!(listing["profile"], "default");
    let names: Vec<&str> = listing["units"]
        .as_array()
        .unwrap()
        .iter()
        .map(|unit| unit["name"].as_str().unwrap())
        .collect();
    assert_eq!(
        names,
        [
            "juniper-act.socket",
            "juniper-act@.service",
            "juniper-canopy.service",
            "juniper-data.service",
            "juniper-ready.service",
            "juniper-watchdog.service",
            "juniper.target"
        ]
    );
    assert!(
        listing["units"][3]["text"]
            .as_str()
            .unwrap()
            .contains("\n[Service]\n")
    );
}

fn check_answers_json_of_version_1() {
    let (_sound, file) = written("");
    let accepted = said(
        juniperctl()
            .arg("--config")
            .arg(file)
            .args(["--json", "check"]),
    );
    assert_eq!(accepted.code, Some(0), "{accepted:#?}");
    let report = json(&accepted.stdout);
    assert_eq!(report["version"], 1);
    assert_eq!(report["faults"], Value::Array(Vec::new()));

    let (_faulty, file) = written("colour = 1\n\n[services.data]\n  prot = 2\n");
    let refused = said(
        juniperctl()
            .arg("--config")
            .arg(&file)
            .args(["--json", "check"]),
    );
    assert_eq!(refused.code, Some(3), "{refused:#?}");
    let report = json(&refused.stdout);
    assert_eq!(report["version"], 1);
    let faults = report["faults"].as_array().unwrap();
    assert_eq!(faults.len(), 2);
    assert_eq!(faults[0]["line"], 1);
    assert_eq!(faults[1]["code"], "E002");
    assert_eq!(faults[1]["file"], file.display().to_string());
    assert_eq!(faults[1]["line"], 4);
    assert_eq!(faults[1]["column"], 3);
    assert_eq!(faults[1]["help"], "did you mean `port`?");
}

fn render(tree: &Path, options: &[&str]) -> String {
    let said = said(
        juniperctl()
            .arg("--root")
            .arg(tree)
            .arg("render")
            .args(options),
    );
    assert_eq!(said.code, Some(0), "{said:#?}");
    said.stdout
}

fn render_prints_what_it_would_write() {
    let tree = tempfile::tempdir().unwrap();
    let out = tree.path().join("units");
    let printed = render(tree.path(), &["--profile", "default"]);
    render(
        tree.path(),
        &["--profile", "default", "--out", out.to_str().unwrap()],
    );
    let mut count = 0;
    for entry in std::fs::read_dir(&out).unwrap() {
        let text = std::fs::read_to_string(entry.unwrap().path()).unwrap();
        assert!(printed.contains(&text), "{text}");
        count += 1;
    }
    assert_eq!(count, 7);
    assert_eq!(printed, render(tree.path(), &["--profile", "default"]));
}

fn render_makes_the_directory_it_writes_to() {
    let tree = tempfile::tempdir().unwrap();
    let out = tree.path().join("a/b");
    let said = said(
        juniperctl()
            .arg("--root")
            .arg(tree.path())
            .args(["render", "--out"])
            .arg(&out),
    );
    assert_eq!(said.code, Some(0), "{said:#?}");
    assert_eq!(said.stdout, "");
    assert!(
        said.stderr.contains("9 unit files") && said.stderr.contains(out.to_str().unwrap()),
        "{said:#?}"
    );
    assert!(out.join("juniper.target").is_file());
}

fn production_refuses_make_believe() {
    let tree = tempfile::tempdir().unwrap();
    for command in [
        "render --profile mock",
        "install --profile mock --systemd 257",
    ] {
        let said = said(
            juniperctl()
                .env("JUNIPER_ENV", "production")
                .arg("--root")
                .arg(tree.path())
                .args(command.split_whitespace()),
        );
        assert_eq!(said.code, Some(3), "{command}: {said:#?}");
        assert!(
            said.stderr
                .contains("profile `mock` is refused where JUNIPER_ENV=production"),
            "{command}: {said:#?}"
        );
        assert_eq!(said.stdout, "");
    }
    assert!(std::fs::read_dir(tree.path()).unwrap().next().is_none());
    assert_eq!(
        said(
            juniperctl()
                .env("JUNIPER_ENV", "staging")
                .args(["render", "--profile", "mock"])
        )
        .code,
        Some(0)
    );
}

fn production_allows_the_real_services() {
    let tree = tempfile::tempdir().unwrap();
    for command in ["check", "render --profile full"] {
        let said = said(
            juniperctl()
                .env("JUNIPER_ENV", "production")
                .arg("--root")
                .arg(tree.path())
                .args(command.split_whitespace()),
        );
        assert_eq!(said.code, Some(0), "{command}: {said:#?}");
    }
}
