//! One member: what it was asked, what it answered, what is under way with it.
//!
//! Knows only itself. Whether a wish of it is granted (pauses, budgets, broken dependencies) is
//! decided in `watch`, which sees all of them.

use std::time::Duration;

use super::budget::Spent;
use super::event::{Moment, Question, Standing};
use super::heard::Heard;
use super::random::Random;
use super::trouble::Trouble;
use super::watched::Watched;
use crate::spec::probe::Probe;

mod hearing;
mod judging;
mod showing;

/// How long a service may take to end after SIGABRT.
const ABORT: Duration = Duration::from_secs(5);

/// How long systemd may take to have it run anew.
const ANEW: Duration = Duration::from_secs(10);

/// Between two looks at a service that is being ended.
const LOOK: Duration = Duration::from_secs(1);

/// A readiness answer is not asked for more often than this many times what the last one took: a
/// cascor whose data hangs stands still while it answers (measured).
const REST: u32 = 4;

/// Whoever is due within this part of its interval is asked along with the others: waking up costs
/// more than asking. Never later than it is due: a hang is to be noticed in time.
const TOGETHER: u32 = 20;

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

/// A question that is under way.
#[derive(Debug, Clone, Copy)]
struct Asked {
    number: u64,
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
    liveness_asked: Option<Asked>,
    readiness_asked: Option<Asked>,
    /// When the last good answer about its liveness came.
    alive_at: Option<Duration>,
    due_liveness: Duration,
    due_readiness: Duration,
    ending: Option<Ending>,
    /// The run that was ended last: nothing is done twice to one process.
    ended: Option<u64>,
    has_answered: bool,
    /// Whether its last readiness body said that it is hard at work; silence does not change that.
    busy: bool,
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
            liveness_asked: None,
            readiness_asked: None,
            alive_at: None,
            due_liveness: Duration::ZERO,
            due_readiness: Duration::ZERO,
            ending: None,
            ended: None,
            has_answered: false,
            busy: false,
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
        self.liveness_asked = None;
        self.readiness_asked = None;
        self.ending = None;
        self.well_since = None;
    }

    /// Forgets what it knew of the process: it is another one now.
    fn forget_process(&mut self) {
        self.has_answered = false;
        self.busy = false;
    }

    /// Takes in how its unit stands; the first questions wait for `pause`, or less where they are
    /// asked more often than that.
    pub(super) fn stand(&mut self, standing: Standing, pause: Duration, now: Moment) {
        if self.standing != standing {
            self.start_over();
            self.forget_process();
            let first = |probe: &Option<Probe>| {
                let interval = probe
                    .as_ref()
                    .map_or(Duration::ZERO, |probe| probe.interval);
                now.steady + pause.min(interval)
            };
            self.due_liveness = first(&self.watched.liveness);
            self.due_readiness = first(&self.watched.readiness);
        }
        self.standing = standing;
    }

    /// The next question, where one is due that is not under way.
    pub(super) fn question(
        &mut self,
        number: u64,
        random: &mut Random,
        now: Moment,
    ) -> Option<(Question, Duration)> {
        if self.standing != Standing::Running || self.ending.is_some() {
            return None;
        }
        let (question, limit) = self.due(random, now)?;
        let asked = Some(Asked { number, at: now });
        match question {
            Question::Liveness => self.liveness_asked = asked,
            Question::Readiness => self.readiness_asked = asked,
        }
        Some((question, limit))
    }

    fn due(&mut self, random: &mut Random, now: Moment) -> Option<(Question, Duration)> {
        if self.liveness_asked.is_some() {
            return None;
        }
        let liveness = self.watched.liveness.as_ref();
        let is_due = |due: Duration, probe: &Probe| now.steady + probe.interval / TOGETHER >= due;
        // Beside a readiness question, too, which may take long: a hang is to be noticed in time.
        if let Some(probe) = liveness.filter(|probe| is_due(self.due_liveness, probe)) {
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
        if self.readiness_asked.is_some() || !is_due(self.due_readiness, probe) {
            return None;
        }
        self.due_readiness = now.steady + random.jittered(probe.interval);
        Some((Question::Readiness, probe.timeout))
    }

    /// Whether this is a question under way with it.
    pub(super) fn is_asked(&self, number: u64) -> bool {
        [self.liveness_asked, self.readiness_asked]
            .into_iter()
            .flatten()
            .any(|asked| asked.number == number)
    }

    /// When it has to be thought of again.
    pub(super) fn next_due(&self) -> Option<Duration> {
        if let Some(ending) = self.ending {
            return Some(ending.looked + LOOK);
        }
        if self.standing != Standing::Running || self.liveness_asked.is_some() {
            return None;
        }
        let liveness = self.watched.liveness.as_ref().map(|_| self.due_liveness);
        let quiet =
            self.readiness_asked.is_none() && (liveness.is_none() || self.trouble.is_none());
        let readiness = self
            .watched
            .readiness
            .as_ref()
            .filter(|_| quiet)
            .map(|_| self.due_readiness);
        liveness.into_iter().chain(readiness).min()
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
}
