//! How an attempt is refused: by the kernel with an error number, or by a program that only says no.
//! Never decides whether that is as it should be.

use std::io;
use std::process::ExitCode;

use nix::errno::Errno;

/// What comes of an attempt.
pub(crate) type Result = std::result::Result<(), Refusal>;

/// An error number, as the exit code that tells it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Refusal(u8);

impl Refusal {
    /// It came to nothing, and nobody said why.
    pub(crate) const SILENT: Self = Self(255);

    /// There is no such attempt.
    pub(crate) const UNKNOWN: Self = Self(254);

    /// The exit code of the attempt's process.
    pub(crate) fn code(self) -> ExitCode {
        ExitCode::from(self.0)
    }

    fn number(number: i32) -> Self {
        u8::try_from(number).map_or(Self::SILENT, Self)
    }
}

impl From<Errno> for Refusal {
    fn from(error: Errno) -> Self {
        Self::number(error as i32)
    }
}

impl From<io::Error> for Refusal {
    fn from(error: io::Error) -> Self {
        error.raw_os_error().map_or(Self::SILENT, Self::number)
    }
}
