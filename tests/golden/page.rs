//! The watchdog's page in the states that matter, as it was read, looked at and accepted: the files
//! in tests/page, which a browser can open (`make screenshots` does).

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

use juniperctl::metrics::{Run, Tally};
use juniperctl::output::graph::Graph;
use juniperctl::readiness::{Finding, Verdict, reported};
use juniperctl::spec::resolve::{Circumstances, resolve};
use juniperctl::spec::{Faults, ProfileName, Sources, Stack, builtin};
use juniperctl::watchdog::history::SLOT;
use juniperctl::watchdog::incident::{Taken, VERSION, What};
use juniperctl::watchdog::{Condition, History, Incident, MemberView, Moment, Orders, View};
use juniperctl::web::{Known, Target, reply};
use libtest_mimic::{Failed, Trial};

use crate::tree::{self, Tree};

/// 2026-11-25 14:20:07 UTC.
const NOW: u64 = 1_795_616_407_000_000;

const MINUTE: u64 = 60_000_000;

pub(crate) fn trials() -> Vec<Trial> {
    vec![Trial::test("pages_are_drawn_as_accepted", drawn)]
}

fn drawn() -> Result<(), Failed> {
    let pages: Tree = [
        ("ready.html", ready()),
        ("incident.html", incident()),
        ("given-up.html", given_up()),
        ("first.html", first()),
    ]
    .into_iter()
    .map(|(name, page)| (name.to_owned(), page))
    .collect();
    tree::matches(
        &Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/page"),
        &pages,
    )
}

/// How one member is.
struct Member {
    label: &'static str,
    condition: Condition,
    cause: Option<&'static str>,
    /// Whether its trouble may follow from another's.
    follows: bool,
    given_up: bool,
}

fn well(label: &'static str) -> Member {
    Member {
        label,
        condition: Condition::Ready,
        cause: None,
        follows: true,
        given_up: false,
    }
}

fn stack() -> Stack {
    let (mut sources, mut faults) = (Sources::default(), Faults::default());
    let site = ("site", "services.worker.instances = 2");
    let merged = builtin::read_with([site], &mut sources, &mut faults);
    let circumstances = Circumstances {
        profile: Some(ProfileName::parse("full").unwrap()),
        production: false,
    };
    resolve(&merged, &circumstances, &mut faults).unwrap()
}

/// A page of these members, after days that went like this.
fn page(
    members: &[Member],
    day: impl Fn(&str, u64) -> Option<Condition>,
    open: Vec<Incident>,
    recent: &[Incident],
    orders: &Orders,
) -> String {
    let stack = stack();
    let now = Moment {
        steady: Duration::from_hours(30),
        wall: NOW,
    };
    let finding = |member: &Member| {
        let known = stack
            .members()
            .into_iter()
            .find(|known| known.label() == member.label)
            .unwrap();
        Finding {
            label: member.label.to_owned(),
            service: known.service.name.clone(),
            depends_on: known
                .service
                .depends_on
                .iter()
                .map(|edge| edge.on.clone())
                .collect(),
            verdict: match member.condition {
                Condition::Ready => Verdict::Ready,
                Condition::Degraded => Verdict::Degraded,
                Condition::NotReady | Condition::Unknown => Verdict::NotReady,
                Condition::Down | Condition::Stopped => Verdict::Down,
            },
            latency: (member.condition < Condition::Down && member.condition != Condition::Unknown)
                .then(|| Duration::from_micros(1_400 + 977 * member.label.len() as u64)),
            cause: member.cause.map(str::to_owned),
            dependencies: BTreeMap::new(),
            explicable: member.follows,
            optional: false,
        }
    };
    let view = View {
        report: reported(members.iter().map(finding).collect()),
        members: members
            .iter()
            .map(|member| MemberView {
                label: member.label.to_owned(),
                condition: member.condition,
                given_up: member.given_up,
                lost_gpu: None,
                pause: orders.pause_of(member.label, now),
            })
            .collect(),
        incidents: open,
        pause: orders.pause_of_all(now),
    };
    let mut history = History::default();
    for slot in (0..288).rev() {
        let seen = members
            .iter()
            .filter_map(|member| Some((member.label, day(member.label, slot)?)));
        history.see(seen, NOW - slot * SLOT);
    }
    history.see(
        members
            .iter()
            .map(|member| (member.label, member.condition)),
        NOW - 2 * MINUTE,
    );
    let mut tally = Tally::new(members.iter().map(|member| member.label), &[]);
    for member in members {
        let run = Run {
            started_us: 1_000_000,
            ready_us: 2_000_000,
            restarts: if member.given_up { 5 } else { 0 },
        };
        tally.ran(member.label, run);
    }
    let graph = Graph::of(&stack, &BTreeMap::new());
    let known = Known {
        view: &view,
        tally: &tally,
        history: &history,
        graph: Some(&graph),
        recent: recent.iter().collect(),
        blind: None,
        now: NOW,
    };
    reply(Target::Page, &known).body
}

/// A day with a restart, and a night in which nobody watched.
fn usual(_: &str, slot: u64) -> Option<Condition> {
    match slot {
        180..=240 => None,
        179 => Some(Condition::NotReady),
        _ => Some(Condition::Ready),
    }
}

