//! Installs and uninstalls that are refused, and change nothing then.

use libtest_mimic::Trial;

use crate::program::Said;
use crate::tree::Tree;

pub(crate) fn trials() -> Vec<Trial> {
    trials![
        a_tree_without_juniperctl_is_refused,
        a_tree_without_systemd_needs_its_version,
        a_unit_of_somebody_else_is_not_overwritten,
        a_faulty_configuration_installs_nothing,
        a_receipt_from_the_future_is_not_touched,
        a_damaged_receipt_is_named,
        purging_without_a_terminal_needs_a_yes,
        a_running_machine_is_not_looked_for_in_a_tree,
    ]
}

/// Runs a command that must be refused with this code, and change nothing.
fn refused(tree: &Tree, line: &str, code: i32) -> Said {
    let before = tree.inodes();
    let said = tree.run(line);
    assert_eq!(said.code, Some(code), "{line}: {said:#?}");
    assert!(said.stderr.contains("error"), "{line}: {said:#?}");
    assert_eq!(said.stdout, "", "{line}");
    assert_eq!(tree.inodes(), before, "{line}");
    said
}

/// The refusal must tell both.
fn tells(said: &Said, what: &str, hint: &str) {
    let hint = format!("hint: {hint}");
    assert!(
        said.stderr.contains(what) && said.stderr.contains(&hint),
        "{what:?}, {hint:?}: {said:#?}"
    );
}

fn a_tree_without_juniperctl_is_refused() {
    let tree = Tree::new();
    std::fs::remove_file(tree.path("usr/bin/juniperctl")).unwrap();
    let said = refused(&tree, "install --systemd 257", 4);
    tells(&said, "/usr/bin/juniperctl", "install the package");
}

fn a_tree_without_systemd_needs_its_version() {
    let said = refused(&Tree::new(), "install", 4);
    tells(&said, "which systemd", "name it: --systemd 257");
}

fn a_unit_of_somebody_else_is_not_overwritten() {
    let tree = Tree::new();
    tree.write("etc/systemd/system/juniper-data.service", "[Service]\n");
    std::os::unix::fs::symlink(
        "/srv/theirs.target",
        tree.path("etc/systemd/system/juniper.target"),
    )
    .unwrap();
    let said = refused(&tree, "install --systemd 257 --yes", 4);
    tells(
        &said,
        "juniper-data.service is a file that juniperctl did not write",
        "move them away",
    );
    assert!(
        said.stderr
            .contains("a symbolic link to /srv/theirs.target"),
        "{said:#?}"
    );
}

fn a_faulty_configuration_installs_nothing() {
    let tree = Tree::new();
    tree.write("etc/juniper/juniper.toml", "colour = 1\n");
    let said = refused(&tree, "install --systemd 257", 3);
    assert!(
        said.stderr.contains("etc/juniper/juniper.toml:1:1"),
        "{said:#?}"
    );
}

fn a_receipt_from_the_future_is_not_touched() {
    let tree = Tree::new();
    tree.write("var/lib/juniperctl/receipt.json", "{\"version\": 99}\n");
    for line in ["install --systemd 257", "uninstall"] {
        let said = refused(&tree, line, 4);
        tells(&said, "version 99", "move it away");
    }
}

fn a_damaged_receipt_is_named() {
    let tree = Tree::new();
    tree.write("var/lib/juniperctl/receipt.json", "not JSON");
    let said = refused(&tree, "uninstall", 4);
    tells(&said, "var/lib/juniperctl/receipt.json", "move it away");
}

fn purging_without_a_terminal_needs_a_yes() {
    let tree = Tree::new();
    tree.succeeds("install --systemd 257");
    tree.write("var/lib/juniper/data/datasets/spiral", "data");
    let said = refused(&tree, "uninstall --purge", 2);
    tells(&said, "purging removes data", "add --yes");
}

fn a_running_machine_is_not_looked_for_in_a_tree() {
    let tree = Tree::new();
    for line in ["status", "health", "start", "stop data", "restart", "logs"] {
        let said = refused(&tree, line, 2);
        assert!(said.stderr.contains("leave out --root"), "{said:#?}");
    }
}
