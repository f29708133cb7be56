//! Running one process of the host to its end, with a deadline that holds.
//!
//! Whatever is started here leads a process group of its own, so that killing it reaches its
//! children too. Never waits by sleeping: a process's end is an event of its file descriptor.

use std::io::{self, Read, Write};
use std::os::unix::process::CommandExt;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::{self, Receiver};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::retry_on_intr;
use rustix::process::{Pid, PidfdFlags, Signal, kill_process_group, pidfd_open};

/// How long to wait for the rest of the output once the process itself has ended: its background
/// children may hold the pipe open for ever.
const OUTPUT_GRACE: Duration = Duration::from_millis(300);

/// A process that was started, with what it prints being collected.
#[derive(Debug)]
pub(crate) struct Running {
    child: Child,
    status: Option<ExitStatus>,
    stdout: Collected,
    stderr: Collected,
}

impl Running {
    /// Starts the command in a process group of its own and feeds it `input`.
    pub(crate) fn start(mut command: Command, input: Vec<u8>) -> io::Result<Self> {
        let stdin = if input.is_empty() {
            Stdio::null()
        } else {
            Stdio::piped()
        };
        let mut child = command
            .stdin(stdin)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .process_group(0)
            .spawn()?;
        if let Some(mut pipe) = child.stdin.take() {
            // A process that ends without reading its input is no error of ours.
            thread::spawn(move || drop(pipe.write_all(&input)));
        }
        let stdout = child
            .stdout
            .take()
            .map_or_else(Collected::nothing, Collected::from_pipe);
        let stderr = child
            .stderr
            .take()
            .map_or_else(Collected::nothing, Collected::from_pipe);
        Ok(Self {
            child,
            status: None,
            stdout,
            stderr,
        })
    }

    /// The id of the process on the host.
    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    /// How the process ended, or nothing if it is still running after `deadline`.
    pub(crate) fn wait(&mut self, deadline: Duration) -> io::Result<Option<ExitStatus>> {
        if self.status.is_none() && ended(&self.child, deadline)? {
            self.status = Some(self.child.wait()?);
        }
        Ok(self.status)
    }

    /// Kills the process and its group, unless it has ended already.
    pub(crate) fn kill(&mut self) {
        if self.status.is_some() {
            return;
        }
        // Both can only fail because the process is gone, which is what is wanted.
        let _ = kill_process_group(Pid::from_child(&self.child), Signal::KILL);
        self.status = self.child.wait().ok();
    }

    /// What it has printed so far to its two streams; all of it once it has ended.
    pub(crate) fn output(&self) -> (String, String) {
        let grace = if self.status.is_some() {
            OUTPUT_GRACE
        } else {
            Duration::ZERO
        };
        (self.stdout.text(grace), self.stderr.text(grace))
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.kill();
    }
}

/// Whether a child that nobody has waited for ends within a time.
pub(crate) fn ended(child: &Child, within: Duration) -> io::Result<bool> {
    let descriptor = pidfd_open(Pid::from_child(child), PidfdFlags::empty())?;
    let mut waited = [PollFd::new(&descriptor, PollFlags::IN)];
    Ok(retry_on_intr(|| poll(&mut waited, Some(&timespec(within))))? > 0)
}

/// A duration as the kernel counts it.
pub(crate) fn timespec(duration: Duration) -> Timespec {
    Timespec {
        tv_sec: i64::try_from(duration.as_secs()).unwrap_or(i64::MAX),
        tv_nsec: i64::from(duration.subsec_nanos()),
    }
}

/// One stream of a process, read by a thread.
#[derive(Debug)]
struct Collected {
    bytes: Arc<Mutex<Vec<u8>>>,
    /// Disconnects at the end of the stream.
    end: Mutex<Receiver<()>>,
}

impl Collected {
    fn nothing() -> Self {
        Self::from_pipe(io::empty())
    }

    fn from_pipe(mut pipe: impl Read + Send + 'static) -> Self {
        let bytes = Arc::new(Mutex::new(Vec::new()));
        let (alive, end) = mpsc::channel();
        let filled = Arc::clone(&bytes);
        thread::spawn(move || {
            let _alive = alive;
            let mut block = [0; 8192];
            while let Ok(count @ 1..) = pipe.read(&mut block) {
                let read = block.get(..count).unwrap_or_default();
                filled
                    .lock()
                    .unwrap_or_else(PoisonError::into_inner)
                    .extend_from_slice(read);
            }
        });
        Self {
            bytes,
            end: Mutex::new(end),
        }
    }

    fn text(&self, grace: Duration) -> String {
        let end = self.end.lock().unwrap_or_else(PoisonError::into_inner);
        // Either the stream ended or the grace is over; both times what is there is taken.
        let _ = end.recv_timeout(grace);
        let bytes = self.bytes.lock().unwrap_or_else(PoisonError::into_inner);
        String::from_utf8_lossy(&bytes).into_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Instant;

    fn shell(script: &str) -> Command {
        let mut command = Command::new("sh");
        command.args(["-c", script]);
        command
    }

    #[test]
    fn both_streams_and_the_status_are_kept() {
        let script = "cat; echo bad >&2; exit 3";
        let mut running = Running::start(shell(script), b"fed".to_vec()).unwrap();
        let status = running.wait(Duration::from_secs(10)).unwrap().unwrap();
        assert_eq!(status.code(), Some(3));
        assert_eq!(running.output(), ("fed".to_owned(), "bad\n".to_owned()));
    }

    #[test]
    fn a_process_that_overruns_is_killed_with_its_children() {
        let mut running = Running::start(shell("echo begun; sleep 60; true"), Vec::new()).unwrap();
        assert_eq!(running.wait(Duration::from_millis(100)).unwrap(), None);
        running.kill();
        assert_eq!(running.output().0, "begun\n");
    }

    #[test]
    fn a_child_in_the_background_does_not_hold_the_output_back() {
        let started = Instant::now();
        let mut running = Running::start(shell("sleep 3 & echo done"), Vec::new()).unwrap();
        assert!(running.wait(Duration::from_secs(10)).unwrap().is_some());
        assert_eq!(running.output().0, "done\n");
        assert!(started.elapsed() < Duration::from_secs(3));
    }
}
