//! Many files on all processors, and what came of them: whoever hangs is named, whoever panics is kept.

use std::collections::{BTreeMap, HashSet};
use std::ops::Range;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{self, RecvTimeoutError, Sender};
use std::time::{Duration, Instant};

use juniperctl::unit::SystemdVersion;
use libtest_mimic::Failed;

use crate::batch::{self, Batch};
use crate::corpus::Corpus;
use crate::examined::{Became, Examiner, Units};
use crate::mutation;

/// How long one file may take; an unoptimized build on a busy computer is slow.
const LONGEST: Duration = Duration::from_secs(30);
/// How much memory the whole campaign may ever hold, in KiB.
const MOST_MEMORY: u64 = 600 * 1024;
/// How many failures are told.
const TOLD: usize = 20;

/// What came of a campaign.
pub(crate) struct Outcome {
    pub(crate) files: u64,
    pub(crate) bytes: usize,
    pub(crate) refused: u64,
    pub(crate) faults: usize,
    pub(crate) taken: u64,
    pub(crate) distinct: usize,
    /// The systemd that loaded the distinct ones, and how many of them.
    pub(crate) verified: Option<(SystemdVersion, usize)>,
    pub(crate) units: usize,
    pub(crate) slowest: (Duration, u64),
    pub(crate) memory: u64,
    pub(crate) took: Duration,
    pub(crate) failures: Vec<String>,
}

/// What a worker says of one file.
struct Said {
    number: u64,
    bytes: usize,
    took: Duration,
    became: Result<Became, String>,
}

/// What a worker is at, so that a hang has a name.
#[derive(Default)]
struct AtWork {
    number: AtomicU64,
    since: AtomicU64,
}

/// Runs the files with these numbers.
pub(crate) fn run(numbers: Range<u64>) -> Result<Outcome, Failed> {
    let began = Instant::now();
    let corpus = Arc::new(Corpus::read());
    let systemd = batch::installed();
    let version = systemd.map_or(SystemdVersion::NEWEST, |version| {
        version.min(SystemdVersion::NEWEST)
    });
    let next = Arc::new(AtomicU64::new(numbers.start));
    let (sender, receiver) = mpsc::channel();
    // Panics are caught and told with the file that made them.
    std::panic::set_hook(Box::new(|_| {}));
    let count = std::thread::available_parallelism().map_or(1, usize::from);
    let workers: Vec<Arc<AtWork>> = (0..count)
        .map(|_| {
            let at = Arc::new(AtWork::default());
            let (corpus, next, sender) = (Arc::clone(&corpus), Arc::clone(&next), sender.clone());
            let (at_work, end) = (Arc::clone(&at), numbers.end);
            std::thread::spawn(move || {
                work(&corpus, version, (&next, end), began, &at_work, &sender);
            });
            at
        })
        .collect();
    drop(sender);
    let mut outcome = Outcome {
        files: 0,
        bytes: 0,
        refused: 0,
        faults: 0,
        taken: 0,
        distinct: 0,
        verified: None,
        units: 0,
        slowest: (Duration::ZERO, 0),
        memory: 0,
        took: Duration::ZERO,
        failures: Vec::new(),
    };
    let mut known = HashSet::new();
    let mut batch = Batch::new();
    loop {
        match receiver.recv_timeout(Duration::from_secs(1)) {
            Ok(said) => {
                let number = said.number;
                if let Some(units) = outcome.note(said)
                    && known.insert(units.hash)
                {
                    batch.add(number, units);
                    if batch.is_full() {
                        outcome.verify(&mut batch, systemd)?;
                    }
                }
            }
            Err(RecvTimeoutError::Timeout) => none_hangs(&workers, began)?,
            Err(RecvTimeoutError::Disconnected) => break,
        }
        if outcome.failures.len() >= TOLD {
            break;
        }
    }
    outcome.verify(&mut batch, systemd)?;
    let _ = std::panic::take_hook();
    outcome.distinct = known.len();
    outcome.memory = memory();
    outcome.took = began.elapsed();
    Ok(outcome)
}

