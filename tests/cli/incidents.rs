//! What the watchdog kept, shown from a tree.

use libtest_mimic::Trial;
use serde_json::Value;

use crate::tree::Tree;

const LINE: &str = r#"{"version":1,"number":1,"root":"data","cause":"no answer within 10s","began_us":1000000,"last_good_us":null,"opened_us":21000000,"closed_us":null,"consequences":["cascor"],"actions":[{"at_us":22000000,"label":"data","what":"aborted","why":"no answer within 10s"}]}"#;

pub(crate) fn trials() -> Vec<Trial> {
    trials![
        without_incidents_there_is_nothing_to_tell,
        incidents_are_listed_for_people_and_for_programs,
        a_pause_needs_the_running_machine,
    ]
}

fn without_incidents_there_is_nothing_to_tell() {
    let tree = Tree::new();
    let said = tree.succeeds("incidents");
    assert_eq!(said.stdout, "");
    assert_eq!(said.stderr, "there was no incident\n");
    let listed: Value = serde_json::from_str(&tree.run("--json incidents").stdout).unwrap();
    assert_eq!(listed["incidents"], serde_json::json!([]));
}

fn incidents_are_listed_for_people_and_for_programs() {
    let tree = Tree::new();
    // A power cut took the end of the second line.
    tree.write(
        "var/lib/juniperctl/watchdog/incidents.jsonl",
        &format!("{LINE}\n{{\"version\":1,\"number\":2,\"ro"),
    );
    assert_eq!(
        tree.run("incidents").stdout,
        "1970-01-01 00:00:01 UTC  incident 1: data: no answer within 10s; cascor suffered from it\n\
         1970-01-01 00:00:22 UTC    data ended with SIGABRT, so that it said where it was: \
         no answer within 10s\n\
         \x20                          not over yet\n"
    );
    let listed: Value = serde_json::from_str(&tree.run("--json incidents").stdout).unwrap();
    assert_eq!(listed["version"], 1);
    assert_eq!(listed["incidents"].as_array().unwrap().len(), 1);
    assert_eq!(listed["incidents"][0]["consequences"][0], "cascor");
}

fn a_pause_needs_the_running_machine() {
    let tree = Tree::new();
    for line in [
        "pause",
        "resume",
        "why data",
        "watchdog",
        "notification test --webhook",
    ] {
        let said = tree.run(line);
        assert_eq!(said.code, Some(2), "{line}: {said:#?}");
        assert!(said.stderr.contains("leave out --root"), "{said:#?}");
    }
}
