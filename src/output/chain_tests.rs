//! What is told of starts that happen.

use super::{json, seconds, text};
use crate::readiness::chain::explained;
use crate::readiness::comparison::compared;
use crate::readiness::{MemberStart, Start, StartRecord};
use std::time::Duration;

/// The full profile; cascor is this much slower than usual, in microseconds.
fn record(began: u64, late: u64, last: Start) -> StartRecord {
    let member = |label: &str, waits_for: &[&str], start| MemberStart {
        label: label.to_owned(),
        unit: format!("juniper-{label}.service"),
        waits_for: waits_for.iter().map(|on| (*on).to_owned()).collect(),
        start,
    };
    let ready = |exec, ready| Start::Ready { exec, ready };
    StartRecord {
        began,
        profile: "full".to_owned(),
        members: vec![
            member("data", &[], ready(10_000, 540_000)),
            member("cascor", &["data"], ready(0, 2_090_000 + late)),
            member("redis", &[], Start::AlreadyRunning),
            member("canopy", &["data", "cascor"], last),
            member("worker@1", &["cascor"], ready(2_900_000, 3_310_000)),
        ],
    }
}

fn told(record: &StartRecord, earlier: &[StartRecord]) -> String {
    let comparison = compared(record, earlier);
    let text = text(record, &explained(record), comparison.as_ref());
    anstream::adapter::strip_str(&text).to_string()
}

#[test]
fn a_start_reads_from_its_end_to_its_beginning() {
    let canopy = |ready| Start::Ready { exec: 0, ready };
    let earlier: Vec<StartRecord> = (1..=4_u64)
        .map(|n| record(n * 86_400_000_000, 0, canopy(4_600_000 + n * 10_000)))
        .collect();
    let this = record(1_795_576_329_000_000, 400_000, canopy(5_110_000));
    assert_eq!(
        told(&this, &earlier),
        "start of profile full on 2026-11-25 03:12:09 UTC: all ready after 5.11 s\n\
         \x20 canopy  2.62 s  waited 2.49 s for cascor\n\
         \x20 cascor  1.95 s  waited 0.54 s for data\n\
         \x20 data    0.53 s\n\
         \x20 (beyond the chain 0.01 s)\n\
         not on the chain\n\
         \x20 worker@1  0.41 s  after cascor\n\
         ran already: redis\n\
         compared with the last 4 starts like it: median 4.63 s, slowest 4.64 s (1970-01-05 00:00:00 UTC)\n\
         \x20 cascor 0.40 s slower than its median 1.55 s\n"
    );
}

#[test]
fn what_was_not_ready_is_told_first() {
    let start = |last| record(0, 0, last);
    let mut running = start(Start::AlreadyRunning);
    for member in &mut running.members {
        member.start = Start::AlreadyRunning;
    }
    let mut dead = running.clone();
    dead.members[0].start = Start::NeverReady { exec: 1 };
    for (record, headline) in [
        (
            start(Start::NeverStarted),
            "canopy not ready, the others after 3.31 s",
        ),
        (running, "all were ready already"),
        (dead, "data not ready"),
    ] {
        let line = format!("start of profile full on 1970-01-01 00:00:00 UTC: {headline}");
        assert_eq!(told(&record, &[]).lines().next(), Some(line.as_str()));
    }
}

#[test]
fn words_of_a_record_do_not_reach_the_terminal_raw() {
    let mut record = record(0, 0, Start::NeverStarted);
    record.profile = "\u{1b}[31m".to_owned();
    for member in &mut record.members {
        member.label = "\u{1b}]0;a\u{7}\n".to_owned();
    }
    let told = told(&record, &[]);
    assert!(!told.contains(['\u{1b}', '\u{7}']), "{told}");
    assert!(told.contains("profile \\u{1b}[31m on"), "{told}");
}

#[test]
fn programs_are_told_in_microseconds() {
    let this = record(
        17,
        0,
        Start::Ready {
            exec: 0,
            ready: 4_710_000,
        },
    );
    let found = json(&this, &explained(&this), None);
    assert_eq!(found["version"], 1);
    assert_eq!(found["began_us"], 17);
    assert_eq!(found["total_us"], 4_710_000);
    assert_eq!(found["beyond_us"], 10_000);
    assert_eq!(found["chain"][0]["name"], "canopy");
    assert_eq!(found["chain"][0]["waited_for"], "cascor");
    assert_eq!(found["chain"][0]["own_us"], 2_620_000);
    assert_eq!(found["chain"][2]["waited_for"], serde_json::Value::Null);
    assert_eq!(found["others"][0]["name"], "worker@1");
    assert_eq!(found["already_running"], serde_json::json!(["redis"]));
    assert_eq!(found["compared_with"], serde_json::Value::Null);
}

#[test]
fn seconds_are_rounded() {
    for (microseconds, expected) in [
        (0, "0.00 s"),
        (4_999, "0.00 s"),
        (5_000, "0.01 s"),
        (4_706_000, "4.71 s"),
        (59_999_999, "60.00 s"),
    ] {
        assert_eq!(seconds(Duration::from_micros(microseconds)), expected);
    }
}
