//! Networks: what leads out of this process's one, and going over into that of another process.

use std::fs::{self, File};
use std::io;
use std::os::fd::AsFd as _;
use std::os::unix::fs::MetadataExt as _;

use rustix::thread::{LinkNameSpaceType, move_into_link_name_space};

/// The routing tables of the network that this process is in.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Routes {
    /// `/proc/net/route`.
    pub four: String,
    /// `/proc/net/ipv6_route`; empty where the kernel has no IPv6.
    pub six: String,
}

/// Reads them.
///
/// # Errors
/// A table that is there cannot be read.
pub fn routes() -> io::Result<Routes> {
    Ok(Routes {
        four: table("/proc/self/net/route")?,
        six: table("/proc/self/net/ipv6_route")?,
    })
}

fn table(path: &str) -> io::Result<String> {
    match fs::read_to_string(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(String::new()),
        other => other.map_err(|error| io::Error::new(error.kind(), format!("{path}: {error}"))),
    }
}

/// The network of a process, held so that it cannot become another one's meanwhile.
#[derive(Debug)]
pub struct NetworkOf(File);

impl NetworkOf {
    /// That of the process with this number.
    ///
    /// # Errors
    /// It is gone, or only root may look.
    pub fn process(pid: u64) -> io::Result<Self> {
        File::open(format!("/proc/{pid}/ns/net")).map(Self)
    }

    /// Whether both are one.
    ///
    /// # Errors
    /// The kernel does not tell.
    pub fn is(&self, other: &Self) -> io::Result<bool> {
        let (own, other) = (self.0.metadata()?, other.0.metadata()?);
        Ok((own.dev(), own.ino()) == (other.dev(), other.ino()))
    }

    /// Moves this thread into it: sockets that it makes from now on are there. Files and the system bus
    /// stay what they were.
    ///
    /// # Errors
    /// Only root may.
    pub fn enter(&self) -> io::Result<()> {
        move_into_link_name_space(self.0.as_fd(), Some(LinkNameSpaceType::Network))
            .map_err(io::Error::from)
    }
}
