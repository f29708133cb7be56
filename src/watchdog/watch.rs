//! The whole group: events in, actions out, one step at a time.
//!
//! A member's wish to be ended is granted only where nothing speaks against it: no pause, no broken
//! dependency, a budget that is not spent. Everything that was heard before a gap in time (a suspend,
//! a freeze of the machine or of the watchdog itself) is forgotten: silence that nobody could hear
//! says nothing.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::kernel_log::Faults;
use crate::ordered::Ordered as _;
use crate::readiness::{Verdict, reported};
use crate::spec::restraint::Restraint;

use super::budget::{Allowance, Spent};
use super::event::{Action, Event, Look, Moment};
use super::incident::{Incident, What};
use super::ledger::{Ledger, Times};
use super::member::{MemberWatch, Step, Wish};
use super::memory::Memory;
use super::orders::Orders;
use super::random::Random;
use super::watched::Watched;

/// A step follows the one before within a second; after a gap like this somebody was away.
const AWAY: Duration = Duration::from_secs(3);

/// The first questions to a group are spread over this.
const SPREAD: Duration = Duration::from_secs(1);

/// The watchdog's state.
#[derive(Debug, Clone)]
pub struct Watchdog {
    members: Vec<MemberWatch>,
    restraint: Restraint,
    orders: Orders,
    ledger: Ledger,
    boot: String,
    random: Random,
    last: Option<Duration>,
    number: u64,
    remembered: BTreeMap<String, Spent>,
    tell_after: Option<Duration>,
    /// What the kernel has told of GPUs.
    faults: Faults,
    /// Up to where that has become incidents, on the kernel's clock in microseconds since boot.
    gpus_seen_us: u64,
    /// Whether at the last look at all members everybody was ready and no incident open.
    quiet: bool,
    /// When the next of them has to be thought of.
    due: Option<Duration>,
}

impl Watchdog {
    /// A watchdog that goes on where an earlier one left off.
    #[must_use]
    pub fn new(
        members: Vec<Watched>,
        restraint: Restraint,
        memory: &Memory,
        incidents: Vec<Incident>,
        seed: u64,
    ) -> Self {
        let mut watchdog = Self {
            members: Vec::new(),
            restraint,
            orders: Orders::none(&memory.boot),
            ledger: Ledger::new(incidents),
            boot: memory.boot.clone(),
            random: Random::new(seed),
            last: None,
            number: 0,
            remembered: memory.spent.clone(),
            tell_after: None,
            faults: Faults::none(),
            gpus_seen_us: memory.gpus_seen_us,
            quiet: false,
            due: None,
        };
        watchdog.configure(members, restraint);
        watchdog
    }

    /// The same, telling somebody of each incident that lasts this long.
    #[must_use]
    pub fn telling(self, tell_after: Option<Duration>) -> Self {
        Self { tell_after, ..self }
    }

    /// Takes an event in; what is to be done comes out.
    pub fn step(&mut self, event: Event, now: Moment) -> Vec<Action> {
        if self
            .last
            .is_some_and(|last| now.steady.saturating_sub(last) > AWAY)
        {
            self.members.iter_mut().for_each(MemberWatch::start_over);
            self.ledger.start_over();
            self.quiet = false;
        }
        self.last = Some(now.steady);
        let mut actions = Vec::new();
        let Some(event) = self.routine(event, now) else {
            return actions;
        };
        let wish = self.take(event, now, &mut actions);
        self.note_incidents(now);
        if let Some((label, wish)) = wish {
            self.grant(&label, wish, now, &mut actions);
        }
        self.go_on(now, &mut actions);
        self.due = self.members.iter().filter_map(MemberWatch::next_due).min();
        let told = self.tell_after.map(|after| self.ledger.to_tell(after, now));
        actions.extend(self.ledger.changed().into_iter().map(Action::Keep));
        // After what is written down: whoever is told of an incident is told what the record says.
        let told = told.unwrap_or_default().into_iter();
        actions.extend(told.map(|number| Action::Notify { number }));
        let spent = self.spent();
        let seen = self.faults_seen();
        if spent != self.remembered || seen {
            self.remembered.clone_from(&spent);
            let memory = Memory::new(&self.boot, spent).seen(self.gpus_seen_us);
            actions.push(Action::Remember(memory));
        }
        actions
    }

