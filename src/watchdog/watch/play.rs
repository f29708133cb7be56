//! A group that is played before the watchdog, a tenth of a second at a time.

use std::collections::BTreeMap;
use std::sync::LazyLock;
use std::time::Duration;

use super::Watchdog;
use crate::kernel_log::{self, Entry};
use crate::readiness::Verdict;
use crate::spec::resolve::{Circumstances, resolve};
use crate::spec::restraint::Restraint;
use crate::spec::stack::Gpu;
use crate::spec::{Faults, Sources, builtin};
use crate::watchdog::event::{Action, Event, Look, Moment, Question, Standing};
use crate::watchdog::{Heard, Incident, Memory, Watched};

/// How a service behaves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Manner {
    Well,
    Silent,
    /// Alive, but its readiness endpoint never answers.
    Mute,
    /// Alive, and as late as cascor is while data hangs.
    Late,
    /// Alive, but not ready because of a dependency.
    Unready,
    /// Ready, and training.
    Training,
    /// Ready in a mode that is not wanted.
    Demo,
}

/// A group that is played.
pub(super) struct Play {
    pub(super) watchdog: Watchdog,
    pub(super) now: Moment,
    manners: BTreeMap<String, Manner>,
    pub(super) standings: BTreeMap<String, Standing>,
    born: BTreeMap<String, Duration>,
    /// Questions under way: number, label, when they end, how.
    pub(super) asked: Vec<(u64, String, Question, Duration, Duration)>,
    pub(super) done: Vec<(u64, Action)>,
    pub(super) kept: BTreeMap<u64, Incident>,
    /// Who was told of which incident, and when.
    pub(super) told: Vec<(u64, u64)>,
    /// Why systemd takes no order to tell somebody, if it does not.
    pub(super) refusal: Option<String>,
    pub(super) works: bool,
    /// What all of them have worked.
    processor: Duration,
    /// Whether a restart cures.
    pub(super) cured: bool,
    /// Whether what is ended does end.
    pub(super) dies: bool,
}

/// The members of the built-in stack; read once, which takes longer than all the rest.
pub(super) fn members() -> Vec<Watched> {
    static MEMBERS: LazyLock<Vec<Watched>> = LazyLock::new(|| {
        let mut faults = Faults::default();
        let mut sources = Sources::default();
        let merged = builtin::read_with(std::iter::empty(), &mut sources, &mut faults);
        let stack = resolve(&merged, &Circumstances::default(), &mut faults).unwrap();
        Watched::of(&stack)
    });
    MEMBERS.clone()
}

fn heard(verdict: Verdict, replied: bool, busy: bool, wrong: bool) -> Heard {
    Heard {
        verdict,
        cause: (verdict != Verdict::Ready).then(|| "no answer".to_owned()),
        replied,
        own_fault: !replied || wrong,
        wrong,
        busy,
        latency: Duration::from_millis(5),
        dependencies: BTreeMap::new(),
    }
}

/// How long cascor stands still while it asks a data that hangs (measured).
const LATE: Duration = Duration::from_millis(5_060);

/// The same where these may open every GPU.
pub(super) fn members_with_gpus(labels: &[&str]) -> Vec<Watched> {
    let mut members = members();
    for member in &mut members {
        if labels.contains(&member.label.as_str()) {
            member.gpu = Gpu::All;
        }
    }
    members
}

/// What the kernel has told, with the times of each line on both clocks.
pub(super) fn faults(lines: &[(&str, u64)]) -> kernel_log::Faults {
    let mut faults = kernel_log::Faults::none();
    for (line, at) in lines {
        let entry = Entry {
            message: (*line).to_owned(),
            cursor: String::new(),
            wall_us: *at,
            kernel_us: *at,
        };
        let line = kernel_log::line::parse(line).unwrap();
        assert!(faults.take(line, &entry));
    }
    faults
}

impl Play {
    pub(super) fn new() -> Self {
        Self::of(members())
    }

    pub(super) fn of(members: Vec<Watched>) -> Self {
        let all = |value| -> BTreeMap<String, _> {
            members
                .iter()
                .map(|member| (member.label.clone(), value))
                .collect()
        };
        Self {
            manners: members
                .iter()
                .map(|member| (member.label.clone(), Manner::Well))
                .collect(),
            standings: members
                .iter()
                .map(|member| (member.label.clone(), Standing::Running))
                .collect(),
            born: all(Duration::ZERO),
            watchdog: Watchdog::new(
                members,
                Restraint::default(),
                &Memory::new("boot", BTreeMap::new()),
                Vec::new(),
                1,
            ),
            now: Moment {
                steady: Duration::from_secs(1_000),
                wall: 5_000_000_000,
            },
            asked: Vec::new(),
            done: Vec::new(),
            kept: BTreeMap::new(),
            told: Vec::new(),
            refusal: None,
            works: false,
            processor: Duration::ZERO,
            cured: true,
            dies: true,
        }
    }

