//! Each program by itself, in a root of its own processor that nothing was booted from: the same words, byte for
//! byte, as this computer's program says about the same tree.

use std::fs;
use std::path::Path;
use std::process::Command;

use juniper_lab::vm::chroot;

use super::super::lab::package_for;
use super::{ARCHITECTURE, PACKAGES};

/// What is asked about a tree, with what is read there and nothing else.
const QUESTIONS: [&str; 17] = [
    "--json check",
    "check --explain",
    "render --profile full --systemd 247",
    "render --profile full --systemd 262",
    "render --profile mock",
    "--json render --profile dev --systemd 257",
    "audit",
    "--json audit --systemd 252",
    "graph",
    "--json export kubernetes",
    "schema",
    "man juniperctl",
    "man juniper.toml",
    "completions bash",
    "completions zsh",
    "completions fish",
    "explain",
];

/// Installs the packages in the tree, compares, and takes them away again. Fails by a panic where they differ.
pub(super) fn are_the_same(tree: &Path) -> Result<(), juniper_lab::Error> {
    for name in PACKAGES {
        fs::copy(package_for(ARCHITECTURE, name), tree.join("package.deb")).unwrap();
        chroot(tree, &["dpkg", "--install", "/package.deb"])?;
    }
    fs::remove_file(tree.join("package.deb")).unwrap();
    let version = chroot(tree, &["juniperctl", "--version"])?;
    assert_eq!(version, here(tree, &["--version"]));
    let kind = chroot(tree, &["uname", "-m"])?;
    assert_eq!(kind.trim(), "aarch64");
    for question in QUESTIONS {
        let words: Vec<&str> = question.split(' ').collect();
        let there = chroot(tree, &[&["juniperctl", "--root", "/"], &words[..]].concat())?;
        assert!(there.len() > 20, "{question}: {there:?}");
        assert_eq!(there, here(tree, &words), "{question}");
    }
    chroot(tree, &["dpkg", "--purge", "juniper-standin", "juniperctl"])?;
    println!(
        "{ARCHITECTURE}: {} answers are the same, byte for byte",
        QUESTIONS.len() + 1
    );
    Ok(())
}

/// What the program of this computer says about the same tree, as if it were in it.
fn here(tree: &Path, words: &[&str]) -> String {
    let mut command = Command::new(env!("CARGO_BIN_EXE_juniperctl"));
    command.env_clear().arg("--root").arg(tree).args(words);
    let output = command.output().unwrap();
    assert!(
        output.status.success(),
        "{words:?}: {}",
        String::from_utf8_lossy(&output.stderr)
    );
    let said = String::from_utf8(output.stdout).unwrap();
    said.replace(tree.to_str().unwrap(), "")
}