    /// Takes in what nearly every event is where hundreds are watched, a good answer in a group that is
    /// well, with a look at one member alone; `None` where nothing else is due.
    fn routine(&mut self, event: Event, now: Moment) -> Option<Event> {
        let Event::Answer { number, heard } = &event else {
            return Some(event);
        };
        if !self.quiet || heard.verdict != Verdict::Ready {
            return Some(event);
        }
        let asked = |member: &&mut MemberWatch| member.is_asked(*number);
        let Some(member) = self.members.iter_mut().find(asked) else {
            return Some(event);
        };
        // What follows needs all members: a look, or a member that is not well in spite of the answer.
        if !member.is_ready() || heard.wrong || !heard.replied {
            return Some(event);
        }
        member.hears(*number, heard, now);
        self.due = self.due.into_iter().chain(member.next_due()).min();
        self.due
            .is_some_and(|due| due <= now.steady)
            .then_some(Event::Tick)
    }

    fn take(
        &mut self,
        event: Event,
        now: Moment,
        actions: &mut Vec<Action>,
    ) -> Option<(String, Wish)> {
        match event {
            Event::Tick => {}
            Event::Units(standings) => {
                // Those that are seen to run at the same time are not all asked at the same time.
                let count = u32::try_from(self.members.len().max(1)).unwrap_or(u32::MAX);
                for (place, member) in (0_u32..).zip(&mut self.members) {
                    if let Some(standing) = standings.get(&member.watched.label) {
                        member.stand(*standing, SPREAD / count * place, now);
                    }
                }
            }
            Event::Answer { number, heard } => {
                let heard_by = self
                    .members
                    .iter_mut()
                    .find_map(|member| member.hears(number, &heard, now));
                if let Some((label, true)) = heard_by {
                    actions.push(Action::Look { label });
                }
            }
            Event::Looked { label, look } => return self.looked(&label, &look, now),
            Event::Orders(orders) => self.orders = orders,
            Event::Gpus(faults) => self.take_faults(faults, now),
            Event::Configured {
                members,
                restraint,
                tell_after,
            } => {
                self.tell_after = tell_after;
                self.configure(members, restraint);
            }
            Event::Notified { number, taken } => {
                self.ledger.notified(number, taken.is_ok(), now);
            }
        }
        None
    }

    fn looked(&mut self, label: &str, look: &Look, now: Moment) -> Option<(String, Wish)> {
        let member = self.member(label)?;
        let wish = member.looked(look, now)?;
        Some((label.to_owned(), wish))
    }

    fn member(&mut self, label: &str) -> Option<&mut MemberWatch> {
        self.members
            .iter_mut()
            .find(|member| member.watched.label == label)
    }

    /// Takes a configuration over; members that stay as they were keep their state.
    fn configure(&mut self, members: Vec<Watched>, restraint: Restraint) {
        self.restraint = restraint;
        let mut before = std::mem::take(&mut self.members);
        self.members = members
            .into_iter()
            .map(|watched| {
                let known = before.iter().position(|member| member.watched == watched);
                if let Some(index) = known {
                    return before.swap_remove(index);
                }
                let spent = self.remembered.get(&watched.label).copied();
                MemberWatch::new(watched, spent.unwrap_or_default())
            })
            .collect();
    }

    fn spent(&self) -> BTreeMap<String, Spent> {
        self.members
            .iter()
            .filter(|member| member.spent != Spent::default())
            .map(|member| (member.watched.label.clone(), member.spent))
            .ordered()
    }

