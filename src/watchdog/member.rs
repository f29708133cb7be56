//! One member: what it was asked, what it answered, what is under way with it.
//!
//! Knows only itself. Whether a wish of it is granted (pauses, budgets, broken dependencies) is
//! decided in `watch`, which sees all of them.

use std::time::Duration;

use crate::readiness::{Finding, Verdict};
use crate::spec::probe::OnFailure;

use super::budget::Spent;
use super::event::{Look, Moment, Question, Standing};
use super::heard::Heard;
use super::random::Random;
use super::trouble::Trouble;
use super::watched::Watched;

/// How long a service may take to end after SIGABRT.
const ABORT: Duration = Duration::from_secs(5);

/// How long systemd may take to have it run anew.
const ANEW: Duration = Duration::from_secs(10);

/// Between two looks at a service that is being ended.
const LOOK: Duration = Duration::from_secs(1);

/// A readiness answer is not asked for more often than this many times what the last one took: a
/// cascor whose data hangs stands still while it answers (measured).
const REST: u32 = 4;

/// What a member wants done to it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Wish {
    Abort { run: u64 },
    Restart { run: u64 },
    Kill,
}

/// What was done to it last.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Step {
    Aborted,
    Killed,
    Restarted,
}

/// Something done that has not shown its effect yet.
#[derive(Debug, Clone, Copy)]
struct Ending {
    step: Step,
    at: Duration,
    run: u64,
    looked: Duration,
}

/// The question that is under way.
#[derive(Debug, Clone, Copy)]
struct Asked {
    number: u64,
    question: Question,
    at: Moment,
}

#[derive(Debug, Clone)]
pub(super) struct MemberWatch {
    pub(super) watched: Watched,
    pub(super) standing: Standing,
    pub(super) trouble: Option<Trouble>,
    pub(super) spent: Spent,
    pub(super) last_good: Option<u64>,
    /// Since when it says that it is ready in a way that it must not be, and how often it did.
    wrong: Option<(Trouble, u32)>,
    readiness: Option<Heard>,
    readiness_failures: u32,
    readiness_successes: u32,
    readiness_failed: bool,
    asked: Option<Asked>,
    due_liveness: Duration,
    due_readiness: Duration,
    ending: Option<Ending>,
    /// The run that was ended last: nothing is done twice to one process.
    ended: Option<u64>,
    has_answered: bool,
    well_since: Option<Duration>,
}

impl MemberWatch {
    pub(super) fn new(watched: Watched, spent: Spent) -> Self {
        Self {
            watched,
            standing: Standing::Unknown,
            trouble: None,
            spent,
            last_good: None,
            wrong: None,
            readiness: None,
            readiness_failures: 0,
            readiness_successes: 0,
            readiness_failed: false,
            asked: None,
            due_liveness: Duration::ZERO,
            due_readiness: Duration::ZERO,
            ending: None,
            ended: None,
            has_answered: false,
            well_since: None,
        }
    }

    /// Forgets every bad answer and every question that is under way.
    pub(super) fn start_over(&mut self) {
        self.trouble = None;
        self.wrong = None;
        self.readiness = None;
        self.readiness_failures = 0;
        self.readiness_successes = 0;
        self.readiness_failed = false;
        self.asked = None;
        self.ending = None;
        self.well_since = None;
    }

    pub(super) fn stand(&mut self, standing: Standing, now: Moment) {
        if self.standing != standing {
            self.start_over();
            self.has_answered = false;
            self.due_liveness = now.steady;
            self.due_readiness = now.steady;
        }
        self.standing = standing;
    }

    /// The next question, where one is due and none is under way.
    pub(super) fn question(
        &mut self,
        number: u64,
        random: &mut Random,
        now: Moment,
    ) -> Option<(Question, Duration)> {
        if self.standing != Standing::Running || self.asked.is_some() || self.ending.is_some() {
            return None;
        }
        let (question, limit) = self.due(random, now)?;
        self.asked = Some(Asked {
            number,
            question,
            at: now,
        });
        Some((question, limit))
    }

    fn due(&mut self, random: &mut Random, now: Moment) -> Option<(Question, Duration)> {
        let liveness = self.watched.liveness.as_ref();
        if let Some(probe) = liveness.filter(|_| now.steady >= self.due_liveness) {
            self.due_liveness = now.steady + random.jittered(probe.interval);
            let limit = self
                .trouble
                .as_ref()
                .map_or(probe.timeout, |trouble| trouble.limit(probe, now));
            return Some((Question::Liveness, limit));
        }
        // One that is in trouble is asked nothing else.
        if liveness.is_some() && self.trouble.is_some() {
            return None;
        }
        let probe = self.watched.readiness.as_ref()?;
        if now.steady < self.due_readiness {
            return None;
        }
        self.due_readiness = now.steady + random.jittered(probe.interval);
        Some((Question::Readiness, probe.timeout))
    }