    pub(super) fn set(&mut self, label: &str, manner: Manner) {
        self.manners.insert(label.to_owned(), manner);
    }

    pub(super) fn event(&mut self, event: Event) {
        let mut actions = self.watchdog.step(event, self.now);
        // What a look brings comes later.
        actions.sort_by_key(|action| matches!(action, Action::Look { .. }));
        for action in actions {
            self.carry_out(action);
        }
    }

    fn carry_out(&mut self, action: Action) {
        match action {
            Action::Ask {
                number,
                label,
                question,
                limit,
            } => {
                let takes = match self.manners.get(&label) {
                    Some(Manner::Silent) => limit,
                    Some(Manner::Mute) if question == Question::Readiness => limit,
                    Some(Manner::Late) => LATE.min(limit),
                    _ => Duration::from_millis(5),
                };
                self.asked
                    .push((number, label, question, self.now.steady + takes, takes));
            }
            Action::Look { label } => {
                let born = self.born.get(&label).copied().unwrap_or_default();
                let look = Look {
                    standing: self.standings.get(&label).copied().unwrap_or_default(),
                    run: u64::try_from(born.as_micros()).unwrap(),
                    age: self.now.steady.saturating_sub(born),
                    processor: Some(self.processor),
                };
                self.event(Event::Looked { label, look });
            }
            Action::Keep(incident) => {
                self.kept.insert(incident.number, incident);
            }
            Action::Notify { number } => {
                self.told.push((self.now.steady.as_secs() - 1_000, number));
                let taken = self.refusal.clone().map_or(Ok(()), Err);
                self.event(Event::Notified { number, taken });
            }
            Action::Remember(_) => {}
            Action::Abort { ref label }
            | Action::Kill { ref label }
            | Action::Restart { ref label } => {
                if self.dies {
                    self.born.insert(label.clone(), self.now.steady);
                }
                if self.cured {
                    self.manners.insert(label.clone(), Manner::Well);
                }
                self.done.push((self.now.steady.as_secs(), action));
            }
        }
    }

    fn answer(&self, label: &str, question: Question, takes: Duration) -> Heard {
        let manner = self.manners.get(label).copied().unwrap_or(Manner::Well);
        let mut heard = match (manner, question) {
            (Manner::Late, _) if takes < LATE => heard(Verdict::Down, false, false, false),
            (Manner::Silent, _) | (Manner::Mute, Question::Readiness) => {
                heard(Verdict::Down, false, false, false)
            }
            (Manner::Unready | Manner::Late, Question::Readiness) => {
                heard(Verdict::NotReady, true, false, false)
            }
            (Manner::Training, Question::Readiness) => heard(Verdict::Ready, true, true, false),
            (Manner::Demo, Question::Readiness) => heard(Verdict::NotReady, true, false, true),
            _ => heard(Verdict::Ready, true, false, false),
        };
        heard.latency = takes;
        heard
    }

    /// Lets time pass.
    pub(super) fn pass(&mut self, seconds: u64) {
        self.pass_tenths(seconds * 10);
    }

    /// The same in tenths of a second.
    pub(super) fn pass_tenths(&mut self, tenths: u64) {
        for _ in 0..tenths {
            self.now.steady += Duration::from_millis(100);
            self.now.wall += 100_000;
            if self.works {
                self.processor += Duration::from_millis(100);
            }
            let due: Vec<_> = self
                .asked
                .extract_if(.., |asked| asked.3 <= self.now.steady)
                .collect();
            for (number, label, question, _, takes) in due {
                let heard = self.answer(&label, question, takes);
                self.event(Event::Answer { number, heard });
            }
            self.event(Event::Units(self.standings.clone()));
        }
    }

    pub(super) fn acts(&self) -> Vec<(u64, &str)> {
        self.done
            .iter()
            .map(|(at, action)| match action {
                Action::Abort { label } | Action::Restart { label } | Action::Kill { label } => {
                    (*at - 1_000, label.as_str())
                }
                _ => (0, ""),
            })
            .collect()
    }
}
