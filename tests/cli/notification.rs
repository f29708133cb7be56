//! Telling somebody: what install says beforehand, and what the command is given.

use std::os::unix::fs::PermissionsExt as _;

use libtest_mimic::Trial;
use serde_json::Value;

use crate::program::{juniperctl, said};
use crate::tree::Tree;

const INSTALL: &str = "install --profile default --systemd 257 --dry-run";

const ADDRESS: &str = "https://chat.invalid/T0pSecret";

pub(crate) fn trials() -> Vec<Trial> {
    trials![
        what_a_command_lacks_is_said_before_it_is_needed,
        what_a_webhook_lacks_is_said_without_its_address,
        the_command_reads_the_incident,
        a_command_that_is_not_there_is_named,
        a_webhook_takes_systemds_credential,
    ]
}

/// A tree with this notification, and what install says of it.
fn warned(tree: &Tree, notification: &str) -> Vec<String> {
    tree.write(
        "etc/juniper/juniper.toml",
        &format!("[watchdog.notification]\n{notification}\n"),
    );
    let said = tree.succeeds(INSTALL);
    assert!(!said.stderr.contains("T0pSecret"), "{said:#?}");
    assert!(
        said.stderr
            .contains("creates  juniper-notification@.service"),
        "{said:#?}"
    );
    let lines: Vec<&str> = said.stderr.lines().collect();
    lines
        .windows(2)
        .filter_map(|pair| {
            let warning = pair[0].strip_prefix("warning: the notification: ")?;
            Some(format!("{warning}; {}", pair[1]))
        })
        .collect()
}

fn program(tree: &Tree, path: &str) {
    tree.write(path, "#!/bin/sh\n");
    mode(tree, path, 0o755);
}

fn mode(tree: &Tree, path: &str, mode: u32) {
    let permissions = std::fs::Permissions::from_mode(mode);
    std::fs::set_permissions(tree.path(path), permissions).unwrap();
}

fn what_a_command_lacks_is_said_before_it_is_needed() {
    let tree = Tree::new();
    let command = "command = [\"/usr/bin/tell\", \"x\"]";
    assert_eq!(
        warned(&tree, command),
        [
            "/usr/bin/tell is not there; hint: install it there, or correct \
             watchdog.notification.command"
        ]
    );
    program(&tree, "usr/bin/tell");
    assert!(warned(&tree, command).is_empty());
    program(&tree, "home/me/tell");
    assert_eq!(
        warned(&tree, "command = [\"/home/me/tell\"]"),
        [
            "/home/me/tell is hidden from it by the sandbox; hint: install it elsewhere, such as in \
             /usr/local/bin"
        ]
    );
}

fn what_a_webhook_lacks_is_said_without_its_address() {
    let tree = Tree::new();
    let webhook = "webhook_file = \"/etc/juniper/secrets/webhook\"";
    let file = "etc/juniper/secrets/webhook";
    let is_said = |parts: &[&str]| {
        let warned = warned(&tree, webhook);
        assert_eq!(warned.len(), parts.len(), "{warned:#?}");
        for (warning, part) in warned.iter().zip(parts) {
            assert!(warning.contains(part), "{warning}");
        }
    };
    is_said(&[
        "which is not there; hint: sudo apt install curl",
        "webhook is not there; hint: sudo install -D -m 600",
    ]);
    program(&tree, "usr/bin/curl");
    tree.write(file, &format!("{ADDRESS}\n"));
    mode(&tree, file, 0o644);
    is_said(&["everybody may read /etc/juniper/secrets/webhook, and"]);
    mode(&tree, file, 0o600);
    is_said(&[]);
    tree.write(file, &format!("{ADDRESS}\n{ADDRESS}\n"));
    is_said(&["holds no address: it is not one address on one line"]);
}

/// One that no watchdog has ever counted to.
const NUMBER: u64 = u64::MAX;

fn the_command_reads_the_incident() {
    let told = |incident: &str| -> Value {
        let said = said(juniperctl().args(["notification", incident, "--", "/bin/cat"]));
        assert_eq!(said.code, Some(0), "{said:#?}");
        serde_json::from_str(&said.stdout).unwrap()
    };
    let test = told("test");
    assert!(
        test["test"] == true && test["root_cause"] == "data",
        "{test}"
    );
    let lost = told(&NUMBER.to_string());
    assert!(
        lost["state"] == "unknown" && lost["number"] == NUMBER,
        "{lost}"
    );
}

fn a_command_that_is_not_there_is_named() {
    let said = said(juniperctl().args(["notification", "test", "--", "/nonexistent/tell"]));
    assert_eq!(said.code, Some(203), "{said:#?}");
    for words in [
        "cannot run /nonexistent/tell",
        "hint: correct watchdog.notification",
    ] {
        assert!(said.stderr.contains(words), "{said:#?}");
    }
}

fn a_webhook_takes_systemds_credential() {
    let directory = tempfile::tempdir().unwrap();
    let told = |directory: &std::path::Path| {
        let mut command = juniperctl();
        command
            .env("CREDENTIALS_DIRECTORY", directory)
            .args(["notification", "test", "--webhook"]);
        said(&mut command)
    };
    let none = told(directory.path());
    assert_eq!(none.code, Some(4), "{none:#?}");
    assert!(none.stderr.contains("hands no webhook over"), "{none:#?}");
    std::fs::write(directory.path().join("webhook"), "ftp://x/T0pSecret").unwrap();
    let wrong = told(directory.path());
    assert_eq!(wrong.code, Some(4), "{wrong:#?}");
    assert!(
        wrong.stderr.contains("does not begin with https://")
            && !wrong.stderr.contains("T0pSecret"),
        "{wrong:#?}"
    );
}
