//! Processes: becoming another program, leaving a watcher behind, looking at and signalling others.

use std::ffi::OsString;
use std::fs;
use std::io::{self, Seek as _, Write as _};
use std::net::{SocketAddr, TcpListener};
use std::os::fd::OwnedFd;
use std::os::unix::process::CommandExt as _;
use std::process::Command;

use fork::Fork;
use rustix::fs::{MemfdFlags, memfd_create};
use rustix::process::{Pid, Signal, kill_process, test_kill_process};
use tokio::net::unix::pipe::Receiver;

/// The variable that names systemd's notification socket.
const NOTIFY_SOCKET: &str = "NOTIFY_SOCKET";

/// Which of the two processes this is after a split.
#[derive(Debug)]
pub enum Side {
    /// The one that becomes the program.
    Main(Held),
    /// The one that watches it.
    Watcher {
        /// The process that is watched.
        main: i32,
        /// Tells when it has become the program.
        became: Became,
    },
}

/// Kept by the process that will become a program; the kernel lets go of it as that happens.
#[derive(Debug)]
pub struct Held(#[expect(dead_code, reason = "only ever held")] io::PipeWriter);

/// Becomes readable when the other process has become its program, or has ended.
#[derive(Debug)]
pub struct Became(io::PipeReader);

impl Became {
    /// Waits for it.
    ///
    /// # Errors
    /// The pipe cannot be waited for.
    pub async fn wait(self) -> io::Result<()> {
        let receiver = Receiver::from_owned_fd(OwnedFd::from(self.0))?;
        loop {
            receiver.readable().await?;
            match receiver.try_read(&mut [0]) {
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                other => return other.map(drop),
            }
        }
    }
}

/// Makes a second process that is nobody's child: the program that the first one becomes must never
/// find a child that it did not make. To be called while there is only one thread.
///
/// # Errors
/// The kernel makes no more processes or pipes.
pub fn split() -> io::Result<Side> {
    let (reader, writer) = io::pipe()?;
    let main = rustix::process::getpid().as_raw_nonzero().get();
    match fork::fork()? {
        Fork::Parent(between) => {
            if fork::waitpid(between)? != 0 {
                return Err(io::Error::other("the second process could not be made"));
            }
            Ok(Side::Main(Held(writer)))
        }
        Fork::Child => {
            drop(writer);
            match fork::fork() {
                Ok(Fork::Child) => Ok(Side::Watcher {
                    main,
                    became: Became(reader),
                }),
                Ok(Fork::Parent(_)) => leave(0),
                Err(_) => leave(1),
            }
        }
    }
}

#[expect(
    clippy::exit,
    reason = "the process between the two has nothing to return to"
)]
fn leave(code: i32) -> ! {
    std::process::exit(code)
}

/// Becomes another program: same process, same environment and these variables, nothing left behind.
/// systemd's notification socket is not passed on. Returns only where that fails.
#[must_use]
pub fn become_program(
    program: &OsString,
    arguments: &[OsString],
    variables: &[(&str, String)],
) -> io::Error {
    Command::new(program)
        .args(arguments)
        .envs(variables.iter().map(|(name, value)| (name, value)))
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

/// Whether a process is there (it may be a zombie that nobody has collected yet).
#[must_use]
pub fn is_alive(pid: i32) -> bool {
    Pid::from_raw(pid).is_none_or(|pid| test_kill_process(pid) != Err(rustix::io::Errno::SRCH))
}

/// The name of the program that a process runs (`proc_pid_comm(5)`); `None` where it is gone.
#[must_use]
pub fn program_of(pid: u64) -> Option<String> {
    let name = fs::read_to_string(format!("/proc/{pid}/comm")).ok()?;
    Some(name.trim_end().to_owned())
}

/// Asks a process to end.
pub fn terminate(pid: i32) {
    signal(pid, Signal::TERM);
}

/// Ends a process and has it say where it was: Python's fault handler prints a traceback.
pub fn abort(pid: i32) {
    signal(pid, Signal::ABORT);
}

fn signal(pid: i32, signal: Signal) {
    if let Some(pid) = Pid::from_raw(pid) {
        // It can only fail because the process is gone, which is what is wanted.
        let _ = kill_process(pid, signal);
    }
}

/// Whether an address can be listened on right now.
///
/// # Errors
/// Why it cannot, as the kernel says it.
pub fn address_is_free(address: SocketAddr) -> io::Result<()> {
    TcpListener::bind(address).map(drop)
}

/// How many NVIDIA GPUs this process can see, by their device nodes.
#[must_use]
pub fn gpus() -> u32 {
    let Ok(entries) = fs::read_dir("/dev") else {
        return 0;
    };
    let nodes = entries
        .flatten()
        .filter_map(|entry| entry.file_name().into_string().ok())
        .filter(|name| {
            name.strip_prefix("nvidia").is_some_and(|number| {
                !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit())
            })
        });
    u32::try_from(nodes.count()).unwrap_or(0)
}
