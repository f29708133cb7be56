//! One fault of a GPU: what was seen, what helps against it, when. Knows nothing of services.

use serde::{Deserialize, Serialize};

use super::address::GpuAddress;
use super::xid::{self, Cure, RECOVERY_ACTION};

/// What was seen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Symptom {
    /// A code of the driver.
    Xid(u16),
    /// The driver's memory management broke down; it says that the machine has to be started again.
    MemoryManagement,
    /// The driver could not take over a GPU.
    Probe,
}

impl Symptom {
    /// What the GPU did, as it follows upon its name in a sentence.
    #[must_use]
    pub fn did(self) -> String {
        match self {
            Self::Xid(RECOVERY_ACTION) => "needs help, as the driver says (Xid 154)".to_owned(),
            Self::Xid(code) => match xid::known(code) {
                Some(known) => format!("{} (Xid {code})", known.did),
                None => format!("had a fault that juniperctl does not know (Xid {code})"),
            },
            Self::MemoryManagement => "had its memory management break down".to_owned(),
            Self::Probe => "could not be taken over by the driver".to_owned(),
        }
    }

    /// For programs: the code, or a word.
    #[must_use]
    pub fn word(self) -> String {
        match self {
            Self::Xid(code) => code.to_string(),
            Self::MemoryManagement => "uvm".to_owned(),
            Self::Probe => "probe".to_owned(),
        }
    }
}

/// One fault, however often it was told.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Fault {
    /// Which GPU; `None` where the driver does not say, or all are concerned.
    pub gpu: Option<GpuAddress>,
    /// What was seen.
    pub symptom: Symptom,
    /// What helps.
    pub cure: Cure,
    /// When it was told first, in microseconds since 1970.
    pub first_us: u64,
    /// When it was told last.
    pub last_us: u64,
    /// The same on the kernel's clock, in microseconds since the machine's boot: what is known by it
    /// has been seen.
    pub kernel_us: u64,
    /// How often it was told.
    pub times: u64,
    /// Whether the driver has said since that the GPU is well, or was loaded anew.
    pub over: bool,
}

impl Fault {
    /// Whether it keeps services from being started, but for those that a person has cleared since.
    #[must_use]
    pub fn rules_out_restarts(&self) -> bool {
        self.cure.rules_out_restarts() && !self.over
    }

    /// The name of what has the fault.
    #[must_use]
    pub fn whose(&self) -> String {
        whose(self.gpu.as_ref())
    }

    /// One sentence, without its end.
    #[must_use]
    pub fn sentence(&self) -> String {
        format!("{} {}", self.whose(), self.predicate())
    }

    /// What the sentence says.
    #[must_use]
    pub fn predicate(&self) -> String {
        format!("{}: {}", self.symptom.did(), self.cure.words())
    }
}

/// The name of a GPU, or of all of them.
#[must_use]
pub fn whose(gpu: Option<&GpuAddress>) -> String {
    gpu.map_or_else(|| "a GPU".to_owned(), |address| format!("GPU {address}"))
}
