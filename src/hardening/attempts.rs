//! What is tried from inside a unit, and which directives stand in the way: the other side of the table.
//!
//! `tests/escape` makes the attempts. The trials hold each unit to what is said here, show that each wall
//! named holds by itself, and that the attempt succeeds where none stands. The page of the sandbox is made
//! from it. Nothing here depends on it at run time.

use super::table::Directive;

/// Something that a service might be made to try.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Attempt {
    /// As `escape` knows it.
    pub name: &'static str,
    /// What is tried, for people.
    pub tries: &'static str,
    /// Who could do it where nothing denies it.
    pub rights: Rights,
    /// Whether it takes a kernel of its own to be tried, because a container denies it by itself or
    /// cannot deny it.
    pub takes_kernel: bool,
    /// What is to come of it.
    pub verdict: Verdict,
}

/// Who could do something where nothing denies it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rights {
    /// Everybody.
    Any,
    /// Root alone; the services are an ordinary user.
    Root,
    /// Everybody, and to root it is nothing.
    Ordinary,
}

/// What is to come of an attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// Each of these denies it by itself: `Name`, or `Name=value` where a directive has several.
    Denied(&'static [&'static str]),
    /// It must succeed where this directive stands, in spite of these.
    Needed {
        /// What opens it again.
        by: &'static str,
        /// What would deny it otherwise.
        despite: &'static [&'static str],
    },
    /// Nothing denies it, for this reason.
    Open(&'static str),
}

impl Attempt {
    /// The directives that deny it.
    #[must_use]
    pub const fn walls(&self) -> &'static [&'static str] {
        match self.verdict {
            Verdict::Denied(walls) => walls,
            Verdict::Needed { .. } | Verdict::Open(_) => &[],
        }
    }
}

/// Whether a wall is this directive with this value.
#[must_use]
pub fn is_wall(wall: &str, name: &str, value: &str) -> bool {
    match wall.split_once('=') {
        None => wall == name,
        Some(parts) => parts == (name, value),
    }
}

/// What is to come of an attempt in a unit with this text: `Some(true)` where it is denied, `None` where
/// nothing is said.
#[must_use]
pub fn is_denied(attempt: &Attempt, text: &str) -> Option<bool> {
    let lines = || text.lines().filter_map(|line| line.split_once('='));
    let stands = |wall: &&str| lines().any(|(name, value)| is_wall(wall, name, value));
    // The last one counts.
    let is_root = !matches!(
        lines().rfind(|(name, _)| *name == "User"),
        Some((_, "juniper"))
    );
    match attempt.verdict {
        _ if is_root && attempt.rights == Rights::Ordinary => None,
        Verdict::Denied(walls) => {
            Some(walls.iter().any(stands) || attempt.rights == Rights::Root && !is_root)
        }
        Verdict::Needed { by, despite } => Some(!stands(&by) && despite.iter().any(stands)),
        Verdict::Open(_) => Some(false),
    }
}

/// Whether an attempt stands for this row of the table, with one of its values.
#[must_use]
pub fn concerns(attempt: &Attempt, row: &Directive) -> bool {
    let is = |wall: &&str| {
        row.values
            .iter()
            .any(|(_, value)| is_wall(wall, row.name, value))
    };
    match attempt.verdict {
        Verdict::Denied(walls) => walls.iter().any(is),
        Verdict::Needed { by, .. } => is(&by),
        Verdict::Open(_) => false,
    }
}

const fn user(name: &'static str, tries: &'static str, walls: &'static [&'static str]) -> Attempt {
    Attempt {
        name,
        tries,
        rights: Rights::Any,
        takes_kernel: false,
        verdict: Verdict::Denied(walls),
    }
}

const fn root(name: &'static str, tries: &'static str, walls: &'static [&'static str]) -> Attempt {
    Attempt {
        rights: Rights::Root,
        ..user(name, tries, walls)
    }
}

