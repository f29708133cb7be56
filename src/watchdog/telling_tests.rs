//! Somebody is told once of each incident, at the right moment, whatever systemd and people do.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use proptest::prelude::{Strategy, any, prop_oneof};
use proptest::{collection, prop_assert, proptest};

use super::Watchdog;
use super::play::{Manner, Play, members};
use crate::readiness::{Finding, Verdict, reported};
use crate::spec::restraint::Restraint;
use crate::watchdog::event::{Event, Moment, Standing};
use crate::watchdog::incident::Incident;
use crate::watchdog::ledger::{Ledger, Times};
use crate::watchdog::{Memory, Orders};

/// A group of which somebody is told, with the watchdog's own word for when.
fn play(after: u64) -> Play {
    let mut play = Play::new();
    configure(&mut play, Some(after));
    play.pass(30);
    play
}

fn configure(play: &mut Play, after: Option<u64>) {
    play.event(Event::Configured {
        members: members(),
        restraint: Restraint::default(),
        tell_after: after.map(Duration::from_secs),
    });
}

#[test]
fn what_fails_for_ever_is_told_once() {
    let mut play = play(0);
    play.cured = false;
    play.set("data", Manner::Silent);
    play.set("cascor", Manner::Unready);
    play.pass(3_600);
    assert_eq!(play.acts().len(), 5);
    assert_eq!(play.told.len(), 1, "{:?}", play.told);
    let (at, number) = play.told[0];
    assert!(at <= 30 + 25 && number == 1, "{:?}", play.told);
    assert!(play.kept[&1].notified_us.is_some());
    // Not by the next watchdog either.
    let kept = play.kept.values().cloned().collect();
    let memory = Memory::new("boot", BTreeMap::new());
    play.watchdog = Watchdog::new(members(), Restraint::default(), &memory, kept, 2)
        .telling(Some(Duration::ZERO));
    play.pass(600);
    assert_eq!(play.told.len(), 1);
}

#[test]
fn what_a_restart_cures_in_time_is_told_to_nobody() {
    let mut play = play(60);
    play.set("data", Manner::Silent);
    play.pass(300);
    assert_eq!(play.acts().len(), 1);
    assert!(play.kept[&1].closed_us.is_some());
    assert_eq!(play.told, []);
    // One that lasts is.
    play.set("cascor", Manner::Unready);
    play.pass(300);
    assert_eq!(play.told.len(), 1);
}

#[test]
fn what_is_given_up_and_what_has_failed_for_good_is_told_at_once() {
    let mut play = play(100_000);
    play.cured = false;
    play.set("data", Manner::Silent);
    play.pass(3_600);
    assert_eq!(play.told.len(), 1);
    assert!(play.kept[&1].gave_up());
    let mut play = self::play(100_000);
    play.standings.insert("data".to_owned(), Standing::Failed);
    play.pass(2);
    assert_eq!(play.told.len(), 1);
    assert_eq!(play.kept[&1].cause, "its unit has failed");
}

#[test]
fn without_a_bus_it_is_tried_again_until_systemd_takes_it() {
    let mut play = play(0);
    play.cured = false;
    play.refusal = Some("no bus".to_owned());
    play.set("data", Manner::Silent);
    play.pass(600);
    let at: Vec<u64> = play.told.iter().map(|(at, _)| *at).collect();
    let pauses: Vec<u64> = at.windows(2).map(|pair| pair[1] - pair[0]).collect();
    assert_eq!(pauses, [30, 60, 120, 240], "{at:?}");
    assert_eq!(play.kept[&1].notified_us, None);
    play.refusal = None;
    play.pass(1_200);
    assert_eq!(play.told.len(), 6);
    assert!(play.kept[&1].notified_us.is_some());
}

#[test]
fn nobody_is_told_while_a_person_is_at_work_on_it() {
    let mut play = play(0);
    let mut orders = Orders::none("boot");
    orders.pause(&["data".to_owned()], Some(Duration::from_mins(5)), play.now);
    play.event(Event::Orders(orders));
    play.cured = false;
    play.set("data", Manner::Silent);
    play.pass(290);
    assert!(play.told.is_empty() && play.kept.len() == 1);
    play.pass(30);
    assert_eq!(play.told.len(), 1);
}

