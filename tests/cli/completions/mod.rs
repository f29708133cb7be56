//! What bash, zsh and fish offer at a tab: the real shells are asked, each in its own way.
//!
//! The shells run with none of the person's own files, so that nothing else completes.

use std::path::Path;
use std::process::{Command, Stdio};

use libtest_mimic::Trial;

use crate::needs;
use crate::program::{juniperctl, said};

/// A line, and what is offered for it among others.
const LINES: [(&str, &[&str]); 7] = [
    ("juniperctl g", &["graph"]),
    ("juniperctl sta", &["start", "status"]),
    ("juniperctl install --pro", &["--profile"]),
    ("juniperctl secret ", &["set", "list", "rotate", "remove"]),
    ("juniperctl secret ro", &["rotate"]),
    ("juniperctl completions ", &["bash", "fish", "zsh"]),
    ("juniperctl man juniper", &["juniper.toml", "juniperctl"]),
];

/// What is never offered, though one of the lines begins like it: it is for units, not for people.
const NEVER: &str = "gate";

pub(crate) fn trials() -> Vec<Trial> {
    // Each shell, the name of the file that it looks for, and how it reads no file of anybody's.
    [
        ("bash", "juniperctl.bash", "--norc"),
        ("zsh", "_juniperctl", "-f"),
        ("fish", "juniperctl.fish", "--no-config"),
    ]
    .into_iter()
    .map(|(shell, file, option)| {
        let name = format!("cli::completions::what_{shell}_offers");
        needs::programs(&[shell], &name, move || {
            offers(shell, file, option);
            Ok(())
        })
    })
    .collect()
}

fn offers(shell: &str, file: &str, option: &str) {
    let directory = tempfile::tempdir().unwrap();
    let script = directory.path().join(file);
    let text = said(juniperctl().args(["completions", shell])).stdout;
    std::fs::write(&script, text).unwrap();
    let asker = format!("tests/cli/completions/offered.{shell}");
    let asker = Path::new(env!("CARGO_MANIFEST_DIR")).join(asker);
    for (line, expected) in LINES {
        let said = said(
            Command::new("timeout")
                .args(["60", shell, option])
                .arg(&asker)
                .arg(&script)
                .arg(line)
                .env("HOME", directory.path())
                .env("TERM", "xterm")
                .stdin(Stdio::null()),
        );
        assert_eq!(said.code, Some(0), "{shell}: {line:?}: {said:#?}");
        // fish adds a tab and its words.
        let offered: Vec<&str> = said
            .stdout
            .lines()
            .filter_map(|line| line.split('\t').next())
            .collect();
        for word in expected {
            assert!(offered.contains(word), "{shell}: {line:?}: {offered:?}");
        }
        assert!(!offered.contains(&NEVER), "{shell}: {line:?}: {offered:?}");
    }
}