const fn ordinary(attempt: Attempt) -> Attempt {
    Attempt {
        rights: Rights::Ordinary,
        ..attempt
    }
}

const fn kernel(attempt: Attempt) -> Attempt {
    Attempt {
        takes_kernel: true,
        ..attempt
    }
}

const fn other(name: &'static str, tries: &'static str, verdict: Verdict) -> Attempt {
    Attempt {
        verdict,
        ..user(name, tries, &[])
    }
}

const SERVICE_CALLS: &str = "SystemCallFilter=@system-service";
const NO_PRIVILEGED_CALLS: &str = "SystemCallFilter=~@privileged";
const NO_RESOURCE_CALLS: &str = "SystemCallFilter=~@resources";

/// All of them.
#[rustfmt::skip]
pub const ATTEMPTS: &[Attempt] = &[
    // Files.
    user("write-elsewhere", "write where everybody may, but not in its own directories", &["ProtectSystem"]),
    user("touch-other-service", "read or write another service's state, logs, cache or runtime files", &["TemporaryFileSystem"]),
    user("read-credentials", "read the credentials that systemd handed another service", &["PrivateMounts", "ProtectSystem", "ProtectHome", "TemporaryFileSystem"]),
    root("read-secrets", "read the stored secrets", &["InaccessiblePaths"]),
    user("read-home", "read below /home", &["ProtectHome"]),
    user("read-root", "read below /root", &["ProtectHome"]),
    user("read-temporary", "read what others left in /tmp", &["PrivateTmp"]),
    root("read-private-file", "read a file that only its owner may", &["CapabilityBoundingSet", "PrivateUsers"]),
    user("leave-readable-file", "leave a file that others can read", &["UMask=0077"]),
    user("make-set-uid-file", "make a set-uid file", &["RestrictSUIDSGID"]),
    user("give-file-away", "set the owner of a file", &[NO_PRIVILEGED_CALLS]),
    // Processes.
    ordinary(user("see-others-process", "see another user's process", &["ProtectProc"])),
    user("read-same-users-process", "read another service's environment below /proc", &["PrivateUsers"]),
    user("trace-same-users-process", "trace another service's process (ptrace)", &["PrivateUsers", SERVICE_CALLS]),
    ordinary(user("run-set-uid-program", "become root by a set-uid program", &["NoNewPrivileges"])),
    user("run-foreign-program", "run a program for another architecture", &["SystemCallArchitectures"]),
    user("run-written-memory", "run memory that it wrote", &["MemoryDenyWriteExecute"]),
    user("change-personality", "turn off the randomization of addresses", &["LockPersonality"]),
    user("choose-own-processors", "choose its processors", &[NO_RESOURCE_CALLS]),
    root("run-in-real-time", "run in real time", &["RestrictRealtime", "CapabilityBoundingSet", "PrivateUsers", NO_RESOURCE_CALLS]),
    root("become-another-user", "become another user (setuid)", &["CapabilityBoundingSet", "PrivateUsers", NO_PRIVILEGED_CALLS]),
    user("reach-shared-memory", "reach a shared memory segment of others", &["PrivateIPC"]),
    // The kernel.
    user("make-user-namespace", "make a user namespace", &["RestrictNamespaces"]),
    root("make-mount-namespace", "make a mount namespace", &["RestrictNamespaces", "CapabilityBoundingSet"]),
    root("mount", "mount a file system", &["CapabilityBoundingSet", "PrivateUsers", SERVICE_CALLS]),
    root("make-control-group", "write the tree of control groups", &["ProtectControlGroups"]),
    user("read-kernel-settings", "read kernel settings below /proc/sys", &["ProcSubset"]),
    root("write-kernel-setting", "write a kernel setting", &["ProtectKernelTunables", "ProcSubset"]),
    root("set-host-name", "set the host name", &["ProtectHostname", "CapabilityBoundingSet", "PrivateUsers", SERVICE_CALLS, NO_PRIVILEGED_CALLS]),
    kernel(root("set-clock", "set the clock", &["ProtectClock", "CapabilityBoundingSet", "PrivateUsers", SERVICE_CALLS, NO_PRIVILEGED_CALLS])),
    kernel(root("load-module", "load a kernel module", &["ProtectKernelModules", "CapabilityBoundingSet", "PrivateUsers", SERVICE_CALLS, NO_PRIVILEGED_CALLS])),
    kernel(root("read-kernel-log", "read the kernel's log", &["ProtectKernelLogs", "PrivateDevices", "DevicePolicy"])),
    // Devices.
    root("make-device", "make a device node", &["CapabilityBoundingSet", "PrivateUsers", "PrivateDevices"]),
    kernel(root("open-memory", "open /dev/mem", &["PrivateDevices", "CapabilityBoundingSet", "DevicePolicy"])),
    kernel(user("open-other-gpu", "open a GPU that is not its own", &["PrivateDevices", "DevicePolicy"])),
    kernel(other("open-gpu", "open its own GPU", Verdict::Needed { by: "DeviceAllow", despite: &["PrivateDevices", "DevicePolicy"] })),
    // The network.
    root("open-raw-socket", "open a raw socket", &["CapabilityBoundingSet", "PrivateUsers"]),
    root("open-packet-socket", "open a packet socket", &["RestrictAddressFamilies", "CapabilityBoundingSet", "PrivateUsers"]),
    user("open-netlink-socket", "open a netlink socket", &["RestrictAddressFamilies"]),
    root("bind-privileged-port", "listen on a port below 1024", &["CapabilityBoundingSet", "PrivateUsers"]),
    kernel(user("bind-others-port", "listen on another service's port (from systemd 249 on, where it was built with the BPF framework: not on Debian 12)", &["SocketBindDeny"])),
    kernel(user("talk-beyond-loopback", "talk to an address beyond loopback", &["IPAddressDeny"])),
    kernel(other("talk-to-loopback", "talk to this machine's own addresses", Verdict::Needed { by: "IPAddressAllow", despite: &["IPAddressDeny"] })),
    // What is left.
    ordinary(other("signal-same-users-process", "send another service's process a signal", Verdict::Open(
        "all services are one user, and no directive that all supported systemd know takes that away; what is \
         ended so is restarted",
    ))),
];

