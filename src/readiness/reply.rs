//! One answer to one verdict, by header *and* body.
//!
//! Knows the dialects that were measured: canopy answers 200 when degraded and sends no header,
//! cascor and data answer 503, old releases wrap the body in `{"status":"success","data":...}`,
//! liveness says `alive`. Everything in a reply is hostile: causes are made fit for a terminal.

use std::collections::BTreeMap;
use std::time::Duration;

use serde_json::Value;

use crate::ordered::Ordered as _;
use crate::spec::probe::Expectations;
use crate::spec::text::for_terminal;

/// The longest body that is read, in bytes. A readiness reply has about 2 KiB (measured).
pub const MAX_BODY: usize = 256 * 1024;

/// What came back when an endpoint was asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// An HTTP reply.
    Reply {
        /// Its status code.
        status: u16,
        /// Its `X-Juniper-Readiness` header.
        header: Option<String>,
        /// Its body, cut at [`MAX_BODY`].
        body: Vec<u8>,
    },
    /// Nobody listens.
    Refused,
    /// Nothing, or not all of it, within this time.
    TimedOut(Duration),
    /// The connection broke or the reply was not HTTP.
    Broken(String),
}

/// How well a service can do its work, best first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Verdict {
    /// As it should be.
    Ready,
    /// It works, with limits.
    Degraded,
    /// It answers, but cannot work.
    NotReady,
    /// It does not answer.
    Down,
}

impl Verdict {
    /// The word used in JSON.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Ready => "ready",
            Self::Degraded => "degraded",
            Self::NotReady => "not_ready",
            Self::Down => "down",
        }
    }

    /// The words used in prose.
    #[must_use]
    pub fn prose(self) -> &'static str {
        match self {
            Self::NotReady => "not ready",
            other => other.word(),
        }
    }

    /// The verdict that a report in JSON names.
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        [Self::Ready, Self::Degraded, Self::NotReady, Self::Down]
            .into_iter()
            .find(|verdict| verdict.word() == word)
    }

    fn from_word(word: &str) -> Option<Self> {
        match word {
            "ready" | "alive" | "ok" | "healthy" | "success" => Some(Self::Ready),
            "degraded" => Some(Self::Degraded),
            "not_ready" | "unresponsive" | "unhealthy" => Some(Self::NotReady),
            _ => None,
        }
    }
}

/// A verdict and what it rests on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Judgement {
    /// The verdict.
    pub verdict: Verdict,
    /// Why it is not ready; one line, fit for a terminal.
    pub cause: Option<String>,
    /// Whether no dependency can be to blame: it hangs, says what it must not say, or no sense.
    pub own_fault: bool,
    /// What the service says of its own dependencies: name to status and message.
    pub dependencies: BTreeMap<String, Dependency>,
}

/// A dependency as a service reports it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dependency {
    /// `healthy`, `unhealthy`, `degraded`, `not_configured` or what else it says.
    pub status: String,
    /// What it says about it.
    pub message: Option<String>,
}

/// Judges one answer against what the body must say.
#[must_use]
pub fn judged(answer: &Answer, expectations: &Expectations) -> Judgement {
    match answer {
        Answer::Refused => plain(Verdict::Down, "nothing listens on its port"),
        Answer::TimedOut(limit) => plain(
            Verdict::Down,
            &format!(
                "no answer within {}: it hangs or is overloaded",
                crate::spec::duration::written(*limit)
            ),
        ),
        Answer::Broken(what) => plain(Verdict::Down, &format!("the connection broke: {what}")),
        Answer::Reply {
            status,
            header,
            body,
        } => judged_reply(*status, header.as_deref(), body, expectations),
    }
}

fn plain(verdict: Verdict, cause: &str) -> Judgement {
    Judgement {
        verdict,
        cause: Some(for_terminal(cause, 300)),
        own_fault: true,
        dependencies: BTreeMap::new(),
    }
}