    /// When it has to be thought of again.
    pub(super) fn next_due(&self) -> Option<Duration> {
        if let Some(ending) = self.ending {
            return Some(ending.looked + LOOK);
        }
        if self.standing != Standing::Running || self.asked.is_some() {
            return None;
        }
        let liveness = self.watched.liveness.as_ref().map(|_| self.due_liveness);
        let quiet = liveness.is_none() || self.trouble.is_none();
        let readiness = self
            .watched
            .readiness
            .as_ref()
            .filter(|_| quiet)
            .map(|_| self.due_readiness);
        liveness.into_iter().chain(readiness).min()
    }

    /// Takes the answer to its own question in: its label, and whether a closer look is needed.
    /// Answers to other questions than the one that is under way are of the past.
    pub(super) fn hears(
        &mut self,
        number: u64,
        heard: &Heard,
        now: Moment,
    ) -> Option<(String, bool)> {
        let asked = self.asked.take_if(|asked| asked.number == number)?;
        let look = match asked.question {
            Question::Liveness => self.hear_liveness(asked, heard, now),
            Question::Readiness => self.hear_readiness(asked, heard.clone(), now),
        };
        Some((self.watched.label.clone(), look))
    }

    fn hear_liveness(&mut self, asked: Asked, heard: &Heard, now: Moment) -> bool {
        let Some(probe) = self.watched.liveness.as_ref() else {
            return false;
        };
        let failed = match probe.on_failure {
            OnFailure::Abort | OnFailure::Nothing => {
                matches!(heard.verdict, Verdict::NotReady | Verdict::Down)
            }
            OnFailure::AbortIfSilent => !heard.replied,
        };
        if !failed {
            self.trouble = None;
            self.has_answered = true;
            self.last_good = Some(now.wall);
            return false;
        }
        self.well_since = None;
        let is_first = self.trouble.is_none();
        let trouble = self.trouble.get_or_insert_with(|| Trouble::new(asked.at));
        trouble.questions += 1;
        trouble.liveness += 1;
        trouble.cause = heard.cause.clone().unwrap_or_default();
        is_first || trouble.is_failure(probe, now)
    }

    fn hear_readiness(&mut self, asked: Asked, heard: Heard, now: Moment) -> bool {
        let Some(probe) = self.watched.readiness.as_ref() else {
            return false;
        };
        self.due_readiness = self
            .due_readiness
            .max(asked.at.steady + heard.latency.saturating_mul(REST));
        if matches!(heard.verdict, Verdict::NotReady | Verdict::Down) {
            self.readiness_failures += 1;
            self.readiness_successes = 0;
            self.readiness_failed |= self.readiness_failures >= probe.failure_threshold;
        } else {
            self.readiness_successes += 1;
            self.readiness_failures = 0;
            self.readiness_failed &= self.readiness_successes < probe.success_threshold;
            self.last_good = Some(now.wall);
        }
        let mut look = false;
        if !heard.replied && self.watched.liveness.is_some() {
            let trouble = self.trouble.get_or_insert_with(|| Trouble::new(asked.at));
            trouble.questions += 1;
            trouble.cause = heard.cause.clone().unwrap_or_default();
            self.due_liveness = now.steady;
            look = true;
        }
        if heard.wrong {
            let (_, times) = self
                .wrong
                .get_or_insert_with(|| (Trouble::new(asked.at), 0));
            *times += 1;
            look |= *times >= probe.failure_threshold;
        } else {
            self.wrong = None;
        }
        self.readiness = Some(heard);
        look
    }

    /// Takes a closer look in.
    pub(super) fn looked(&mut self, look: &Look, now: Moment) -> Option<Wish> {
        if look.standing != Standing::Running {
            self.stand(look.standing, now);
            return None;
        }
        if let Some(ending) = self.ending {
            let passed = now.steady.saturating_sub(ending.at);
            return match ending.step {
                _ if ending.run != look.run => {
                    self.start_over();
                    self.has_answered = false;
                    None
                }
                Step::Aborted => (passed >= ABORT).then_some(Wish::Kill),
                Step::Killed | Step::Restarted => {
                    if passed >= ANEW {
                        self.start_over();
                    }
                    None
                }
            };
        }
        let other = |trouble: &Trouble| !trouble.is_of(look, now);
        if self.trouble.as_ref().is_some_and(other)
            || self
                .wrong
                .as_ref()
                .is_some_and(|(trouble, _)| other(trouble))
        {
            self.start_over();
            return None;
        }
        if let Some(trouble) = self.trouble.as_mut() {
            trouble.processor = trouble.processor.or(look.processor);
        }
        self.wish(look, now)
    }

