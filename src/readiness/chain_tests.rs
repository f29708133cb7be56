//! Chains of starts that happen, and what holds for any start at all.

use super::{Explained, explained};
use crate::readiness::start_record::{MemberStart, Start, StartRecord};
use proptest::collection::vec;
use proptest::{prop_assert, prop_assert_eq, proptest};
use std::time::Duration;

fn member(label: &str, waits_for: &[&str], start: Start) -> MemberStart {
    MemberStart {
        label: label.to_owned(),
        unit: format!("juniper-{label}.service"),
        waits_for: waits_for.iter().map(|on| (*on).to_owned()).collect(),
        start,
    }
}

fn record(members: Vec<MemberStart>) -> StartRecord {
    StartRecord {
        began: 0,
        profile: "full".to_owned(),
        members,
    }
}

/// Label, who was waited for, waited, own.
fn chain<'r>(of: &Explained<'r>) -> Vec<(&'r str, Option<&'r str>, u128, u128)> {
    of.chain
        .iter()
        .map(|step| {
            let (waited, own) = (step.waited.as_micros(), step.own.as_micros());
            (step.member.label.as_str(), step.waited_for, waited, own)
        })
        .collect()
}

const RUNNING: Start = Start::AlreadyRunning;

fn ready(exec: u64, ready: u64) -> Start {
    Start::Ready { exec, ready }
}

#[test]
fn the_chain_leads_through_the_dependency_that_was_ready_last() {
    let diamond = record(vec![
        member("data", &[], ready(10, 540)),
        member("cascor", &["data"], ready(0, 2_090)),
        member("worker@1", &["cascor"], ready(2_095, 2_500)),
        member("canopy", &["data", "cascor"], ready(2_100, 4_710)),
    ]);
    let found = explained(&diamond);
    assert_eq!(
        chain(&found),
        [
            ("canopy", Some("cascor"), 0, 2_610),
            ("cascor", Some("data"), 540, 1_550),
            ("data", None, 0, 530),
        ]
    );
    assert_eq!(found.total, Duration::from_micros(4_710));
    assert_eq!(found.beyond, Duration::from_micros(20));
    let others: Vec<&str> = found
        .others
        .iter()
        .map(|step| step.member.label.as_str())
        .collect();
    assert_eq!(others, ["worker@1"]);
}

#[test]
fn whoever_ran_already_or_never_came_is_no_part_of_the_chain() {
    for (members, expected) in [
        // One that ran already was waited for by nobody.
        (
            vec![
                member("data", &[], RUNNING),
                member("cascor", &["data"], ready(5, 25)),
            ],
            vec![("cascor", None, 0, 20)],
        ),
        // One that was not ready held nobody up who was.
        (
            vec![
                member("data", &[], ready(0, 9)),
                member("redis", &[], Start::NeverStarted),
                member("cascor", &["data"], Start::NeverReady { exec: 1 }),
                member("canopy", &["data", "cascor", "redis"], ready(1, 10)),
            ],
            vec![("canopy", Some("data"), 8, 1), ("data", None, 0, 9)],
        ),
        // Started again by hand meanwhile: ready later than the one that had waited for it.
        (
            vec![
                member("data", &[], ready(50, 60)),
                member("cascor", &["data"], ready(5, 25)),
                member("canopy", &["cascor"], ready(6, 70)),
            ],
            vec![("canopy", Some("cascor"), 19, 45), ("cascor", None, 0, 20)],
        ),
        (vec![member("data", &[], RUNNING)], vec![]),
        (vec![], vec![]),
    ] {
        let record = record(members);
        assert_eq!(chain(&explained(&record)), expected);
    }
}

#[test]
fn members_that_are_not_ready_are_named() {
    let record = record(vec![
        member("data", &[], RUNNING),
        member("cascor", &["data"], Start::NeverReady { exec: 1 }),
        member("canopy", &["cascor"], Start::NeverStarted),
    ]);
    let found = explained(&record);
    assert_eq!(found.already_running, ["data"]);
    assert_eq!(found.not_ready, ["cascor", "canopy"]);
    assert_eq!(
        (found.total, found.beyond),
        (Duration::ZERO, Duration::ZERO)
    );
}

#[test]
fn a_damaged_record_ends_the_chain() {
    let circle = record(vec![
        member("a", &["b", "a", "nobody"], ready(0, 7)),
        member("b", &["a"], ready(0, 7)),
    ]);
    assert_eq!(explained(&circle).chain.len(), 2);
    let twice = record(vec![
        member("a", &["a"], ready(0, 7)),
        member("a", &["a"], ready(0, 9)),
    ]);
    assert_eq!(explained(&twice).chain.len(), 1);
}

proptest! {
    #[test]
    fn own_times_and_what_is_beyond_add_up(
        starts in vec((0_u8..8, 0_u64..10_000_000, 0_u64..10_000_000), 0..12),
        edges in vec((0_usize..12, 0_usize..12), 0..40),
    ) {
        let name = |number: usize| format!("s{number}");
        let members = starts.iter().enumerate().map(|(number, (how, exec, span))| MemberStart {
            label: name(number),
            unit: String::new(),
            // Only on earlier ones, so there is no cycle.
            waits_for: edges.iter().filter(|(a, b)| *a == number && b < a).map(|(_, b)| name(*b)).collect(),
            start: match how {
                0 => RUNNING,
                1 => Start::NeverReady { exec: *exec },
                _ => ready(*exec, exec + span),
            },
        });
        let record = record(members.collect());
        let found = explained(&record);
        let own: Duration = found.chain.iter().map(|step| step.own).sum();
        prop_assert_eq!(own + found.beyond, found.total);
        for step in found.chain.iter().chain(&found.others) {
            prop_assert!(step.own <= step.ready && step.ready <= found.total);
        }
        for pair in found.chain.windows(2) {
            prop_assert_eq!(pair[0].waited_for, Some(pair[1].member.label.as_str()));
            prop_assert!(pair[0].member.waits_for.contains(&pair[1].member.label));
        }
        if let Some(first) = found.chain.last() {
            prop_assert_eq!(first.waited_for, None);
        }
        let told = found.chain.len() + found.others.len() + found.already_running.len() + found.not_ready.len();
        prop_assert_eq!(told, record.members.len());
    }
}
