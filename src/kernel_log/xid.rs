//! The codes by which the driver tells of a GPU's fault ("Xid"), as data: what each means, and what
//! NVIDIA says helps.
//!
//! Each row is taken from NVIDIA's Xid catalogue
//! (<https://docs.nvidia.com/deploy/xid-errors/analyzing-xid-catalog.html>, its column "Resolution
//! Bucket (Immediate Action)"); what is not in the table is an incident that stops nothing. Decides
//! nothing.

use serde::{Deserialize, Serialize};

/// What helps, least first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Cure {
    /// Nothing is needed.
    Nothing,
    /// Nobody knows: a person has to look.
    Look,
    /// The service is started again.
    Restart,
    /// The GPU is reset; until then no service can work on it.
    Reset,
    /// The machine is started again.
    Reboot,
}

impl Cure {
    /// Whether a restart of the service cannot help.
    #[must_use]
    pub const fn rules_out_restarts(self) -> bool {
        matches!(self, Self::Reset | Self::Reboot)
    }

    /// In words.
    #[must_use]
    pub const fn words(self) -> &'static str {
        match self {
            Self::Nothing => "needs nothing",
            Self::Look => "a person has to look",
            Self::Restart => "a restart of the service helps",
            Self::Reset => "needs a reset of the GPU",
            Self::Reboot => "needs a reboot",
        }
    }
}

/// The catalogue's own word for the immediate action.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Bucket {
    /// `IGNORE`.
    Ignore,
    /// `RESTART_APP`.
    RestartApp,
    /// `RESET_GPU`.
    ResetGpu,
    /// `RESTART_BM`: the machine.
    RestartMachine,
    /// `WORKFLOW_XID_48`: by itself `RESET_GPU`, and its text says that a reset or a reboot is needed.
    Workflow48,
    /// Another workflow: it depends on what else is told, which only a person can follow.
    Workflow,
    /// `CHECK_MECHANICALS`, `UPDATE_SWFW`: something for a person.
    Person,
}

impl Bucket {
    /// What helps, by this word.
    #[must_use]
    pub const fn cure(self) -> Cure {
        match self {
            Self::Ignore => Cure::Nothing,
            Self::RestartApp => Cure::Restart,
            Self::ResetGpu | Self::Workflow48 => Cure::Reset,
            Self::RestartMachine => Cure::Reboot,
            Self::Workflow | Self::Person => Cure::Look,
        }
    }
}

/// One code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Xid {
    /// Its number.
    pub code: u16,
    /// What the GPU did, as it follows upon its name in a sentence.
    pub did: &'static str,
    /// What NVIDIA says is to be done.
    pub bucket: Bucket,
}

const fn row(code: u16, did: &'static str, bucket: Bucket) -> Xid {
    Xid { code, did, bucket }
}

/// The code of a GPU that is not there any more.
pub const FALLEN_OFF_THE_BUS: u16 = 79;

/// The code by which the driver sums up what helps; which, stands in its text.
pub const RECOVERY_ACTION: u16 = 154;

/// The codes that somebody tries the reporting with: nothing has happened.
pub const TESTS: [u16; 2] = [106, 107];

