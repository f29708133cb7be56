//! Stories that must come out right.

use std::time::Duration;

use super::Watchdog;
use super::play::{Manner, Play, members};
use crate::spec::restraint::Restraint;
use crate::watchdog::event::{Action, Event, Standing};
use crate::watchdog::incident::{Incident, What};
use crate::watchdog::{Memory, Orders};

#[test]
fn one_that_falls_silent_is_ended_in_time_and_nobody_else() {
    let mut play = Play::new();
    play.pass(60);
    play.set("data", Manner::Silent);
    play.set("cascor", Manner::Unready);
    play.set("canopy", Manner::Unready);
    play.pass(30);
    assert_eq!(play.acts().len(), 1, "{:?}", play.done);
    let (at, label) = play.acts()[0];
    assert!(label == "data" && at <= 60 + 15, "{at}");
    play.set("cascor", Manner::Well);
    play.set("canopy", Manner::Well);
    play.pass(120);
    assert_eq!(play.acts().len(), 1);
    assert_eq!(play.kept.len(), 1);
    let incident = &play.kept[&1];
    assert_eq!(incident.root, "data");
    // Whoever is asked first is known first.
    let mut consequences = incident.consequences.clone();
    consequences.sort();
    assert_eq!(consequences, ["canopy", "cascor"]);
    assert!(incident.closed_us.is_some());
    assert!(incident.last_good_us.unwrap() <= incident.began_us);
}

#[test]
fn the_built_in_probes_notice_each_hang_within_fifteen_seconds() {
    for label in ["data", "cascor", "canopy", "worker@1"] {
        let mut longest = 0;
        // Whatever is being asked when it begins.
        for tenths in 0..30 {
            let mut play = Play::new();
            play.pass_tenths(100 + tenths);
            play.set(label, Manner::Silent);
            let tenths = (1..300).find(|_| {
                play.pass_tenths(1);
                !play.acts().is_empty()
            });
            assert_eq!(play.acts().first().map(|act| act.1), Some(label));
            longest = longest.max(tenths.unwrap());
        }
        // One for the step of the play itself.
        assert!((120..=151).contains(&longest), "{label}: {longest} tenths");
    }
}

#[test]
fn a_patient_readiness_probe_delays_nothing() {
    let mut members = members();
    let liveness = members[0].liveness.as_mut().unwrap();
    liveness.interval = Duration::from_secs(1);
    liveness.timeout = Duration::from_secs(2);
    members[0].readiness.as_mut().unwrap().timeout = Duration::from_secs(30);
    for tenths in (0..60).step_by(3) {
        let mut play = Play::new();
        play.event(Event::Configured {
            members: members.clone(),
            restraint: Restraint::default(),
            tell_after: None,
        });
        play.pass_tenths(100 + tenths);
        play.set("data", Manner::Silent);
        play.pass_tenths(51);
        assert_eq!(play.acts().len(), 1, "{tenths}");
    }
}

#[test]
fn a_readiness_that_takes_long_is_no_silence() {
    // Readiness says nothing for minutes, while every other question is answered.
    let mut play = Play::new();
    play.set("data", Manner::Mute);
    play.pass(120);
    assert_eq!(play.acts(), []);
    assert_eq!(play.kept.len(), 1, "it is told all the same");
}

#[test]
fn a_cascor_that_stands_still_while_data_hangs_is_left_alone() {
    // Data cannot be to blame for the watchdog's patience: it is well in the other half of the plays.
    for data in [Manner::Silent, Manner::Well] {
        for tenths in (0..60).step_by(4) {
            let mut play = Play::new();
            let mut orders = Orders::none("boot");
            orders.pause(&["data".to_owned()], None, play.now);
            play.event(Event::Orders(orders));
            play.pass_tenths(100 + tenths);
            play.set("data", data);
            play.set("cascor", Manner::Late);
            play.set("canopy", Manner::Late);
            play.pass(120);
            assert_eq!(play.acts(), [], "{data:?} {tenths}");
        }
    }
}

#[test]
fn readiness_ends_nobody_and_the_worker_follows_cascor() {
    let mut play = Play::new();
    for label in ["cascor", "canopy", "worker@1"] {
        play.set(label, Manner::Unready);
    }
    play.pass(600);
    assert_eq!(play.acts(), []);
    // cascor is the root: nothing else explains it.
    assert_eq!(play.kept.len(), 1, "{:?}", play.kept);
    assert_eq!(play.kept[&1].root, "cascor");
}

