//! Streams, colour, and readers that go away.

use std::fs::File;
use std::process::{Command, Stdio};

use libtest_mimic::Trial;

use crate::needs;
use crate::program::{Said, juniperctl, said};

pub(crate) fn trials() -> Vec<Trial> {
    let mut trials = trials![
        colour_is_used_when_it_is_asked_for,
        colour_is_not_used_away_from_a_terminal,
        a_reader_that_has_left_is_no_error,
        head_can_cut_the_output_short,
        output_that_cannot_be_written_is_an_error,
    ];
    trials.push(needs::programs(
        &["script"],
        "cli::output::on_a_terminal_colour_is_used_unless_no_color_is_set",
        || {
            on_a_terminal_colour_is_used_unless_no_color_is_set();
            Ok(())
        },
    ));
    trials
}

const ESCAPE: char = '\u{1b}';

/// A check that finds one fault.
fn faulty(options: &[&str]) -> Said {
    let directory = tempfile::tempdir().unwrap();
    std::fs::write(directory.path().join("juniper.toml"), "colour = 1\n").unwrap();
    said(
        juniperctl()
            .current_dir(directory.path())
            .args(["--config", "juniper.toml", "check"])
            .args(options),
    )
}

fn colour_is_used_when_it_is_asked_for() {
    let always = faulty(&["--color", "always"]);
    assert!(always.stderr.contains(ESCAPE), "{always:#?}");
    assert_eq!(always.code, Some(3));
}

fn colour_is_not_used_away_from_a_terminal() {
    let auto = faulty(&[]);
    let never = faulty(&["--color", "never"]);
    assert!(never.stderr.contains("unknown key `colour`"), "{never:#?}");
    assert!(!never.stderr.contains(ESCAPE), "{never:#?}");
    assert_eq!(auto.stderr, never.stderr);
}

/// The same on a terminal that `script` makes.
fn on_terminal(variable: Option<(&str, &str)>, options: &str) -> String {
    let directory = tempfile::tempdir().unwrap();
    std::fs::write(directory.path().join("juniper.toml"), "colour = 1\n").unwrap();
    let line = format!(
        "{} --config juniper.toml check {options}",
        env!("CARGO_BIN_EXE_juniperctl")
    );
    let said = said(
        Command::new("script")
            .args(["--quiet", "--return", "--command", &line, "/dev/null"])
            .current_dir(directory.path())
            .env_clear()
            .env("PATH", "/usr/bin:/bin")
            .env("TERM", "xterm-256color")
            .envs(variable)
            .stdin(Stdio::null()),
    );
    assert_eq!(said.code, Some(3), "{said:#?}");
    assert!(said.stdout.contains("unknown key"), "{said:#?}");
    said.stdout
}

fn on_a_terminal_colour_is_used_unless_no_color_is_set() {
    assert!(on_terminal(None, "").contains(ESCAPE));
    assert!(!on_terminal(Some(("NO_COLOR", "1")), "").contains(ESCAPE));
    assert!(!on_terminal(Some(("TERM", "dumb")), "").contains(ESCAPE));
    assert!(!on_terminal(None, "--color never").contains(ESCAPE));
    assert!(on_terminal(Some(("NO_COLOR", "1")), "--color always").contains(ESCAPE));
}

fn a_reader_that_has_left_is_no_error() {
    for command in ["render", "--json render", "man", "completions bash"] {
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        let said = said(
            juniperctl()
                .args(command.split_whitespace())
                .stdout(Stdio::from(writer)),
        );
        assert_eq!(said.code, Some(0), "{command}: {said:#?}");
        assert_eq!(said.stderr, "", "{command}");
    }
}

fn head_can_cut_the_output_short() {
    let said = said(
        Command::new("bash")
            .args(["-c", "set -o pipefail; \"$0\" render | head -1"])
            .arg(env!("CARGO_BIN_EXE_juniperctl"))
            .env_clear()
            .env("PATH", "/usr/bin:/bin"),
    );
    assert_eq!(said.code, Some(0), "{said:#?}");
    assert_eq!(said.stdout, "# ---- juniper-act.socket ----\n");
    assert_eq!(said.stderr, "");
}

fn output_that_cannot_be_written_is_an_error() {
    let full = File::options().write(true).open("/dev/full").unwrap();
    let said = said(juniperctl().arg("render").stdout(Stdio::from(full)));
    assert_eq!(said.code, Some(4), "{said:#?}");
    assert!(
        said.stderr
            .starts_with("error: cannot write to standard output: "),
        "{said:#?}"
    );
}
