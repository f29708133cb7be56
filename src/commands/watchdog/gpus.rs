//! The faults of GPUs as juniper-kernel-log.service writes them down, looked for once a second. Where no
//! service has a GPU there is no such unit, and no file.

use std::path::PathBuf;
use std::time::Duration;

use crate::host::Files;
use crate::kernel_log::Faults;
use crate::watchdog::Moment;

use super::super::Context;

/// How often the file is looked for.
const LOOK: Duration = Duration::from_secs(1);

/// The file.
pub(super) struct FaultsFile {
    path: PathBuf,
    text: Option<String>,
    due: Duration,
}

impl FaultsFile {
    /// That of this machine.
    pub(super) fn new(context: &Context) -> Self {
        Self {
            path: context.paths.gpu_faults(),
            text: None,
            due: Duration::ZERO,
        }
    }

    /// The faults, if they are others than before. A file that cannot be read changes nothing.
    pub(super) fn new_faults(&mut self, now: Moment) -> Option<Faults> {
        if now.steady < self.due {
            return None;
        }
        self.due = now.steady + LOOK;
        let text = Files::read(&self.path).ok()?;
        if text == self.text {
            return None;
        }
        let faults = Faults::parse(text.as_deref().unwrap_or_default());
        self.text = text;
        Some(faults)
    }
}
