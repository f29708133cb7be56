//! What packages are made with: completions that their shells can read, a manual page that man can.

use std::path::Path;
use std::process::{Command, Stdio};

use juniperctl::spec::schema;
use libtest_mimic::Trial;

use crate::needs;
use crate::program::{juniperctl, said};

pub(crate) fn trials() -> Vec<Trial> {
    let mut trials = trials![
        every_shell_has_completions,
        the_manual_page_names_every_command,
        the_shipped_configuration_shows_every_key,
        the_shipped_configuration_is_taken_with_all_its_examples
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
    let shipped = Path::new(env!("CARGO_MANIFEST_DIR")).join("packaging");
    let mut pages = vec![
        shipped.join("juniper-watchdog.8"),
        shipped.join("juniper-standin.1"),
    ];
    for page in ["juniperctl", "juniper.toml"] {
        let file = directory.path().join(page);
        let said = said(juniperctl().args(["man", page]));
        assert_eq!(said.code, Some(0), "{said:#?}");
        std::fs::write(&file, said.stdout).unwrap();
        pages.push(file);
    }
    for page in pages {
        let said = said(
            Command::new("man")
                .args(["--warnings", "-E", "UTF-8", "-Tutf8", "-Z", "-l"])
                .arg(&page)
                .env("LC_ALL", "C.UTF-8")
                .env("MANWIDTH", "80"),
        );
        assert_eq!(said.code, Some(0), "{said:#?}");
        assert_eq!(said.stderr, "", "{}", page.display());
        assert!(said.stdout.len() > 1000);
    }
}

/// The file that the package brings, with every example in effect: `#key` is one, `# words` are words.
fn shipped_with_examples() -> String {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("packaging/juniper.toml");
    let text = std::fs::read_to_string(file).unwrap();
    let examples = text.lines().map(|line| match line.strip_prefix('#') {
        Some(example) if !example.starts_with([' ', ':']) => example,
        _ => line,
    });
    examples.collect::<Vec<_>>().join("\n") + "\n"
}

/// Every key below a table, as dotted paths.
fn paths(table: &toml::Table, above: &str, found: &mut Vec<String>) {
    for (key, value) in table {
        let path = format!("{above}{key}");
        if let Some(below) = value.as_table() {
            paths(below, &format!("{path}."), found);
        }
        found.push(path);
    }
}

/// Whether a path is the key, where `*` stands for a name that the site chooses.
fn is(path: &str, key: &str) -> bool {
    let (path, key): (Vec<&str>, Vec<&str>) = (path.split('.').collect(), key.split('.').collect());
    path.len() == key.len()
        && std::iter::zip(path, key).all(|(part, wanted)| wanted == "*" || part == wanted)
}

fn the_shipped_configuration_shows_every_key() {
    let table: toml::Table = toml::from_str(&shipped_with_examples()).unwrap();
    let mut shown = Vec::new();
    paths(&table, "", &mut shown);
    let lacking: Vec<String> = schema::keys()
        .into_iter()
        // A key of a service, once more.
        .filter(|key| !key.starts_with("profiles.*.overrides.*."))
        .filter(|key| !shown.iter().any(|path| is(path, key)))
        .collect();
    assert_eq!(
        lacking,
        Vec::<String>::new(),
        "not in packaging/juniper.toml"
    );
}

/// Examples that exclude each other: two ways to be told of an incident; an isolated network and workers on
/// other machines; the head of these and one of them. Each is taken, without what it excludes.
fn the_shipped_configuration_is_taken_with_all_its_examples() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("juniper.toml");
    let whole = shipped_with_examples();
    let (webhook, command) = (
        "webhook_file = ",
        "command = [\"/usr/local/bin/tell-somebody",
    );
    let (isolated, this_host) = ("network = \"isolated\"", "this_host = ");
    let (hosts, published) = ("hosts = ", "host = \"10.0.0.1\"");
    for other_ways in [
        &[webhook, this_host, hosts, published][..],
        &[command, this_host, isolated],
        &[command, isolated],
    ] {
        for way in other_ways {
            assert!(whole.lines().any(|line| line.starts_with(way)), "{way}");
        }
        let lines = whole
            .lines()
            .filter(|line| !other_ways.iter().any(|way| line.starts_with(way)));
        std::fs::write(&file, lines.collect::<Vec<_>>().join("\n")).unwrap();
        let said = said(juniperctl().arg("--config").arg(&file).arg("check"));
        assert_eq!(said.code, Some(0), "{}\n{}", said.stdout, said.stderr);
    }
}
