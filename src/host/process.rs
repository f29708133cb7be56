//! Processes: becoming another program, and whether one is still there.

use std::ffi::OsString;
use std::io;
use std::net::{SocketAddr, TcpListener};
use std::os::unix::process::CommandExt as _;
use std::process::Command;

/// Becomes another program: same process, same environment, nothing left behind. Returns only
/// where that fails.
#[must_use]
pub fn become_program(program: &OsString, arguments: &[OsString]) -> io::Error {
    Command::new(program).args(arguments).exec()
}

/// Whether a process is there (it may be a zombie that nobody has collected yet).
#[must_use]
pub fn is_alive(pid: i32) -> bool {
    rustix::process::Pid::from_raw(pid)
        .is_none_or(|pid| rustix::process::test_kill_process(pid) != Err(rustix::io::Errno::SRCH))
}

/// Whether an address can be listened on right now.
///
/// # Errors
/// Why it cannot, as the kernel says it.
pub fn address_is_free(address: SocketAddr) -> io::Result<()> {
    TcpListener::bind(address).map(drop)
}
