//! The questions that systemd asks of a unit, with their weights, and how the answer is found.
//!
//! Weights and ranges are those of `systemd-analyze security` in 252 to 262, which do not differ; the
//! answers follow systemd.exec(5). Settings that juniperctl never writes count as if they were not there.

use super::Settings;
use super::calls::{Passage, passage};

/// One question.
#[derive(Debug, Clone, Copy)]
pub(super) struct Assessment {
    /// Its name, as systemd prints it.
    pub(super) question: &'static str,
    /// How much it counts.
    pub(super) weight: u32,
    range: u32,
    rule: Rule,
}

/// How a question is answered.
#[derive(Debug, Clone, Copy)]
enum Rule {
    /// Bad while this is off.
    Off(&'static str),
    /// Bad while this is on.
    On(&'static str),
    /// Bad unless the capability is out of the bounding set, by itself or by one of these.
    Capability(&'static [&'static str]),
    /// Bad while these address families are allowed.
    Families(&'static [&'static str]),
    /// Bad unless only listed address families are allowed, none of them unusual.
    OtherFamilies,
    /// Bad while calls of this group pass.
    Calls(&'static str),
    User,
    SupplementaryGroups,
    PrivateMounts,
    PrivateTmp,
    ProtectHome,
    ProtectSystem,
    Root,
    UMask,
    KeyringMode,
    ProtectProc,
    ProcSubset,
    NotifyAccess,
    RemoveIpc,
    Architectures,
    IpAddresses,
    Devices,
    Ambient,
}

const fn ask(question: &'static str, weight: u32, range: u32, rule: Rule) -> Assessment {
    Assessment {
        question,
        weight,
        range,
        rule,
    }
}

/// All questions.
#[rustfmt::skip]
pub(super) const ASSESSMENTS: &[Assessment] = &[
    ask("User=/DynamicUser=", 2000, 10, Rule::User),
    ask("SupplementaryGroups=", 200, 1, Rule::SupplementaryGroups),
    ask("PrivateDevices=", 1000, 1, Rule::Off("PrivateDevices")),
    ask("PrivateMounts=", 1000, 1, Rule::PrivateMounts),
    ask("PrivateNetwork=", 2500, 1, Rule::Off("PrivateNetwork")),
    ask("PrivateTmp=", 1000, 1, Rule::PrivateTmp),
    ask("PrivateUsers=", 1000, 1, Rule::Off("PrivateUsers")),
    ask("ProtectControlGroups=", 1000, 1, Rule::Off("ProtectControlGroups")),
    ask("ProtectKernelModules=", 1000, 1, Rule::Off("ProtectKernelModules")),
    ask("ProtectKernelTunables=", 1000, 1, Rule::Off("ProtectKernelTunables")),
    ask("ProtectKernelLogs=", 1000, 1, Rule::Off("ProtectKernelLogs")),
    ask("ProtectClock=", 1000, 1, Rule::Off("ProtectClock")),
    ask("ProtectHome=", 1000, 10, Rule::ProtectHome),
    ask("ProtectHostname=", 50, 1, Rule::Off("ProtectHostname")),
    ask("ProtectSystem=", 1000, 10, Rule::ProtectSystem),
    ask("RootDirectory=/RootImage=", 200, 1, Rule::Root),
    ask("LockPersonality=", 100, 1, Rule::Off("LockPersonality")),
    ask("MemoryDenyWriteExecute=", 100, 1, Rule::Off("MemoryDenyWriteExecute")),
    ask("NoNewPrivileges=", 1000, 1, Rule::Off("NoNewPrivileges")),
    ask("CapabilityBoundingSet=~CAP_SYS_ADMIN", 1500, 1, Rule::Capability(&[])),
    ask("CapabilityBoundingSet=~CAP_SET(UID|GID|PCAP)", 1500, 1, Rule::Capability(&[])),
    ask("CapabilityBoundingSet=~CAP_SYS_PTRACE", 1500, 1, Rule::Capability(&[])),
    ask("CapabilityBoundingSet=~CAP_SYS_TIME", 1000, 1, Rule::Capability(&["ProtectClock"])),
    ask("CapabilityBoundingSet=~CAP_NET_ADMIN", 1000, 1, Rule::Capability(&[])),
    ask("CapabilityBoundingSet=~CAP_SYS_RAWIO", 1000, 1, Rule::Capability(&["PrivateDevices"])),
    ask("CapabilityBoundingSet=~CAP_SYS_MODULE", 1000, 1, Rule::Capability(&["ProtectKernelModules"])),
    ask("CapabilityBoundingSet=~CAP_AUDIT_*", 500, 1, Rule::Capability(&[])),
    ask("CapabilityBoundingSet=~CAP_SYSLOG", 500, 1, Rule::Capability(&["ProtectKernelLogs"])),
    ask("CapabilityBoundingSet=~CAP_SYS_(NICE|RESOURCE)", 500, 1, Rule::Capability(&[])),
    ask("CapabilityBoundingSet=~CAP_MKNOD", 500, 1, Rule::Capability(&["PrivateDevices"])),
    ask("CapabilityBoundingSet=~CAP_(CHOWN|FSETID|SETFCAP)", 1000, 1, Rule::Capability(&[])),
    ask("CapabilityBoundingSet=~CAP_(DAC_*|FOWNER|IPC_OWNER)", 1000, 1, Rule::Capability(&[])),
    ask("CapabilityBoundingSet=~CAP_KILL", 500, 1, Rule::Capability(&[])),
    ask("CapabilityBoundingSet=~CAP_NET_(BIND_SERVICE|BROADCAST|RAW)", 500, 1, Rule::Capability(&[])),
    ask("CapabilityBoundingSet=~CAP_SYS_BOOT", 100, 1, Rule::Capability(&[])),
    ask("CapabilityBoundingSet=~CAP_MAC_*", 100, 1, Rule::Capability(&[])),
    ask("CapabilityBoundingSet=~CAP_LINUX_IMMUTABLE", 75, 1, Rule::Capability(&[])),
    ask("CapabilityBoundingSet=~CAP_IPC_LOCK", 50, 1, Rule::Capability(&[])),
    ask("CapabilityBoundingSet=~CAP_SYS_CHROOT", 50, 1, Rule::Capability(&[])),
    ask("CapabilityBoundingSet=~CAP_BLOCK_SUSPEND", 25, 1, Rule::Capability(&[])),
    ask("CapabilityBoundingSet=~CAP_WAKE_ALARM", 25, 1, Rule::Capability(&["ProtectClock"])),
    ask("CapabilityBoundingSet=~CAP_LEASE", 25, 1, Rule::Capability(&[])),
    ask("CapabilityBoundingSet=~CAP_SYS_TTY_CONFIG", 25, 1, Rule::Capability(&[])),
    ask("CapabilityBoundingSet=~CAP_SYS_PACCT", 25, 1, Rule::Capability(&[])),
    ask("CapabilityBoundingSet=~CAP_BPF", 25, 1, Rule::Capability(&[])),
    ask("UMask=", 100, 10, Rule::UMask),
    ask("KeyringMode=", 1000, 1, Rule::KeyringMode),
    ask("ProtectProc=", 1000, 3, Rule::ProtectProc),
    ask("ProcSubset=", 10, 1, Rule::ProcSubset),
    ask("NotifyAccess=", 1000, 1, Rule::NotifyAccess),
    ask("RemoveIPC=", 100, 1, Rule::RemoveIpc),
    ask("Delegate=", 100, 1, Rule::On("Delegate")),
    ask("RestrictRealtime=", 500, 1, Rule::Off("RestrictRealtime")),
    ask("RestrictSUIDSGID=", 1000, 1, Rule::Off("RestrictSUIDSGID")),
    ask("RestrictNamespaces=~user", 1500, 1, Rule::Off("RestrictNamespaces")),
    ask("RestrictNamespaces=~mnt", 500, 1, Rule::Off("RestrictNamespaces")),
    ask("RestrictNamespaces=~ipc", 500, 1, Rule::Off("RestrictNamespaces")),
    ask("RestrictNamespaces=~pid", 500, 1, Rule::Off("RestrictNamespaces")),
    ask("RestrictNamespaces=~cgroup", 500, 1, Rule::Off("RestrictNamespaces")),
    ask("RestrictNamespaces=~net", 500, 1, Rule::Off("RestrictNamespaces")),
    ask("RestrictNamespaces=~uts", 100, 1, Rule::Off("RestrictNamespaces")),
    ask("RestrictAddressFamilies=~AF_(INET|INET6)", 1500, 1, Rule::Families(&["AF_INET", "AF_INET6"])),
    ask("RestrictAddressFamilies=~AF_UNIX", 25, 1, Rule::Families(&["AF_UNIX"])),
    ask("RestrictAddressFamilies=~AF_NETLINK", 200, 1, Rule::Families(&["AF_NETLINK"])),
    ask("RestrictAddressFamilies=~AF_PACKET", 1000, 1, Rule::Families(&["AF_PACKET"])),
    ask("RestrictAddressFamilies=~…", 1250, 1, Rule::OtherFamilies),
    ask("SystemCallArchitectures=", 1000, 10, Rule::Architectures),
    ask("SystemCallFilter=~@swap", 1000, 10, Rule::Calls("@swap")),
    ask("SystemCallFilter=~@obsolete", 250, 10, Rule::Calls("@obsolete")),
    ask("SystemCallFilter=~@clock", 1000, 10, Rule::Calls("@clock")),
    ask("SystemCallFilter=~@cpu-emulation", 250, 10, Rule::Calls("@cpu-emulation")),
    ask("SystemCallFilter=~@debug", 1000, 10, Rule::Calls("@debug")),
    ask("SystemCallFilter=~@mount", 1000, 10, Rule::Calls("@mount")),
    ask("SystemCallFilter=~@module", 1000, 10, Rule::Calls("@module")),
    ask("SystemCallFilter=~@raw-io", 1000, 10, Rule::Calls("@raw-io")),
    ask("SystemCallFilter=~@reboot", 1000, 10, Rule::Calls("@reboot")),
    ask("SystemCallFilter=~@privileged", 700, 10, Rule::Calls("@privileged")),
    ask("SystemCallFilter=~@resources", 700, 10, Rule::Calls("@resources")),
    ask("IPAddressDeny=", 1000, 10, Rule::IpAddresses),
    ask("DeviceAllow=", 1000, 10, Rule::Devices),
    ask("AmbientCapabilities=", 500, 1, Rule::Ambient),
];

/// Address families that have a question of their own.
const USUAL: [&str; 5] = ["AF_INET", "AF_INET6", "AF_UNIX", "AF_NETLINK", "AF_PACKET"];

/// Settings that give a unit a mount namespace.
const MOUNTS: [&str; 6] = [
    "PrivateMounts",
    "PrivateDevices",
    "PrivateTmp",
    "ProtectControlGroups",
    "ProtectKernelTunables",
    "ProtectKernelModules",
];

impl Assessment {
    /// What it counts against the unit; `None` where the question does not apply.
    pub(super) fn weighed(&self, settings: &Settings<'_>) -> Option<u32> {
        let badness = self.rule.badness(settings)?;
        Some((badness * self.weight).div_ceil(self.range))
    }
}

impl Rule {
    /// From 0 to the range of its question; `None` where it does not apply.
    fn badness(self, settings: &Settings<'_>) -> Option<u32> {
        let word = |name: &str| settings.last(name).unwrap_or_default();
        let is_root =
            || !settings.is_on("DynamicUser") && matches!(word("User"), "" | "root" | "0");
        Some(match self {
            Self::Off(name) => u32::from(!settings.is_on(name)),
            Self::On(name) => u32::from(settings.is_on(name)),
            Self::Capability(others) => {
                let denied = settings.is_emptied("CapabilityBoundingSet")
                    || others.iter().any(|name| settings.is_on(name));
                u32::from(!denied)
            }
            Self::Families(names) => {
                let allowed = settings.last("RestrictAddressFamilies").is_none()
                    || settings
                        .words("RestrictAddressFamilies")
                        .any(|word| names.contains(&word));
                u32::from(allowed)
            }
            Self::OtherFamilies => {
                let allowed = settings.last("RestrictAddressFamilies").is_none()
                    || settings
                        .words("RestrictAddressFamilies")
                        .any(|word| !USUAL.contains(&word));
                u32::from(allowed)
            }
            Self::Calls(group) => match passage(settings, group) {
                Passage::Unfiltered => 10,
                Passage::Allowed => 9,
                Passage::Denied => 0,
            },
            Self::User if is_root() => 10,
            Self::User => 0,
            Self::SupplementaryGroups | Self::RemoveIpc if is_root() => return None,
            Self::SupplementaryGroups => u32::from(settings.last("SupplementaryGroups").is_some()),
            // A user of its own takes its segments with it.
            Self::RemoveIpc => {
                u32::from(!settings.is_on("RemoveIPC") && !settings.is_on("DynamicUser"))
            }
            Self::PrivateMounts => {
                let own = MOUNTS.iter().any(|name| settings.is_on(name))
                    || !matches!(word("ProtectHome"), "" | "no")
                    || !matches!(word("ProtectSystem"), "" | "no");
                u32::from(!own)
            }
            Self::PrivateTmp => {
                u32::from(!settings.is_on("PrivateTmp") && word("PrivateTmp") != "disconnected")
            }
            Self::ProtectHome => match word("ProtectHome") {
                "tmpfs" => 1,
                "read-only" => 5,
                _ if settings.is_on("ProtectHome") => 0,
                _ => 10,
            },
            Self::ProtectSystem => match word("ProtectSystem") {
                "strict" => 0,
                "full" => 3,
                _ if settings.is_on("ProtectSystem") => 5,
                _ => 10,
            },
            Self::Root => u32::from(
                matches!(word("RootDirectory"), "" | "/") && matches!(word("RootImage"), "" | "/"),
            ),
            Self::UMask => umask(word("UMask")),
            // A system service has a keyring of its own unless it says otherwise.
            Self::KeyringMode => u32::from(!matches!(word("KeyringMode"), "" | "private")),
            Self::ProtectProc => match word("ProtectProc") {
                "invisible" | "ptraceable" => 0,
                "noaccess" => 1,
                _ => 3,
            },
            Self::ProcSubset => u32::from(word("ProcSubset") != "pid"),
            Self::NotifyAccess => u32::from(word("NotifyAccess") == "all"),
            Self::Architectures => match word("SystemCallArchitectures") {
                "" => 10,
                "native" => 0,
                _ => 8,
            },
            Self::IpAddresses => ip_addresses(settings),
            Self::Devices => match word("DevicePolicy") {
                // Protecting the clock opens /dev/rtc for reading.
                "closed" | "strict"
                    if settings.is_on("ProtectClock") || settings.last("DeviceAllow").is_some() =>
                {
                    5
                }
                "closed" | "strict" => 0,
                _ if settings.is_on("PrivateDevices") => 5,
                _ => 10,
            },
            Self::Ambient => u32::from(settings.last("AmbientCapabilities").is_some()),
        })
    }
}

fn umask(octal: &str) -> u32 {
    let mask = u32::from_str_radix(octal, 8).unwrap_or(0o022);
    [(0o002, 10), (0o004, 5), (0o020, 2), (0o040, 1)]
        .into_iter()
        .find(|(bit, _)| mask & bit == 0)
        .map_or(0, |(_, badness)| badness)
}

fn ip_addresses(settings: &Settings<'_>) -> u32 {
    if settings.last("IPAddressDeny") != Some("any") {
        return 10;
    }
    let mut others = settings
        .words("IPAddressAllow")
        .filter(|word| !matches!(*word, "localhost" | "127.0.0.0/8" | "::1/128"));
    if others.next().is_some() {
        5
    } else if settings.last("IPAddressAllow").is_some() {
        2
    } else {
        0
    }
}
