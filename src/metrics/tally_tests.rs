//! Restarts by cause, answers by probe, incidents by root.

use std::collections::BTreeMap;
use std::time::Duration;

use super::{Run, Tally};
use crate::readiness::Verdict;
use crate::watchdog::{Action, Event, Heard, Question, Standing};

pub(in crate::metrics) fn heard(verdict: Verdict, latency: Duration) -> Heard {
    Heard {
        verdict,
        cause: None,
        replied: true,
        own_fault: false,
        wrong: false,
        busy: false,
        latency,
        dependencies: BTreeMap::new(),
    }
}

pub(in crate::metrics) fn asked(
    tally: &mut Tally,
    number: u64,
    label: &str,
    question: Question,
    heard: Heard,
) {
    tally.done(&Action::Ask {
        number,
        label: label.to_owned(),
        question,
        limit: Duration::ZERO,
    });
    tally.heard(&Event::Answer { number, heard });
}

/// `unresponsive`, `wrong_state`, `exited`, `requested` of data.
fn restarts(tally: &Tally) -> [u64; 4] {
    tally.members["data"].restarts
}

fn run(started_us: u64, restarts: u64) -> Run {
    Run {
        started_us,
        ready_us: started_us + 1,
        restarts,
    }
}

#[test]
fn each_restart_is_counted_once_by_its_cause() {
    let data = || "data".to_owned();
    for (name, actions, runs, expected) in [
        (
            "nothing happened",
            vec![],
            vec![run(1, 0), run(1, 0)],
            [0, 0, 0, 0],
        ),
        (
            "the first look tells nothing",
            vec![],
            vec![run(9, 7)],
            [0, 0, 0, 0],
        ),
        (
            "it crashed thrice between two looks",
            vec![],
            vec![run(1, 1), run(9, 4)],
            [0, 0, 3, 0],
        ),
        (
            "a person restarted it",
            vec![],
            vec![run(1, 2), run(9, 0)],
            [0, 0, 0, 1],
        ),
        (
            "a person did, and it crashed",
            vec![],
            vec![run(1, 2), run(9, 1)],
            [0, 0, 1, 1],
        ),
        (
            "the watchdog aborted it",
            vec![Action::Abort { label: data() }],
            vec![run(1, 0), run(9, 1)],
            [1, 0, 0, 0],
        ),
        (
            "the watchdog killed what it had aborted",
            vec![
                Action::Abort { label: data() },
                Action::Kill { label: data() },
            ],
            vec![run(1, 0), run(9, 1)],
            [1, 0, 0, 0],
        ),
        (
            "and it crashed after that",
            vec![Action::Abort { label: data() }],
            vec![run(1, 0), run(9, 2)],
            [1, 0, 1, 0],
        ),
        (
            "the watchdog restarted it",
            vec![Action::Restart { label: data() }],
            vec![run(1, 3), run(9, 0)],
            [0, 1, 0, 0],
        ),
    ] {
        let mut tally = Tally::new(["data"], &[]);
        let (first, later) = runs.split_first().unwrap();
        tally.ran("data", *first);
        for action in &actions {
            tally.done(action);
        }
        for run in later {
            tally.ran("data", *run);
        }
        assert_eq!(restarts(&tally), expected, "{name}");
    }
}

#[test]
fn the_time_to_ready_is_that_of_the_last_start_that_got_there() {
    let mut tally = Tally::new(["data"], &[]);
    let ready = |tally: &Tally| tally.members["data"].ready;
    let run = |started_us, ready_us| Run {
        started_us,
        ready_us,
        restarts: 0,
    };
    for (started, until, expected) in [
        (1_000, 400, None),
        (1_000, 501_000, Some(500)),
        // It starts anew and is not ready yet.
        (9_000_000, 501_000, Some(500)),
        (9_000_000, 9_100_000, Some(100)),
    ] {
        tally.ran("data", run(started, until));
        assert_eq!(ready(&tally), expected.map(Duration::from_millis));
    }
}

#[test]
fn answers_are_counted_for_the_probe_that_was_asked() {
    let mut tally = Tally::new(["data", "cascor"], &[]);
    let ready = heard(Verdict::Ready, Duration::from_millis(4));
    let silent = heard(Verdict::Down, Duration::from_secs(10));
    asked(&mut tally, 1, "data", Question::Readiness, ready.clone());
    asked(&mut tally, 2, "data", Question::Liveness, ready.clone());
    asked(&mut tally, 3, "data", Question::Liveness, silent);
    // Nobody asked this, or nobody who is still there.
    tally.heard(&Event::Answer {
        number: 9,
        heard: ready.clone(),
    });
    asked(&mut tally, 4, "gone", Question::Liveness, ready);
    let member = &tally.members["data"];
    assert_eq!((member.readiness.good, member.readiness.bad), (1, 0));
    assert_eq!((member.liveness.good, member.liveness.bad), (1, 1));
    assert_eq!(member.liveness.buckets, [1, 0, 0, 0, 1]);
    assert!(!member.liveness.is_good && member.readiness.is_good);
    assert!(!tally.members["cascor"].liveness.is_used());
}

#[test]
fn whoever_came_up_is_looked_at_first_and_all_in_turn() {
    let mut tally = Tally::new(["a", "b", "c"], &[]);
    let mut now = Duration::ZERO;
    let mut turns = |count: usize, tally: &mut Tally| -> Vec<String> {
        (0..count)
            .filter_map(|_| {
                now += super::TURN;
                // One look in each turn, however often it is asked.
                let label = tally.next_look(now);
                assert_eq!(tally.next_look(now + super::TURN / 2), None);
                label
            })
            .collect()
    };
    assert_eq!(turns(4, &mut tally), ["a", "b", "c", "a"]);
    let standings = BTreeMap::from([("c".to_owned(), Standing::Running)]);
    tally.heard(&Event::Units(standings.clone()));
    assert_eq!(turns(1, &mut tally), ["c"]);
    tally.ran("c", run(1, 0));
    tally.heard(&Event::Units(standings));
    assert_eq!(turns(2, &mut tally), ["a", "b"]);
    tally.configure(["b"]);
    assert_eq!(turns(2, &mut tally), ["b", "b"]);
    tally.configure([]);
    assert_eq!(tally.next_look(Duration::MAX / 2), None);
}
