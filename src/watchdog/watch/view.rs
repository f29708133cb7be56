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
    /// The fault of a GPU because of which it is not started any more, if so.
    pub lost_gpu: Option<String>,
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
            given_up: member.spent.given_up || self.lost_gpu(member).is_some(),
            lost_gpu: self.lost_gpu(member),
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

#[cfg(test)]
mod tests {
    use super::super::play::{Manner, Play};
    use super::{Condition, View};
    use crate::readiness::{Finding, Verdict};
    use crate::watchdog::event::{Event, Standing};
    use crate::watchdog::{MemberView, Orders};

    fn of<'v>(view: &'v View, label: &str) -> (&'v MemberView, &'v Finding) {
        let index = view.members.iter().position(|one| one.label == label);
        let index = index.unwrap();
        assert_eq!(view.report.findings[index].label, label);
        (&view.members[index], &view.report.findings[index])
    }

    #[test]
    fn what_nobody_has_heard_of_is_not_called_ready() {
        let mut play = Play::new();
        let view = play.watchdog.view(play.now);
        assert_eq!(view.report.verdict, Verdict::NotReady);
        let unknown = |view: &View| {
            let is = |member: &&MemberView| member.condition == Condition::Unknown;
            view.members.iter().filter(is).count()
        };
        assert_eq!(unknown(&view), view.members.len());
        play.pass(10);
        let view = play.watchdog.view(play.now);
        assert_eq!((view.report.verdict, unknown(&view)), (Verdict::Ready, 0));
        assert!(of(&view, "data").1.latency.is_some());
        // Nor after a gap in which nobody could hear anything.
        play.now.steady += std::time::Duration::from_hours(1);
        play.event(Event::Tick);
        let view = play.watchdog.view(play.now);
        assert_eq!(unknown(&view), view.members.len());
    }

    #[test]
    fn trouble_pauses_and_stops_are_told_apart() {
        let mut play = Play::new();
        let mut orders = Orders::none("boot");
        orders.pause(&["data".to_owned()], None, play.now);
        play.event(Event::Orders(orders));
        play.pass(10);
        play.set("data", Manner::Silent);
        play.set("cascor", Manner::Unready);
        play.standings
            .insert("worker@1".to_owned(), Standing::Stopped);
        play.pass(60);
        let view = play.watchdog.view(play.now);
        let (data, finding) = of(&view, "data");
        assert_eq!(data.condition, Condition::Down);
        assert!(data.pause.is_some() && !data.given_up);
        // The last answer says nothing any more.
        assert_eq!(finding.latency, None);
        assert_eq!(of(&view, "cascor").0.condition, Condition::NotReady);
        assert_eq!(of(&view, "worker@1").0.condition, Condition::Stopped);
        assert_eq!(of(&view, "canopy").0.pause, None);
        assert_eq!(view.incidents.len(), 1);
        let seen: Vec<_> = play.watchdog.conditions().collect();
        assert!(seen.contains(&("data", Condition::Down)), "{seen:?}");
    }
}