    fn grant(&mut self, label: &str, wish: Wish, now: Moment, actions: &mut Vec<Action>) {
        if self.orders.pause_of(label, now).is_some() {
            return;
        }
        if wish != Wish::Kill && self.is_given_up_for_gpu(label, now) {
            return;
        }
        let (restraint, is_blameless) = (self.restraint, self.has_broken_dependency(label));
        let Some(member) = self.member(label) else {
            return;
        };
        let why = member.complaint();
        if wish == Wish::Kill {
            member.ends(Step::Killed, None, now);
            self.ledger.note(label, What::Killed, &why, now);
            actions.push(Action::Kill {
                label: label.to_owned(),
            });
            return;
        }
        if is_blameless {
            return;
        }
        match member.spent.allows(&restraint, now.steady) {
            Allowance::Later | Allowance::GivenUp => return,
            Allowance::Exhausted => {
                member.spent.given_up = true;
                self.ledger.note(label, What::GivenUp, &why, now);
                return;
            }
            Allowance::Granted => member.spent.spend(&restraint, now.steady),
        }
        let label = label.to_owned();
        let (what, action) = match wish {
            Wish::Restart { run } => {
                member.ends(Step::Restarted, Some(run), now);
                (
                    What::Restarted,
                    Action::Restart {
                        label: label.clone(),
                    },
                )
            }
            Wish::Abort { run } => {
                member.ends(Step::Aborted, Some(run), now);
                (
                    What::Aborted,
                    Action::Abort {
                        label: label.clone(),
                    },
                )
            }
            Wish::Kill => return,
        };
        self.ledger.note(&label, what, &why, now);
        actions.push(action);
    }

    fn has_broken_dependency(&self, label: &str) -> bool {
        let Some(member) = self
            .members
            .iter()
            .find(|member| member.watched.label == label)
        else {
            return false;
        };
        self.members.iter().any(|other| {
            member.watched.depends_on.contains(&other.watched.service) && other.is_broken()
        })
    }

    /// What is due without an event: questions, looks, budgets that come back.
    fn go_on(&mut self, now: Moment, actions: &mut Vec<Action>) {
        let recovery = self.restraint.recovery;
        for member in &mut self.members {
            let cleared = self.orders.cleared(&member.watched.label);
            if cleared > member.spent.cleared_us {
                member.spent.restore();
                member.spent.cleared_us = cleared;
            }
            if member.is_well_for(recovery, now) && member.spent.actions > 0 {
                member.spent.restore();
            }
            if member.must_be_looked_at(now) {
                let label = member.watched.label.clone();
                actions.push(Action::Look { label });
                continue;
            }
            let number = self.number + 1;
            if let Some((question, limit)) = member.question(number, &mut self.random, now) {
                self.number = number;
                actions.push(Action::Ask {
                    number,
                    label: member.watched.label.clone(),
                    question,
                    limit,
                });
            }
        }
    }

    fn note_incidents(&mut self, now: Moment) {
        // As nearly always: nothing to report, and hundreds of members to say nothing about.
        self.quiet = self.ledger.is_empty() && self.members.iter().all(MemberWatch::is_ready);
        if self.quiet {
            return;
        }
        let mut times = BTreeMap::new();
        let mut findings = Vec::new();
        for member in &self.members {
            let (finding, certain) = member.finding(now);
            let of = Times {
                began: member.began(),
                last_good: member.last_good,
                certain,
                standing: member.standing,
                paused: self.orders.pause_of(&member.watched.label, now).is_some(),
            };
            times.insert(finding.label.clone(), of);
            findings.push(finding);
        }
        self.lasting_faults();
        self.ledger.update(&reported(findings), &times, now);
    }

    /// When the next step is due at the latest, in time since boot.
    #[must_use]
    pub fn next_due(&self) -> Option<Duration> {
        self.due
    }
}

mod gpus;
mod told;
mod view;

pub use view::{MemberView, View};

#[cfg(test)]
mod play;

#[cfg(test)]
#[path = "watch_tests.rs"]
mod tests;

#[cfg(test)]
#[path = "telling_tests.rs"]
mod telling_tests;

#[cfg(test)]
#[path = "gpu_tests.rs"]
mod gpu_tests;

#[cfg(test)]
#[path = "property_tests.rs"]
mod properties;
