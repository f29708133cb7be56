//! One incident: a root cause, what followed from it, what was done. And how incidents are kept.
//!
//! A file of lines, one for each time something was learnt about an incident; of lines with the same
//! number the last counts. A line that was cut off by a power cut is passed over. Pure: text in,
//! incidents out.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::kernel_log::{Cure, Fault, GpuAddress, Symptom};
use crate::spec::text::for_terminal;

/// The version of a line's form.
pub const VERSION: u32 = 1;

/// How many incidents are kept.
pub const KEPT: usize = 200;

/// The most characters of one text that are shown.
const TEXT: usize = 400;

/// The most actions that one incident tells of; a budget ends long before.
const ACTIONS: usize = 100;

/// One incident.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Incident {
    /// The version of the form.
    pub version: u32,
    /// Its number, never used twice.
    pub number: u64,
    /// The member at fault.
    pub root: String,
    /// What it was that was noticed, fit for a terminal.
    pub cause: String,
    /// When the probes began to fail, in microseconds since 1970.
    pub began_us: u64,
    /// When the last good answer came.
    pub last_good_us: Option<u64>,
    /// When it was taken for an incident.
    pub opened_us: u64,
    /// When all were well again.
    pub closed_us: Option<u64>,
    /// The members that suffered from it.
    pub consequences: Vec<String>,
    /// What was done, oldest first.
    pub actions: Vec<Taken>,
    /// When somebody was told; older records know nothing of it.
    #[serde(default)]
    pub notified_us: Option<u64>,
    /// The GPU at fault, where it is one; older records know nothing of it.
    #[serde(default)]
    pub gpu: Option<GpuAtFault>,
}

/// A GPU that the kernel has told a fault of.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GpuAtFault {
    /// Where it is on the PCI bus; `None` where the kernel does not say, or all are concerned.
    pub address: Option<GpuAddress>,
    /// Its lasting name, where the kernel has told it.
    pub uuid: Option<String>,
    /// What was seen: of several things the worst.
    pub symptom: Symptom,
    /// What helps.
    pub cure: Cure,
    /// The members that may use it.
    pub users: Vec<String>,
}

impl GpuAtFault {
    /// Whether a fault is of this GPU.
    #[must_use]
    pub fn has(&self, fault: &Fault) -> bool {
        self.address == fault.gpu
    }
}

/// Something that was done.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Taken {
    /// When, in microseconds since 1970.
    pub at_us: u64,
    /// To whom.
    pub label: String,
    /// What.
    pub what: What,
    /// Why, fit for a terminal.
    pub why: String,
}

/// What can be done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum What {
    /// Sent SIGABRT, so that it said where it was.
    Aborted,
    /// Sent SIGKILL, because it had not ended.
    Killed,
    /// Restarted.
    Restarted,
    /// Nothing any more: its budget was spent.
    GivenUp,
}

impl Taken {
    /// In words.
    #[must_use]
    pub fn words(&self) -> String {
        format!("{} {}: {}", self.label, self.what.words(), self.why)
    }
}

impl What {
    /// In words.
    #[must_use]
    pub fn words(self) -> &'static str {
        match self {
            Self::Aborted => "ended with SIGABRT, so that it said where it was",
            Self::Killed => "killed, because SIGABRT did not end it",
            Self::Restarted => "restarted",
            Self::GivenUp => "given up, because restarts do not help",
        }
    }
}

impl Incident {
    /// Whether this member is at fault or suffers.
    #[must_use]
    pub fn concerns(&self, label: &str) -> bool {
        self.root == label || self.consequences.iter().any(|other| other == label)
    }

    /// Whether a member was given up in it.
    #[must_use]
    pub fn gave_up(&self) -> bool {
        self.actions.iter().any(|taken| taken.what == What::GivenUp)
    }

    /// All that was done with it, oldest first, in words: to members, and that somebody was told.
    #[must_use]
    pub fn history(&self) -> Vec<(u64, String)> {
        let mut history: Vec<(u64, String)> = self
            .actions
            .iter()
            .map(|taken| (taken.at_us, taken.words()))
            .collect();
        if let Some(told) = self.notified_us {
            let later = history.iter().position(|(at, _)| *at > told);
            let words = format!("handed to juniper-notification@{}.service", self.number);
            history.insert(later.unwrap_or(history.len()), (told, words));
        }
        history
    }

    /// The same with every text fit for a terminal: who wrote the file has fewer rights than who reads it.
    #[must_use]
    fn shown(mut self) -> Self {
        let of_gpu = self
            .gpu
            .iter_mut()
            .flat_map(|gpu| gpu.uuid.iter_mut().chain(&mut gpu.users));
        let texts = [&mut self.root, &mut self.cause]
            .into_iter()
            .chain(&mut self.consequences)
            .chain(of_gpu)
            .chain(
                self.actions
                    .iter_mut()
                    .flat_map(|taken| [&mut taken.label, &mut taken.why]),
            );
        for text in texts {
            *text = for_terminal(text, TEXT);
        }
        self
    }