#[test]
fn a_training_cascor_that_works_is_left_alone_until_the_limit() {
    let mut play = Play::new();
    play.works = true;
    play.set("cascor", Manner::Training);
    play.pass(60);
    play.set("cascor", Manner::Silent);
    play.pass(590);
    assert_eq!(play.acts(), []);
    play.pass(40);
    assert_eq!(play.acts().len(), 1);
    // Whichever question the silence meets first.
    for tenths in 0..60 {
        let mut play = Play::new();
        play.works = true;
        play.set("cascor", Manner::Training);
        play.pass(30);
        play.pass_tenths(tenths);
        play.set("cascor", Manner::Silent);
        play.pass(120);
        assert_eq!(play.acts(), [], "{tenths}");
    }
    // One that worked for a while and then stands still is not at work any more.
    let mut play = Play::new();
    play.works = true;
    play.set("cascor", Manner::Training);
    play.pass(60);
    play.set("cascor", Manner::Silent);
    play.pass(120);
    assert_eq!(play.acts(), []);
    play.works = false;
    play.pass(40);
    assert_eq!(play.acts().len(), 1);
    // One that does not work is not at work, whatever it said.
    let mut play = Play::new();
    play.set("cascor", Manner::Training);
    play.pass(60);
    play.set("cascor", Manner::Silent);
    play.pass(30);
    assert_eq!(play.acts().len(), 1);
}

#[test]
fn what_fails_for_ever_is_given_up() {
    let mut play = Play::new();
    play.cured = false;
    play.pass(30);
    play.set("data", Manner::Silent);
    play.pass(3_600);
    let at: Vec<u64> = play.acts().iter().map(|(at, _)| *at).collect();
    assert_eq!(at.len(), 5, "{at:?}");
    for (pair, pause) in at.windows(2).zip([30, 60, 120, 240]) {
        assert!(pair[1] - pair[0] >= pause, "{at:?}");
    }
    assert_eq!(play.kept.len(), 1);
    assert!(play.kept[&1].gave_up());
    assert!(play.watchdog.told(play.now).ends_with("given up: data"));
    // A person has it tried again.
    let mut orders = Orders::none("boot");
    orders.clear(&["data".to_owned()], play.now);
    play.event(Event::Orders(orders));
    play.pass(30);
    assert_eq!(play.acts().len(), 6);
}

#[test]
fn nothing_is_done_while_paused_and_the_rest_afterwards() {
    let mut play = Play::new();
    let mut orders = Orders::none("boot");
    orders.pause(&["data".to_owned()], Some(Duration::from_mins(5)), play.now);
    play.event(Event::Orders(orders));
    play.set("data", Manner::Silent);
    play.pass(299);
    assert_eq!(play.acts(), []);
    assert_eq!(play.kept.len(), 1, "an incident all the same");
    play.pass(30);
    assert_eq!(play.acts().len(), 1);
}

#[test]
fn one_that_does_not_die_is_killed_once() {
    let mut play = Play::new();
    play.pass(10);
    play.set("data", Manner::Silent);
    play.cured = false;
    play.dies = false;
    play.pass(600);
    let told: Vec<What> = play.kept[&1]
        .actions
        .iter()
        .map(|taken| taken.what)
        .collect();
    assert_eq!(told, [What::Aborted, What::Killed], "{:?}", play.done);
}

#[test]
fn a_wrong_mode_is_cured_by_one_restart_once_its_dependencies_are_well() {
    let mut play = Play::new();
    play.set("canopy", Manner::Demo);
    play.set("cascor", Manner::Unready);
    play.pass(120);
    assert_eq!(play.acts(), [], "cascor is not well");
    play.set("cascor", Manner::Well);
    play.pass(60);
    assert!(matches!(play.done.as_slice(), [(_, Action::Restart { label })] if label == "canopy"));
}

#[test]
fn after_a_gap_in_time_nothing_of_the_past_counts() {
    let mut play = Play::new();
    play.pass(30);
    play.set("data", Manner::Silent);
    for _ in 0..30 {
        play.pass(10);
        // Frozen for an hour just before it is enough; the answers of the past come in late.
        play.now.steady += Duration::from_hours(1);
    }
    assert_eq!(play.acts(), []);
}

#[test]
fn the_wall_clock_decides_nothing() {
    let mut play = Play::new();
    play.pass(30);
    for wall in [0, u64::MAX / 2, 5_000_000_000] {
        play.now.wall = wall;
        play.pass(60);
    }
    assert_eq!(play.acts(), []);
    assert!(play.kept.is_empty());
}

#[test]
fn what_is_stopped_or_starting_is_left_alone() {
    for standing in [
        Standing::Stopped,
        Standing::Coming,
        Standing::Going,
        Standing::Failed,
    ] {
        let mut play = Play::new();
        play.pass(30);
        play.set("data", Manner::Silent);
        play.pass(10);
        play.standings.insert("data".to_owned(), standing);
        play.pass(300);
        assert_eq!(play.acts(), [], "{standing:?}");
        let incidents = usize::from(standing == Standing::Failed);
        assert_eq!(play.kept.len(), incidents, "{standing:?}");
    }
}

#[test]
fn it_goes_on_where_it_left_off() {
    let mut play = Play::new();
    play.cured = false;
    play.pass(30);
    play.set("data", Manner::Silent);
    play.pass(3_600);
    let incidents: Vec<Incident> = play.kept.values().cloned().collect();
    let memory = Memory::new("boot", play.watchdog.spent());
    play.watchdog = Watchdog::new(members(), Restraint::default(), &memory, incidents, 2);
    play.asked.clear();
    play.pass(300);
    assert_eq!(play.acts().len(), 5, "given up before, given up now");
    assert_eq!(play.kept.len(), 1, "the same incident");
}