fn past() -> Incident {
    Incident {
        version: VERSION,
        number: 6,
        root: "canopy".to_owned(),
        cause: "details.mode is demo instead of service".to_owned(),
        began_us: NOW - 900 * MINUTE,
        notified_us: None,
        gpu: None,
        last_good_us: Some(NOW - 901 * MINUTE),
        opened_us: NOW - 899 * MINUTE,
        closed_us: Some(NOW - 893 * MINUTE),
        consequences: Vec::new(),
        actions: vec![Taken {
            at_us: NOW - 899 * MINUTE,
            label: "canopy".to_owned(),
            what: What::Restarted,
            why: "details.mode is demo instead of service".to_owned(),
        }],
    }
}

/// All is well.
fn ready() -> String {
    let members = ["data", "cascor", "worker@1", "worker@2", "canopy"].map(well);
    page(&members, usual, Vec::new(), &[past()], &Orders::default())
}

/// Data hangs, and others suffer; what it says is hostile.
fn incident() -> String {
    let cause = "no answer within 10s";
    let members = [
        Member {
            condition: Condition::Down,
            cause: Some(cause),
            follows: false,
            ..well("data")
        },
        Member {
            condition: Condition::NotReady,
            cause: Some("juniper_data: unhealthy: <script>alert(\"it's me\")</script> & more"),
            ..well("cascor")
        },
        well("worker@1"),
        Member {
            condition: Condition::Stopped,
            cause: Some("it is stopped"),
            follows: false,
            ..well("worker@2")
        },
        Member {
            condition: Condition::Degraded,
            cause: Some("juniper_data: unhealthy: no answer"),
            ..well("canopy")
        },
    ];
    let day = |label: &str, slot| match (label, slot) {
        ("data", 0..=1) => Some(Condition::Down),
        ("cascor", 0) => Some(Condition::NotReady),
        ("canopy", 0 | 90..=96) => Some(Condition::Degraded),
        ("worker@2", 0..=40) => Some(Condition::Stopped),
        _ => usual(label, slot),
    };
    let open = Incident {
        version: VERSION,
        number: 7,
        root: "data".to_owned(),
        cause: cause.to_owned(),
        began_us: NOW - 3 * MINUTE,
        notified_us: None,
        gpu: None,
        last_good_us: Some(NOW - 3 * MINUTE - 4_000_000),
        opened_us: NOW - 2 * MINUTE,
        closed_us: None,
        consequences: vec!["cascor".to_owned(), "canopy".to_owned()],
        actions: vec![Taken {
            at_us: NOW - 2 * MINUTE,
            label: "data".to_owned(),
            what: What::Aborted,
            why: cause.to_owned(),
        }],
    };
    page(&members, day, vec![open], &[past()], &Orders::default())
}

/// Restarts do not help cascor; canopy is under maintenance.
fn given_up() -> String {
    let cause = "no answer within 10s";
    let members = [
        well("data"),
        Member {
            condition: Condition::Down,
            cause: Some(cause),
            follows: false,
            given_up: true,
            ..well("cascor")
        },
        Member {
            condition: Condition::NotReady,
            cause: Some("cascor: unhealthy: not connected"),
            ..well("worker@1")
        },
        Member {
            condition: Condition::NotReady,
            cause: Some("cascor: unhealthy: not connected"),
            ..well("worker@2")
        },
        Member {
            condition: Condition::Degraded,
            cause: Some("cascor: unhealthy: timed out"),
            ..well("canopy")
        },
    ];
    let day = |label: &str, slot| match (label, slot) {
        ("cascor", 0..=7) => Some(Condition::Down),
        ("worker@1" | "worker@2", 0..=6) => Some(Condition::NotReady),
        ("canopy", 0..=6) => Some(Condition::Degraded),
        _ => usual(label, slot),
    };
    let taken = |minutes: u64, what| Taken {
        at_us: NOW - minutes * MINUTE,
        label: "cascor".to_owned(),
        what,
        why: cause.to_owned(),
    };
    let open = Incident {
        version: VERSION,
        number: 8,
        root: "cascor".to_owned(),
        cause: cause.to_owned(),
        began_us: NOW - 38 * MINUTE,
        notified_us: None,
        gpu: None,
        last_good_us: Some(NOW - 39 * MINUTE),
        opened_us: NOW - 37 * MINUTE,
        closed_us: None,
        consequences: ["worker@1", "worker@2", "canopy"]
            .map(str::to_owned)
            .to_vec(),
        actions: vec![
            taken(37, What::Aborted),
            taken(36, What::Aborted),
            taken(34, What::Aborted),
            taken(31, What::Aborted),
            taken(26, What::Killed),
            taken(21, What::Aborted),
            taken(10, What::GivenUp),
        ],
    };
    let mut orders = Orders::none("boot");
    let now = Moment {
        steady: Duration::from_hours(30),
        wall: NOW,
    };
    orders.pause(&["canopy".to_owned()], Some(Duration::from_hours(2)), now);
    page(&members, day, vec![open], &[past()], &orders)
}

/// The first second.
fn first() -> String {
    let members = ["data", "cascor", "worker@1", "worker@2", "canopy"].map(|label| Member {
        condition: Condition::Unknown,
        cause: Some("the watchdog has not heard of it yet"),
        ..well(label)
    });
    page(&members, |_, _| None, Vec::new(), &[], &Orders::default())
}
