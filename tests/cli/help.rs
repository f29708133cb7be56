//! Help and usage errors of every command.

use clap::CommandFactory as _;
use juniperctl::cli::Cli;
use libtest_mimic::Trial;

use crate::program::{juniperctl, said};

pub(crate) fn trials() -> Vec<Trial> {
    trials![
        every_command_has_help,
        help_names_the_exit_codes_and_every_command,
        the_version_is_the_packages,
        an_unknown_option_is_a_usage_error_everywhere,
        a_command_line_that_makes_no_sense_is_a_usage_error,
    ]
}

/// The words that lead to each command, hidden ones included.
fn commands() -> Vec<Vec<String>> {
    fn below(command: &clap::Command, words: &[String], found: &mut Vec<Vec<String>>) {
        for command in command.get_subcommands() {
            let mut words = words.to_vec();
            words.push(command.get_name().to_owned());
            found.push(words.clone());
            below(command, &words, found);
        }
    }
    let mut found = vec![Vec::new()];
    below(&Cli::command(), &[], &mut found);
    found
}

fn every_command_has_help() {
    let commands = commands();
    assert!(commands.len() > 15, "{commands:?}");
    for words in commands {
        let said = said(juniperctl().args(&words).arg("--help"));
        assert_eq!(said.code, Some(0), "{words:?}: {said:#?}");
        let usage = format!("Usage: juniperctl {}", words.join(" "));
        assert!(
            said.stdout.contains(usage.trim_end()),
            "{words:?}: {said:#?}"
        );
        assert_eq!(said.stderr, "", "{words:?}");
    }
}

fn help_names_the_exit_codes_and_every_command() {
    let help = said(juniperctl().arg("--help")).stdout;
    // Lines are broken wherever they end.
    let help = help.split_whitespace().collect::<Vec<_>>().join(" ");
    for words in [
        "3 configuration refused",
        "4 the machine refused",
        "check",
        "render",
        "install",
        "uninstall",
        "start",
        "stop",
        "restart",
        "status",
        "health",
        "graph",
        "logs",
        "why",
        "incidents",
        "learn",
        "pause",
        "resume",
        "completions",
        "man",
        "--root",
        "--config",
        "--json",
        "--color",
    ] {
        assert!(help.contains(words), "{words}:\n{help}");
    }
}

fn the_version_is_the_packages() {
    let said = said(juniperctl().arg("--version"));
    assert_eq!(said.code, Some(0));
    assert_eq!(
        said.stdout,
        concat!("juniperctl ", env!("CARGO_PKG_VERSION"), "\n")
    );
}

fn an_unknown_option_is_a_usage_error_everywhere() {
    for words in commands() {
        let said = said(juniperctl().args(&words).arg("--no-such-option"));
        assert_eq!(said.code, Some(2), "{words:?}: {said:#?}");
        assert!(
            said.stderr.contains("--no-such-option"),
            "{words:?}: {said:#?}"
        );
        assert_eq!(said.stdout, "", "{words:?}");
    }
}

fn a_command_line_that_makes_no_sense_is_a_usage_error() {
    for line in [
        "",
        "instal",
        "check now",
        "--quiet --verbose check",
        "--color sometimes check",
        "install --now --dry-run",
        "render --systemd 246",
        "render --systemd new",
        "render --profile Full",
        "start data@0",
        "graph --format svg",
        "graph --chain --format dot",
        "completions tcsh",
        "gate ready",
        "gate ready data=https://127.0.0.1:1/",
        "gate ready --within 5 data=http://127.0.0.1:1/",
        "gate exec --service data",
        "notification",
        "notification 1",
        "notification one --webhook",
        "notification 1 --webhook -- /bin/true",
    ] {
        let said = said(juniperctl().args(line.split_whitespace()));
        assert_eq!(said.code, Some(2), "{line:?}: {said:#?}");
        assert!(!said.stderr.is_empty(), "{line:?}");
        assert_eq!(said.stdout, "", "{line:?}");
    }
}
