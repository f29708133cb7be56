//! Which directives of the table each kind of unit leaves out, and why.
//!
//! A profile takes the whole table but for its exceptions; what a site relaxes comes on top of that.
//! Each exception has a reason, which stands in the unit and in `juniperctl audit`.

/// What kind of unit it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Profile {
    /// A service that answers on the network: the whole table.
    Network,
    /// A service that runs torch.
    MachineLearning,
    /// A service that runs torch on a GPU.
    Gpu,
    /// The unit that looks whether GPUs can be opened.
    Devices,
    /// The watchdog.
    Watchdog,
    /// The unit that acts for the watchdog, as root.
    Act,
    /// The unit that asks whether the group answers.
    Ready,
    /// The unit that tells somebody of an incident.
    Notification,
    /// The unit that follows what the kernel says of GPUs.
    KernelLog,
}

/// A directive that a profile leaves out, or weakens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Exception {
    /// The directive.
    pub directive: &'static str,
    /// The value that it has instead; `None` leaves it out.
    pub instead: Option<&'static str>,
    /// Why.
    pub reason: &'static str,
}

const fn off(directive: &'static str, reason: &'static str) -> Exception {
    Exception {
        directive,
        instead: None,
        reason,
    }
}

const COMPILES: Exception = off(
    "MemoryDenyWriteExecute",
    "torch compiles kernels at run time: without writable and executable memory oneDNN fails with \
     'could not create a primitive' (measured)",
);

const READS_PROCESSORS: Exception = off(
    "ProcSubset",
    "torch reads /proc/cpuinfo and reports an error without it (measured)",
);

const MACHINE_LEARNING: &[Exception] = &[COMPILES, READS_PROCESSORS];

const GPU: &[Exception] = &[
    COMPILES,
    off(
        "ProcSubset",
        "torch reads /proc/cpuinfo and reports an error without it, the gate reads /proc/driver/nvidia \
         (measured); CUDA of drivers before 580 is said to fail without it (error 304)",
    ),
    off(
        "PrivateDevices",
        "the GPU's device nodes are needed; DevicePolicy=closed allows only those listed",
    ),
];

const DEVICES: &[Exception] = &[
    off(
        "ProcSubset",
        "the driver tells of itself in /proc/driver/nvidia, the kernel in /proc/devices",
    ),
    off(
        "PrivateDevices",
        "whether the GPUs' nodes are there is what it looks at; DevicePolicy=closed lets it open none",
    ),
];

const WATCHDOG: &[Exception] = &[
    off(
        "ProcSubset",
        "the name of the boot is below /proc/sys, and each gap in the clock is told by it",
    ),
    Exception {
        directive: "UMask",
        instead: Some("0022"),
        reason: "everybody on the machine may read its incidents",
    },
];

const ACT: &[Exception] = &[
    Exception {
        directive: "RestrictAddressFamilies",
        instead: Some("AF_UNIX"),
        reason: "systemd is all that it talks to",
    },
    off(
        "IPAddressAllow",
        "it is in a network of its own, with nobody else in it",
    ),
];

const KERNEL_LOG: &[Exception] = &[
    Exception {
        directive: "RestrictAddressFamilies",
        instead: Some("AF_UNIX"),
        reason: "systemd and the journal are all that it talks to",
    },
    off(
        "IPAddressAllow",
        "it is in a network of its own, with nobody else in it",
    ),
    off(
        "ProcSubset",
        "the name of the boot is below /proc/sys, and journalctl asks for it",
    ),
    Exception {
        directive: "UMask",
        instead: Some("0022"),
        reason: "the watchdog and the gates of the services read what it writes",
    },
];

/// Said of each directive that needs a mount namespace.
const NO_MOUNTS: &str = "no mount namespace: it would cost each start of the group 40 ms";

const READY: &[Exception] = &[
    off("ProtectSystem", NO_MOUNTS),
    off("ProtectHome", NO_MOUNTS),
    off("TemporaryFileSystem", NO_MOUNTS),
    off("InaccessiblePaths", NO_MOUNTS),
    off("PrivateTmp", NO_MOUNTS),
    off("PrivateDevices", NO_MOUNTS),
    off("PrivateMounts", NO_MOUNTS),
    off("PrivateIPC", NO_MOUNTS),
    off("ProtectProc", NO_MOUNTS),
    off("ProcSubset", NO_MOUNTS),
    off("ProtectHostname", NO_MOUNTS),
    off("ProtectKernelTunables", NO_MOUNTS),
    off("ProtectKernelModules", NO_MOUNTS),
    off("ProtectKernelLogs", NO_MOUNTS),
    off("ProtectControlGroups", NO_MOUNTS),
    Exception {
        directive: "UMask",
        instead: Some("0022"),
        reason: "everybody on the machine may read what a start waited for",
    },
];

const NOTIFICATION: &[Exception] = &[
    off("IPAddressDeny", "telling somebody takes the network"),
    off("IPAddressAllow", "telling somebody takes the network"),
];

impl Profile {
    /// What it leaves out or weakens.
    #[must_use]
    pub fn exceptions(self) -> &'static [Exception] {
        match self {
            Self::Network => &[],
            Self::MachineLearning => MACHINE_LEARNING,
            Self::Gpu => GPU,
            Self::Devices => DEVICES,
            Self::Watchdog => WATCHDOG,
            Self::Act => ACT,
            Self::Ready => READY,
            Self::Notification => NOTIFICATION,
            Self::KernelLog => KERNEL_LOG,
        }
    }

    /// As the configuration and the reference name it.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Network => "network",
            Self::MachineLearning => "machine-learning",
            Self::Gpu => "gpu",
            Self::Devices => "devices",
            Self::Watchdog => "watchdog",
            Self::Act => "act",
            Self::Ready => "ready",
            Self::Notification => "notification",
            Self::KernelLog => "kernel-log",
        }
    }

    /// All of them.
    pub const ALL: [Self; 9] = [
        Self::Network,
        Self::MachineLearning,
        Self::Gpu,
        Self::Devices,
        Self::Watchdog,
        Self::Act,
        Self::Ready,
        Self::Notification,
        Self::KernelLog,
    ];

    /// What this profile says about a directive, if it makes an exception of it.
    #[must_use]
    pub fn exception(self, directive: &str) -> Option<&'static Exception> {
        self.exceptions()
            .iter()
            .find(|exception| exception.directive == directive)
    }
}

#[cfg(test)]
mod tests {
    use super::Profile;
    use crate::hardening::table::SANDBOX;

    #[test]
    fn exceptions_are_made_of_directives_that_there_are() {
        for profile in Profile::ALL {
            for exception in profile.exceptions() {
                assert!(
                    SANDBOX.iter().any(|row| row.name == exception.directive),
                    "{profile:?}: {exception:?}"
                );
            }
        }
    }
}
