//! This very program, as it can be brought to another machine of the same kind.

use std::fs;
use std::io;
use std::process::{Command, Stdio};

/// Where the running program can be read, even if its file was replaced meanwhile.
const OWN: &str = "/proc/self/exe";

/// The running program.
#[derive(Debug, Clone)]
pub struct Program {
    /// Its bytes.
    pub bytes: Vec<u8>,
    /// Their SHA-256, in hexadecimal digits.
    pub digest: String,
    /// The kind of processor that it is for, as uname(2) has it.
    pub machine: String,
}

impl Program {
    /// Reads it.
    ///
    /// # Errors
    /// It cannot be read, or sha256sum(1) is not there.
    pub fn own() -> io::Result<Self> {
        let bytes = fs::read(OWN)?;
        let output = Command::new("sha256sum")
            .stdin(fs::File::open(OWN)?)
            .stderr(Stdio::null())
            .output()?;
        let text = String::from_utf8_lossy(&output.stdout);
        let digest = text
            .split_whitespace()
            .next()
            .unwrap_or_default()
            .to_owned();
        if digest.len() != 64 {
            return Err(io::Error::other("sha256sum gives no digest"));
        }
        let machine = rustix::system::uname()
            .machine()
            .to_string_lossy()
            .into_owned();
        Ok(Self {
            bytes,
            digest,
            machine,
        })
    }
}