#[cfg(test)]
mod tests {
    use super::{ATTEMPTS, Verdict, concerns, is_wall};
    use crate::hardening::table::SANDBOX;
    use std::collections::BTreeSet;

    /// Says how a call is denied, not which, and cleans up behind a service: the trials look at the first by
    /// itself, systemd's score counts the second.
    const OTHERS: [&str; 2] = ["SystemCallErrorNumber", "RemoveIPC"];

    #[test]
    fn no_directive_is_without_an_attempt() {
        for row in SANDBOX.iter().filter(|row| !OTHERS.contains(&row.name)) {
            assert!(
                ATTEMPTS.iter().any(|attempt| concerns(attempt, row)),
                "nobody tries what {row:?} denies"
            );
        }
    }

    // The ports are each service's own: a row of the table could not say them.
    #[test]
    fn every_wall_is_a_directive_of_the_table() {
        for attempt in ATTEMPTS {
            for wall in attempt.walls() {
                let known = *wall == "SocketBindDeny"
                    || SANDBOX.iter().any(|row| {
                        row.values
                            .iter()
                            .any(|(_, value)| is_wall(wall, row.name, value))
                    });
                assert!(known, "{}: {wall}", attempt.name);
            }
            assert!(attempt.verdict != Verdict::Denied(&[]), "{}", attempt.name);
        }
    }

    #[test]
    fn attempts_have_names_of_their_own() {
        let names: BTreeSet<_> = ATTEMPTS.iter().map(|attempt| attempt.name).collect();
        assert_eq!(names.len(), ATTEMPTS.len());
    }
}