#[test]
fn a_configuration_that_is_read_again_counts_from_then_on() {
    let mut play = Play::new();
    play.cured = false;
    play.pass(30);
    play.set("data", Manner::Silent);
    play.pass(120);
    assert!(play.told.is_empty(), "there is nobody to tell");
    configure(&mut play, Some(60));
    play.pass(1);
    assert_eq!(play.told.len(), 1, "it has lasted that long");
    configure(&mut play, None);
    configure(&mut play, Some(0));
    play.pass(60);
    assert_eq!(play.told.len(), 1);
}

/// Something that happens to the ledger.
#[derive(Debug, Clone)]
enum Happening {
    /// Time passes, in seconds, and the clock that people see jumps.
    Pass(u64, u64),
    /// Who is well.
    Report([bool; 3]),
    /// systemd answers, or the order is lost with the watchdog that gave it.
    Answer(bool),
    /// Another watchdog goes on with what was kept.
    Restart,
}

fn happening() -> impl Strategy<Value = Happening> {
    prop_oneof![
        4 => (0_u64..40, any::<u32>()).prop_map(|(span, wall)| Happening::Pass(span, u64::from(wall))),
        4 => any::<[bool; 3]>().prop_map(Happening::Report),
        4 => any::<bool>().prop_map(Happening::Answer),
        1 => proptest::strategy::Just(Happening::Restart),
    ]
}

fn report(well: [bool; 3]) -> (crate::readiness::Report, BTreeMap<String, Times>) {
    let mut findings: Vec<Finding> = Vec::new();
    let mut times = BTreeMap::new();
    for (member, well) in members().into_iter().zip(well) {
        times.insert(
            member.label.clone(),
            Times {
                certain: !well,
                ..Times::default()
            },
        );
        findings.push(Finding {
            label: member.label,
            service: member.service,
            depends_on: member.depends_on,
            verdict: if well { Verdict::Ready } else { Verdict::Down },
            latency: None,
            cause: None,
            dependencies: BTreeMap::new(),
            explicable: true,
            optional: false,
        });
    }
    (reported(findings), times)
}

/// What becomes of a run: for each incident, how often systemd took it.
fn run(happenings: &[Happening]) -> Result<BTreeMap<u64, u32>, String> {
    let mut ledger = Ledger::new(Vec::new());
    let mut kept: BTreeMap<u64, Incident> = BTreeMap::new();
    let mut asked: BTreeSet<u64> = BTreeSet::new();
    let mut taken: BTreeMap<u64, u32> = BTreeMap::new();
    let mut well = [true; 3];
    let mut now = Moment {
        steady: Duration::from_secs(1_000),
        wall: 0,
    };
    for happening in happenings {
        match happening {
            Happening::Pass(span, shown) => {
                now.steady += Duration::from_secs(*span);
                now.wall = *shown;
            }
            Happening::Report(report) => well = *report,
            Happening::Answer(is_taken) => {
                if let Some(number) = asked.pop_first() {
                    *taken.entry(number).or_default() += u32::from(*is_taken);
                    ledger.notified(number, *is_taken, now);
                }
            }
            Happening::Restart => {
                asked.clear();
                ledger = Ledger::new(kept.values().cloned().collect());
            }
        }
        let (report, times) = report(well);
        ledger.update(&report, &times, now);
        for number in ledger.to_tell(Duration::from_secs(20), now) {
            if !asked.insert(number) {
                return Err(format!("{number} while systemd is being asked"));
            }
        }
        for incident in ledger.changed() {
            kept.insert(incident.number, incident);
        }
    }
    Ok(taken)
}

proptest! {
    #[test]
    fn systemd_takes_each_incident_once_at_most(
        happenings in collection::vec(happening(), 0..400),
    ) {
        let taken = run(&happenings);
        prop_assert!(taken.as_ref().is_ok_and(|taken| taken.values().all(|times| *times <= 1)), "{taken:?}");
    }
}

#[test]
fn the_random_events_do_lead_to_somebody_being_told() {
    use proptest::strategy::ValueTree as _;
    let mut runner = proptest::test_runner::TestRunner::deterministic();
    let told: usize = (0..30)
        .map(|_| {
            let happenings = collection::vec(happening(), 400).new_tree(&mut runner);
            run(&happenings.unwrap().current()).unwrap().len()
        })
        .sum();
    assert!(told > 20, "only {told}");
}