    /// Notes something that was done.
    pub fn note(&mut self, taken: Taken) {
        if self.actions.len() < ACTIONS {
            self.actions.push(taken);
        }
    }

    /// One sentence.
    #[must_use]
    pub fn sentence(&self) -> String {
        let suffering = match self.consequences.as_slice() {
            [] => String::new(),
            some => format!("; {} suffered from it", some.join(", ")),
        };
        format!("{}: {}{suffering}", self.root, self.cause)
    }

    /// It as one line, its end included.
    ///
    /// # Errors
    /// None in practice: the type has nothing that JSON cannot hold.
    pub fn written(&self) -> Result<String, serde_json::Error> {
        Ok(serde_json::to_string(self)? + "\n")
    }
}

/// All incidents of a file, oldest first, and how many lines could not be read.
#[must_use]
pub fn parse_all(text: &str) -> (Vec<Incident>, usize) {
    let mut incidents: BTreeMap<u64, Incident> = BTreeMap::new();
    let mut skipped = 0;
    for line in text.lines().filter(|line| !line.trim().is_empty()) {
        match serde_json::from_str::<Incident>(line) {
            Ok(incident) if incident.version == VERSION => {
                incidents.insert(incident.number, incident.shown());
            }
            _ => skipped += 1,
        }
    }
    (incidents.into_values().collect(), skipped)
}

/// The file with one line for each of the last incidents; `None` where it is not yet worth it.
#[must_use]
pub fn compacted(text: &str) -> Option<String> {
    if text.lines().count() <= 4 * KEPT {
        return None;
    }
    let (incidents, _) = parse_all(text);
    incidents
        .iter()
        .skip(incidents.len().saturating_sub(KEPT))
        .map(|incident| incident.written().ok())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::{Incident, KEPT, Taken, VERSION, What, compacted, parse_all};

    fn incident(number: u64) -> Incident {
        Incident {
            version: VERSION,
            number,
            root: "data".to_owned(),
            cause: "no answer within 10s".to_owned(),
            began_us: 1,
            last_good_us: None,
            opened_us: 2,
            closed_us: None,
            consequences: vec!["cascor".to_owned()],
            actions: vec![Taken {
                at_us: 3,
                label: "data".to_owned(),
                what: What::Aborted,
                why: "no answer within 10s".to_owned(),
            }],
            notified_us: None,
            gpu: None,
        }
    }

    #[test]
    fn the_last_line_of_a_number_counts_and_a_torn_one_is_passed_over() {
        let mut closed = incident(1);
        closed.closed_us = Some(9);
        let whole = closed.written().unwrap();
        let torn = whole.get(..40).unwrap();
        let text = [
            incident(1).written().unwrap(),
            incident(2).written().unwrap(),
            whole.clone(),
            torn.to_owned(),
        ]
        .concat();
        let (incidents, skipped) = parse_all(&text);
        assert_eq!(incidents, [closed, incident(2)]);
        assert_eq!(skipped, 1);
        // What follows a torn line begins on a line of its own.
        let text = format!("{text}\n{}", incident(3).written().unwrap());
        assert_eq!(parse_all(&text).0.len(), 3);
    }

    #[test]
    fn a_record_from_before_notifications_is_read() {
        let written = incident(1).written().unwrap();
        let old = written.replace(",\"notified_us\":null", "");
        assert_ne!(old, written);
        assert_eq!(parse_all(&old), (vec![incident(1)], 0));
        let older = old.replace(",\"gpu\":null", "");
        assert_ne!(older, old);
        assert_eq!(parse_all(&older), (vec![incident(1)], 0));
    }

    #[test]
    fn what_is_read_can_do_nothing_to_a_terminal() {
        let mut hostile = incident(1);
        hostile.cause = "\u{1b}]0;title\u{7}".to_owned();
        let (read, _) = parse_all(&hostile.written().unwrap());
        assert!(read.iter().all(|one| !one.cause.contains('\u{1b}')));
    }

    #[test]
    fn a_long_file_is_made_short() {
        let lines = |count: u64| -> String {
            (1..=count)
                .map(|number| incident(number).written().unwrap())
                .collect()
        };
        assert_eq!(compacted(&lines(10)), None);
        let short = compacted(&lines(1_000)).unwrap();
        let (incidents, _) = parse_all(&short);
        assert_eq!(incidents.len(), KEPT);
        assert_eq!(incidents.last().map(|last| last.number), Some(1_000));
    }
}