/// The table, by number. Code 155 is left out: links that go to sleep on purpose cause it.
pub const XIDS: &[Xid] = &[
    row(8, "stopped processing", Bucket::RestartApp),
    row(11, "was sent corrupted commands", Bucket::RestartApp),
    row(
        13,
        "raised an exception in its graphics engine",
        Bucket::RestartApp,
    ),
    row(
        31,
        "was made to touch memory that is not mapped",
        Bucket::RestartApp,
    ),
    row(32, "was sent corrupted commands", Bucket::RestartApp),
    row(37, "had an error in the driver's firmware", Bucket::Ignore),
    row(38, "had an error in the driver's firmware", Bucket::Ignore),
    row(
        39,
        "raised an exception in a copy engine",
        Bucket::RestartApp,
    ),
    row(
        40,
        "raised an exception in a copy engine",
        Bucket::RestartApp,
    ),
    row(
        41,
        "raised an exception in a copy engine",
        Bucket::RestartApp,
    ),
    row(
        43,
        "ended the work of a program that was at fault",
        Bucket::Ignore,
    ),
    row(44, "had a fault while it switched programs", Bucket::Ignore),
    row(
        45,
        "was cleaned up after a program that ended",
        Bucket::Workflow,
    ),
    row(46, "stopped processing", Bucket::ResetGpu),
    row(
        48,
        "has an error in its memory that cannot be corrected",
        Bucket::Workflow48,
    ),
    row(54, "has no auxiliary power", Bucket::Person),
    row(62, "has halted its micro-controller", Bucket::ResetGpu),
    row(63, "takes a part of its memory out of use", Bucket::Ignore),
    row(
        64,
        "could not take a bad part of its memory out of use",
        Bucket::ResetGpu,
    ),
    row(66, "was accessed illegally by the driver", Bucket::Ignore),
    row(67, "was accessed illegally by the driver", Bucket::Ignore),
    row(
        69,
        "raised an exception in its graphics engine",
        Bucket::RestartApp,
    ),
    row(
        74,
        "has an error on a link to another GPU",
        Bucket::Workflow,
    ),
    row(
        78,
        "could not be shared with a virtual machine",
        Bucket::Person,
    ),
    row(
        FALLEN_OFF_THE_BUS,
        "has fallen off the bus",
        Bucket::RestartMachine,
    ),
    row(80, "was sent corrupted data", Bucket::RestartApp),
    row(92, "corrects many errors in its memory", Bucket::Ignore),
    row(
        93,
        "has written its information memory too often",
        Bucket::Ignore,
    ),
    row(
        94,
        "had an error in the memory of one program",
        Bucket::RestartApp,
    ),
    row(
        95,
        "had an error in its memory that reaches all programs",
        Bucket::ResetGpu,
    ),
    row(109, "took too long to switch programs", Bucket::ResetGpu),
    row(110, "had a security fault", Bucket::ResetGpu),
    row(119, "does not answer the driver", Bucket::ResetGpu),
    row(
        120,
        "had an error in its system processor",
        Bucket::ResetGpu,
    ),
    row(
        121,
        "corrected errors on its link to the processor",
        Bucket::Ignore,
    ),
    row(136, "could not train a link", Bucket::ResetGpu),
    row(
        137,
        "was made to touch another GPU's memory illegally",
        Bucket::Ignore,
    ),
    row(
        140,
        "has an error in its memory that cannot be corrected",
        Bucket::ResetGpu,
    ),
    row(143, "could not be initialized", Bucket::ResetGpu),
    row(
        144,
        "has an error on a link to another GPU",
        Bucket::Workflow,
    ),
    row(
        145,
        "has an error on a link to another GPU",
        Bucket::Workflow,
    ),
    row(
        146,
        "has an error on a link to another GPU",
        Bucket::Workflow,
    ),
    row(
        147,
        "has an error on a link to another GPU",
        Bucket::Workflow,
    ),
    row(
        148,
        "has an error on a link to another GPU",
        Bucket::Workflow,
    ),
    row(
        149,
        "has an error on a link to another GPU",
        Bucket::Workflow,
    ),
    row(
        150,
        "has an error on a link to another GPU",
        Bucket::Workflow,
    ),
    row(156, "takes a part of itself out of use", Bucket::ResetGpu),
    row(
        157,
        "could not take a bad part of itself out of use",
        Bucket::Ignore,
    ),
    row(158, "did not answer in time", Bucket::ResetGpu),
];

/// The row of a code.
#[must_use]
pub fn known(code: u16) -> Option<&'static Xid> {
    XIDS.iter().find(|xid| xid.code == code)
}

/// What helps against a code; of one that nobody knows a person has to judge.
#[must_use]
pub fn cure(code: u16) -> Cure {
    known(code).map_or(Cure::Look, |xid| xid.bucket.cure())
}

#[cfg(test)]
mod tests {
    use super::{Cure, XIDS, cure, known};

    #[test]
    fn the_table_is_in_order_and_says_something_of_each() {
        assert!(XIDS.is_sorted_by(|one, next| one.code < next.code));
        for xid in XIDS {
            assert!(!xid.did.is_empty() && !xid.did.ends_with('.'), "{xid:?}");
        }
    }

    #[test]
    fn what_a_restart_cures_is_not_kept_from_being_restarted() {
        for code in [8, 13, 31, 43, 45, 63, 74, 92, 94, 999] {
            assert!(!cure(code).rules_out_restarts(), "{code}");
        }
        for code in [46, 48, 62, 64, 79, 95, 109, 119, 120, 140, 143, 158] {
            assert!(cure(code).rules_out_restarts(), "{code}");
        }
        assert_eq!(cure(79), Cure::Reboot);
        assert_eq!((known(999), cure(999)), (None, Cure::Look));
    }
}
