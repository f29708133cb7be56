//! The text itself.

use std::time::Duration;

use super::super::Run;
use super::super::tally::tests::{asked, heard};
use super::{Tally, text};
use crate::kernel_log::{Cure, Entry, Faults, GpuAddress, Line, Symptom};
use crate::readiness::{Verdict, reported};
use crate::watchdog::incident::VERSION;
use crate::watchdog::{Action, Condition, Event, Incident, MemberView, Question, View};

fn view(condition: Condition, incidents: Vec<Incident>) -> View {
    View {
        report: reported(Vec::new()),
        members: vec![MemberView {
            label: "worker@1".to_owned(),
            condition,
            given_up: true,
            lost_gpu: None,
            pause: None,
        }],
        incidents,
        pause: None,
    }
}

fn incident(number: u64) -> Incident {
    Incident {
        version: VERSION,
        number,
        root: "worker@1".to_owned(),
        cause: "\"} evil 1\n".to_owned(),
        began_us: 1,
        last_good_us: None,
        opened_us: 2,
        closed_us: None,
        consequences: Vec::new(),
        actions: Vec::new(),
        notified_us: None,
        gpu: None,
    }
}

#[test]
fn everything_is_told_in_the_form_that_prometheus_reads() {
    let mut tally = Tally::new(["worker@1"], &[incident(6)]);
    let answer = |verdict, millis| heard(verdict, Duration::from_millis(millis));
    let question = Question::Readiness;
    asked(
        &mut tally,
        1,
        "worker@1",
        question,
        answer(Verdict::Ready, 5),
    );
    asked(
        &mut tally,
        2,
        "worker@1",
        question,
        answer(Verdict::Down, 250),
    );
    let abort = Action::Abort {
        label: "worker@1".to_owned(),
    };
    tally.done(&abort);
    for number in [6, 7, 7] {
        tally.done(&Action::Keep(incident(number)));
    }
    tally.ran(
        "worker@1",
        Run {
            started_us: 1_000_000,
            ready_us: 1_250_000,
            restarts: 0,
        },
    );
    let mut faults = Faults::none();
    let line = Line::Fault {
        gpu: GpuAddress::parse("0000:3b:00"),
        symptom: Symptom::Xid(79),
        cure: Cure::Reboot,
    };
    let entry = Entry {
        message: String::new(),
        cursor: String::new(),
        wall_us: 1,
        kernel_us: 1,
    };
    faults.take(line, &entry);
    tally.heard(&Event::Gpus(faults));
    let told = text(&tally, &view(Condition::NotReady, vec![incident(7)]), true).unwrap();
    let expected = include_str!("exposition_expected.txt");
    assert_eq!(told, expected.replace("VERSION", env!("CARGO_PKG_VERSION")));
}

#[test]
fn a_group_of_nobody_is_told_as_such() {
    let nobody = View {
        report: reported(Vec::new()),
        members: Vec::new(),
        incidents: Vec::new(),
        pause: None,
    };
    let told = text(&Tally::default(), &nobody, false).unwrap();
    assert!(told.contains("\njuniper_systemd_reachable 0\n"), "{told}");
    assert!(!told.contains("service="), "{told}");
}

/// The names of metrics in a text: what begins with `juniper_` and is no label.
fn names(text: &str) -> std::collections::BTreeSet<&str> {
    text.split(|letter: char| !(letter.is_ascii_alphanumeric() || letter == '_'))
        .filter(|word| word.starts_with("juniper_"))
        .collect()
}

#[test]
fn dashboard_and_alerts_know_every_metric_and_no_other() {
    let told = names(include_str!("exposition_expected.txt"));
    let dashboard = include_str!("../../packaging/monitoring/grafana-dashboard.json");
    let rules = include_str!("../../packaging/monitoring/juniper.rules.yml");
    for (what, text) in [("dashboard", dashboard), ("rules", rules)] {
        let known: Vec<&str> = names(text).difference(&told).copied().collect();
        assert_eq!(known, Vec::<&str>::new(), "unknown in the {what}");
    }
    // Of a histogram the buckets are enough.
    let drawn = names(dashboard);
    let missing: Vec<&str> = told
        .difference(&drawn)
        .copied()
        .filter(|name| !name.starts_with("juniper_probe_duration_seconds"))
        .collect();
    assert_eq!(missing, Vec::<&str>::new(), "missing in the dashboard");
    let dashboard: serde_json::Value = serde_json::from_str(dashboard).unwrap();
    assert_eq!(dashboard["uid"], "juniper-platform");
}
