//! Waiting until units run and endpoints answer, and giving up in time.

use std::time::{Duration, Instant};

use crate::cli::Target;
use crate::error::CommandError;
use crate::host::http::Prober;
use crate::host::process::Watched;
use crate::host::systemd::{BusError, Systemd};
use crate::host::{clock, notify};
use crate::output::style::latency;
use crate::readiness::pace::pause_after;
use crate::readiness::patience::Patience;
use crate::readiness::unit_state;
use crate::readiness::{Answer, Verdict, judged};
use crate::spec::probe::Expectations;

use super::super::{Context, survey};

/// The longest one answer may take: more than the 5 s for which cascor stands still while data
/// hangs (measured).
const ANSWER: Duration = Duration::from_secs(10);

/// With less time than this left, silence says nothing about the service.
const SHORT: Duration = Duration::from_secs(1);

/// How long a question may take where all the time is used up: less than what the unit has beyond it
/// (`watch::MARGIN`).
const ONCE_MORE: Duration = Duration::from_secs(4);

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
    /// What the unit needs once this wait is over.
    then: Duration,
    /// The process whose answers are waited for, where that is known.
    main: Option<&'w Watched>,
    pub(super) context: &'w Context,
}

/// A question that was answered with yes.
pub(super) struct Met {
    /// When it was asked, in microseconds since the machine's boot.
    pub(super) asked_at: u64,
    /// Whether it was the first.
    pub(super) at_once: bool,
}

/// A wait that was in vain.
#[derive(Debug)]
pub(super) struct Unmet {
    /// Why.
    pub(super) reason: String,
    /// Whether the service had answered at all.
    pub(super) answered: bool,
}

impl<'w> Waiter<'w> {
    /// Waits this long without progress.
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
            then: Duration::ZERO,
            main: None,
            context,
        })
    }

    /// Asks systemd for this much more than the wait where there is progress.
    pub(super) fn then(self, then: Duration) -> Self {
        Self { then, ..self }
    }

    /// Believes answers only while this process is there.
    pub(super) fn beside(self, main: &'w Watched) -> Self {
        Self {
            main: Some(main),
            ..self
        }
    }

    pub(super) fn waited(&self) -> Duration {
        self.begun.elapsed()
    }

    /// What is told of a wait that was in vain.
    pub(super) fn in_vain(&self, unmet: &Unmet) -> String {
        let span = latency(self.waited());
        format!("{}{span}: {}", unit_state::NOT_READY, unmet.reason)
    }

    /// Waits until systemd has started all of these units, ready or not.
    pub(super) async fn all_started(
        &self,
        units: &[String],
        systemd: &Systemd,
    ) -> Result<Result<Met, Unmet>, BusError> {
        // However long the rest has taken, they are looked at again.
        let within = self.within.max(self.waited() + SHORT);
        let mut at_once = true;
        loop {
            let asked_at = clock::monotonic_microseconds();
            let states = systemd.states(units).await?;
            let idle = states.iter().find(|(_, state)| !state.is_started());
            let Some((unit, state)) = idle else {
                return Ok(Ok(Met { asked_at, at_once }));
            };
            at_once = false;
            let reason = format!("{unit} is {}", state.active.word());
            if self.waited() >= within {
                return Ok(Err(Unmet::silent(reason)));
            }
            notify::status(&format!("waiting: {reason}"));
            clock::pause(pause_after(self.waited(), true)).await;
        }
    }

    /// Waits for all of them side by side; the first that cannot be met is the reason. One that was ready
    /// early may be gone by the time that the last is: they are asked again until all say yes to the same
    /// round. When that was, in microseconds since the machine's boot: before the first answer of it.
    pub(super) async fn all_ready(&self, targets: &[Target]) -> Result<u64, Unmet> {
        let mut least = Duration::from_millis(1);
        loop {
            let begun = clock::monotonic_microseconds();
            let each = targets.iter().map(|target| self.ready(target, least));
            let met = futures_util::future::try_join_all(each).await?;
            if met.len() < 2 || met.iter().all(|one| one.at_once) {
                let first = met.iter().map(|one| one.asked_at).min();
                return Ok(first.unwrap_or(begun));
            }
            // Who has waited until the last moment may ask once more.
            least = ONCE_MORE;
        }
    }

    /// Waits for one; each question is given `least` at least.
    async fn ready(&self, target: &Target, least: Duration) -> Result<Met, Unmet> {
        let mut patience = Patience::new(self.within);
        let mut told = None;
        let mut earlier: Option<Unmet> = None;
        let mut wrong_since: Option<Instant> = None;
        let mut at_once = true;
        loop {
            let asked_at = clock::monotonic_microseconds();
            let left = patience.left(self.waited());
            let (answer, _) = self
                .prober
                .ask(&target.url, left.clamp(least, ANSWER))
                .await;
            // The last question gets only what time is left; that it then finds no answer says less
            // than the answer before it.
            let cut_short = left < SHORT && matches!(answer, Answer::TimedOut(_));
            if let Some(unmet) = earlier.take_if(|_| cut_short) {
                return Err(unmet);
            }
            let judgement = judged(&answer, &self.expectations);
            // Before the answer is believed: another process may hold the port of a dead service.
            if self.main.is_some_and(Watched::has_ended) {
                let reason = format!("{} ended before it was ready", target.name);
                return Err(Unmet::silent(reason));
            }
            if matches!(judgement.verdict, Verdict::Ready | Verdict::Degraded) {
                return Ok(Met { asked_at, at_once });
            }
            at_once = false;
            let answered = matches!(answer, Answer::Reply { .. });
            let cause = judgement.cause.unwrap_or_default();
            // Of itself a service need not say its name.
            let reason = match self.main {
                Some(_) => cause,
                None => format!("{} is {}: {cause}", target.name, judgement.verdict.prose()),
            };
            let unmet = Unmet { reason, answered };
            if answered && patience.note(self.waited(), &unmet.reason) {
                notify::extend(patience.left(self.waited()) + self.then);
            }
            // What it says is wrong for a reason of its own, such as canopy's demo mode, which only a
            // restart ends: waiting longer does not help.
            let wrong = judgement.own_fault && judgement.verdict == Verdict::NotReady;
            wrong_since = wrong.then(|| wrong_since.unwrap_or_else(clock::now));
            let incurable =
                self.main.is_some() && wrong_since.is_some_and(|since| since.elapsed() >= PATIENCE);
            if incurable || patience.left(self.waited()).is_zero() {
                return Err(unmet);
            }
            if told.as_ref() != Some(&unmet.reason) {
                self.tell(&unmet.reason);
                told = Some(unmet.reason.clone());
            }
            earlier = Some(unmet);
            clock::pause(pause_after(self.waited(), answer != Answer::Refused)).await;
        }
    }

    /// Says what is waited for: to systemd always, to the journal once it takes a while.
    fn tell(&self, reason: &str) {
        let doing = if self.main.is_some() {
            "starting"
        } else {
            "waiting"
        };
        let told = format!("{doing}: {reason}");
        notify::status(&told);
        if self.waited() > WORTH_MENTIONING {
            self.context.terminal.error(&told);
        }
    }
}

impl Unmet {
    /// One of which nothing was heard.
    pub(super) fn silent(reason: String) -> Self {
        Self {
            reason,
            answered: false,
        }
    }
}
