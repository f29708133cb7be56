//! GPUs of which the kernel tells a fault: one incident, nobody ended, nobody told twice.

use std::collections::BTreeMap;
use std::time::Duration;

use super::Watchdog;
use super::play::{Manner, Play, faults, members_with_gpus};
use crate::kernel_log::Cure;
use crate::spec::restraint::Restraint;
use crate::watchdog::event::{Action, Event, Standing};
use crate::watchdog::incident::What;
use crate::watchdog::{Incident, Memory, Orders};

const LOST: &str = "NVRM: Xid (PCI:0000:3b:00): 79, pid=7, GPU has fallen off the bus.";
const APPLICATION: &str = "NVRM: Xid (PCI:0000:3b:00): 31, pid=7, name=python, MMU Fault";
const REMAPPED: &str = "NVRM: Xid (PCI:0000:3b:00): 63, pid=7, Row Remapper";
const NAMED: &str = "NVRM: GPU at PCI:0000:3b:00: GPU-b850f46d-d5ea-c752-ddf3-c4453e44d3f7";

/// The group, well, with a GPU for cascor, and somebody who is told after half a minute.
fn group() -> Play {
    let mut play = Play::of(members_with_gpus(&["cascor"]));
    play.watchdog = play.watchdog.clone().telling(Some(Duration::from_secs(30)));
    play.pass(10);
    play
}

fn say(play: &mut Play, lines: &[(&str, u64)]) {
    play.event(Event::Gpus(faults(lines)));
}

fn only(play: &Play) -> &Incident {
    assert_eq!(play.kept.len(), 1, "{:?}", play.kept);
    play.kept.values().next().unwrap()
}

fn cleared(play: &mut Play, labels: &[&str]) {
    let mut orders = Orders::none("boot");
    let labels: Vec<String> = labels.iter().map(|label| (*label).to_owned()).collect();
    orders.clear(&labels, play.now);
    play.event(Event::Orders(orders));
}

#[test]
fn a_lost_gpu_is_one_incident_with_all_that_is_known_and_told_at_once() {
    let mut play = group();
    let at = play.now.wall;
    say(
        &mut play,
        &[
            (NAMED, at),
            (LOST, at + 1),
            (
                "NVRM: GPU 0000:3b:00.0: GPU has fallen off the bus.",
                at + 2,
            ),
        ],
    );
    play.pass(2);
    let incident = only(&play);
    assert_eq!(
        incident.sentence(),
        "GPU 0000:3b:00: it has fallen off the bus (Xid 79): needs a reboot"
    );
    let gpu = incident.gpu.clone().unwrap();
    assert_eq!(
        gpu.uuid.as_deref(),
        Some("GPU-b850f46d-d5ea-c752-ddf3-c4453e44d3f7")
    );
    assert_eq!(
        (gpu.users, gpu.cure),
        (vec!["cascor".to_owned()], Cure::Reboot)
    );
    assert_eq!(play.told.len(), 1);
    // It lasts, and nobody is told again.
    play.pass(600);
    assert_eq!(only(&play).closed_us, None);
    assert_eq!(play.told.len(), 1);
    assert_eq!(play.acts(), []);
}

#[test]
fn a_service_that_then_fails_is_a_consequence_and_what_runs_is_left_alone() {
    let mut play = group();
    let at = play.now.wall;
    say(&mut play, &[(LOST, at)]);
    play.pass(30);
    // A false alarm: it trains on.
    assert!(
        !play
            .watchdog
            .view(play.now)
            .members
            .iter()
            .any(|member| member.given_up)
    );
    play.standings.insert("cascor".to_owned(), Standing::Failed);
    play.pass(5);
    let incident = only(&play);
    assert_eq!(
        incident.consequences.first().map(String::as_str),
        Some("cascor")
    );
    let view = play.watchdog.view(play.now);
    let cascor = view
        .members
        .iter()
        .find(|member| member.label == "cascor")
        .unwrap();
    assert!(cascor.given_up);
    assert_eq!(
        cascor.lost_gpu.as_deref(),
        Some("GPU 0000:3b:00 has fallen off the bus (Xid 79): needs a reboot")
    );
    assert!(play.watchdog.told(play.now).ends_with("; given up: cascor"));
}

