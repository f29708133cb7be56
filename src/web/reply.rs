//! What is wanted, from what is known.

use crate::metrics::{self, Tally};
use crate::output::graph::Graph;
use crate::output::health;
use crate::readiness::Verdict;
use crate::watchdog::{Condition, History, Incident, MemberView, View};

use super::page;
use super::router::{Reply, Target};

/// All that is known at the moment of a request.
#[derive(Debug)]
pub struct Known<'k> {
    /// How everybody is.
    pub view: &'k View,
    /// What was counted.
    pub tally: &'k Tally,
    /// The last day.
    pub history: &'k History,
    /// Who depends on whom; `None` where the configuration is refused.
    pub graph: Option<&'k Graph>,
    /// The last incidents that are over, newest first.
    pub recent: Vec<&'k Incident>,
    /// Why systemd cannot be reached, if so.
    pub blind: Option<&'k str>,
    /// Now, in microseconds since 1970.
    pub now: u64,
}

/// The answer.
#[must_use]
pub fn reply(target: Target, known: &Known<'_>) -> Reply {
    match target {
        Target::Health => report(known.view),
        Target::Metrics => match metrics::text(known.tally, known.view, known.blind.is_none()) {
            Ok(body) => of_type(metrics::CONTENT_TYPE, body),
            Err(_) => Reply::plain(500, "This cannot be written."),
        },
        Target::Page => match page::page(known) {
            Ok(body) => {
                let mut reply = of_type("text/html; charset=utf-8", body);
                reply
                    .headers
                    .push(("content-security-policy", page::POLICY.to_owned()));
                reply
            }
            Err(_) => Reply::plain(500, "This cannot be drawn."),
        },
    }
}

fn of_type(content_type: &'static str, body: String) -> Reply {
    Reply {
        status: 200,
        content_type,
        headers: Vec::new(),
        body,
    }
}

/// What `juniperctl health --json` says, from what was heard last; nothing is asked anew. A group that
/// works with limits is good enough for a load balancer; one of which nothing is known is not, as it is
/// for a second after the watchdog's start: it says that it does not know, and when to ask again.
fn report(view: &View) -> Reply {
    let is_unknown = |label: &str| {
        let is =
            |member: &MemberView| member.label == label && member.condition == Condition::Unknown;
        view.members.iter().any(is)
    };
    let mut body = health::json_so_far(&view.report, is_unknown);
    // A configuration that is refused names nobody: that is no group that is ready.
    if view.members.is_empty()
        && let Some(said) = body.as_object_mut()
    {
        said.insert("verdict".to_owned(), health::UNKNOWN.into());
    }
    let is_good = matches!(view.report.verdict, Verdict::Ready | Verdict::Degraded)
        && !view.members.is_empty();
    let waits = body.get("verdict").and_then(serde_json::Value::as_str) == Some(health::UNKNOWN);
    Reply {
        status: if is_good && !waits { 200 } else { 503 },
        content_type: "application/json",
        headers: waits
            .then(|| ("retry-after", "1".to_owned()))
            .into_iter()
            .collect(),
        body: body.to_string() + "\n",
    }
}

#[cfg(test)]
mod tests {
    use super::report;
    use crate::readiness::{Finding, Verdict, reported};
    use crate::spec::ServiceName;
    use crate::watchdog::{Condition, MemberView, View};
    use std::collections::BTreeMap;

    fn view(verdicts: &[Verdict]) -> View {
        let finding = |verdict: &Verdict| Finding {
            label: "data".to_owned(),
            service: ServiceName::parse("data").unwrap(),
            depends_on: Vec::new(),
            verdict: *verdict,
            latency: None,
            cause: None,
            dependencies: BTreeMap::new(),
            explicable: false,
            optional: false,
        };
        let member = |verdict: &Verdict| MemberView {
            label: "data".to_owned(),
            condition: Condition::from(*verdict),
            given_up: false,
            lost_gpu: None,
            pause: None,
        };
        View {
            report: reported(verdicts.iter().map(finding).collect()),
            members: verdicts.iter().map(member).collect(),
            incidents: Vec::new(),
            pause: None,
        }
    }

    /// Of whom nothing is known is shown as not ready, and with the condition that says why.
    fn not_heard_of(mut view: View, index: usize) -> View {
        view.members[index].condition = Condition::Unknown;
        view
    }

    #[test]
    fn what_is_not_known_yet_is_neither_good_nor_bad() {
        let said = |view: &View| -> (u16, bool, serde_json::Value) {
            let reply = report(view);
            let asks_again = reply.headers.iter().any(|(name, _)| *name == "retry-after");
            let body = serde_json::from_str(&reply.body).unwrap();
            (reply.status, asks_again, body)
        };
        let (status, again, body) = said(&not_heard_of(view(&[Verdict::NotReady]), 0));
        assert_eq!((status, again), (503, true));
        assert_eq!(body["verdict"], "unknown");
        assert_eq!(body["services"][0]["verdict"], "unknown");
        assert_eq!(body["root_causes"], serde_json::json!([]));
        // One that is known to be bad is no riddle.
        let mut mixed = not_heard_of(view(&[Verdict::NotReady, Verdict::Down]), 0);
        mixed.report.findings[1].label = "cascor".to_owned();
        mixed.report = reported(mixed.report.findings);
        mixed.members[1].label = "cascor".to_owned();
        let (status, again, body) = said(&mixed);
        assert_eq!((status, again), (503, false));
        assert_eq!(body["verdict"], "down");
        assert_eq!(body["root_causes"], serde_json::json!(["cascor"]));
    }

    #[test]
    fn a_load_balancer_is_told_by_the_status() {
        for (verdicts, status) in [
            (&[Verdict::Ready][..], 200),
            (&[Verdict::Ready, Verdict::Degraded], 200),
            (&[Verdict::Ready, Verdict::NotReady], 503),
            (&[Verdict::Down, Verdict::Ready], 503),
            (&[], 503),
        ] {
            let reply = report(&view(verdicts));
            assert_eq!(reply.status, status, "{verdicts:?}");
            let body: serde_json::Value = serde_json::from_str(&reply.body).unwrap();
            assert_eq!(body["version"], 1);
        }
    }
}