fn judged_reply(
    status: u16,
    header: Option<&str>,
    body: &[u8],
    expectations: &Expectations,
) -> Judgement {
    if (300..400).contains(&status) {
        return plain(
            Verdict::NotReady,
            &format!("it answers {status}, a redirect, instead of its state"),
        );
    }
    let parsed: Option<Value> = serde_json::from_slice(body).ok();
    let Some(state) = parsed.as_ref().and_then(state_of) else {
        return plain(
            Verdict::NotReady,
            &format!("it answers {status}, but not in the form of a health reply"),
        );
    };
    let spoken = state
        .get("status")
        .and_then(Value::as_str)
        .and_then(Verdict::from_word);
    let by_code = if status == 200 {
        Verdict::Ready
    } else {
        Verdict::NotReady
    };
    let by_header = header.and_then(Verdict::from_word);
    // Header, body and code should agree; where they do not, the worst is believed.
    let verdict = [Some(by_code), by_header, spoken]
        .into_iter()
        .flatten()
        .max()
        .unwrap_or(by_code);
    let dependencies = dependencies(state);
    if verdict != Verdict::Ready {
        return Judgement {
            verdict,
            cause: Some(for_terminal(&complaint(state, &dependencies, status), 300)),
            own_fault: false,
            dependencies,
        };
    }
    match unmet(state, expectations) {
        Some(cause) => Judgement {
            verdict: Verdict::NotReady,
            cause: Some(for_terminal(&cause, 300)),
            own_fault: true,
            dependencies,
        },
        None => Judgement {
            verdict,
            cause: None,
            own_fault: false,
            dependencies,
        },
    }
}

/// The object that holds `status`: the body, or what old releases wrapped it in.
pub(super) fn state_of(body: &Value) -> Option<&Value> {
    let inner = body
        .get("data")
        .filter(|inner| inner.get("status").is_some());
    let state = inner.unwrap_or(body);
    state.get("status").and_then(Value::as_str).map(|_| state)
}

fn dependencies(state: &Value) -> BTreeMap<String, Dependency> {
    let Some(reported) = state.get("dependencies").and_then(Value::as_object) else {
        return BTreeMap::new();
    };
    reported
        .iter()
        .map(|(key, value)| {
            let text = |field: &str| {
                value
                    .get(field)
                    .and_then(Value::as_str)
                    .map(|text| for_terminal(text, 200))
            };
            let dependency = Dependency {
                status: text("status").unwrap_or_else(|| "unknown".to_owned()),
                message: text("message"),
            };
            (for_terminal(key, 60), dependency)
        })
        .take(50)
        .ordered()
}

/// The service's own words for why it is not ready.
fn complaint(state: &Value, dependencies: &BTreeMap<String, Dependency>, status: u16) -> String {
    let failing: Vec<String> = dependencies
        .iter()
        .filter(|(_, dependency)| {
            !matches!(dependency.status.as_str(), "healthy" | "not_configured")
        })
        .map(|(name, dependency)| match &dependency.message {
            Some(message) => format!("{name} is {}: {message}", dependency.status),
            None => format!("{name} is {}", dependency.status),
        })
        .collect();
    if !failing.is_empty() {
        return failing.join("; ");
    }
    match state
        .get("error")
        .or_else(|| state.get("message"))
        .and_then(Value::as_str)
    {
        Some(error) => error.to_owned(),
        None => format!("it answers {status} and gives no reason"),
    }
}

/// The first expectation that the body does not meet.
pub(super) fn unmet(state: &Value, expectations: &Expectations) -> Option<String> {
    expectations.iter().find_map(|(path, expected)| {
        let found = path
            .split('.')
            .try_fold(state, |value, part| value.get(part));
        let found = match found {
            Some(Value::String(text)) => text.clone(),
            Some(other) => other.to_string(),
            None => "missing".to_owned(),
        };
        (found != expected.as_str())
            .then(|| format!("its {path} is {found}, but {expected} is wanted"))
    })
}

#[cfg(test)]
mod tests {
    use super::{Answer, Verdict, judged};
    use crate::spec::probe::Expectations;
    use crate::spec::text::Text;
    use proptest::{prop_assert, proptest};
    use std::time::Duration;

