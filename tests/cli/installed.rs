//! What is known of an installation afterwards: history, differences, the way back; and taking over.

use libtest_mimic::Trial;
use serde_json::Value;

use crate::tree::{Entry, Tree};

const FULL: &str = "install --profile full --systemd 257";
const DEFAULT: &str = "install --profile default --systemd 257";
const DATA: &str = "etc/systemd/system/juniper-data.service";

pub(crate) fn trials() -> Vec<Trial> {
    trials![
        every_install_is_remembered,
        only_so_many_generations_are_kept,
        a_rollback_restores_byte_for_byte,
        a_rollback_goes_only_where_something_is,
        a_damaged_generation_is_named_and_in_nobodys_way,
        nothing_has_drifted_after_an_install,
        every_drift_is_named,
        a_changed_configuration_is_a_difference,
        a_receipt_of_the_first_version_is_read,
        a_receipt_from_the_future_is_refused,
        somebody_elses_file_is_taken_over_when_told_and_given_back,
        a_tree_whose_links_lead_out_of_it_is_refused,
        what_was_interrupted_is_ended_by_the_next_one,
        a_dry_uninstall_changes_nothing,
    ]
}

fn history(tree: &Tree) -> Value {
    let said = tree.run("--json history");
    assert_eq!(said.code, Some(0), "{said:#?}");
    serde_json::from_str(&said.stdout).unwrap()
}

/// The plain files and links below the directory of units.
fn units(tree: &Tree) -> Vec<(std::path::PathBuf, Entry)> {
    let directory = tree.path("etc/systemd");
    let mut units: Vec<_> = tree.entries().into_iter().collect();
    units.retain(|(path, _)| path.starts_with(&directory));
    units
}

fn every_install_is_remembered() {
    let tree = Tree::new();
    tree.succeeds(DEFAULT);
    tree.succeeds(FULL);
    tree.succeeds(FULL);
    let told = history(&tree);
    assert_eq!(told["version"], 1);
    assert_eq!(told["installed"], 2);
    let generations = told["generations"].as_array().unwrap();
    assert_eq!(generations.len(), 2, "{told}");
    assert_eq!(generations[0]["profile"], "default");
    assert_eq!(generations[1]["command"], "install");
    assert_eq!(
        generations[1]["changes"]["juniper-cascor.service"],
        "created"
    );
    assert_eq!(generations[1]["changes"]["juniper.target"], "rewritten");
    let said = tree.run("history");
    let first = said.stdout.lines().nth(1).unwrap();
    assert!(
        first.starts_with("2  ") && first.ends_with("(installed)"),
        "{said:#?}"
    );
    assert!(first.contains(" created, "), "{said:#?}");
    tree.succeeds("uninstall");
    assert_eq!(history(&tree)["generations"], serde_json::json!([]));
}

fn only_so_many_generations_are_kept() {
    let tree = Tree::new();
    for _ in 0..7 {
        tree.succeeds(DEFAULT);
        tree.succeeds(FULL);
    }
    let told = history(&tree);
    let numbers: Vec<u64> = told["generations"]
        .as_array()
        .unwrap()
        .iter()
        .map(|generation| generation["number"].as_u64().unwrap())
        .collect();
    assert_eq!(numbers, (5..=14).collect::<Vec<u64>>());
}

fn a_rollback_restores_byte_for_byte() {
    let tree = Tree::lived_in();
    tree.succeeds(DEFAULT);
    let first = units(&tree);
    tree.succeeds(FULL);
    let second = units(&tree);
    assert_ne!(first, second);
    let said = tree.succeeds("rollback --dry-run");
    assert!(
        said.stderr.contains("removes  juniper-cascor.service"),
        "{said:#?}"
    );
    assert_eq!(units(&tree), second, "a dry run");
    let said = tree.succeeds("rollback --yes");
    assert!(
        said.stderr
            .contains("rolled back to generation 1: profile default"),
        "{said:#?}"
    );
    assert_eq!(units(&tree), first);
    tree.succeeds("rollback 2 --yes");
    assert_eq!(units(&tree), second);
    let said = tree.succeeds("rollback 2 --yes");
    assert!(said.stderr.contains("nothing to change"), "{said:#?}");
    let said = tree.succeeds("install --profile full --systemd 257");
    assert!(said.stderr.contains("nothing to change"), "{said:#?}");
    tree.succeeds("uninstall");
    assert!(tree.units().is_empty());
}

fn a_rollback_goes_only_where_something_is() {
    let tree = Tree::new();
    let said = tree.run("rollback");
    assert_eq!(said.code, Some(1), "{said:#?}");
    assert!(said.stderr.contains("nothing is installed"), "{said:#?}");
    tree.succeeds(FULL);
    for (line, part) in [
        ("rollback", "nothing was installed before"),
        ("rollback 9", "there is no generation 9"),
    ] {
        let said = tree.run(line);
        assert_eq!(said.code, Some(1), "{said:#?}");
        assert!(said.stderr.contains(part), "{said:#?}");
    }
}

