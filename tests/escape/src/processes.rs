//! Attempts on other processes, and to become another kind of process.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt as _;
use std::process::{Command, Stdio};

use memmap2::MmapMut;
use nix::errno::Errno;
use nix::sched::{sched_getaffinity, sched_setaffinity};
use nix::sys::personality::{self, Persona};
use nix::sys::{ptrace, signal};
use nix::unistd::{Pid, Uid, setuid};

use crate::files::own;
use crate::refusal::{Refusal, Result};

/// The whole of a program for 32-bit processors, which ends well: `mov eax, 1; xor ebx, ebx; int 0x80`.
const FOREIGN: [u8; 93] = [
    0x7f, b'E', b'L', b'F', 1, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, // 32 bits, little-endian
    2, 0, 3, 0, 1, 0, 0, 0, 0x54, 0x80, 0x04, 0x08, 0x34, 0, 0,
    0, // i386, begins at 0x8048054
    0, 0, 0, 0, 0, 0, 0, 0, 0x34, 0, 0x20, 0, 1, 0, 0, 0, 0, 0, 0, 0, // one program header
    1, 0, 0, 0, 0, 0, 0, 0, 0, 0x80, 0x04, 0x08, 0, 0x80, 0x04, 0x08, // loaded at 0x8048000
    0x5d, 0, 0, 0, 0x5d, 0, 0, 0, 5, 0, 0, 0, 0, 0x10, 0, 0, // 93 bytes, read and run
    0xb8, 1, 0, 0, 0, 0x31, 0xdb, 0xcd, 0x80, // the program
];

fn pid(text: &str) -> std::result::Result<Pid, Refusal> {
    text.parse()
        .map(Pid::from_raw)
        .map_err(|_| Refusal::UNKNOWN)
}

/// As a debugger does, without stopping it.
pub(crate) fn trace(victim: &str) -> Result {
    Ok(ptrace::seize(pid(victim)?, ptrace::Options::empty())?)
}

/// Asks whether a signal would be taken.
pub(crate) fn signal(victim: &str) -> Result {
    Ok(signal::kill(pid(victim)?, None)?)
}

/// A copy of id(1) that belongs to root and runs as its owner.
pub(crate) fn run_set_uid() -> Result {
    let said = Command::new("/usr/local/bin/escape-set-uid")
        .arg("-u")
        .output()?;
    if said.stdout == b"0\n" {
        Ok(())
    } else {
        Err(Refusal::SILENT)
    }
}

/// A program for another kind of processor.
pub(crate) fn run_foreign() -> Result {
    let path = own().join("foreign");
    fs::write(&path, FOREIGN)?;
    fs::set_permissions(&path, Permissions::from_mode(0o700))?;
    let ended = Command::new(&path).status();
    fs::remove_file(&path)?;
    if ended?.success() {
        Ok(())
    } else {
        Err(Refusal::SILENT)
    }
}

/// One that has nothing to do with this service.
pub(crate) fn become_another_user() -> Result {
    Ok(setuid(Uid::from_raw(65_534))?)
}

/// Before everybody else on its processor.
pub(crate) fn run_in_real_time() -> Result {
    let ended = Command::new("chrt")
        .args(["--rr", "1", "true"])
        .stderr(Stdio::null())
        .status()?;
    if ended.success() {
        Ok(())
    } else {
        Err(Refusal::SILENT)
    }
}

/// Those that it has already.
pub(crate) fn choose_own_processors() -> Result {
    let this = Pid::from_raw(0);
    Ok(sched_setaffinity(this, &sched_getaffinity(this)?)?)
}

/// As just-in-time compilers do.
pub(crate) fn run_written_memory() -> Result {
    MmapMut::map_anon(4096)?.make_exec()?;
    Ok(())
}

/// Without the random addresses that make faults harder to use.
pub(crate) fn change_personality() -> Result {
    personality::set(personality::get()? | Persona::ADDR_NO_RANDOMIZE)?;
    Ok(())
}

/// The first segment that anybody made.
pub(crate) fn reach_shared_memory() -> Result {
    let said = Command::new("ipcs").args(["-m", "-i", "0"]).output()?;
    if String::from_utf8_lossy(&said.stdout).contains("bytes=") {
        Ok(())
    } else {
        Err(Errno::EINVAL.into())
    }
}
