//! Jobs followed to their end, with each member's way there told as it happens.

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

use crate::error::CommandError;
use crate::host::clock;
use crate::host::systemd::{BusError, Job, Jobs, Outcome, Systemd, Verb};
use crate::output::style::latency;
use crate::readiness::unit_state::{ActiveState, UnitState};
use crate::spec::stack::Member;
use crate::spec::text::for_terminal;

use super::Context;

/// How often states are looked at while jobs run.
const LOOK: Duration = Duration::from_millis(100);

/// How long a failed start that systemd repeats by itself is followed: until the start limit, where
/// the tries fail quickly.
const RETRIES: Duration = Duration::from_secs(30);

/// Follows jobs, telling changes.
pub(super) struct Follower<'f> {
    pub(super) systemd: &'f Systemd,
    pub(super) members: &'f [Member<'f>],
    pub(super) verb: Verb,
    pub(super) context: &'f Context,
    told: BTreeMap<String, String>,
    /// Members seen in another state than active: what is active later is not what was before.
    left: BTreeSet<String>,
    begun: Instant,
}

/// What became of the jobs.
pub(super) struct Ending {
    /// Jobs that did not end as asked.
    pub(super) failed: Vec<(Job, Outcome)>,
    /// States at the end, by unit.
    pub(super) states: BTreeMap<String, UnitState>,
}

impl<'f> Follower<'f> {
    pub(super) fn new(
        systemd: &'f Systemd,
        members: &'f [Member<'f>],
        verb: Verb,
        context: &'f Context,
    ) -> Self {
        Self {
            systemd,
            members,
            verb,
            context,
            told: BTreeMap::new(),
            left: BTreeSet::new(),
            begun: clock::now(),
        }
    }

    /// Follows the jobs until all have ended; while starting, only until a member has failed for
    /// good, since the others may wait for it for minutes.
    pub(super) async fn follow(
        &mut self,
        jobs: &mut Jobs,
        mut pending: Vec<Job>,
    ) -> Result<Ending, CommandError> {
        let mut failed: Vec<(Job, Outcome)> = Vec::new();
        let mut failed_at: Option<Instant> = None;
        loop {
            let states = self.look().await?;
            // Units that others ship are wanted, not waited for.
            let lost = self.verb != Verb::Stop
                && self
                    .managed(&states)
                    .any(|state| state.active == ActiveState::Failed && !state.has_job);
            let settled = pending.is_empty()
                && match self.verb {
                    Verb::Stop => self.all_stopped(&states),
                    // One that is being tried again may yet get ready, or fail for good.
                    Verb::Start | Verb::Restart => {
                        !self.any_coming(&states)
                            || failed_at.is_some_and(|at| at.elapsed() >= RETRIES)
                    }
                };
            if settled && self.verb == Verb::Restart {
                // A restart may be quicker than two looks.
                self.left.extend(self.members.iter().map(Member::label));
                self.tell(&states);
            }
            if settled || lost {
                // What got ready after all has not failed.
                failed.retain(|(job, _)| {
                    states
                        .get(&job.unit)
                        .is_none_or(|state| state.active != ActiveState::Active)
                });
                return Ok(Ending { failed, states });
            }
            match clock::within(LOOK, jobs.next(&mut pending)).await {
                Some(Ok(Some(ended))) if ended.1 != Outcome::Done => {
                    failed.push(ended);
                    failed_at = Some(clock::now());
                }
                Some(Err(error)) => return Err(error.into()),
                Some(Ok(None)) => clock::pause(LOOK).await,
                Some(Ok(Some(_))) | None => {}
            }
        }
    }

    async fn look(&mut self) -> Result<BTreeMap<String, UnitState>, BusError> {
        let units: Vec<String> = self.members.iter().map(Member::unit).collect();
        let mut states = self.systemd.states(&units).await?;
        for state in states
            .values_mut()
            .filter(|state| state.active == ActiveState::Activating)
        {
            self.systemd.detail(state).await?;
        }
        self.tell(&states);
        Ok(states)
    }

    /// Tells each member's state where it differs from what was told before.
    fn tell(&mut self, states: &BTreeMap<String, UnitState>) {
        for member in self.members {
            let Some(state) = states.get(&member.unit()) else {
                continue;
            };
            if !state.found {
                continue;
            }
            let label = member.label();
            if state.active != ActiveState::Active {
                self.left.insert(label.clone());
            }
            let words = self.words(state, self.left.contains(&label));
            if self.told.get(&label) != Some(&words) {
                self.context.terminal.say(&format!(
                    "{:>8}  {label}: {words}",
                    latency(self.begun.elapsed())
                ));
                self.told.insert(label, words);
            }
        }
    }

    fn words(&self, state: &UnitState, left: bool) -> String {
        match (&state.active, state.sub.as_str()) {
            (ActiveState::Active, _)
                if self.verb == Verb::Stop || (self.verb == Verb::Restart && !left) =>
            {
                "running".to_owned()
            }
            (ActiveState::Active, _) => "ready".to_owned(),
            (ActiveState::Activating, "auto-restart" | "auto-restart-queued") => {
                "failed, is tried again".to_owned()
            }
            // Its gate and its watcher say what they wait for.
            (ActiveState::Activating, _)
                if state.is_starting() && !state.status_text.is_empty() =>
            {
                for_terminal(&state.status_text, 200)
            }
            (ActiveState::Activating, _) => "starting".to_owned(),
            (ActiveState::Deactivating, _) => "stopping".to_owned(),
            (ActiveState::Inactive, _) if state.has_job && self.verb != Verb::Stop => {
                "waiting".to_owned()
            }
            (ActiveState::Inactive, _) => "stopped".to_owned(),
            (ActiveState::Failed, _) => "failed".to_owned(),
            (ActiveState::Other(word), _) => word.clone(),
        }
    }

    fn any_coming(&self, states: &BTreeMap<String, UnitState>) -> bool {
        self.managed(states).any(UnitState::is_coming)
    }

    fn all_stopped(&self, states: &BTreeMap<String, UnitState>) -> bool {
        self.managed(states).all(|state| {
            !state.has_job && matches!(state.active, ActiveState::Inactive | ActiveState::Failed)
        })
    }

    fn managed<'s>(
        &self,
        states: &'s BTreeMap<String, UnitState>,
    ) -> impl Iterator<Item = &'s UnitState> {
        self.members
            .iter()
            .filter(|member| member.service.managed().is_some())
            .filter_map(|member| states.get(&member.unit()))
    }
}
