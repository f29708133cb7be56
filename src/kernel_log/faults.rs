//! All faults of this boot, and the file in which juniper-kernel-log.service keeps them for the
//! watchdog and for the gates. It is below `/run`: a reboot forgets them.
//!
//! Few of them are kept, whatever the kernel says. Pure: lines and text in, text out.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::address::GpuAddress;
use super::entry::Entry;
use super::fault::Fault;
use super::line::Line;

/// The version of the form.
const VERSION: u32 = 1;

/// The most faults, and the most names, that are kept: more than a machine has GPUs and they codes.
const KEPT: usize = 64;

/// All faults since the machine's boot.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Faults {
    version: u32,
    /// The entry of the last fault: from there on the journal is read again.
    pub cursor: Option<String>,
    /// The faults, in the order in which they were told first.
    pub faults: Vec<Fault>,
    /// Lasting names of GPUs.
    pub names: BTreeMap<GpuAddress, String>,
}

impl Faults {
    /// None.
    #[must_use]
    pub fn none() -> Self {
        Self {
            version: VERSION,
            ..Self::default()
        }
    }

    /// Reads the file. What cannot be read counts as none: a fault must be shown before it keeps anybody
    /// from anything.
    #[must_use]
    pub fn parse(text: &str) -> Self {
        let read: Option<Self> = serde_json::from_str(text).ok();
        read.filter(|faults| faults.version == VERSION)
            .unwrap_or_else(Self::none)
    }

    /// It as a text.
    ///
    /// # Errors
    /// None in practice: the type has nothing that JSON cannot hold.
    pub fn written(&self) -> Result<String, serde_json::Error> {
        Ok(serde_json::to_string(self)? + "\n")
    }

    /// Takes a line in; whether anything changed.
    pub fn take(&mut self, line: Line, entry: &Entry) -> bool {
        let changed = match line {
            Line::Named { gpu, uuid } => {
                let has_room = self.names.len() < KEPT || self.names.contains_key(&gpu);
                has_room && self.names.insert(gpu, uuid.clone()) != Some(uuid)
            }
            Line::Loaded => self.end(|_| true),
            Line::Recovered { gpu } => self.end(|fault| fault.gpu.as_ref() == Some(&gpu)),
            Line::Fault { gpu, symptom, cure } => {
                let is_it = |fault: &&mut Fault| {
                    (&fault.gpu, fault.symptom, fault.cure) == (&gpu, symptom, cure)
                };
                let is_full = self.faults.len() >= KEPT;
                match self.faults.iter_mut().find(is_it) {
                    // Read again after a restart.
                    Some(fault) if fault.kernel_us >= entry.kernel_us => false,
                    Some(fault) => {
                        fault.last_us = entry.wall_us;
                        fault.kernel_us = entry.kernel_us;
                        fault.times = fault.times.saturating_add(1);
                        fault.over = false;
                        true
                    }
                    None if is_full => false,
                    None => {
                        self.faults.push(Fault {
                            gpu,
                            symptom,
                            cure,
                            first_us: entry.wall_us,
                            last_us: entry.wall_us,
                            kernel_us: entry.kernel_us,
                            times: 1,
                            over: false,
                        });
                        true
                    }
                }
            }
        };
        if changed {
            self.cursor = Some(entry.cursor.clone());
        }
        changed
    }

    /// Notes that faults are over; whether any was not before.
    fn end(&mut self, is_it: impl Fn(&Fault) -> bool) -> bool {
        let mut changed = false;
        for fault in self.faults.iter_mut().filter(|fault| is_it(fault)) {
            changed |= !fault.over;
            fault.over = true;
        }
        changed
    }

