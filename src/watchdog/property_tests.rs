//! Whatever happens in whatever order: what must never be done is not done.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use proptest::prelude::{Just, Strategy, any, prop_oneof};
use proptest::{collection, prop_assert, proptest};

use super::Watchdog;
use super::play::{faults, members_with_gpus};
use crate::readiness::Verdict;
use crate::spec::restraint::Restraint;
use crate::watchdog::event::{Action, Event, Look, Moment, Question, Standing};
use crate::watchdog::{Heard, Memory, Orders};

const RESTRAINT: Restraint = Restraint {
    restarts: 3,
    backoff: Duration::from_secs(20),
    // Longer than any run of events: the budget never comes back by itself.
    recovery: Duration::from_hours(1_000_000),
};

/// Something that happens.
#[derive(Debug, Clone)]
enum Happening {
    /// Time passes, in milliseconds; a suspend now and then.
    Pass(u64),
    /// A question under way is answered: which, well or not, with a reply or not.
    Answer(usize, bool, bool),
    /// A unit changes its state; another process runs then.
    Stand(usize, Standing),
    /// A look that was asked for is had.
    Look(usize),
    /// All or one paused, or nobody.
    Pause(Option<usize>),
    Resume,
    /// The kernel tells that a GPU is lost, or that a program was at fault on it.
    Gpu(bool),
    /// A person has those with a GPU tried again.
    Clear,
    /// systemd takes an order to tell somebody, or does not.
    Told(usize, bool),
    /// The configuration is read again: after how many seconds somebody is told, if at all.
    Configure(Option<u64>),
}

fn happening() -> impl Strategy<Value = Happening> {
    let standing = prop_oneof![
        4 => Just(Standing::Running),
        1 => Just(Standing::Coming),
        1 => Just(Standing::Going),
        1 => Just(Standing::Stopped),
        1 => Just(Standing::Failed),
    ];
    prop_oneof![
        30 => (0_u64..2_500).prop_map(Happening::Pass),
        1 => (2_500_u64..100_000).prop_map(Happening::Pass),
        60 => (any::<usize>(), proptest::bool::weighted(0.2), any::<bool>())
            .prop_map(|(which, well, replied)| Happening::Answer(which, well, replied)),
        2 => (any::<usize>(), standing).prop_map(|(which, standing)| Happening::Stand(which, standing)),
        30 => any::<usize>().prop_map(Happening::Look),
        1 => proptest::option::of(any::<usize>()).prop_map(Happening::Pause),
        3 => Just(Happening::Resume),
        1 => any::<bool>().prop_map(Happening::Gpu),
        1 => Just(Happening::Clear),
        5 => (any::<usize>(), any::<bool>())
            .prop_map(|(which, taken)| Happening::Told(which, taken)),
        1 => proptest::option::weighted(0.8, 0_u64..60).prop_map(Happening::Configure),
    ]
}

/// The truth beside the watchdog.
struct World {
    watchdog: Watchdog,
    now: Moment,
    labels: Vec<String>,
    standing: BTreeMap<String, Standing>,
    born: BTreeMap<String, Duration>,
    asked: Vec<(u64, String, Question)>,
    looks: Vec<String>,
    orders: Orders,
    /// Failed liveness answers in a row since the last good one, of the present process.
    failed: BTreeMap<String, u32>,
    acted: BTreeMap<String, Vec<(Duration, Duration)>>,
    /// Orders to tell somebody that systemd has not answered yet.
    telling: Vec<u64>,
    told: BTreeSet<u64>,
    tell_after: Option<Duration>,
    /// What the kernel has told: each with its moment.
    kernel: Vec<(&'static str, u64)>,
    /// Whether a GPU is lost, and nobody has cleared that since.
    is_lost: bool,
    /// How often somebody had been acted upon when a person cleared it.
    cleared: BTreeMap<String, usize>,
}

/// Those who may open the GPU.
const WITH_GPU: [&str; 2] = ["cascor", "worker@1"];

impl World {
    fn new() -> Self {
        let members = members_with_gpus(&WITH_GPU);
        let labels: Vec<String> = members.iter().map(|member| member.label.clone()).collect();
        Self {
            standing: labels
                .iter()
                .map(|label| (label.clone(), Standing::Running))
                .collect(),
            born: labels
                .iter()
                .map(|label| (label.clone(), Duration::ZERO))
                .collect(),
            watchdog: Watchdog::new(
                members,
                RESTRAINT,
                &Memory::new("boot", BTreeMap::new()),
                Vec::new(),
                3,
            ),
            labels,
            now: Moment {
                steady: Duration::from_secs(100),
                wall: 100_000_000,
            },
            asked: Vec::new(),
            looks: Vec::new(),
            orders: Orders::none("boot"),
            failed: BTreeMap::new(),
            acted: BTreeMap::new(),
            telling: Vec::new(),
            told: BTreeSet::new(),
            tell_after: None,
            kernel: Vec::new(),
            is_lost: false,
            cleared: BTreeMap::new(),
        }
    }