fn a_damaged_generation_is_named_and_in_nobodys_way() {
    let tree = Tree::new();
    tree.succeeds(DEFAULT);
    tree.succeeds(FULL);
    let first = "var/lib/juniperctl/generations/000001.json";
    for (text, part) in [
        ("{ \"version\": 1, \"nu\u{1b}[31m", "it is damaged"),
        (
            "{ \"version\": 7 }",
            "it has version 7, but this juniperctl knows versions up to 1",
        ),
    ] {
        tree.write(first, text);
        let said = tree.run("history");
        assert_eq!(said.code, Some(0), "{said:#?}");
        assert!(
            said.stdout.contains(part) && !said.stdout.contains('\u{1b}'),
            "{said:#?}"
        );
        let before = tree.entries();
        let said = tree.run("rollback --yes");
        assert_eq!(said.code, Some(4), "{said:#?}");
        assert!(said.stderr.contains(part), "{said:#?}");
        assert_eq!(tree.entries(), before);
    }
    tree.succeeds(DEFAULT);
    tree.succeeds("rollback 2 --yes");
}

fn nothing_has_drifted_after_an_install() {
    let tree = Tree::new();
    let said = tree.run("diff");
    assert_eq!(said.code, Some(1), "{said:#?}");
    assert!(
        said.stderr.contains("nothing is installed yet"),
        "{said:#?}"
    );
    tree.succeeds(FULL);
    let said = tree.succeeds("diff");
    assert!(
        said.stderr.contains("no difference: profile full"),
        "{said:#?}"
    );
}

fn every_drift_is_named() {
    let tree = Tree::new();
    tree.succeeds(FULL);
    let edited = tree.read(DATA) + "# mine\n";
    tree.write(DATA, &edited);
    let path = |name: &str| tree.path(&format!("etc/systemd/system/{name}"));
    std::fs::remove_file(path("juniper-canopy.service")).unwrap();
    std::fs::remove_file(path("juniper-cascor.service")).unwrap();
    std::os::unix::fs::symlink("/dev/null", path("juniper-cascor.service")).unwrap();
    tree.write("etc/systemd/system/juniper-theirs.service", "[Service]\n");
    tree.write(
        "etc/systemd/system/juniper-data.service.d/nice.conf",
        "[Service]\nNice=5\n",
    );
    std::fs::remove_file(path("multi-user.target.wants/juniper.target")).unwrap();
    let said = tree.run("diff");
    assert_eq!(said.code, Some(1), "{said:#?}");
    for line in [
        "juniper-data.service: edited since it was installed",
        "+# mine",
        "juniper-canopy.service: installed, but not there any more",
        "juniper-cascor.service: masked by the administrator",
        "juniper-theirs.service: not installed by juniperctl",
        "/etc/systemd/system/juniper-data.service.d/nice.conf: a drop-in changes an installed unit",
        "juniper.target: does not start at boot any more: sudo systemctl enable juniper.target",
    ] {
        assert!(
            said.stdout.lines().any(|told| told == line),
            "{line}: {said:#?}"
        );
    }
    assert!(!said.stdout.contains("not installed yet"), "{said:#?}");
    let said = tree.run("--json diff");
    let told: Value = serde_json::from_str(&said.stdout).unwrap();
    assert_eq!(told["drift"][0]["kind"], "edited");
    assert_eq!(told["drift"].as_array().unwrap().len(), 6, "{told}");
    assert_eq!(told["generation"], 1);
}

fn a_changed_configuration_is_a_difference() {
    let tree = Tree::lived_in();
    tree.succeeds("install --systemd 257");
    tree.succeeds("diff");
    tree.write(
        "etc/juniper/juniper.toml.d/port.toml",
        "[services.canopy]\nport = 8051\n",
    );
    let said = tree.run("diff");
    assert_eq!(said.code, Some(1), "{said:#?}");
    assert!(
        said.stdout
            .contains("not installed yet: rewrites juniper-canopy.service")
            && said.stdout.contains("8051"),
        "{said:#?}"
    );
}

fn a_receipt_of_the_first_version_is_read() {
    let tree = Tree::lived_in();
    let before = tree.entries();
    tree.succeeds(FULL);
    let mut receipt: Value =
        serde_json::from_str(&tree.read("var/lib/juniperctl/receipt.json")).unwrap();
    receipt["version"] = 1.into();
    receipt.as_object_mut().unwrap().remove("generation");
    tree.write("var/lib/juniperctl/receipt.json", &receipt.to_string());
    std::fs::remove_dir_all(tree.path("var/lib/juniperctl/generations")).unwrap();
    let said = tree.run("diff");
    assert_eq!(said.code, Some(0), "{said:#?}");
    assert!(said.stderr.contains("no copy was kept"), "{said:#?}");
    let said = tree.succeeds(FULL);
    assert!(said.stderr.contains("nothing to change"), "{said:#?}");
    tree.succeeds(DEFAULT);
    tree.succeeds("uninstall");
    assert_eq!(tree.entries(), before);
}