fn work(
    corpus: &Corpus,
    version: SystemdVersion,
    (next, end): (&AtomicU64, u64),
    began: Instant,
    at_work: &AtWork,
    sender: &Sender<Said>,
) {
    let examiner = Examiner::new(version);
    loop {
        let number = next.fetch_add(1, Ordering::Relaxed);
        if number >= end {
            return;
        }
        at_work.number.store(number, Ordering::Relaxed);
        at_work.since.store(milliseconds(began), Ordering::Relaxed);
        let texts = mutation::texts(number, corpus);
        let start = Instant::now();
        let became = catch_unwind(AssertUnwindSafe(|| examiner.examine(&texts)))
            .unwrap_or_else(|panic| Err(format!("panic: {}", message(&*panic))));
        let took = start.elapsed();
        let became = match memory() {
            used if used > MOST_MEMORY => Err(format!("{used} KiB of memory are held")),
            _ => became,
        };
        let said = Said {
            number,
            bytes: texts.iter().map(String::len).sum(),
            took,
            became: became.map_err(|why| format!("{why}\n{}", shown(&texts))),
        };
        if sender.send(said).is_err() {
            return;
        }
    }
}

fn message(panic: &(dyn std::any::Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().map(|text| (*text).to_owned());
    text.or_else(|| panic.downcast_ref::<String>().cloned())
        .unwrap_or_default()
}

/// The texts of a failure, cut off where they are long.
fn shown(texts: &[String]) -> String {
    let all = texts.join("\n---- drop-in ----\n");
    all.chars().take(6_000).collect()
}

impl Outcome {
    /// Counts one file; its units, where it is taken.
    fn note(&mut self, said: Said) -> Option<Units> {
        self.files += 1;
        self.bytes += said.bytes;
        if said.took > self.slowest.0 {
            self.slowest = (said.took, said.number);
        }
        if said.took > LONGEST {
            let why = format!("file {} took {:?}", said.number, said.took);
            self.failures.push(why);
        }
        match said.became {
            Ok(Became::Refused(faults)) => {
                self.refused += 1;
                self.faults += faults;
                None
            }
            Ok(Became::Taken(units)) => {
                self.taken += 1;
                Some(units)
            }
            Err(why) => {
                self.failures.push(format!("file {}: {why}", said.number));
                None
            }
        }
    }

    /// Has systemd load a batch.
    fn verify(&mut self, batch: &mut Batch, systemd: Option<SystemdVersion>) -> Result<(), Failed> {
        let Some(version) = systemd else {
            *batch = Batch::new();
            return Ok(());
        };
        let (count, units) = (batch.len(), batch.units());
        let complaints: BTreeMap<u64, String> = batch.verify()?;
        self.units += units;
        let before = self.verified.map_or(0, |(_, count)| count);
        self.verified = Some((version, before + count));
        self.failures.extend(
            complaints
                .into_iter()
                .map(|(number, text)| format!("file {number}: systemd complains:\n{text}")),
        );
        *batch = Batch::new();
        Ok(())
    }
}

fn none_hangs(workers: &[Arc<AtWork>], began: Instant) -> Result<(), Failed> {
    for worker in workers {
        let since = Duration::from_millis(worker.since.load(Ordering::Relaxed));
        let at = worker.number.load(Ordering::Relaxed);
        // What has ended long ago is at its last file for ever.
        if began.elapsed().saturating_sub(since) > LONGEST * 4 {
            return Err(format!("file {at} hangs: MUTATION={at} plays it again").into());
        }
    }
    Ok(())
}

fn milliseconds(began: Instant) -> u64 {
    u64::try_from(began.elapsed().as_millis()).unwrap()
}

/// The most memory that this program has held so far, in KiB.
fn memory() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    status
        .lines()
        .find_map(|line| line.strip_prefix("VmHWM:"))
        .and_then(|rest| rest.trim().trim_end_matches(" kB").parse().ok())
        .unwrap_or(0)
}
