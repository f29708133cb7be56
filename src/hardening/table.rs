//! The table of sandbox directives: what each denies, what it costs, since when its value is known.
//!
//! Last checked against systemd 262. A value's release is the first systemd that takes this *value*: an
//! older one would print a warning and run the service unprotected. `packaging/doc/hardening.md` is
//! made from this table. Nothing here knows a service.

use crate::unit::version::SystemdVersion;

/// One directive of the sandbox.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Directive {
    /// Its name in the unit.
    pub name: &'static str,
    /// Its values with the first systemd that understands each, the best one first.
    pub values: &'static [(u32, &'static str)],
    /// The man page that describes it.
    pub page: &'static str,
    /// What the service cannot do because of it.
    pub denies: &'static str,
    /// What ceases to work with it, as far as that was met or measured.
    pub costs: &'static str,
}

impl Directive {
    /// The best value that a systemd of this version understands.
    #[must_use]
    pub fn value(&self, version: SystemdVersion) -> Option<&'static str> {
        self.values
            .iter()
            .find(|(since, _)| version.has(*since))
            .map(|(_, value)| *value)
    }
}

/// How a process runs.
const EXEC: &str = "systemd.exec(5)";

/// What its control group may use.
const RESOURCES: &str = "systemd.resource-control(5)";

/// Nothing that a Juniper service does was seen to fail under it.
const NOTHING: &str = "nothing that was measured";

const fn row(
    name: &'static str,
    values: &'static [(u32, &'static str)],
    page: &'static str,
    denies: &'static str,
    costs: &'static str,
) -> Directive {
    Directive {
        name,
        values,
        page,
        denies,
        costs,
    }
}

