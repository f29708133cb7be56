//! `units/`, the committed reference that people read before they install anything: the full
//! profile on the newest supported systemd, with nothing configured.

use std::path::Path;

use juniperctl::hardening::reference;
use libtest_mimic::{Failed, Trial};

use crate::program::{juniperctl, said};
use crate::tree;

pub(crate) fn trials() -> Vec<Trial> {
    vec![
        Trial::test(
            "units_is_what_the_program_renders_by_default",
            units_is_what_the_program_renders_by_default,
        ),
        Trial::test("the_page_of_the_sandbox_is_its_table", || {
            let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("packaging/doc");
            // The other pages are written by hand, and lie there as they are.
            let mut pages = tree::read(&directory);
            pages.insert("hardening.md".to_owned(), reference::page());
            tree::matches(&directory, &pages)
        }),
        Trial::test("the_schema_is_what_the_reader_takes", || {
            let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("packaging/schema");
            let schema = said(juniperctl().arg("schema")).stdout;
            tree::matches(&file, &[("juniper.schema.json".to_owned(), schema)].into())
        }),
    ]
}

fn units_is_what_the_program_renders_by_default() -> Result<(), Failed> {
    // An empty tree stands for a machine on which nothing is configured or installed.
    let machine = tempfile::tempdir().unwrap();
    let out = tempfile::tempdir().unwrap();
    let said = said(
        juniperctl()
            .arg("--root")
            .arg(machine.path())
            .args(["render", "--out"])
            .arg(out.path()),
    );
    if said.code != Some(0) {
        return Err(format!("render: exit code {:?}\n{}", said.code, said.stderr).into());
    }
    let found = tree::read(out.path());
    let first = found.get("juniper.target").unwrap();
    for words in ["for systemd 262.", "profile full"] {
        if !first.contains(words) {
            return Err(format!("juniper.target does not say {words:?}:\n{first}").into());
        }
    }
    tree::matches(&Path::new(env!("CARGO_MANIFEST_DIR")).join("units"), &found)
}