    fn wish(&self, look: &Look, now: Moment) -> Option<Wish> {
        if self.ended == Some(look.run) {
            return None;
        }
        if let (Some(trouble), Some(probe)) = (&self.trouble, &self.watched.liveness) {
            // Where a readiness probe is, an active unit has been ready: its watcher said so.
            let was_ready = self.watched.readiness.is_some() || self.has_answered;
            let limit = trouble.since.steady + probe.busy_limit;
            let at_work = self.is_busy() && trouble.has_worked(look, now) && now.steady < limit;
            let fails = trouble.is_failure(probe, now);
            return (fails && was_ready && self.watched.acts() && !at_work)
                .then_some(Wish::Abort { run: look.run });
        }
        let threshold = self.watched.readiness.as_ref()?.failure_threshold;
        self.wrong
            .as_ref()
            .is_some_and(|(_, times)| *times >= threshold)
            .then_some(Wish::Restart { run: look.run })
    }

    fn is_busy(&self) -> bool {
        self.readiness.as_ref().is_some_and(|heard| heard.busy)
    }

    /// Notes that its wish was carried out.
    pub(super) fn ends(&mut self, step: Step, run: Option<u64>, now: Moment) {
        let run = run.or(self.ending.map(|ending| ending.run));
        self.ended = run;
        self.ending = Some(Ending {
            step,
            at: now.steady,
            run: run.unwrap_or_default(),
            looked: now.steady,
        });
        self.asked = None;
    }

    /// Whether it is time for another look at one that is being ended.
    pub(super) fn must_be_looked_at(&mut self, now: Moment) -> bool {
        match self.ending.as_mut() {
            Some(ending) if now.steady >= ending.looked + LOOK => {
                ending.looked = now.steady;
                true
            }
            _ => false,
        }
    }

    /// Whether it has been well for this long.
    pub(super) fn is_well_for(&mut self, span: Duration, now: Moment) -> bool {
        let well = self.standing == Standing::Running
            && self.ending.is_none()
            && self.trouble.is_none()
            && self.last_good.is_some();
        if !well {
            self.well_since = None;
            return false;
        }
        now.steady >= *self.well_since.get_or_insert(now.steady) + span
    }

    /// Whether those that depend on it cannot be blamed for anything.
    pub(super) fn is_broken(&self) -> bool {
        let unready = self
            .readiness
            .as_ref()
            .is_some_and(|heard| matches!(heard.verdict, Verdict::NotReady | Verdict::Down));
        !matches!(self.standing, Standing::Running | Standing::Unknown)
            || self.trouble.is_some()
            || self.ending.is_some()
            || unready
    }

    /// What is wrong with it.
    pub(super) fn complaint(&self) -> String {
        let of_trouble = self.trouble.as_ref().map(|trouble| trouble.cause.clone());
        of_trouble
            .or_else(|| {
                self.readiness
                    .as_ref()
                    .and_then(|heard| heard.cause.clone())
            })
            .unwrap_or_else(|| "it is not well".to_owned())
    }

    /// Since when it is in trouble, in microseconds since 1970.
    pub(super) fn began(&self) -> Option<u64> {
        let wrong = self.wrong.as_ref().map(|(trouble, _)| trouble);
        self.trouble
            .as_ref()
            .or(wrong)
            .map(|trouble| trouble.since.wall)
    }

    /// How it is, and whether that is certain enough to be called an incident.
    pub(super) fn finding(&self, now: Moment) -> (Finding, bool) {
        let failing = self
            .trouble
            .as_ref()
            .filter(|trouble| trouble.liveness > 0)
            .zip(self.watched.liveness.as_ref());
        let (verdict, cause, explicable, certain) = match (self.standing, failing) {
            (Standing::Unknown, _) => (Verdict::Ready, None, true, false),
            (Standing::Failed, _) => (
                Verdict::Down,
                Some("its unit has failed".to_owned()),
                false,
                true,
            ),
            // A person stopped it, or is about to: nothing to report.
            (Standing::Stopped, _) => (
                Verdict::Down,
                Some("it is stopped".to_owned()),
                false,
                false,
            ),
            (Standing::Coming | Standing::Going, _) => (
                Verdict::NotReady,
                Some("it is starting or stopping".to_owned()),
                true,
                false,
            ),
            (Standing::Running, Some((trouble, probe))) => {
                let certain = trouble.is_failure(probe, now);
                (Verdict::Down, Some(trouble.cause.clone()), false, certain)
            }
            (Standing::Running, None) => match &self.readiness {
                None => (Verdict::Ready, None, true, false),
                // It is alive: only a reply can show a fault of its own.
                Some(heard) => (
                    heard.verdict,
                    heard.cause.clone(),
                    !(heard.replied && heard.own_fault),
                    self.readiness_failed,
                ),
            },
        };
        let finding = Finding {
            label: self.watched.label.clone(),
            service: self.watched.service.clone(),
            depends_on: self.watched.depends_on.clone(),
            verdict,
            latency: None,
            cause,
            dependencies: std::collections::BTreeMap::new(),
            explicable,
            optional: false,
        };
        (finding, certain)
    }
}
