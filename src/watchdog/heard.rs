//! What one question brought, as far as the watchdog cares.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::readiness::reply::Dependency;
use crate::readiness::{Answer, Verdict, judged, saying};
use crate::spec::probe::Expectations;

/// One answer, judged.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a finding of its own, in any combination"
)]
pub struct Heard {
    /// The verdict.
    pub verdict: Verdict,
    /// Why it is not ready, fit for a terminal.
    pub cause: Option<String>,
    /// Whether anything came back at all.
    pub replied: bool,
    /// Whether no dependency can be to blame.
    pub own_fault: bool,
    /// Whether it says that it is ready, but in a way that it must not be.
    pub wrong: bool,
    /// Whether it says that it is hard at work.
    pub busy: bool,
    /// How long it took.
    pub latency: Duration,
    /// What the service says of its own dependencies.
    pub dependencies: BTreeMap<String, Dependency>,
}

impl Heard {
    /// Judges an answer: what it must say, and what it says while the service is hard at work.
    #[must_use]
    pub fn of(
        answer: &Answer,
        latency: Duration,
        expected: &Expectations,
        busy_when: &Expectations,
    ) -> Self {
        let judgement = judged(answer, expected);
        // Only what it must say beyond its status can make a ready answer a wrong one.
        let is_ready_without = || judged(answer, &Expectations::new()).verdict == Verdict::Ready;
        Self {
            wrong: judgement.verdict != Verdict::Ready
                && !expected.is_empty()
                && is_ready_without(),
            verdict: judgement.verdict,
            cause: judgement.cause,
            replied: matches!(answer, Answer::Reply { .. }),
            own_fault: judgement.own_fault,
            busy: !busy_when.is_empty() && saying::says(answer, busy_when),
            latency,
            dependencies: judgement.dependencies,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Heard;
    use crate::readiness::{Answer, Verdict};
    use crate::spec::probe::Expectations;
    use crate::spec::text::Text;
    use std::time::Duration;

    fn wanted(path: &str, text: &str) -> Expectations {
        Expectations::from([(path.to_owned(), Text::parse(text).unwrap())])
    }

    fn heard(status: u16, body: &str) -> Heard {
        let answer = Answer::Reply {
            status,
            header: None,
            body: body.as_bytes().to_vec(),
        };
        let mode = wanted("details.mode", "service");
        let busy = wanted("details.training_state.status", "Started");
        Heard::of(&answer, Duration::ZERO, &mode, &busy)
    }

    #[test]
    fn work_and_wrong_modes_are_heard() {
        for (status, body, wrong, busy) in [
            (
                200,
                r#"{"status":"ready","details":{"mode":"service"}}"#,
                false,
                false,
            ),
            (
                200,
                r#"{"status":"ready","details":{"mode":"demo"}}"#,
                true,
                false,
            ),
            (
                200,
                r#"{"status":"degraded","details":{"mode":"demo"}}"#,
                false,
                false,
            ),
            (
                503,
                r#"{"status":"not_ready","details":{"training_state":{"status":"Started"}}}"#,
                false,
                true,
            ),
            (200, "garbage", false, false),
            (
                200,
                r#"{"details":{"training_state":{"status":"Started"}}}"#,
                false,
                false,
            ),
        ] {
            let heard = heard(status, body);
            assert_eq!((heard.wrong, heard.busy), (wrong, busy), "{body}");
        }
    }

    #[test]
    fn silence_is_no_reply() {
        let silent = |answer: Answer| {
            Heard::of(
                &answer,
                Duration::ZERO,
                &Expectations::new(),
                &Expectations::new(),
            )
        };
        for answer in [
            Answer::Refused,
            Answer::TimedOut(Duration::ZERO),
            Answer::Broken("x".to_owned()),
        ] {
            let heard = silent(answer);
            assert!(!heard.replied && heard.verdict == Verdict::Down);
        }
    }
}
