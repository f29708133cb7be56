//! Secrets of a directory tree: stored for their owner alone, told by name only, refused where others
//! can read them.

use std::io::Write as _;
use std::os::unix::fs::PermissionsExt as _;
use std::process::Stdio;

use libtest_mimic::Trial;
use serde_json::Value;

use crate::program::{Said, juniperctl};
use crate::tree::Tree;

const VALUE: &str = "0123456789-not-to-be-seen";
const FILE: &str = "etc/juniper/secrets/data-api-key";

pub(crate) fn trials() -> Vec<Trial> {
    trials![
        a_value_from_standard_input_is_its_owners_alone_and_is_not_told,
        what_is_stored_is_handed_over_by_the_next_install,
        a_secret_that_was_lost_is_warned_of,
        set_is_for_the_first_time_and_rotate_for_later,
        a_generated_value_is_shown_only_where_that_is_asked_for,
        a_value_that_no_service_can_take_is_refused_without_being_told,
        an_unknown_name_is_answered_with_the_nearest,
        what_others_can_read_is_refused_by_whatever_would_use_it,
        remove_says_who_loses_it,
        a_value_cannot_be_given_as_an_argument,
        purge_removes_secrets_and_uninstall_keeps_them,
    ]
}

/// Runs a command line on the tree with this at its standard input.
fn fed(tree: &Tree, line: &str, input: &str) -> Said {
    let mut child = juniperctl()
        .arg("--root")
        .arg(tree.path(""))
        .args(line.split_whitespace())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // One that refuses to read has gone by then.
    let _ = child.stdin.take().unwrap().write_all(input.as_bytes());
    let output = child.wait_with_output().unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8_lossy(&bytes).into_owned();
    Said {
        code: output.status.code(),
        stdout: text(output.stdout),
        stderr: text(output.stderr),
    }
}

fn set(tree: &Tree) -> Said {
    let said = fed(tree, "secret set data-api-key", &format!("{VALUE}\n"));
    assert_eq!(said.code, Some(0), "{said:#?}");
    said
}

fn mode(tree: &Tree, path: &str) -> u32 {
    std::fs::metadata(tree.path(path))
        .unwrap()
        .permissions()
        .mode()
        & 0o7777
}

fn a_value_from_standard_input_is_its_owners_alone_and_is_not_told() {
    let tree = Tree::new();
    let said = set(&tree);
    assert_eq!(tree.read(FILE), VALUE);
    assert_eq!(mode(&tree, FILE), 0o600);
    assert_eq!(mode(&tree, "etc/juniper/secrets"), 0o700);
    assert!(said.stderr.contains("stored unencrypted"), "{said:#?}");
    let listed = tree.run("secret list");
    assert!(listed.stdout.contains("data-api-key"), "{listed:#?}");
    for text in [said.stdout, said.stderr, listed.stdout, listed.stderr] {
        assert!(!text.contains(VALUE), "{text}");
    }
}

fn what_is_stored_is_handed_over_by_the_next_install() {
    let tree = Tree::new();
    let install = "install --profile full --systemd 257";
    tree.succeeds(install);
    let unit = "etc/systemd/system/juniper-data.service";
    assert!(!tree.read(unit).contains("LoadCredential"));
    let said = set(&tree);
    assert!(
        said.stderr.contains("the next install hands it over"),
        "{said:#?}"
    );
    let said = tree.succeeds(install);
    assert!(
        said.stderr.contains("rewrites juniper-data.service"),
        "{said:#?}"
    );
    assert!(!said.stderr.contains("juniper-cascor-worker"), "{said:#?}");
    let text = tree.read(unit);
    assert!(
        text.contains("LoadCredential=data-api-key:/etc/juniper/secrets/data-api-key\n"),
        "{text}"
    );
    assert!(text.contains("JUNIPER_DATA_REQUIRE_AUTH=true"), "{text}");
    assert!(!text.contains(VALUE), "{text}");
}

fn a_secret_that_was_lost_is_warned_of() {
    let tree = Tree::new();
    let install = "install --profile full --systemd 257";
    set(&tree);
    let said = tree.succeeds(install);
    assert!(!said.stderr.contains("warning: the secret"), "{said:#?}");
    std::fs::remove_file(tree.path(FILE)).unwrap();
    let said = tree.succeeds(install);
    assert!(
        said.stderr
            .contains("warning: the secret data-api-key is gone"),
        "{said:#?}"
    );
    let said = tree.succeeds(install);
    assert!(!said.stderr.contains("warning: the secret"), "{said:#?}");
}