fn a_receipt_from_the_future_is_refused() {
    let tree = Tree::new();
    tree.succeeds(FULL);
    tree.write(
        "var/lib/juniperctl/receipt.json",
        "{ \"version\": 3, \"more\": {} }",
    );
    let before = tree.entries();
    for line in [DEFAULT, "uninstall", "diff", "history", "rollback"] {
        let said = tree.run(line);
        assert_eq!(said.code, Some(4), "{line}: {said:#?}");
        assert!(
            said.stderr
                .contains("it has version 3, but this juniperctl knows"),
            "{said:#?}"
        );
        assert!(said.stderr.contains("hint: "), "{said:#?}");
        assert_eq!(tree.entries(), before, "{line}");
    }
}

fn somebody_elses_file_is_taken_over_when_told_and_given_back() {
    let tree = Tree::lived_in();
    tree.write(DATA, "[Service]\nExecStart=/bin/true\n");
    let before = tree.entries();
    let said = tree.run(FULL);
    assert_eq!(said.code, Some(4), "{said:#?}");
    assert!(said.stderr.contains("--replace"), "{said:#?}");
    assert_eq!(tree.entries(), before);
    let said = tree.succeeds(&format!("{FULL} --replace"));
    assert!(
        said.stderr.contains("takes over juniper-data.service"),
        "{said:#?}"
    );
    assert!(tree.read(DATA).starts_with("# Written by juniperctl "));
    assert_eq!(
        tree.read("var/lib/juniperctl/replaced/juniper-data.service"),
        "[Service]\nExecStart=/bin/true\n"
    );
    tree.succeeds("uninstall");
    assert_eq!(tree.entries(), before);
}

fn a_tree_whose_links_lead_out_of_it_is_refused() {
    let tree = Tree::new();
    let outside = tempfile::tempdir().unwrap();
    std::fs::create_dir_all(tree.path("etc/systemd")).unwrap();
    std::os::unix::fs::symlink(outside.path(), tree.path("etc/systemd/system")).unwrap();
    let before = tree.entries();
    let said = tree.run(FULL);
    assert_eq!(said.code, Some(4), "{said:#?}");
    assert!(said.stderr.contains("leads out of the tree"), "{said:#?}");
    assert_eq!(tree.entries(), before);
    assert_eq!(std::fs::read_dir(outside.path()).unwrap().count(), 0);
}

/// As it is when an install dies right before, and right after, the one link is turned.
fn what_was_interrupted_is_ended_by_the_next_one() {
    for (side, ended, profile) in [("old", "undone", "default"), ("new", "finished", "full")] {
        let tree = Tree::new();
        tree.succeeds(FULL);
        let new = units(&tree);
        let text = tree.read(DATA);
        tree.succeeds(DEFAULT);
        let old = units(&tree);
        let store = "etc/systemd/.juniperctl";
        for directory in ["old", "new"] {
            tree.write(&format!("{store}/{directory}/juniper-data.service"), &text);
        }
        let cascor = "# Written by juniperctl for systemd 257.\n";
        tree.write(&format!("{store}/new/juniper-cascor.service"), cascor);
        std::os::unix::fs::symlink(side, tree.path(&format!("{store}/current"))).unwrap();
        for name in ["juniper-data.service", "juniper-cascor.service"] {
            let path = tree.path(&format!("etc/systemd/system/{name}"));
            let _ = std::fs::remove_file(&path);
            std::os::unix::fs::symlink(format!("../.juniperctl/current/{name}"), path).unwrap();
        }
        std::fs::create_dir(tree.path("etc/systemd/system/.juniperctl")).unwrap();
        let lying = tree.entries();
        let said = tree.run("diff");
        assert!(
            said.stdout.contains("an install was interrupted"),
            "{said:#?}"
        );
        tree.succeeds(&format!(
            "install --profile {profile} --systemd 257 --dry-run"
        ));
        assert_eq!(tree.entries(), lying, "looking changed something");
        let said = tree.succeeds(&format!("install --profile {profile} --systemd 257"));
        let told = format!("an earlier juniperctl was interrupted: its change is {ended}");
        assert!(said.stderr.contains(&told), "{said:#?}");
        assert_eq!(
            units(&tree),
            if side == "old" { old } else { new },
            "{side}"
        );
    }
}

fn a_dry_uninstall_changes_nothing() {
    let tree = Tree::new();
    tree.succeeds(FULL);
    tree.write("var/lib/juniper/data/datasets/spiral", "data");
    let before = tree.inodes();
    let said = tree.succeeds("uninstall --purge --dry-run");
    assert!(said.stderr.contains("removes  juniper.target"), "{said:#?}");
    assert!(
        said.stderr.contains("var/lib/juniper: 1 files"),
        "{said:#?}"
    );
    assert!(!said.stderr.contains("uninstalled"), "{said:#?}");
    assert_eq!(tree.inodes(), before);
}
