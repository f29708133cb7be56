//! Waiting until units run and endpoints answer, and giving up in time.

use std::time::{Duration, Instant};

use crate::cli::Target;
use crate::error::CommandError;
use crate::host::http::Prober;
use crate::host::systemd::{BusError, Systemd};
use crate::host::{clock, environment, process};
use crate::readiness::pace::pause_after;
use crate::readiness::unit_state::ActiveState;
use crate::readiness::{Answer, Verdict, judged};
use crate::spec::probe::Expectations;

use super::super::{Context, survey};

/// The longest one answer may take: more than the 5 s for which cascor stands still while data
/// hangs (measured).
const ANSWER: Duration = Duration::from_secs(10);

/// With less time than this left, silence says nothing about the service.
const SHORT: Duration = Duration::from_secs(1);

/// A wait is mentioned in the journal from here on.
const WORTH_MENTIONING: Duration = Duration::from_secs(2);

/// How long an answer may be wrong for a reason that waiting does not cure.
const PATIENCE: Duration = Duration::from_secs(5);

/// Waits until endpoints answer.
pub(super) struct Waiter<'w> {
    prober: Prober,
    expectations: Expectations,
    begun: Instant,
    within: Duration,
    main_process: Option<i32>,
    pub(super) context: &'w Context,
}

impl<'w> Waiter<'w> {
    pub(super) fn new(
        within: Duration,
        expectations: Expectations,
        context: &'w Context,
    ) -> Result<Self, CommandError> {
        Ok(Self {
            prober: survey::prober()?,
            expectations,
            begun: clock::now(),
            within,
            main_process: environment::main_process(),
            context,
        })
    }

    pub(super) fn waited(&self) -> Duration {
        self.begun.elapsed()
    }

    /// Waits until systemd calls all of these units active: an endpoint alone may be answered by
    /// somebody who took a dead service's port. One that has failed for good ends the wait.
    pub(super) async fn all_active(
        &self,
        targets: &[Target],
        systemd: &Systemd,
    ) -> Result<Result<(), String>, BusError> {
        let units: Vec<String> = targets.iter().map(|target| target.name.clone()).collect();
        loop {
            let states = systemd.states(&units).await?;
            // In start order, so that a dependency is named before those that waited for it.
            let mut in_order = targets
                .iter()
                .filter_map(|target| states.get_key_value(&target.name));
            let failed =
                in_order.find(|(_, state)| state.active == ActiveState::Failed && !state.has_job);
            if let Some((unit, state)) = failed {
                let mut state = state.clone();
                systemd.detail(&mut state).await?;
                return Ok(Err(format!("{unit} has failed: {}", state.failure())));
            }
            let idle = states
                .iter()
                .find(|(_, state)| state.active != ActiveState::Active);
            let Some((unit, state)) = idle else {
                return Ok(Ok(()));
            };
            if self.waited() >= self.within {
                return Ok(Err(format!("{unit} is {}", state.active.word())));
            }
            clock::pause(pause_after(self.waited(), true)).await;
        }
    }

    /// Waits for all of them side by side; the first that cannot be met is the reason.
    pub(super) async fn all_ready(&self, targets: &[Target]) -> Result<(), String> {
        futures_util::future::try_join_all(targets.iter().map(|target| self.ready(target)))
            .await
            .map(drop)
    }

    async fn ready(&self, target: &Target) -> Result<(), String> {
        let mut mentioned = None;
        let mut earlier: Option<String> = None;
        let mut wrong_since: Option<Instant> = None;
        loop {
            let left = self.within.saturating_sub(self.waited());
            let (answer, _) = self
                .prober
                .ask(&target.url, left.clamp(Duration::from_millis(1), ANSWER))
                .await;
            // The last question gets only what time is left; that it then finds no answer says less
            // than the answer before it.
            let cut_short = left < SHORT && matches!(answer, Answer::TimedOut(_));
            if let Some(reason) = earlier.take_if(|_| cut_short) {
                return Err(reason);
            }
            let judgement = judged(&answer, &self.expectations);
            // Before the answer is believed: another process may hold the port of a dead service.
            if self.main_process.is_some_and(|pid| !process::is_alive(pid)) {
                return Err(format!("{} ended before it was ready", target.name));
            }
            if matches!(judgement.verdict, Verdict::Ready | Verdict::Degraded) {
                return Ok(());
            }
            let reason = format!(
                "{} is {}: {}",
                target.name,
                judgement.verdict.prose(),
                judgement.cause.unwrap_or_default()
            );
            // What it says is wrong for a reason of its own, such as canopy's demo mode, which only a
            // restart ends: waiting longer does not help.
            let wrong = judgement.own_fault && judgement.verdict == Verdict::NotReady;
            wrong_since = wrong.then(|| wrong_since.unwrap_or_else(clock::now));
            let incurable = self.main_process.is_some()
                && wrong_since.is_some_and(|since| since.elapsed() >= PATIENCE);
            if incurable || self.waited() >= self.within {
                return Err(reason);
            }
            if self.waited() > WORTH_MENTIONING && mentioned.as_ref() != Some(&reason) {
                self.context.terminal.error(&format!("waiting: {reason}"));
                mentioned = Some(reason.clone());
            }
            earlier = Some(reason);
            clock::pause(pause_after(self.waited(), answer != Answer::Refused)).await;
        }
    }
}