fn set_is_for_the_first_time_and_rotate_for_later() {
    let tree = Tree::new();
    let said = fed(&tree, "secret rotate data-api-key", VALUE);
    assert_eq!(said.code, Some(1), "{said:#?}");
    assert!(said.stderr.contains("is not set yet"), "{said:#?}");
    set(&tree);
    let said = fed(&tree, "secret set data-api-key", VALUE);
    assert_eq!(said.code, Some(0), "{said:#?}");
    assert!(said.stderr.contains("nothing to change"), "{said:#?}");
    let said = fed(&tree, "secret set data-api-key", "another-value-0123");
    assert_eq!(said.code, Some(1), "{said:#?}");
    assert!(
        said.stderr.contains("secret rotate data-api-key"),
        "{said:#?}"
    );
    assert_eq!(tree.read(FILE), VALUE);
    let said = fed(&tree, "secret rotate data-api-key", "another-value-0123");
    assert_eq!(said.code, Some(0), "{said:#?}");
    assert_eq!(tree.read(FILE), "another-value-0123");
    assert_eq!(mode(&tree, FILE), 0o600);
}

fn a_generated_value_is_shown_only_where_that_is_asked_for() {
    let tree = Tree::new();
    let said = tree.succeeds("secret set data-api-key --generate");
    let value = tree.read(FILE);
    assert_eq!(value.len(), 64);
    assert!(!said.stderr.contains(&value), "{said:#?}");
    let said = tree.run("secret rotate data-api-key --generate --show");
    assert_eq!(said.stdout.trim_end(), tree.read(FILE));
    assert_ne!(said.stdout.trim_end(), value);
    assert_eq!(tree.run("secret rotate data-api-key --show").code, Some(2));
}

fn a_value_that_no_service_can_take_is_refused_without_being_told() {
    let tree = Tree::new();
    for bad in ["", "\n", "two words", "a,b", "line\nline", "schlüssel"] {
        let said = fed(&tree, "secret set data-api-key", bad);
        assert_eq!(said.code, Some(2), "{bad:?}: {said:#?}");
        assert!(said.stderr.contains("is refused"), "{said:#?}");
        assert!(
            bad.trim().is_empty() || !said.stderr.contains(bad),
            "{said:#?}"
        );
    }
    let said = fed(&tree, "secret set data-api-key", "short");
    assert_eq!(said.code, Some(0));
    assert!(said.stderr.contains("can be guessed"), "{said:#?}");
}

fn an_unknown_name_is_answered_with_the_nearest() {
    let tree = Tree::new();
    let said = fed(&tree, "secret set data-api-kye", VALUE);
    assert_eq!(said.code, Some(2), "{said:#?}");
    assert!(
        said.stderr.contains("did you mean data-api-key?"),
        "{said:#?}"
    );
    let said = fed(&tree, "secret set nothing", VALUE);
    assert!(
        said.stderr.contains("canopy-api-key, cascor-api-key"),
        "{said:#?}"
    );
    assert!(!tree.path("etc/juniper").exists());
}

fn what_others_can_read_is_refused_by_whatever_would_use_it() {
    let tree = Tree::new();
    set(&tree);
    std::fs::set_permissions(tree.path(FILE), std::fs::Permissions::from_mode(0o644)).unwrap();
    for line in [
        "install --profile full --systemd 257",
        "render",
        "secret list",
        "secret remove data-api-key",
    ] {
        let said = tree.run(line);
        assert_eq!(said.code, Some(4), "{line}: {said:#?}");
        assert!(
            said.stderr.contains("open to others (mode 0644)"),
            "{line}: {said:#?}"
        );
        assert!(said.stderr.contains("chmod 600"), "{line}: {said:#?}");
    }
}

fn remove_says_who_loses_it() {
    let tree = Tree::lived_in();
    set(&tree);
    let listed = tree.run("--json secret list");
    let listed: Value = serde_json::from_str(&listed.stdout).unwrap();
    let data = listed["secrets"]
        .as_array()
        .unwrap()
        .iter()
        .find(|secret| secret["name"] == "data-api-key")
        .unwrap();
    assert_eq!(
        (&data["set"], &data["encrypted"]),
        (&true.into(), &false.into())
    );
    let consumers: Vec<&str> = data["consumers"]
        .as_array()
        .unwrap()
        .iter()
        .map(|consumer| consumer["name"].as_str().unwrap())
        .collect();
    assert_eq!(consumers, ["data", "cascor", "canopy"]);
    let said = tree.succeeds("secret remove data-api-key");
    assert!(
        said.stderr
            .contains("loses it: data (which then answers without a key), cascor, canopy"),
        "{said:#?}"
    );
    assert!(!tree.path(FILE).exists());
    assert_eq!(tree.run("secret remove data-api-key").code, Some(1));
}

fn a_value_cannot_be_given_as_an_argument() {
    let tree = Tree::new();
    let said = tree.run(&format!("secret set data-api-key {VALUE}"));
    assert_eq!(said.code, Some(2), "{said:#?}");
    assert!(!tree.path(FILE).exists());
}

fn purge_removes_secrets_and_uninstall_keeps_them() {
    let tree = Tree::new();
    set(&tree);
    tree.succeeds("install --profile full --systemd 257");
    let said = tree.succeeds("uninstall --yes");
    assert!(
        said.stderr.contains("etc/juniper/secrets: 1 files"),
        "{said:#?}"
    );
    assert_eq!(tree.read(FILE), VALUE);
    tree.succeeds("uninstall --purge --yes");
    assert!(!tree.path("etc/juniper/secrets").exists());
}
