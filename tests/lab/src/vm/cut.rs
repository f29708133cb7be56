//! What would be on a disk if the power failed now, while the machine goes on: many cuts in the time of one.
//!
//! Nothing is mounted: the copy's journal is replayed as a boot would, and files are taken out of it.

use std::path::Path;
use std::process::Command;
use std::time::Duration;

use rustix::process::{Pid, Signal, WaitOptions, kill_process, waitpid};

use super::Vm;
use crate::error::{Doing, Error};
use crate::tool;

/// A busy host may take its time for copying.
const DEADLINE: Duration = Duration::from_mins(5);

/// Replays the journal of the file system `$1` as a boot does, which counts as a correction.
const REPLAY: &str = r#"e2fsck -p "$1" || [ $? -eq 1 ]"#;

impl Vm {
    /// Copies its disk as it would be if its power failed at this moment. The emulator stands still meanwhile; what
    /// it has not yet given to the disk is not in the copy.
    pub fn cut_copy(&self, copy: &Path) -> Result<(), Error> {
        let doing = || format!("copy the disk of {}", self.name());
        let emulator = Pid::from_child(&self.emulator);
        kill_process(emulator, Signal::STOP).doing(doing)?;
        // Only once all of its threads have stopped.
        let stopped = waitpid(Some(emulator), WaitOptions::UNTRACED);
        let mut command = Command::new("cp");
        command.args(["--sparse=always", "--reflink=auto"]);
        command.arg(self.disk.path()).arg(copy);
        let copied = tool::run("cp", command, DEADLINE, doing);
        kill_process(emulator, Signal::CONT).doing(doing)?;
        stopped.doing(doing)?;
        copied.map(drop)
    }
}

/// Writes these directories of a disk's copy below another, with owners and modes. The copy's journal is replayed.
pub fn unpacked(copy: &Path, directories: &[&str], target: &Path) -> Result<(), Error> {
    let doing = || format!("look into {}", copy.display());
    let mut replay = Command::new("sh");
    replay.args(["-c", REPLAY, "sh"]).arg(copy);
    tool::run("e2fsck", replay, DEADLINE, doing)?;
    for directory in directories {
        let inside = target.join(directory.trim_start_matches('/'));
        let parent = inside.parent().unwrap_or(target);
        std::fs::create_dir_all(parent).doing(doing)?;
        let mut dump = Command::new("debugfs");
        dump.arg("-R");
        dump.arg(format!("rdump {directory} {}", parent.display()));
        dump.arg(copy);
        tool::run("debugfs", dump, DEADLINE, doing)?;
    }
    Ok(())
}
