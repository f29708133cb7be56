//! What packages are made with: completions that their shells can read, a manual page that man can.

use std::process::{Command, Stdio};

use libtest_mimic::Trial;

use crate::needs;
use crate::program::{juniperctl, said};

pub(crate) fn trials() -> Vec<Trial> {
    let mut trials = trials![
        every_shell_has_completions,
        the_manual_page_names_every_command
    ];
    for shell in ["bash", "zsh", "fish"] {
        let name = format!("cli::packagers::the_completions_can_be_read_by_{shell}");
        trials.push(needs::programs(&[shell], &name, move || {
            the_completions_can_be_read_by(shell);
            Ok(())
        }));
    }
    trials.push(needs::programs(
        &["man", "groff"],
        "cli::packagers::the_manual_page_is_set_without_a_warning",
        || {
            the_manual_page_is_set_without_a_warning();
            Ok(())
        },
    ));
    trials
}

fn every_shell_has_completions() {
    for shell in ["bash", "zsh", "fish"] {
        let said = said(juniperctl().args(["completions", shell]));
        assert_eq!(said.code, Some(0), "{shell}: {said:#?}");
        assert_eq!(said.stderr, "", "{shell}");
        for words in ["juniperctl", "install", "uninstall", "dry-run", "no-wait"] {
            assert!(said.stdout.contains(words), "{shell} lacks {words}");
        }
    }
}

/// Every shell of these checks without running with `-n`.
fn the_completions_can_be_read_by(shell: &str) {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("completions");
    let script = said(juniperctl().args(["completions", shell])).stdout;
    std::fs::write(&file, script).unwrap();
    let said = said(
        Command::new(shell)
            .arg("-n")
            .arg(&file)
            .stdin(Stdio::null()),
    );
    assert_eq!(said.code, Some(0), "{said:#?}");
    assert_eq!(said.stderr, "");
}

fn the_manual_page_names_every_command() {
    let page = said(juniperctl().arg("man")).stdout;
    for words in ["install", "uninstall", "health", "graph", "logs", "EXIT"] {
        assert!(page.contains(words), "{words}");
    }
    assert!(!page.contains("gate"), "an internal command is shown");
}

fn the_manual_page_is_set_without_a_warning() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("juniperctl.1");
    let page = said(juniperctl().arg("man"));
    assert_eq!(page.code, Some(0), "{page:#?}");
    std::fs::write(&file, page.stdout).unwrap();
    let said = said(
        Command::new("man")
            .args(["--warnings", "-E", "UTF-8", "-Tutf8", "-Z", "-l"])
            .arg(&file)
            .env("LC_ALL", "C.UTF-8")
            .env("MANWIDTH", "80"),
    );
    assert_eq!(said.code, Some(0), "{said:#?}");
    assert_eq!(said.stderr, "");
    assert!(said.stdout.len() > 1000);
}
