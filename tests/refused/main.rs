//! Every kind of fault once: the whole of what a person is told, and the exit code.
//!
//! Each folder `NN-name` holds a faulty configuration, the command in `args` where it is not
//! `check`, and in `expected.txt` the command, all of its standard error and its exit code.
//! `SNAPSHOTS=overwrite cargo test --test refused` accepts what is said now.
#![expect(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    clippy::disallowed_types,
    reason = "tests may fail loudly, and look at this computer"
)]

#[path = "../cli/program.rs"]
mod program;

use std::path::{Path, PathBuf};

use juniperctl::spec::fault::Code;
use libtest_mimic::{Arguments, Failed, Trial};
use program::{juniperctl, said};
use similar::TextDiff;

fn main() {
    let arguments = Arguments::from_args();
    let folders = folders();
    let mut trials: Vec<Trial> = folders
        .iter()
        .cloned()
        .map(|folder| {
            let name = folder.file_name().unwrap().to_str().unwrap().to_owned();
            Trial::test(format!("{name}_is_refused_as_accepted"), move || {
                compare(&folder)
            })
        })
        .collect();
    trials.push(Trial::test("every_code_has_a_case", move || {
        every_code_has_a_case(&folders)
    }));
    libtest_mimic::run(&arguments, trials).exit();
}

fn folders() -> Vec<PathBuf> {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/refused");
    let mut folders: Vec<PathBuf> = std::fs::read_dir(&directory)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.is_dir())
        .collect();
    folders.sort();
    assert!(!folders.is_empty(), "no case in {}", directory.display());
    folders
}

/// The command, what it said on standard error, and how it ended.
fn transcript(folder: &Path) -> Result<String, Failed> {
    let command = std::fs::read_to_string(folder.join("args"));
    let command = command.as_deref().unwrap_or("check").trim();
    let said = said(
        juniperctl()
            // Relative, so that no message depends on where the tests run.
            .current_dir(folder)
            .args(["--config", "juniper.toml"])
            .args(command.split_whitespace()),
    );
    if said.code != Some(3) || !said.stdout.is_empty() {
        return Err(
            format!("not refused with exit code 3 and silence on stdout: {said:#?}").into(),
        );
    }
    Ok(format!(
        "$ juniperctl --config juniper.toml {command}\n{}exit code 3\n",
        said.stderr
    ))
}

fn compare(folder: &Path) -> Result<(), Failed> {
    let found = transcript(folder)?;
    let file = folder.join("expected.txt");
    if std::env::var_os("SNAPSHOTS").is_some_and(|word| word == "overwrite") {
        std::fs::write(file, found).unwrap();
        return Ok(());
    }
    let accepted = std::fs::read_to_string(&file).unwrap_or_default();
    if accepted == found {
        return Ok(());
    }
    let difference = TextDiff::from_lines(&accepted, &found)
        .unified_diff()
        .header("expected.txt", "now")
        .to_string();
    Err(format!(
        "{} is not what is said now; if the change is meant, accept it with `make accept`\n{difference}",
        file.display()
    )
    .into())
}

fn every_code_has_a_case(folders: &[PathBuf]) -> Result<(), Failed> {
    let texts: Vec<String> = folders
        .iter()
        .map(|folder| transcript(folder))
        .collect::<Result<_, _>>()?;
    for code in Code::ALL {
        let drawn = format!("error[{}]", code.id());
        if !texts.iter().any(|text| text.contains(&drawn)) {
            return Err(format!("no case shows {code:?}").into());
        }
    }
    Ok(())
}
