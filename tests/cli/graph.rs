//! `graph`: every form of it from a tree, and the chain of a start that was remembered.

use std::process::Stdio;

use libtest_mimic::Trial;
use serde_json::Value;

use crate::program::{juniperctl, said};
use crate::tree::Tree;

pub(crate) fn trials() -> Vec<Trial> {
    trials![
        a_tree_is_drawn_without_states,
        every_format_is_drawn,
        graph_answers_json_of_version_1,
        the_installed_profile_is_drawn,
        without_a_bus_there_are_no_states,
        no_start_is_remembered_yet,
        the_last_start_is_explained,
        lines_that_cannot_be_read_are_told,
        a_reader_that_has_left_is_no_error,
    ]
}

const STARTS: &str = "var/lib/juniperctl/starts/starts.jsonl";

/// A start of data and cascor; cascor is ready at this time.
fn start(began: u64, ready: u64) -> String {
    format!(
        "{{\"version\":1,\"began_us\":{began},\"profile\":\"full\",\"members\":[\
         {{\"label\":\"data\",\"unit\":\"juniper-data.service\",\"waits_for\":[],\
         \"start\":{{\"ready\":{{\"exec_us\":10000,\"ready_us\":540000}}}}}},\
         {{\"label\":\"cascor\",\"unit\":\"juniper-cascor.service\",\"waits_for\":[\"data\"],\
         \"start\":{{\"ready\":{{\"exec_us\":0,\"ready_us\":{ready}}}}}}},\
         {{\"label\":\"redis\",\"unit\":\"redis-server.service\",\"waits_for\":[],\
         \"start\":\"already_running\"}}]}}\n"
    )
}

fn a_tree_is_drawn_without_states() {
    let said = Tree::new().run("graph");
    assert_eq!(said.code, Some(0), "{said:#?}");
    assert_eq!(said.stderr, "");
    assert_eq!(
        said.stdout,
        "\
profile full
            SERVICE           GATE     WHEN LOST
o           data
+--o        cascor
|  |          <- data         ready    keep
|  |  o     redis (optional)
+--+--+--o  canopy
   |          <- cascor       ready    keep
   |          <- data         ready    keep
   |          <- redis        started  keep
o--+        worker
              <- cascor       ready    keep
"
    );
    let verbose = Tree::new().run("--verbose graph");
    assert_eq!(verbose.stdout, said.stdout);
    assert!(
        verbose.stderr.contains("states are left out"),
        "{verbose:#?}"
    );
}

fn every_format_is_drawn() {
    let tree = Tree::new();
    tree.write(
        "etc/juniper/juniper.toml",
        "services.data.description = '\"]; end <b> #quot; \\N'\n",
    );
    for (format, first, inside) in [
        ("ascii", "profile full", "<- data "),
        (
            "mermaid",
            "flowchart LR",
            "[\"data<br/>#34;#93;#59; end #60;b#62; #35;quot#59; #92;N\"]\n",
        ),
        (
            "dot",
            "digraph juniper {",
            "[label=\"data\\n\\\"]; end <b> #quot; \\\\N\", ",
        ),
    ] {
        let said = tree.run(&format!("graph --format {format}"));
        assert_eq!(said.code, Some(0), "{said:#?}");
        assert_eq!(said.stdout.lines().next(), Some(first), "{said:#?}");
        assert!(said.stdout.contains(inside), "{said:#?}");
        assert_eq!(said.stderr, "");
    }
}

fn graph_answers_json_of_version_1() {
    let said = Tree::new().run("--json graph");
    assert_eq!(said.code, Some(0), "{said:#?}");
    let graph: Value = serde_json::from_str(&said.stdout).unwrap();
    assert_eq!(
        (&graph["version"], &graph["profile"]),
        (&1.into(), &"full".into())
    );
    assert_eq!(graph["nodes"].as_array().unwrap().len(), 5);
    assert_eq!(graph["nodes"][0]["unit"], "juniper-data.service");
    assert_eq!(graph["nodes"][0]["state"], "not_asked");
    assert_eq!(
        graph["edges"][0].to_string(),
        r#"{"from":"data","to":"cascor","gate":"ready","when_lost":"keep"}"#
    );
}

fn the_installed_profile_is_drawn() {
    let tree = Tree::new();
    tree.succeeds("install --systemd 257 --profile demo");
    let said = tree.run("graph");
    assert!(said.stdout.starts_with("profile demo\n"), "{said:#?}");
}

fn without_a_bus_there_are_no_states() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("juniper.toml");
    std::fs::write(&file, "").unwrap();
    let said = said(
        juniperctl()
            .env("DBUS_SYSTEM_BUS_ADDRESS", "unix:path=/nonexistent")
            .arg("--config")
            .arg(&file)
            .args(["--verbose", "graph"]),
    );
    assert_eq!(said.code, Some(0), "{said:#?}");
    assert!(said.stdout.contains("SERVICE"), "{said:#?}");
    assert!(!said.stdout.contains("STATE"), "{said:#?}");
    assert!(said.stderr.contains("system bus"), "{said:#?}");
}

fn no_start_is_remembered_yet() {
    let tree = Tree::new();
    for text in [None, Some("")] {
        if let Some(text) = text {
            tree.write(STARTS, text);
        }
        let said = tree.run("graph --chain");
        assert_eq!(said.code, Some(1), "{said:#?}");
        assert_eq!(said.stdout, "");
        assert!(
            said.stderr.starts_with("error: no start is remembered"),
            "{said:#?}"
        );
        assert!(said.stderr.contains("\nhint: "), "{said:#?}");
    }
}

fn the_last_start_is_explained() {
    let tree = Tree::new();
    tree.write(
        STARTS,
        &format!(
            "{}{}",
            start(0, 2_000_000),
            start(86_400_000_000, 2_090_000)
        ),
    );
    let said = tree.run("graph --chain");
    assert_eq!(said.code, Some(0), "{said:#?}");
    assert_eq!(said.stderr, "");
    assert_eq!(
        said.stdout,
        "start of profile full on 1970-01-02 00:00:00 UTC: all ready after 2.09 s\n\
         \x20 cascor  1.55 s  waited 0.54 s for data\n\
         \x20 data    0.53 s\n\
         \x20 (beyond the chain 0.01 s)\n\
         ran already: redis\n"
    );
    let json = tree.run("--json graph --chain");
    let chain: Value = serde_json::from_str(&json.stdout).unwrap();
    assert_eq!(
        (&chain["version"], &chain["total_us"]),
        (&1.into(), &2_090_000.into())
    );
    assert_eq!(chain["chain"][0]["waited_for"], "data");
}

fn lines_that_cannot_be_read_are_told() {
    let tree = Tree::new();
    tree.write(
        STARTS,
        &format!("{{\n{}{{\"version\":2}}\n", start(0, 2_090_000)),
    );
    let said = tree.run("graph --chain");
    assert_eq!(said.code, Some(0), "{said:#?}");
    assert!(said.stdout.contains("all ready after 2.09 s"), "{said:#?}");
    assert!(
        said.stderr.starts_with("note: 2 of the starts in "),
        "{said:#?}"
    );
}

fn a_reader_that_has_left_is_no_error() {
    let tree = Tree::new();
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    let said = said(
        juniperctl()
            .arg("--root")
            .arg(tree.path(""))
            .arg("graph")
            .stdout(Stdio::from(writer)),
    );
    assert_eq!(said.code, Some(0), "{said:#?}");
    assert_eq!(said.stderr, "");
}