    fn label(&self, which: usize) -> String {
        self.labels[which % self.labels.len()].clone()
    }

    fn happens(&mut self, happening: &Happening) -> Result<(), String> {
        let event = match happening {
            Happening::Pass(milliseconds) => {
                self.now.steady += Duration::from_millis(*milliseconds);
                self.now.wall = self.now.wall.wrapping_mul(31) % 1_000_000_000_000;
                Event::Units(self.standing.clone())
            }
            Happening::Answer(which, well, replied) => {
                if self.asked.is_empty() {
                    return Ok(());
                }
                let index = which % self.asked.len();
                let (number, label, question) = self.asked.remove(index);
                if question == Question::Liveness {
                    let failed = self.failed.entry(label).or_default();
                    *failed = if *well { 0 } else { *failed + 1 };
                }
                Event::Answer {
                    number,
                    heard: heard(*well, *well || *replied),
                }
            }
            Happening::Stand(which, standing) => {
                let label = self.label(*which);
                self.born.insert(label.clone(), self.now.steady);
                self.failed.remove(&label);
                self.standing.insert(label, *standing);
                // The watchdog learns of it only with its next look.
                return Ok(());
            }
            Happening::Look(which) => {
                if self.looks.is_empty() {
                    return Ok(());
                }
                let label = self.looks.remove(which % self.looks.len());
                let look = self.look(&label);
                Event::Looked { label, look }
            }
            Happening::Pause(which) => {
                let labels: Vec<String> = which.iter().map(|which| self.label(*which)).collect();
                self.orders
                    .pause(&labels, Some(Duration::from_mins(1)), self.now);
                Event::Orders(self.orders.clone())
            }
            Happening::Resume => {
                self.orders.resume(&[]);
                Event::Orders(self.orders.clone())
            }
            Happening::Gpu(lost) => self.kernel_says(*lost),
            Happening::Clear => self.is_cleared(),
            Happening::Told(which, taken) => {
                if self.telling.is_empty() {
                    return Ok(());
                }
                let number = self.telling.remove(which % self.telling.len());
                if *taken {
                    self.told.insert(number);
                }
                let taken = taken.then_some(()).ok_or_else(|| "no bus".to_owned());
                Event::Notified { number, taken }
            }
            Happening::Configure(seconds) => {
                self.tell_after = seconds.map(Duration::from_secs);
                Event::Configured {
                    members: members_with_gpus(&WITH_GPU),
                    restraint: RESTRAINT,
                    tell_after: self.tell_after,
                }
            }
        };
        for action in self.watchdog.step(event, self.now) {
            self.check(action)?;
        }
        for member in &self.watchdog.members {
            let (finding, _) = member.finding(self.now);
            if member.is_ready() != (finding.verdict == Verdict::Ready) {
                return Err(format!("{finding:?} is passed over, or made for nothing"));
            }
        }
        Ok(())
    }

    fn kernel_says(&mut self, lost: bool) -> Event {
        let line = [
            "NVRM: Xid (PCI:0000:3b:00): 31, pid=7, MMU Fault",
            "NVRM: Xid (PCI:0000:3b:00): 79, GPU has fallen off the bus.",
        ][usize::from(lost)];
        // Later than whatever the clock shows.
        let at = 1_000_000_000_000 + u64::try_from(self.kernel.len()).unwrap();
        self.kernel.push((line, at));
        self.is_lost |= lost;
        Event::Gpus(faults(&self.kernel))
    }

    fn is_cleared(&mut self) -> Event {
        let at = self.kernel.last().map_or(0, |(_, at)| *at);
        let mut later = self.now;
        later.wall = later.wall.max(at);
        self.orders.clear(&WITH_GPU.map(str::to_owned), later);
        self.is_lost = false;
        for label in WITH_GPU {
            let before = self.acted.get(label).map_or(0, Vec::len);
            self.cleared.insert(label.to_owned(), before);
        }
        Event::Orders(self.orders.clone())
    }

    fn look(&self, label: &str) -> Look {
        let born = self.born[label];
        Look {
            standing: self.standing[label],
            run: u64::try_from(born.as_micros()).unwrap(),
            age: self.now.steady.saturating_sub(born),
            processor: Some(Duration::ZERO),
        }
    }