    fn reply(status: u16, header: Option<&str>, body: &str) -> Answer {
        Answer::Reply {
            status,
            header: header.map(str::to_owned),
            body: body.as_bytes().to_vec(),
        }
    }

    #[test]
    fn measured_replies_are_understood() {
        let cases = [
            (
                reply(200, Some("ready"), r#"{"status":"ready"}"#),
                Verdict::Ready,
            ),
            (
                reply(200, None, r#"{"status":"alive","tick":"juniper-data"}"#),
                Verdict::Ready,
            ),
            (
                reply(
                    200,
                    None,
                    r#"{"status":"degraded","dependencies":{"juniper_data":{"status":"unhealthy"}}}"#,
                ),
                Verdict::Degraded,
            ),
            (
                reply(503, Some("not_ready"), r#"{"status":"not_ready"}"#),
                Verdict::NotReady,
            ),
            (
                reply(503, None, r#"{"status":"unresponsive","error":"storage"}"#),
                Verdict::NotReady,
            ),
            (
                reply(
                    200,
                    None,
                    r#"{"status":"success","data":{"status":"ready"},"meta":{}}"#,
                ),
                Verdict::Ready,
            ),
            (
                reply(
                    200,
                    None,
                    r#"{"status":"success","data":{"status":"not_ready"}}"#,
                ),
                Verdict::NotReady,
            ),
            (
                reply(200, Some("not_ready"), r#"{"status":"ready"}"#),
                Verdict::NotReady,
            ),
            (reply(200, Some("ready"), "garbage"), Verdict::NotReady),
            (reply(200, Some("ready"), "[]"), Verdict::NotReady),
            (reply(307, None, ""), Verdict::NotReady),
            (
                reply(404, None, r#"{"detail":"Not Found"}"#),
                Verdict::NotReady,
            ),
            (reply(500, None, r#"{"status":"ready"}"#), Verdict::NotReady),
            (Answer::Refused, Verdict::Down),
            (Answer::TimedOut(Duration::from_secs(10)), Verdict::Down),
            (Answer::Broken("reset".to_owned()), Verdict::Down),
        ];
        for (answer, verdict) in cases {
            let judgement = judged(&answer, &Expectations::new());
            assert_eq!(judgement.verdict, verdict, "{answer:?}");
            assert_eq!(
                judgement.cause.is_none(),
                verdict == Verdict::Ready,
                "{answer:?}"
            );
        }
    }

    #[test]
    fn ready_in_demo_mode_is_a_fault_where_service_mode_is_wanted() {
        let wanted =
            Expectations::from([("details.mode".to_owned(), Text::parse("service").unwrap())]);
        let demo = reply(200, None, r#"{"status":"ready","details":{"mode":"demo"}}"#);
        let judgement = judged(&demo, &wanted);
        assert_eq!(judgement.verdict, Verdict::NotReady);
        assert_eq!(
            judgement.cause.unwrap(),
            "its details.mode is demo, but service is wanted"
        );
        let service = reply(
            200,
            None,
            r#"{"status":"ready","details":{"mode":"service"}}"#,
        );
        assert_eq!(judged(&service, &wanted).verdict, Verdict::Ready);
    }

    #[test]
    fn the_unhealthy_dependency_is_the_cause() {
        let body = r#"{"status":"not_ready","dependencies":{"lifecycle":{"status":"healthy"},
            "juniper_data":{"status":"unhealthy","message":"refused\u001b[31m"}}}"#;
        let judgement = judged(&reply(503, None, body), &Expectations::new());
        assert_eq!(
            judgement.cause.unwrap(),
            "juniper_data is unhealthy: refused\\u{1b}[31m"
        );
    }

    proptest! {
        #[test]
        fn no_body_panics_or_reaches_the_terminal_raw(status in 100_u16..600, body in ".{0,300}") {
            let judgement = judged(&reply(status, None, &body), &Expectations::new());
            prop_assert!(!judgement.cause.unwrap_or_default().chars().any(char::is_control));
        }
    }
}
