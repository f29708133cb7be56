//! Installing into a tree, again, differently, and taking it all away.

use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use libtest_mimic::Trial;
use serde_json::Value;

use crate::program::said;
use crate::tree::Tree;

const FULL: &str = "install --profile full --systemd 257";

pub(crate) fn trials() -> Vec<Trial> {
    trials![
        install_writes_what_render_prints,
        install_enables_the_target_and_leaves_a_receipt,
        whoever_keeps_files_to_themselves_does_not_shut_out_the_watchdog,
        a_second_install_changes_nothing_and_says_so,
        a_dry_run_shows_the_plan_and_changes_nothing,
        a_smaller_profile_removes_what_it_does_not_have,
        a_changed_unit_is_shown_as_a_difference_and_written_again,
        a_lost_enablement_is_made_again,
        the_systemd_to_write_for_is_read_off_the_tree,
        a_masked_unit_is_left_alone,
        uninstall_leaves_the_tree_as_it_was_found,
        uninstall_keeps_what_the_services_wrote,
        purge_removes_what_the_services_wrote_and_nothing_else,
        uninstall_takes_only_what_is_ours,
        uninstalling_twice_is_no_error,
    ]
}

fn install_writes_what_render_prints() {
    let tree = Tree::new();
    let said = tree.succeeds(FULL);
    assert!(
        said.stderr.contains("creates  juniper-data.service"),
        "{said:#?}"
    );
    assert!(
        said.stderr.contains("installed: profile full, systemd 257"),
        "{said:#?}"
    );
    let rendered = tree.run("--json render --profile full --systemd 257");
    let listing: Value = serde_json::from_str(&rendered.stdout).unwrap();
    let units = listing["units"].as_array().unwrap();
    assert_eq!(tree.units().len(), units.len());
    for unit in units {
        let name = unit["name"].as_str().unwrap();
        let text = tree.read(&format!("etc/systemd/system/{name}"));
        assert_eq!(text, unit["text"].as_str().unwrap(), "{name}");
    }
}

fn install_enables_the_target_and_leaves_a_receipt() {
    let tree = Tree::new();
    tree.succeeds(FULL);
    let link = tree.path("etc/systemd/system/multi-user.target.wants/juniper.target");
    assert_eq!(
        std::fs::read_link(link).unwrap(),
        Path::new("/etc/systemd/system/juniper.target")
    );
    let receipt: Value =
        serde_json::from_str(&tree.read("var/lib/juniperctl/receipt.json")).unwrap();
    assert_eq!(receipt["version"], 2);
    assert_eq!(receipt["generation"], 1);
    assert_eq!(receipt["profile"], "full");
    assert_eq!(receipt["systemd"], "257");
    let recorded: Vec<&str> = receipt["units"]
        .as_array()
        .unwrap()
        .iter()
        .map(|unit| unit.as_str().unwrap())
        .collect();
    assert_eq!(recorded, tree.units());
}

fn whoever_keeps_files_to_themselves_does_not_shut_out_the_watchdog() {
    let tree = Tree::new();
    let said = said(
        std::process::Command::new("sh")
            .args(["-c", "umask 077; exec \"$@\"", "sh"])
            .arg(env!("CARGO_BIN_EXE_juniperctl"))
            .arg("--root")
            .arg(tree.path(""))
            .args(FULL.split_whitespace()),
    );
    assert_eq!(said.code, Some(0), "{said:#?}");
    for directory in [
        "var/lib/juniperctl",
        "etc/systemd/system",
        "etc/systemd/system/multi-user.target.wants",
    ] {
        let mode = tree
            .path(directory)
            .metadata()
            .unwrap()
            .permissions()
            .mode();
        assert_eq!(mode & 0o7777, 0o755, "{directory}");
    }
    let mode = tree
        .path("var/lib/juniperctl/receipt.json")
        .metadata()
        .unwrap()
        .permissions()
        .mode();
    assert_eq!(mode & 0o7777, 0o644);
}

fn a_second_install_changes_nothing_and_says_so() {
    let tree = Tree::lived_in();
    tree.succeeds(FULL);
    let before = tree.inodes();
    let said = tree.succeeds(FULL);
    assert!(
        said.stderr
            .contains("nothing to change: profile full is installed as configured"),
        "{said:#?}"
    );
    assert!(!said.stderr.contains("installed: profile"), "{said:#?}");
    assert_eq!(tree.inodes(), before);
}

fn a_dry_run_shows_the_plan_and_changes_nothing() {
    let tree = Tree::lived_in();
    let before = tree.inodes();
    let said = tree.succeeds("install --profile full --systemd 257 --dry-run");
    for name in ["juniper-cascor-worker@.service", "juniper.target"] {
        assert!(
            said.stderr.contains(&format!("creates  {name}")),
            "{said:#?}"
        );
    }
    assert_eq!(tree.inodes(), before);
}