    /// The worst fault that keeps a service from being started which a person cleared last at this time
    /// (in microseconds since 1970; 0 for never).
    #[must_use]
    pub fn that_rules_out<'f>(
        &'f self,
        may_use: impl Fn(Option<&str>) -> bool + 'f,
        cleared_us: u64,
    ) -> Option<&'f Fault> {
        self.faults
            .iter()
            .filter(|fault| fault.rules_out_restarts() && fault.last_us > cleared_us)
            .filter(move |fault| may_use(self.name(fault)))
            .max_by_key(|fault| (fault.cure, std::cmp::Reverse(fault.first_us)))
    }

    /// The lasting name of a fault's GPU, where the kernel has told it.
    #[must_use]
    pub fn name(&self, fault: &Fault) -> Option<&str> {
        let gpu = fault.gpu.as_ref()?;
        self.names.get(gpu).map(String::as_str)
    }

    /// When the last of them was told, in microseconds since 1970; 0 where there is none.
    #[must_use]
    pub fn last_us(&self) -> u64 {
        let last = self.faults.iter().map(|fault| fault.last_us).max();
        last.unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::{Faults, KEPT};
    use crate::kernel_log::entry::Entry;
    use crate::kernel_log::line::parse;

    fn entry(message: &str, at: u64) -> Entry {
        Entry {
            message: message.to_owned(),
            cursor: format!("s={at}"),
            wall_us: 1_000 + at,
            kernel_us: at,
        }
    }

    fn take(faults: &mut Faults, message: &str, at: u64) -> bool {
        let entry = entry(message, at);
        parse(message).is_some_and(|line| faults.take(line, &entry))
    }

    const LOST: &str = "NVRM: Xid (PCI:0000:3b:00): 79, pid=1, GPU has fallen off the bus.";

    #[test]
    fn one_fault_is_kept_once_and_read_twice_it_is_the_same() {
        let mut faults = Faults::none();
        assert!(take(&mut faults, LOST, 5));
        let once = faults.clone();
        assert!(!take(&mut faults, LOST, 5));
        assert_eq!(faults, once);
        assert!(take(&mut faults, LOST, 6));
        assert_eq!((faults.faults.len(), faults.faults[0].times), (1, 2));
        assert_eq!(faults.cursor.as_deref(), Some("s=6"));
        let text = faults.written().unwrap();
        assert_eq!(Faults::parse(&text), faults);
        let newer = text.replace("\"version\":1", "\"version\":2");
        for other in ["", "{", &newer] {
            assert_eq!(Faults::parse(other), Faults::none(), "{other}");
        }
    }

    #[test]
    fn a_fault_ends_with_a_word_of_the_driver_or_of_a_person() {
        let anybody = |_: Option<&_>| true;
        let mut faults = Faults::none();
        take(&mut faults, "NVRM: Xid (PCI:0000:3b:00): 13, x", 1);
        assert_eq!(faults.that_rules_out(anybody, 0), None);
        take(&mut faults, "NVRM: Xid (PCI:0000:3b:00): 119, x", 2);
        take(&mut faults, LOST, 3);
        let told = |faults: &Faults, cleared| {
            let fault = faults.that_rules_out(anybody, cleared)?;
            Some(fault.sentence())
        };
        assert_eq!(
            told(&faults, 0).as_deref(),
            Some("GPU 0000:3b:00 has fallen off the bus (Xid 79): needs a reboot")
        );
        // A person has cleared it, and it comes again.
        assert_eq!(told(&faults, 1_003), None);
        take(&mut faults, LOST, 4);
        assert!(told(&faults, 1_003).is_some());
        for end in [
            "NVRM: loading NVIDIA UNIX x86_64 Kernel Module  535.1",
            "NVRM: Xid (PCI:0000:3b:00): 154, GPU recovery action changed from 0x2 (x) to 0x0 (None)",
        ] {
            let mut ended = faults.clone();
            assert!(take(&mut ended, end, 5));
            assert_eq!(told(&ended, 0), None, "{end}");
            assert!(take(&mut ended, LOST, 6));
            assert!(told(&ended, 0).is_some());
        }
    }

    #[test]
    fn few_are_kept() {
        let mut faults = Faults::none();
        for at in 0..1_000 {
            let code = 200 + at;
            take(
                &mut faults,
                &format!("NVRM: Xid (PCI:0000:3b:00): {code}, x"),
                at,
            );
        }
        assert_eq!(faults.faults.len(), KEPT);
    }
}
