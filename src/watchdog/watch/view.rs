//! What the watchdog knows at one moment, for those who look at it.

use crate::readiness::{Report, reported};

use super::super::condition::Condition;
use super::super::event::Moment;
use super::super::incident::Incident;
use super::super::orders::Pause;
use super::Watchdog;

/// All that is known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct View {
    /// Every member, in start order, with root causes and what follows from them.
    pub report: Report,
    /// What a finding does not tell; one for each finding of the report, in the same order.
    pub members: Vec<MemberView>,
    /// The open incidents, oldest first.
    pub incidents: Vec<Incident>,
    /// The pause of everything, if there is one.
    pub pause: Option<Pause>,
}

/// One member.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MemberView {
    /// `data`, `worker@2`.
    pub label: String,
    /// How it is.
    pub condition: Condition,
    /// Whether nothing more is done for it until a person says so.
    pub given_up: bool,
    /// The pause that holds for it, if any.
    pub pause: Option<Pause>,
}

impl Watchdog {
    /// All that is known at this moment.
    #[must_use]
    pub fn view(&self, now: Moment) -> View {
        let findings = self.members.iter().map(|member| member.shown(now));
        let members = self.members.iter().map(|member| MemberView {
            label: member.watched.label.clone(),
            condition: member.condition(),
            given_up: member.spent.given_up,
            pause: self.orders.pause_of(&member.watched.label, now),
        });
        View {
            report: reported(findings.collect()),
            members: members.collect(),
            incidents: self.ledger.open().cloned().collect(),
            pause: self.orders.pause_of_all(now),
        }
    }

    /// How everybody is, by label.
    pub fn conditions(&self) -> impl Iterator<Item = (&str, Condition)> {
        self.members
            .iter()
            .map(|member| (member.watched.label.as_str(), member.condition()))
    }
}
