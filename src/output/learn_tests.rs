//! What a person reads, as a whole.

use std::time::Duration;

use super::{Proposal, Report, json, text, word};
use crate::learn::{Denial, Judged, Source, Tally, Verdict};

fn report() -> Report {
    let mut tally = Tally::default();
    let write = Denial::Write("/var/lib/foo".to_owned());
    for at in [2_000_000, 1_000_000] {
        tally.take(
            write.clone(),
            Source::Kernel,
            at,
            Some("python3"),
            Some("/var/lib/foo/\u{1b}x"),
        );
    }
    tally.take(
        Denial::Privilege("mount".to_owned()),
        Source::Kernel,
        3_000_000,
        Some("python3"),
        None,
    );
    let judged = tally
        .each()
        .map(|(denial, seen)| Judged {
            denial: denial.clone(),
            seen: seen.clone(),
            directives: vec!["ProtectSystem=strict".to_owned()],
            verdict: if *denial == write {
                Verdict::Propose {
                    edits: Vec::new(),
                    note: String::new(),
                }
            } else {
                Verdict::Right("no service may".to_owned())
            },
        })
        .collect();
    Report {
        label: "notebook".to_owned(),
        span: Duration::from_mins(1),
        is_running: true,
        blind: vec!["the kernel is silent".to_owned()],
        passed_over: 0,
        judged,
        proposal: Some(Proposal {
            path: "/etc/juniper/juniper.toml".to_owned(),
            difference: "--- a\n+++ a\n@@ -0,0 +1 @@\n+x\u{1b}\n".to_owned(),
            after: "x\n".to_owned(),
            notes: vec!["it opens much".to_owned()],
            refused: vec!["it is refused".to_owned()],
        }),
    }
}

#[test]
fn the_whole_of_it_is_fit_for_a_terminal() {
    assert_eq!(
        text(&report()),
        "notebook was denied 2 things in 60s\n\
         \nwrite in /var/lib/foo: 2x since 1970-01-01 00:00:01 UTC\n  such as   /var/lib/foo/\\u{1b}x\n  \
         denied by ProtectSystem=strict\n  told by   kernel, of python3\n  proposal  see below\n\
         \nthe system call mount: 1x since 1970-01-01 00:00:03 UTC\n  denied by ProtectSystem=strict\n  \
         told by   kernel, of python3\n  right     no service may\n\
         \nnote: the kernel is silent\n\
         \nproposed, and not carried out:\n\n--- a\n+++ a\n@@ -0,0 +1 @@\n+x\\u{1b}\n\
         \nwarning: it opens much\n\
         \nwarning: `check` would refuse it so:\n  it is refused\n\
         \nto apply it, leave in a file what you agree with (here learned.diff), then\n  \
         sudo patch /etc/juniper/juniper.toml learned.diff\n  sudo juniperctl install --now\n"
    );
    let value = json(&report());
    assert_eq!(value["denials"][0]["kind"], "write");
    assert_eq!(value["denials"][1]["verdict"], "right");
    assert_eq!(value["proposal"]["text"], "x\n");
}

#[test]
fn nothing_is_said_with_its_limits() {
    let mut report = report();
    report.judged.clear();
    report.proposal = None;
    assert_eq!(
        text(&report),
        "notebook was denied nothing in 60s\n\nnote: the kernel is silent\n\
         note: what it does seldom may come later: --for watches longer\n"
    );
    report.is_running = false;
    report.blind.clear();
    assert!(text(&report).contains("note: notebook does not run: "));
}

#[test]
fn a_path_is_one_word_of_a_shell() {
    assert_eq!(word("/etc/a.toml"), "/etc/a.toml");
    assert_eq!(word("/a b"), "'/a b'");
    assert_eq!(word("/a'; reboot\n"), "'/a'\\''; reboot\\n'");
}