#[test]
fn what_began_just_before_the_kernel_spoke_is_the_same_incident() {
    let mut play = group();
    play.standings.insert("cascor".to_owned(), Standing::Failed);
    play.pass(5);
    assert_eq!(only(&play).root, "cascor");
    let at = play.now.wall;
    say(&mut play, &[(LOST, at)]);
    play.pass(5);
    let incident = only(&play);
    assert_eq!(incident.root, "GPU 0000:3b:00");
    assert_eq!(
        incident.consequences.first().map(String::as_str),
        Some("cascor")
    );
}

#[test]
fn who_hangs_on_a_lost_gpu_is_given_up_and_not_ended_until_a_person_says_so() {
    let mut play = group();
    let at = play.now.wall;
    say(&mut play, &[(LOST, at)]);
    play.set("cascor", Manner::Silent);
    play.set("data", Manner::Silent);
    play.pass(300);
    // Whoever has no GPU is ended as ever.
    assert!(
        play.acts().iter().all(|(_, label)| *label == "data"),
        "{:?}",
        play.acts()
    );
    assert!(!play.acts().is_empty());
    let incident = play.kept.values().find(|one| one.gpu.is_some()).unwrap();
    let given_up: Vec<&str> = incident
        .actions
        .iter()
        .filter(|taken| taken.what == What::GivenUp)
        .map(|taken| taken.label.as_str())
        .collect();
    assert_eq!(given_up, ["cascor"]);
    cleared(&mut play, &["cascor"]);
    play.pass(60);
    assert!(play.acts().iter().any(|(_, label)| *label == "cascor"));
}

#[test]
fn a_fault_of_an_application_stops_nothing() {
    let mut play = group();
    let at = play.now.wall;
    say(&mut play, &[(APPLICATION, at)]);
    play.set("cascor", Manner::Silent);
    play.pass(60);
    assert!(play.acts().iter().any(|(_, label)| *label == "cascor"));
    play.pass(180);
    let incident = only(&play);
    assert_eq!(
        incident.consequences.first().map(String::as_str),
        Some("cascor")
    );
    assert!(incident.closed_us.is_some());
    // What needs nothing, and of which nobody suffers, is written down and nobody is woken for it.
    let mut play = group();
    let at = play.now.wall;
    say(&mut play, &[(REMAPPED, at)]);
    play.pass(180);
    assert!(only(&play).closed_us.is_some() && play.told.is_empty());
}

#[test]
fn a_person_or_the_driver_ends_it() {
    for by_driver in [false, true] {
        let mut play = group();
        let at = play.now.wall;
        say(&mut play, &[(LOST, at)]);
        play.pass(10);
        if by_driver {
            say(
                &mut play,
                &[
                    (LOST, at),
                    (
                        "NVRM: loading NVIDIA UNIX x86_64 Kernel Module  535.1",
                        at + 1,
                    ),
                ],
            );
        } else {
            cleared(&mut play, &["cascor"]);
        }
        play.pass(90);
        assert!(
            only(&play).closed_us.is_some(),
            "by the driver: {by_driver}"
        );
    }
}

#[test]
fn nothing_is_told_twice_over_a_restart_and_nothing_is_missed() {
    let mut play = group();
    let at = play.now.wall;
    say(&mut play, &[(LOST, at)]);
    play.pass(5);
    let kept: Vec<Incident> = play.kept.values().cloned().collect();
    let memory = Memory::new("boot", BTreeMap::new()).seen(at);
    let again = |memory: &Memory, kept: Vec<Incident>| {
        let members = members_with_gpus(&["cascor"]);
        Watchdog::new(members, Restraint::default(), memory, kept, 1)
    };
    let new = |actions: Vec<Action>| {
        let keep = |action: &Action| matches!(action, Action::Keep(_));
        actions.iter().filter(|action| keep(action)).count()
    };
    // Known: even where the incident itself is over.
    let event = || Event::Gpus(faults(&[(LOST, at)]));
    assert_eq!(new(again(&memory, kept.clone()).step(event(), play.now)), 0);
    assert_eq!(new(again(&memory, Vec::new()).step(event(), play.now)), 0);
    // Written down, but not yet remembered: still one.
    let unseen = Memory::new("boot", BTreeMap::new());
    assert_eq!(new(again(&unseen, kept).step(event(), play.now)), 0);
    // Told while nobody watched.
    let actions = again(&unseen, Vec::new()).step(event(), play.now);
    assert!(
        actions.iter().any(|action| {
            matches!(action, Action::Remember(memory) if memory.gpus_seen_us == at)
        })
    );
    assert_eq!(new(actions), 1);
}