    fn check(&mut self, action: Action) -> Result<(), String> {
        let told = format!("{action:?}");
        match action {
            Action::Ask {
                number,
                label,
                question,
                ..
            } => {
                // A question that the watchdog has given up may still be under way; a second one
                // that it waits for may not.
                self.asked
                    .retain(|(_, other, asked)| *other != label || *asked != question);
                self.asked.push((number, label, question));
            }
            Action::Look { label } => self.looks.push(label),
            Action::Abort { label } => self
                .check_abort(&label)
                .map_err(|why| format!("{told}: {why}"))?,
            Action::Kill { label } => {
                self.check_state(&label)
                    .map_err(|why| format!("{told}: {why}"))?;
                let (_, born) = self.acted[&label].last().copied().unwrap();
                if born != self.born[&label] {
                    return Err(format!(
                        "{told}: another process than the one that was aborted"
                    ));
                }
            }
            Action::Restart { .. } => return Err(format!("{told}: nobody was in a wrong mode")),
            Action::Notify { number } => {
                let once = !self.told.contains(&number) && !self.telling.contains(&number);
                if !once || self.tell_after.is_none() {
                    return Err(format!("{told}: told before, or nobody is to be told"));
                }
                self.telling.push(number);
            }
            Action::Keep(_) | Action::Remember(_) => {}
        }
        Ok(())
    }

    fn check_state(&self, label: &str) -> Result<(), String> {
        if self.standing[label] != Standing::Running {
            return Err(format!("it is {:?}", self.standing[label]));
        }
        if self.orders.pause_of(label, self.now).is_some() {
            return Err("it is paused".to_owned());
        }
        Ok(())
    }

    fn check_abort(&mut self, label: &str) -> Result<(), String> {
        self.check_state(label)?;
        if self.failed.get(label).copied().unwrap_or_default() == 0 {
            return Err("no liveness answer was bad".to_owned());
        }
        if self.is_lost && WITH_GPU.contains(&label) {
            return Err("its GPU is lost".to_owned());
        }
        let (now, born) = (self.now.steady, self.born[label]);
        let cleared = self.cleared.get(label).copied().unwrap_or_default();
        let acted = self.acted.entry(label.to_owned()).or_default();
        let spent = acted.len() - cleared;
        if spent >= 3 {
            return Err("the budget is spent".to_owned());
        }
        if acted.iter().any(|(_, other)| *other == born) {
            return Err("the same process a second time".to_owned());
        }
        if let Some((before, _)) = acted.last().filter(|_| spent > 0) {
            let pause = RESTRAINT.backoff * 2_u32.pow(u32::try_from(spent - 1).unwrap());
            if now < *before + pause {
                return Err(format!(
                    "{:?} after the one before",
                    now.saturating_sub(*before)
                ));
            }
        }
        acted.push((now, born));
        Ok(())
    }
}

fn heard(well: bool, replied: bool) -> Heard {
    Heard {
        verdict: match (well, replied) {
            (true, _) => Verdict::Ready,
            (false, true) => Verdict::NotReady,
            (false, false) => Verdict::Down,
        },
        cause: None,
        replied,
        own_fault: !replied,
        wrong: false,
        busy: false,
        latency: Duration::from_millis(3),
        dependencies: BTreeMap::new(),
    }
}

proptest! {
    #![proptest_config(proptest::test_runner::Config { cases: 128, ..Default::default() })]

    #[test]
    fn nothing_is_done_that_must_not_be(
        happenings in collection::vec(happening(), 0..1_500),
    ) {
        let mut world = World::new();
        for happening in &happenings {
            let happened = world.happens(happening);
            prop_assert!(happened.is_ok(), "{happening:?}: {happened:?}");
        }
    }
}

#[test]
fn the_random_events_do_lead_to_actions() {
    use proptest::strategy::ValueTree as _;
    let mut runner = proptest::test_runner::TestRunner::deterministic();
    let (mut acted, mut told, mut spared) = (0, 0, 0);
    for _ in 0..30 {
        let happenings = collection::vec(happening(), 1_500)
            .new_tree(&mut runner)
            .unwrap()
            .current();
        let mut world = World::new();
        for happening in &happenings {
            world.happens(happening).unwrap();
        }
        acted += world.acted.values().map(Vec::len).sum::<usize>();
        told += world.told.len();
        let open = world.watchdog.ledger.open();
        spared += open
            .filter(|one| one.gpu.is_some() && one.gave_up())
            .count();
    }
    assert!(spared > 0, "nobody hung on a lost GPU");
    assert!(acted > 10, "only {acted}");
    assert!(told > 10, "only {told}");
}
