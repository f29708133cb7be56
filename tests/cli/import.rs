//! `import`: whole installations to whole configurations; what is lost is listed to the line, and no secret
//! is anywhere.
//!
//! Each folder of tests/import holds the files, their names in `args`, and what comes out of them:
//! `expected.toml` and `expected.txt` (standard error). `SNAPSHOTS=overwrite` accepts what is said now.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use libtest_mimic::Trial;
use similar::TextDiff;

use crate::program::{juniperctl, said};

/// What every secret in the folders begins with.
const SECRET: &str = "never-to-be-seen";

pub(crate) fn trials() -> Vec<Trial> {
    let mut trials = trials![
        a_file_that_is_there_is_not_touched,
        what_cannot_be_read_is_refused,
        hostile_yaml_is_refused_in_time,
        json_says_the_same,
    ];
    trials.extend(folders().into_iter().map(|folder| {
        let name = folder.file_name().unwrap().to_str().unwrap().to_owned();
        Trial::test(format!("imports::{name}"), move || {
            compare(&folder);
            Ok(())
        })
    }));
    trials
}

fn folders() -> Vec<PathBuf> {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/import");
    let mut folders: Vec<PathBuf> = std::fs::read_dir(directory)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    folders.sort();
    assert!(folders.len() >= 4);
    folders
}

fn compare(folder: &Path) {
    let names = std::fs::read_to_string(folder.join("args")).unwrap();
    let said = said(
        juniperctl()
            .arg("import")
            .args(names.split_whitespace())
            .current_dir(folder),
    );
    assert_eq!(said.code, Some(0), "{said:#?}");
    assert!(
        !said.stdout.contains(SECRET) && !said.stderr.contains(SECRET),
        "{said:#?}"
    );
    expect(&folder.join("expected.toml"), &said.stdout);
    expect(&folder.join("expected.txt"), &said.stderr);
    let checked = self::said(
        juniperctl()
            .arg("--config")
            .arg(folder.join("expected.toml"))
            .arg("check"),
    );
    assert_eq!(checked.code, Some(0), "{checked:#?}");
}

fn expect(path: &Path, text: &str) {
    if std::env::var_os("SNAPSHOTS").is_some_and(|wanted| wanted == "overwrite") {
        std::fs::write(path, text).unwrap();
        return;
    }
    let expected = std::fs::read_to_string(path).unwrap_or_default();
    let differences = TextDiff::from_lines(expected.as_str(), text)
        .unified_diff()
        .to_string();
    assert!(differences.is_empty(), "{}:\n{differences}", path.display());
}

fn a_file_that_is_there_is_not_touched() {
    let directory = tempfile::tempdir().unwrap();
    let (env, out) = (
        directory.path().join(".env"),
        directory.path().join("juniper.toml"),
    );
    std::fs::write(&env, "JUNIPER_DATA_PORT=9100\n").unwrap();
    let import = || said(juniperctl().arg("import").arg("--out").arg(&out).arg(&env));
    let first = import();
    assert_eq!(
        (first.code, first.stdout.as_str()),
        (Some(0), ""),
        "{first:#?}"
    );
    let written = std::fs::read_to_string(&out).unwrap();
    assert!(written.contains("port = 9100"), "{written}");
    std::fs::write(&out, "mine").unwrap();
    let second = import();
    assert_eq!(second.code, Some(4), "{second:#?}");
    assert!(second.stderr.contains("exists"), "{second:#?}");
    assert_eq!(std::fs::read_to_string(&out).unwrap(), "mine");
}

fn what_cannot_be_read_is_refused() {
    let directory = tempfile::tempdir().unwrap();
    for (name, text, code, words) in [
        ("a.yml", "services: [", 3, "a.yml:2: this is not YAML"),
        ("a.yml", "x: 1\n", 3, "there are no `services`"),
        (
            "a.service",
            "nonsense\n",
            3,
            "a.service:1: a setting outside of a section",
        ),
        ("a.ini", "", 2, "none of .env"),
        ("missing.env", "", 4, "there is no file"),
    ] {
        let path = directory.path().join(name);
        if name != "missing.env" {
            std::fs::write(&path, text).unwrap();
        }
        let said = said(juniperctl().arg("import").arg(&path));
        assert_eq!(said.code, Some(code), "{name}: {said:#?}");
        assert!(said.stderr.contains(words), "{name}: {said:#?}");
        assert_eq!(said.stdout, "");
    }
}

fn hostile_yaml_is_refused_in_time() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("docker-compose.yml");
    let mut laughs = "a0: &a0 [x, x, x, x, x, x, x, x, x]\n".to_owned();
    for n in 1..40 {
        let all = vec![format!("*a{}", n - 1); 9].join(", ");
        writeln!(laughs, "a{n}: &a{n} [{all}]").unwrap();
    }
    for text in [
        laughs,
        "[".repeat(1_000_000),
        "- ".repeat(500_000),
        "x".repeat(2_000_000),
    ] {
        std::fs::write(&path, text).unwrap();
        let begun = std::time::Instant::now();
        let said = said(juniperctl().arg("import").arg(&path));
        assert!(matches!(said.code, Some(3 | 4)), "{:?}", said.code);
        assert_eq!(said.stdout, "");
        assert!(begun.elapsed().as_secs() < 10, "{:?}", begun.elapsed());
    }
}

fn json_says_the_same() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/import/02-units");
    let names = std::fs::read_to_string(folder.join("args")).unwrap();
    let said = said(
        juniperctl()
            .args(["--json", "import"])
            .args(names.split_whitespace())
            .current_dir(&folder),
    );
    let told: serde_json::Value = serde_json::from_str(&said.stdout).unwrap();
    assert_eq!(told["version"], 1);
    let expected = std::fs::read_to_string(folder.join("expected.toml")).unwrap();
    assert_eq!(told["configuration"], expected);
    let count = |what: &str| told[what].as_array().unwrap().len();
    let lines = |begin: &str| {
        said.stderr
            .lines()
            .filter(|line| line.starts_with(begin))
            .count()
    };
    assert_eq!(count("losses"), lines("not carried over: "));
    assert_eq!(count("secrets"), lines("secret: "));
    assert!(count("secrets") > 0);
    assert!(!said.stdout.contains(SECRET));
}
