//! Processes: becoming another program, watching and ending another one, looking at others. It never
//! starts any.

use std::ffi::OsString;
use std::fs;
use std::io::{self, Seek as _, Write as _};
use std::net::{SocketAddr, TcpListener};
use std::os::fd::OwnedFd;
use std::os::unix::process::CommandExt as _;
use std::process::Command;

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::fs::{MemfdFlags, memfd_create};
use rustix::io::Errno;
use rustix::process::{Pid, PidfdFlags, Signal, kill_process, pidfd_open, pidfd_send_signal};
use tokio::io::unix::AsyncFd;

use super::descriptor;

/// The variable that names systemd's notification socket.
const NOTIFY_SOCKET: &str = "NOTIFY_SOCKET";

/// Tells a process to read its configuration again.
///
/// # Errors
/// It is gone, or another user's.
pub fn hang_up(pid: i32) -> io::Result<()> {
    let pid = Pid::from_raw(pid).ok_or_else(|| io::Error::other("there is no process 0"))?;
    Ok(kill_process(pid, Signal::HUP)?)
}

/// Another process, held by a descriptor (`pidfd_open(2)`): that it ends is an event, and no later
/// process of the same number is ever taken for it.
#[derive(Debug)]
pub struct Watched(AsyncFd<OwnedFd>);

impl Watched {
    /// Takes hold of a process; `None` where it is gone.
    ///
    /// # Errors
    /// The kernel has no such descriptors, or the number is none of a process.
    pub fn open(pid: i32) -> io::Result<Option<Self>> {
        let pid = Pid::from_raw(pid).ok_or_else(|| io::Error::other("there is no process 0"))?;
        match pidfd_open(pid, PidfdFlags::empty()) {
            Ok(held) => descriptor::readable(held).map(Self).map(Some),
            Err(Errno::SRCH) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    /// Waits until it has ended.
    pub async fn ended(&self) {
        // Where the kernel cannot tell there is nothing to wait for.
        let _ = self.0.readable().await;
    }

    /// Whether it has ended by now, asked of the kernel itself.
    #[must_use]
    pub fn has_ended(&self) -> bool {
        let mut asked = [PollFd::new(&self.0, PollFlags::IN)];
        poll(&mut asked, Some(&Timespec::default())).is_ok_and(|ready| ready > 0)
    }

    /// Ends it and has it say where it was: Python's fault handler prints a traceback.
    pub fn abort(&self) {
        // It can only fail because the process is gone, which is what is wanted.
        let _ = pidfd_send_signal(&self.0, Signal::ABORT);
    }
}

/// Becomes another program: same process, same environment, nothing left behind.
/// systemd's notification socket is not passed on. Returns only where that fails.
#[must_use]
pub fn become_program(program: &OsString, arguments: &[OsString]) -> io::Error {
    Command::new(program)
        .args(arguments)
        .env_remove(NOTIFY_SOCKET)
        .exec()
}

/// Becomes another program that finds these bytes on its standard input: in memory, so that they are
/// never on a disk and nobody has to stay behind to write them. Returns only where that fails.
#[must_use]
pub fn become_program_reading(
    program: &OsString,
    arguments: &[OsString],
    input: &[u8],
) -> io::Error {
    match in_memory(input) {
        Ok(input) => Command::new(program)
            .args(arguments)
            .env_remove(NOTIFY_SOCKET)
            .stdin(input)
            .exec(),
        Err(error) => error,
    }
}

/// A file in memory, to be read from its beginning.
fn in_memory(bytes: &[u8]) -> io::Result<fs::File> {
    let flags = MemfdFlags::CLOEXEC;
    let made = memfd_create("juniperctl", flags | MemfdFlags::NOEXEC_SEAL)
        // Linux before 6.3 does not know files that can never be executed.
        .or_else(|_| memfd_create("juniperctl", flags))?;
    let mut file = fs::File::from(made);
    file.write_all(bytes)?;
    file.rewind()?;
    Ok(file)
}

/// The name of the program that a process runs (`proc_pid_comm(5)`); `None` where it is gone.
#[must_use]
pub fn program_of(pid: u64) -> Option<String> {
    let name = fs::read_to_string(format!("/proc/{pid}/comm")).ok()?;
    Some(name.trim_end().to_owned())
}

/// Whether an address can be listened on right now.
///
/// # Errors
/// Why it cannot, as the kernel says it.
pub fn address_is_free(address: SocketAddr) -> io::Result<()> {
    TcpListener::bind(address).map(drop)
}
