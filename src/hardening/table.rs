//! The table of sandbox directives; see systemd.exec(5) and systemd.resource-control(5).
//!
//! Last checked against systemd 262. A row's `since` is the first systemd that takes this *value*:
//! an older one would print a warning and run the service unprotected.

/// One directive of the sandbox.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Directive {
    /// Its name in the unit.
    pub name: &'static str,
    /// Its value.
    pub value: &'static str,
    /// The first systemd version that understands the value.
    pub since: u32,
    /// What the service cannot do because of it.
    pub denies: &'static str,
}

const fn row(
    name: &'static str,
    value: &'static str,
    since: u32,
    denies: &'static str,
) -> Directive {
    Directive {
        name,
        value,
        since,
        denies,
    }
}

/// Every directive, in the order in which units show them.
pub const SANDBOX: &[Directive] = &[
    row(
        "NoNewPrivileges",
        "yes",
        187,
        "gaining rights through set-uid programs",
    ),
    row("CapabilityBoundingSet", "", 21, "every capability of root"),
    row("AmbientCapabilities", "", 229, "inheriting a capability"),
    row(
        "ProtectSystem",
        "strict",
        232,
        "writing anywhere but to its own directories",
    ),
    row(
        "ProtectHome",
        "yes",
        214,
        "seeing /home, /root and /run/user",
    ),
    row(
        "PrivateTmp",
        "yes",
        1,
        "seeing other services' temporary files",
    ),
    row(
        "PrivateDevices",
        "yes",
        209,
        "opening device nodes other than /dev/null and its like",
    ),
    row(
        "PrivateUsers",
        "yes",
        232,
        "acting as any other user, root included",
    ),
    row(
        "PrivateMounts",
        "yes",
        239,
        "showing its mounts to anyone else",
    ),
    row(
        "PrivateIPC",
        "yes",
        248,
        "reaching other services' shared memory segments and queues",
    ),
    row(
        "RemoveIPC",
        "yes",
        232,
        "leaving shared memory behind once no service of its user runs",
    ),
    row(
        "ProtectProc",
        "invisible",
        247,
        "seeing other users' processes",
    ),
    row(
        "ProcSubset",
        "pid",
        247,
        "reading kernel settings and hardware details below /proc",
    ),
    row("ProtectHostname", "yes", 242, "changing the host name"),
    row("ProtectClock", "yes", 245, "setting the clock"),
    row(
        "ProtectKernelTunables",
        "yes",
        232,
        "changing kernel settings below /proc and /sys",
    ),
    row(
        "ProtectKernelModules",
        "yes",
        232,
        "loading or unloading kernel modules",
    ),
    row("ProtectKernelLogs", "yes", 244, "reading the kernel's log"),
    row(
        "ProtectControlGroups",
        "yes",
        232,
        "changing control groups",
    ),
    row(
        "RestrictAddressFamilies",
        "AF_INET AF_INET6 AF_UNIX",
        211,
        "raw, packet and netlink sockets",
    ),
    row("RestrictNamespaces", "yes", 233, "creating namespaces"),
    row(
        "RestrictRealtime",
        "yes",
        231,
        "real-time scheduling that starves the machine",
    ),
    row("RestrictSUIDSGID", "yes", 242, "making set-uid files"),
    row(
        "LockPersonality",
        "yes",
        235,
        "switching the execution domain",
    ),
    row(
        "MemoryDenyWriteExecute",
        "yes",
        231,
        "memory that is writable and executable at once",
    ),
    row(
        "SystemCallArchitectures",
        "native",
        209,
        "system calls of foreign architectures",
    ),
    row(
        "SystemCallFilter",
        "@system-service",
        231,
        "system calls that no ordinary service makes",
    ),
    row(
        "SystemCallFilter",
        "~@privileged",
        231,
        "system calls that need root",
    ),
    // An error, not a kill: numpy binds its memory with mbind, and lives without (measured).
    row(
        "SystemCallFilter",
        "~@resources",
        231,
        "changing its own limits and priorities",
    ),
    row(
        "SystemCallErrorNumber",
        "EPERM",
        209,
        "being killed for a denied call instead of hearing no",
    ),
    row("DevicePolicy", "closed", 208, "devices that are not listed"),
    row("IPAddressDeny", "any", 235, "the network"),
    row(
        "IPAddressAllow",
        "localhost",
        235,
        "nothing: opens this machine's own addresses again",
    ),
    row("UMask", "0077", 1, "leaving files that others can read"),
];
