//! What somebody else says stays text, and what the page needs is in it.

use std::collections::BTreeMap;

use crate::metrics::Tally;
use crate::output::graph::Graph;
use crate::readiness::{Finding, Verdict, reported};
use crate::spec::ServiceName;
use crate::spec::builtin::stack_of;
use crate::watchdog::incident::{Taken, VERSION, What};
use crate::watchdog::{Condition, History, Incident, MemberView, Orders, View};
use crate::web::{Known, Reply, Target, reply};

const HOSTILE: &str =
    "</title><script>alert(1)</script>\"'><img src=x onerror=alert(2)> & {{ now }}";

const STACK: &str = "[services.end]\n\
    description = '</div><script>alert(3)</script>\"'\n\
    command = [\"/bin/true\"]\n\
    [profiles.site]\n\
    services = [\"end\"]\n";

fn view(condition: Condition) -> View {
    let finding = Finding {
        label: "end".to_owned(),
        service: ServiceName::parse("end").unwrap(),
        depends_on: Vec::new(),
        verdict: Verdict::Down,
        latency: None,
        cause: Some(HOSTILE.to_owned()),
        dependencies: BTreeMap::new(),
        explicable: false,
        optional: false,
    };
    View {
        report: reported(vec![finding]),
        members: vec![MemberView {
            label: "end".to_owned(),
            condition,
            given_up: false,
            lost_gpu: None,
            pause: None,
        }],
        incidents: vec![incident()],
        pause: None,
    }
}

fn incident() -> Incident {
    Incident {
        version: VERSION,
        number: 1,
        root: HOSTILE.to_owned(),
        cause: HOSTILE.to_owned(),
        began_us: 1,
        last_good_us: None,
        opened_us: 2,
        closed_us: None,
        consequences: vec![HOSTILE.to_owned()],
        actions: vec![Taken {
            at_us: 3,
            label: HOSTILE.to_owned(),
            what: What::Aborted,
            why: HOSTILE.to_owned(),
        }],
        notified_us: None,
        gpu: None,
    }
}

fn drawn(view: &View, graph: Option<&Graph>, blind: Option<&str>) -> Reply {
    let (tally, history, over) = (Tally::default(), History::default(), incident());
    let known = Known {
        view,
        tally: &tally,
        history: &history,
        graph,
        recent: vec![&over],
        blind,
        now: 60_000_000,
    };
    reply(Target::Page, &known)
}

#[test]
fn nothing_that_somebody_says_becomes_markup() {
    let graph = Graph::of(&stack_of(STACK, "site"), &BTreeMap::new());
    let page = drawn(&view(Condition::Down), Some(&graph), Some(HOSTILE)).body;
    assert!(page.matches("alert(1)").count() >= 9, "{page}");
    assert!(page.contains("alert(3)"), "{page}");
    for markup in ["<script", "<img", "onerror=alert(2)>", "alert(1)</script"] {
        assert!(!page.contains(markup), "{markup} in {page}");
    }
    // What is in a template's braces is not a template.
    assert!(page.contains("{{ now }}"));
}

#[test]
fn it_is_complete_in_itself() {
    let graph = Graph::of(&stack_of("", "full"), &BTreeMap::new());
    let reply = drawn(&view(Condition::Ready), Some(&graph), None);
    let page = &reply.body;
    let policy = ("content-security-policy", super::POLICY.to_owned());
    assert!(reply.headers.contains(&policy));
    let outside: Vec<&str> = page
        .split(['"', '(', ' '])
        .filter(|word| word.contains("//"))
        // The name of a language, not a place.
        .filter(|word| !word.contains("www.w3.org/2000/svg"))
        .collect();
    assert_eq!(outside, Vec::<&str>::new());
    for needed in [
        "<html lang=\"en\">",
        "viewport",
        "http-equiv=\"refresh\"",
        "prefers-color-scheme",
    ] {
        assert!(page.contains(needed), "{needed}");
    }
}

#[test]
fn what_is_wrong_is_said_first() {
    let said = |view: &View, blind| {
        let page = drawn(view, None, blind).body;
        let (_, after) = page.split_once("<h1>").unwrap();
        after.split_once("</h1>").unwrap().0.to_owned()
    };
    for (condition, expected) in [
        (Condition::Down, "end is down"),
        (Condition::Stopped, "end is stopped"),
        (Condition::Ready, "end is ready"),
        (
            Condition::Unknown,
            "Looking at the group for the first time",
        ),
    ] {
        assert_eq!(said(&view(condition), None), expected);
    }
    let nobody = View {
        report: reported(Vec::new()),
        members: Vec::new(),
        incidents: Vec::new(),
        pause: None,
    };
    assert_eq!(said(&nobody, None), "Nothing is watched");
    let page = drawn(&view(Condition::Ready), None, Some("no answer within 5 s")).body;
    assert!(
        page.contains("The watchdog cannot ask systemd") && page.contains("no answer within 5 s")
    );
}

#[test]
fn pauses_are_told_with_what_ends_them() {
    let now = crate::watchdog::Moment::default();
    let mut orders = Orders::none("boot");
    orders.pause(&[], None, now);
    let mut paused = view(Condition::Ready);
    paused.pause = orders.pause_of_all(now);
    for member in &mut paused.members {
        member.pause = orders.pause_of("end", now);
        member.given_up = true;
    }
    let page = drawn(&paused, None, None).body;
    for told in [
        "leaves all services alone until somebody resumes it",
        "<code>sudo juniperctl resume</code>",
        "<code>sudo juniperctl start end</code>",
    ] {
        assert!(page.contains(told), "{told}");
    }
    assert!(!page.contains("resume end"));
}
