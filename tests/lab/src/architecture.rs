//! The processors that whole machines can have: this computer's own kind and one that is emulated.
//!
//! Names of Debian's, of the kernel's and of the emulator's live here; nothing is looked for or started.

use std::fmt;

/// A kind of processor, as Debian calls it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Architecture {
    /// `x86-64`: what the lab runs on.
    Amd64,
    /// `AArch64`: always emulated, ten times slower again.
    Arm64,
}

impl Architecture {
    /// Every one.
    pub const ALL: [Self; 2] = [Self::Amd64, Self::Arm64];

    /// Whether it is the one of this computer, whose programs run without further ado.
    #[must_use]
    pub const fn is_own(self) -> bool {
        match self {
            Self::Amd64 => cfg!(target_arch = "x86_64"),
            Self::Arm64 => cfg!(target_arch = "aarch64"),
        }
    }

    /// What Debian calls it.
    #[must_use]
    pub const fn debian(self) -> &'static str {
        match self {
            Self::Amd64 => "amd64",
            Self::Arm64 => "arm64",
        }
    }

    /// The emulator of a whole machine.
    pub(crate) const fn emulator(self) -> &'static str {
        match self {
            Self::Amd64 => "qemu-system-x86_64",
            Self::Arm64 => "qemu-system-aarch64",
        }
    }

    /// The Debian package with that emulator.
    pub(crate) const fn emulator_package(self) -> &'static str {
        match self {
            Self::Amd64 => "qemu-system-x86",
            Self::Arm64 => "qemu-system-arm",
        }
    }

    /// The board and the processor that are emulated. The signing of pointers would be most of what the
    /// emulator does, if it were done as real processors do.
    pub(crate) const fn machine(self) -> [&'static str; 4] {
        match self {
            Self::Amd64 => ["-machine", "q35", "-cpu", "max"],
            Self::Arm64 => ["-machine", "virt", "-cpu", "max,pauth-impdef=on"],
        }
    }

    /// The device of its first serial line.
    pub(crate) const fn console(self) -> &'static str {
        match self {
            Self::Amd64 => "ttyS0",
            Self::Arm64 => "ttyAMA0",
        }
    }
}

impl fmt::Display for Architecture {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.debian())
    }
}

#[cfg(test)]
mod tests {
    use super::Architecture;

    #[test]
    fn one_of_them_is_this_computers() {
        let own = |architecture: &Architecture| architecture.is_own();
        assert_eq!(Architecture::ALL.iter().filter(|it| own(it)).count(), 1);
    }
}