fn a_smaller_profile_removes_what_it_does_not_have() {
    let tree = Tree::lived_in();
    let before = tree.entries();
    tree.succeeds(FULL);
    let said = tree.succeeds("install --profile default --systemd 257");
    assert!(
        said.stderr.contains("removes  juniper-cascor.service"),
        "{said:#?}"
    );
    assert_eq!(
        tree.units(),
        [
            "juniper-act.socket",
            "juniper-act@.service",
            "juniper-canopy.service",
            "juniper-data.service",
            "juniper-ready.service",
            "juniper-watchdog.service",
            "juniper.target"
        ]
    );
    tree.succeeds("uninstall");
    assert_eq!(tree.entries(), before);
}

fn a_changed_unit_is_shown_as_a_difference_and_written_again() {
    let tree = Tree::new();
    tree.succeeds(FULL);
    let path = "etc/systemd/system/juniper-data.service";
    let text = tree.read(path);
    tree.write(path, &text.replace("User=juniper", "User=root"));
    let said = tree.succeeds(FULL);
    for line in [
        "rewrites juniper-data.service",
        "-User=root\n",
        "+User=juniper\n",
    ] {
        assert!(said.stderr.contains(line), "{line}: {said:#?}");
    }
    assert_eq!(tree.read(path), text);
}

fn a_lost_enablement_is_made_again() {
    let tree = Tree::new();
    tree.succeeds(FULL);
    let link = tree.path("etc/systemd/system/multi-user.target.wants/juniper.target");
    std::fs::remove_file(&link).unwrap();
    tree.succeeds(FULL);
    assert!(link.is_symlink());
}

fn the_systemd_to_write_for_is_read_off_the_tree() {
    let tree = Tree::new();
    tree.write("usr/lib/systemd/libsystemd-shared-252.so", "");
    let said = tree.succeeds("install --profile full");
    assert!(said.stderr.contains("systemd 252"), "{said:#?}");
    assert!(
        tree.read("etc/systemd/system/juniper.target")
            .starts_with("# Written by juniperctl for systemd 252.")
    );
}

fn a_masked_unit_is_left_alone() {
    let tree = Tree::new();
    std::fs::create_dir_all(tree.path("etc/systemd/system")).unwrap();
    let mask = tree.path("etc/systemd/system/juniper-cascor.service");
    std::os::unix::fs::symlink("/dev/null", &mask).unwrap();
    let before = tree.entries();
    let said = tree.succeeds(FULL);
    assert!(
        said.stderr.contains("leaves   juniper-cascor.service"),
        "{said:#?}"
    );
    assert!(mask.is_symlink());
    tree.succeeds("uninstall");
    assert_eq!(tree.entries(), before);
}

fn uninstall_leaves_the_tree_as_it_was_found() {
    for tree in [Tree::new(), Tree::lived_in()] {
        let before = tree.entries();
        tree.succeeds(FULL);
        assert_ne!(tree.entries(), before);
        let said = tree.succeeds("uninstall");
        assert!(
            said.stderr.contains("removes  juniper.target")
                && said.stderr.ends_with("uninstalled\n"),
            "{said:#?}"
        );
        assert_eq!(tree.entries(), before);
    }
}

fn uninstall_keeps_what_the_services_wrote() {
    let tree = Tree::lived_in();
    tree.succeeds(FULL);
    tree.write("var/lib/juniper/data/datasets/spiral", "kept");
    let said = tree.succeeds("uninstall");
    assert!(said.stderr.contains("keeps "), "{said:#?}");
    assert_eq!(tree.read("var/lib/juniper/data/datasets/spiral"), "kept");
    assert!(tree.units().is_empty());
}

fn purge_removes_what_the_services_wrote_and_nothing_else() {
    for tree in [Tree::new(), Tree::lived_in()] {
        // The services' directories lie in ones that every machine has.
        for directory in ["var/lib", "var/log", "var/cache"] {
            std::fs::create_dir_all(tree.path(directory)).unwrap();
        }
        let before = tree.entries();
        tree.succeeds(FULL);
        tree.write("var/lib/juniper/data/datasets/spiral", "data");
        tree.write("var/log/juniper/cascor/log", "a line");
        tree.write("var/cache/juniper/canopy/matplotlib/font", "x");
        let said = tree.succeeds("uninstall --purge --yes");
        assert!(
            said.stderr.contains("var/lib/juniper: 1 files"),
            "{said:#?}"
        );
        assert_eq!(tree.entries(), before);
    }
}

fn uninstall_takes_only_what_is_ours() {
    let tree = Tree::lived_in();
    tree.write("etc/systemd/system/juniper-theirs.service", "[Service]\n");
    tree.write(
        "etc/systemd/system/juniper-data.service.d/override.conf",
        "[Service]\nNice=5\n",
    );
    let before = tree.entries();
    tree.succeeds(FULL);
    tree.succeeds("uninstall");
    assert_eq!(tree.entries(), before);
}

fn uninstalling_twice_is_no_error() {
    let tree = Tree::new();
    tree.succeeds(FULL);
    tree.succeeds("uninstall");
    let said = tree.succeeds("uninstall");
    assert_eq!(said.stderr, "nothing is installed\n");
}
