//! Where each member is asked, what it must say, and which unit runs it.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::host::watched_http;
use crate::spec::probe::Expectations;
use crate::spec::stack::Stack;
use crate::watchdog::{Heard, Question};

/// Units are looked at no more and no less often than this.
const ROUND: (Duration, Duration) = (Duration::from_secs(1), Duration::from_secs(5));

/// All members that are watched, by label.
#[derive(Debug)]
pub(super) struct Endpoints {
    members: BTreeMap<String, Endpoint>,
    round: Duration,
}

#[derive(Debug)]
struct Endpoint {
    unit: String,
    liveness: Option<String>,
    readiness: Option<String>,
    expected: Expectations,
    busy_when: Expectations,
}

impl Default for Endpoints {
    fn default() -> Self {
        Self {
            members: BTreeMap::new(),
            round: ROUND.1,
        }
    }
}

impl Endpoints {
    /// Those of a stack.
    pub(super) fn of(stack: &Stack) -> Self {
        let mut round = ROUND.1;
        let mut members = BTreeMap::new();
        for member in stack.members() {
            let Some(managed) = member.service.managed() else {
                continue;
            };
            if let Some(probe) = &managed.liveness {
                round = round.min(probe.interval);
            }
            let endpoint = Endpoint {
                unit: member.unit(),
                liveness: member.liveness_url(),
                readiness: member.readiness_url(),
                expected: managed.expectations.clone(),
                busy_when: managed
                    .liveness
                    .as_ref()
                    .map(|probe| probe.busy_when.clone())
                    .unwrap_or_default(),
            };
            members.insert(member.label(), endpoint);
        }
        Self {
            members,
            round: round.max(ROUND.0),
        }
    }

    /// Time between two looks at all units.
    pub(super) fn round(&self) -> Duration {
        self.round
    }

    /// The unit of a member; empty for one that is not watched any more.
    pub(super) fn unit(&self, label: &str) -> &str {
        self.members
            .get(label)
            .map_or("", |endpoint| endpoint.unit.as_str())
    }

    /// Every label with its unit.
    pub(super) fn units(&self) -> impl Iterator<Item = (&str, &str)> {
        self.members
            .iter()
            .map(|(label, endpoint)| (label.as_str(), endpoint.unit.as_str()))
    }

    /// Asks one question; `None` where there is nowhere to ask it.
    pub(super) async fn ask(
        &self,
        label: &str,
        question: Question,
        limit: Duration,
    ) -> Option<Heard> {
        let endpoint = self.members.get(label)?;
        let nothing = Expectations::new();
        let (url, expected, busy_when) = match question {
            Question::Liveness => (&endpoint.liveness, &nothing, &nothing),
            Question::Readiness => (&endpoint.readiness, &endpoint.expected, &endpoint.busy_when),
        };
        let (answer, latency) = watched_http::ask(url.as_ref()?, limit).await;
        Some(Heard::of(&answer, latency, expected, busy_when))
    }
}