/// Every directive, in the order in which units show them.
pub const SANDBOX: &[Directive] = &[
    row(
        "NoNewPrivileges",
        &[(187, "yes")],
        EXEC,
        "gaining rights through set-uid programs",
        "sudo, ping and the like inside the service",
    ),
    row(
        "CapabilityBoundingSet",
        &[(21, "")],
        EXEC,
        "every capability of root",
        NOTHING,
    ),
    row(
        "ProtectSystem",
        &[(232, "strict")],
        EXEC,
        "writing anywhere but to its own directories",
        "what insists on writing beside its own modules; `bind_directories` leads it elsewhere",
    ),
    row(
        "ProtectHome",
        &[(214, "yes")],
        EXEC,
        "seeing /home, /root and /run/user",
        "datasets below /home: keep them below /srv or /var/lib",
    ),
    // Beneath it systemd shows the unit its own directories (measured on 247 to 262).
    row(
        "TemporaryFileSystem",
        &[(
            238,
            "%S/juniper:ro %L/juniper:ro %C/juniper:ro %t/juniper:ro",
        )],
        EXEC,
        "seeing other services' state, logs, caches and runtime files, though all are of one user",
        "reading another service's files: hand them over by HTTP, or relax it",
    ),
    row(
        "InaccessiblePaths",
        &[(231, "-/etc/juniper/secrets")],
        EXEC,
        "reading the stored secrets, even as root; systemd hands a service its own",
        NOTHING,
    ),
    row(
        "PrivateTmp",
        &[(1, "yes")],
        EXEC,
        "seeing other services' temporary files",
        NOTHING,
    ),
    row(
        "PrivateDevices",
        &[(209, "yes")],
        EXEC,
        "opening device nodes other than /dev/null and its like",
        "GPUs: off where `gpu` is set",
    ),
    row(
        "PrivateUsers",
        &[(232, "yes")],
        EXEC,
        "acting as any other user, root included",
        "files of other users appear as nobody's",
    ),
    // Others imply it; asked about a file, systemd-analyze counts it all the same.
    row(
        "PrivateMounts",
        &[(239, "yes")],
        EXEC,
        "showing its mounts to anyone else, and seeing the credentials of others",
        NOTHING,
    ),
    row(
        "PrivateIPC",
        &[(248, "yes")],
        EXEC,
        "reaching other services' shared memory segments and queues",
        NOTHING,
    ),
    row(
        "RemoveIPC",
        &[(232, "yes")],
        EXEC,
        "leaving shared memory behind once no service of its user runs",
        "shared memory that is to outlive the whole group",
    ),
    row(
        "ProtectProc",
        &[(247, "invisible")],
        EXEC,
        "seeing other users' processes",
        NOTHING,
    ),
    row(
        "ProcSubset",
        &[(247, "pid")],
        EXEC,
        "reading kernel settings and hardware details below /proc",
        "torch, which reads /proc/cpuinfo; the gate of a GPU, which reads /proc/driver/nvidia",
    ),
    row(
        "ProtectHostname",
        &[(242, "yes")],
        EXEC,
        "changing the host name",
        NOTHING,
    ),
    row(
        "ProtectClock",
        &[(245, "yes")],
        EXEC,
        "setting the clock",
        NOTHING,
    ),
    row(
        "ProtectKernelTunables",
        &[(232, "yes")],
        EXEC,
        "changing kernel settings below /proc and /sys",
        NOTHING,
    ),
    row(
        "ProtectKernelModules",
        &[(232, "yes")],
        EXEC,
        "loading or unloading kernel modules",
        "a GPU driver that is loaded by its first user: load it at boot",
    ),
    row(
        "ProtectKernelLogs",
        &[(244, "yes")],
        EXEC,
        "reading the kernel's log",
        NOTHING,
    ),
    row(
        "ProtectControlGroups",
        &[(232, "yes")],
        EXEC,
        "changing control groups",
        NOTHING,
    ),
    row(
        "RestrictAddressFamilies",
        &[(211, "AF_INET AF_INET6 AF_UNIX")],
        EXEC,
        "packet and netlink sockets",
        "InfiniBand and whatever lists network interfaces",
    ),
    row(
        "RestrictNamespaces",
        &[(233, "yes")],
        EXEC,
        "creating namespaces",
        "containers and sandboxes started by the service",
    ),
    row(
        "RestrictRealtime",
        &[(231, "yes")],
        EXEC,
        "real-time scheduling that starves the machine",
        NOTHING,
    ),
    row(
        "RestrictSUIDSGID",
        &[(242, "yes")],
        EXEC,
        "making set-uid files",
        NOTHING,
    ),
    row(
        "LockPersonality",
        &[(235, "yes")],
        EXEC,
        "switching the execution domain",
        NOTHING,
    ),
    row(
        "MemoryDenyWriteExecute",
        &[(231, "yes")],
        EXEC,
        "memory that is writable and executable at once",
        "just-in-time compilers: torch's oneDNN kernels, numba",
    ),
    row(
        "SystemCallArchitectures",
        &[(209, "native")],
        EXEC,
        "system calls of foreign architectures",
        "32-bit programs",
    ),
    row(
        "SystemCallFilter",
        &[(231, "@system-service")],
        EXEC,
        "system calls that no ordinary service makes",
        NOTHING,
    ),
    row(
        "SystemCallFilter",
        &[(231, "~@privileged")],
        EXEC,
        "system calls that need root",
        NOTHING,
    ),
    row(
        "SystemCallFilter",
        &[(231, "~@resources")],
        EXEC,
        "changing its own limits and priorities",
        "numpy binds its memory with mbind, and lives without",
    ),
    // An error, not a kill: numpy hears no from mbind and goes on (measured).
    row(
        "SystemCallErrorNumber",
        &[(209, "EPERM")],
        EXEC,
        "being killed for a denied call instead of hearing no",
        NOTHING,
    ),
    row(
        "DevicePolicy",
        &[(208, "closed")],
        RESOURCES,
        "devices that are not listed",
        "GPUs that `gpu` does not name",
    ),
    row(
        "IPAddressDeny",
        &[(235, "any")],
        RESOURCES,
        "the network",
        "off where `host` publishes the service beyond this machine",
    ),
    row(
        "IPAddressAllow",
        &[(235, "localhost")],
        RESOURCES,
        "nothing: opens this machine's own addresses again",
        NOTHING,
    ),
    row(
        "UMask",
        &[(1, "0077")],
        EXEC,
        "leaving files that others can read",
        "sharing results by file with people who are not in the group juniper",
    ),
];

/// What comes on top where the group has a network of its own; a row here takes the place of one of
/// the same name above.
pub const ISOLATED: &[Directive] = &[
    row(
        "PrivateNetwork",
        &[(33, "yes")],
        EXEC,
        "every network but the group's own, which has nothing but loopback",
        "the Internet, and services of the machine that listen on TCP",
    ),
    // JoinsNamespaceOf= shares the directories of PrivateTmp=yes along with the network. Those of
    // `disconnected` it does not share; before that came units mount a directory of their own there.
    row(
        "PrivateTmp",
        &[(257, "disconnected"), (1, "yes")],
        EXEC,
        "seeing other services' temporary files",
        NOTHING,
    ),
];

/// Directives that look as if they belonged here, with the reason why they do not: taken away from a
/// unit they would change nothing.
pub const LEFT_OUT: &[(&str, &str)] = &[
    (
        "AmbientCapabilities=",
        "no unit has any unless it is given some, and what a unit without capabilities may be given is nothing",
    ),
    (
        "KeyringMode=private",
        "what the system's manager gives every service since 235",
    ),
    (
        "PrivatePIDs=yes",
        "the watcher that says when a service is ready runs beside it and has to see its main process",
    ),
];
