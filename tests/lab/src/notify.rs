//! The socket on which systemd-nspawn tells that a machine's processes exist and that it is up.
//!
//! The words are those of `sd_notify`(3). Only listens; it never asks a machine anything.

use std::io;
use std::os::linux::net::SocketAddrExt;
use std::os::unix::net::{SocketAddr, UnixDatagram};
use std::process::Child;
use std::time::Duration;

use rustix::event::{PollFd, PollFlags, poll};
use rustix::io::retry_on_intr;
use rustix::process::{Pid, PidfdFlags, pidfd_open};

use crate::process::timespec;

/// What a starting machine tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Message {
    /// Its first process has this id on the host.
    Leader(i32),
    /// Its systemd has finished starting.
    Ready,
}

/// What happened while listening.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Event {
    /// It told something.
    Told(Vec<Message>),
    /// It ended.
    Ended,
    /// Nothing, for the whole time.
    Silence,
}

/// A listening socket without a file: its name lives in the kernel and cannot be left behind.
#[derive(Debug)]
pub(crate) struct Listener {
    socket: UnixDatagram,
    name: String,
}

impl Listener {
    /// Listens under a name that only one machine has.
    pub(crate) fn open(machine: &str) -> io::Result<Self> {
        let name = format!("juniper-lab/{machine}");
        let socket = UnixDatagram::bind_addr(&SocketAddr::from_abstract_name(&name)?)?;
        Ok(Self { socket, name })
    }

    /// What `NOTIFY_SOCKET` has to say.
    pub(crate) fn address(&self) -> String {
        format!("@{}", self.name)
    }

    /// Waits for the next message or for the end of the process that should send it.
    pub(crate) fn next(&self, child: &Child, within: Duration) -> io::Result<Event> {
        let process = pidfd_open(Pid::from_child(child), PidfdFlags::empty())?;
        let mut waited = [
            PollFd::new(&self.socket, PollFlags::IN),
            PollFd::new(&process, PollFlags::IN),
        ];
        retry_on_intr(|| poll(&mut waited, Some(&timespec(within))))?;
        let [socket, process] = waited.map(|descriptor| !descriptor.revents().is_empty());
        if socket {
            let mut buffer = [0; 4096];
            let length = self.socket.recv(&mut buffer)?;
            let text = String::from_utf8_lossy(buffer.get(..length).unwrap_or_default());
            return Ok(Event::Told(messages(&text)));
        }
        Ok(if process {
            Event::Ended
        } else {
            Event::Silence
        })
    }
}

/// The messages of one datagram; what the lab has no use for is left out.
fn messages(datagram: &str) -> Vec<Message> {
    datagram
        .lines()
        .filter_map(|line| match line.split_once('=')? {
            ("X_NSPAWN_LEADER_PID", id) => id.parse().ok().map(Message::Leader),
            ("READY", "1") => Some(Message::Ready),
            _ => None,
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_leader_and_readiness_are_understood() {
        assert_eq!(
            messages("STATUS=Container running.\nX_NSPAWN_LEADER_PID=4711"),
            [Message::Leader(4711)]
        );
        assert_eq!(messages("READY=1\n"), [Message::Ready]);
        assert_eq!(messages("READY=0\nX_NSPAWN_LEADER_PID=many\nnoise"), []);
    }
}
