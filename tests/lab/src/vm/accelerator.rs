//! Whether this computer's processor can run a machine itself, which is many times faster.
//!
//! A device file that can be opened proves nothing: there are computers where a machine then stops
//! before its kernel begins. So a kernel is started once, without a disk, and must come to complain
//! about that.

use std::path::Path;
use std::process::Command;
use std::sync::OnceLock;
use std::time::Duration;

use super::image::Image;
use super::process::bare;
use crate::process::Running;

/// The device of the kernel's own virtual machines.
const DEVICE: &str = "/dev/kvm";

/// A kernel that the processor runs takes a second or two to find out that it has no disk.
const DEADLINE: Duration = Duration::from_secs(10);

/// What the kernel says then.
const COMPLAINT: &str = "Kernel panic";

/// What runs the machine's instructions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Accelerator {
    /// The processor itself.
    Processor,
    /// The emulator.
    Emulation,
}

impl Accelerator {
    /// The best one that works here; found out once, with the kernel of the first image of this computer's kind.
    pub(super) fn best(image: &Image) -> Self {
        static BEST: OnceLock<Accelerator> = OnceLock::new();
        if !image.architecture().is_own() {
            return Self::Emulation;
        }
        *BEST.get_or_init(|| {
            if Path::new(DEVICE).exists() && works(image) {
                Self::Processor
            } else {
                Self::Emulation
            }
        })
    }

    /// What the emulator calls it.
    pub(super) const fn argument(self) -> &'static str {
        match self {
            Self::Processor => "kvm",
            Self::Emulation => "tcg,thread=multi",
        }
    }
}

/// Whether a kernel gets anywhere on the processor itself.
fn works(image: &Image) -> bool {
    let mut command = Command::new("setpriv");
    let architecture = image.architecture();
    command.args(["--pdeathsig", "KILL", "--", architecture.emulator()]);
    command.args(bare(architecture, Accelerator::Processor));
    command.args(["-serial", "stdio", "-append"]);
    command.arg(format!("console={} panic=-1", architecture.console()));
    command.arg("-kernel").arg(image.kernel());
    let Ok(mut running) = Running::start(command, Vec::new()) else {
        return false;
    };
    let ended = running.wait(DEADLINE);
    running.kill();
    matches!(ended, Ok(Some(_))) && running.output().0.contains(COMPLAINT)
}
