//! What was denied, in closed words, and which attempt of the table it is.
//!
//! Paths in here are what the service said: hostile, and shown through `for_terminal` only.

use std::net::SocketAddr;

use crate::spec::text::for_terminal;

/// One kind of denial.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Denial {
    /// Writing in a directory.
    Write(String),
    /// Reading a file that its mode or the sandbox keeps from it.
    Read(String),
    /// Opening a device.
    Device(String),
    /// Reading a kernel setting or what the hardware is, below `/proc`.
    KernelSetting(String),
    /// A system call that the filter refuses.
    SystemCall(String),
    /// A system call that takes rights which no service has.
    Privilege(String),
    /// A kind of socket, by the kernel's number where it is known.
    AddressFamily(Option<u16>),
    /// Talking to an address.
    Destination(SocketAddr),
    /// Talking to an address that does not answer: of TCP the kernel drops what may not leave and tells
    /// nobody (measured: Linux 6.12; connect(2) hangs until it gives up, after two minutes).
    Unanswered(SocketAddr),
    /// Talking to an address that nobody named.
    UnknownDestination,
    /// Talking to an address to which no route leads.
    NoRoute,
    /// Listening on an address.
    Listen(SocketAddr),
    /// Memory that is writable and executable.
    WriteExecute,
    /// Making a namespace.
    Namespace,
    /// Making a set-uid file.
    SetUid,
    /// One more process.
    Processes,
    /// More memory than its limit: the kernel ended it.
    Memory,
    /// A system call that it was killed for.
    Killed,
    /// Something that no directive of the sandbox explains.
    Other(String),
}

/// Sockets that the kernel knows, as systemd names them.
const FAMILIES: &[(u16, &str)] = &[
    (3, "AF_AX25"),
    (15, "AF_KEY"),
    (16, "AF_NETLINK"),
    (17, "AF_PACKET"),
    (27, "AF_IB"),
    (29, "AF_CAN"),
    (31, "AF_BLUETOOTH"),
    (38, "AF_ALG"),
    (40, "AF_VSOCK"),
    (44, "AF_XDP"),
];

/// The name of a kind of socket.
#[must_use]
pub fn family(number: u16) -> Option<&'static str> {
    FAMILIES
        .iter()
        .find(|(known, _)| *known == number)
        .map(|(_, name)| *name)
}

impl Denial {
    /// What it tried, for people.
    #[must_use]
    pub fn tried(&self) -> String {
        let shown = |text: &str| for_terminal(text, 300);
        match self {
            Self::Write(directory) => format!("write in {}", shown(directory)),
            Self::Read(path) | Self::KernelSetting(path) => format!("read {}", shown(path)),
            Self::Device(path) => format!("open the device {}", shown(path)),
            Self::SystemCall(name) | Self::Privilege(name) => {
                format!("the system call {}", shown(name))
            }
            Self::AddressFamily(Some(number)) => match family(*number) {
                Some(name) => format!("a socket of {name}"),
                None => format!("a socket of family {number}"),
            },
            Self::AddressFamily(None) => "a socket of a family that it may not use".to_owned(),
            Self::Destination(address) => format!("talk to {address}"),
            Self::Unanswered(address) => format!("talk to {address}, and waited for an answer"),
            Self::UnknownDestination => "talk to an address beyond this machine".to_owned(),
            Self::NoRoute => "talk to an address to which no route leads".to_owned(),
            Self::Listen(address) => format!("listen on {address}"),
            Self::WriteExecute => "memory that is writable and executable".to_owned(),
            Self::Namespace => "make a namespace".to_owned(),
            Self::SetUid => "make a set-uid file".to_owned(),
            Self::Processes => "start one more process or thread".to_owned(),
            Self::Memory => "more memory than it may have".to_owned(),
            Self::Killed => "a system call that it was killed for".to_owned(),
            Self::Other(what) => shown(what),
        }
    }

    /// A word for programs.
    #[must_use]
    pub const fn word(&self) -> &'static str {
        match self {
            Self::Write(_) => "write",
            Self::Read(_) => "read",
            Self::Device(_) => "device",
            Self::KernelSetting(_) => "kernel_setting",
            Self::SystemCall(_) => "system_call",
            Self::Privilege(_) => "privilege",
            Self::AddressFamily(_) => "address_family",
            Self::Destination(_) | Self::Unanswered(_) | Self::UnknownDestination => "destination",
            Self::NoRoute => "no_route",
            Self::Listen(_) => "listen",
            Self::WriteExecute => "write_execute",
            Self::Namespace => "namespace",
            Self::SetUid => "set_uid",
            Self::Processes => "processes",
            Self::Memory => "memory",
            Self::Killed => "killed",
            Self::Other(_) => "other",
        }
    }

    /// The attempt of `hardening::attempts` that it is, by name: what denies it is said there.
    #[must_use]
    pub fn attempt(&self) -> Option<&'static str> {
        match self {
            Self::Write(path) | Self::Read(path) => of_path(path, self),
            Self::Device(_) => Some("open-other-gpu"),
            Self::KernelSetting(_) => Some("read-kernel-settings"),
            Self::SystemCall(name) | Self::Privilege(name) => of_call(name),
            Self::AddressFamily(Some(17)) => Some("open-packet-socket"),
            Self::AddressFamily(_) => Some("open-netlink-socket"),
            Self::Destination(_) | Self::Unanswered(_) | Self::UnknownDestination => {
                Some("talk-beyond-loopback")
            }
            Self::Listen(address) if address.port() < 1024 => Some("bind-privileged-port"),
            Self::Listen(_) => Some("bind-others-port"),
            Self::WriteExecute => Some("run-written-memory"),
            Self::Namespace => Some("make-user-namespace"),
            Self::SetUid => Some("make-set-uid-file"),
            Self::NoRoute | Self::Processes | Self::Memory | Self::Killed | Self::Other(_) => None,
        }
    }
}

fn of_path(path: &str, denial: &Denial) -> Option<&'static str> {
    use super::place::{is_below, is_home, is_of_group};
    if is_home(path) {
        Some("read-home")
    } else if is_of_group(path) {
        Some("touch-other-service")
    } else if is_below(path, "/proc") || is_below(path, "/sys") {
        Some("write-kernel-setting")
    } else {
        matches!(denial, Denial::Write(_)).then_some("write-elsewhere")
    }
}

/// The attempt that stands for a system call.
fn of_call(name: &str) -> Option<&'static str> {
    Some(match name {
        "mount" | "umount2" | "pivot_root" | "move_mount" | "fsopen" | "open_tree" => "mount",
        "init_module" | "finit_module" | "delete_module" => "load-module",
        "ptrace" | "process_vm_readv" | "process_vm_writev" => "trace-same-users-process",
        "settimeofday" | "clock_settime" | "adjtimex" | "clock_adjtime" => "set-clock",
        "sethostname" | "setdomainname" => "set-host-name",
        "chown" | "fchown" | "lchown" | "fchownat" => "give-file-away",
        "mknod" | "mknodat" => "make-device",
        "syslog" => "read-kernel-log",
        "socket" => "open-raw-socket",
        "personality" => "change-personality",
        "sched_setscheduler" | "sched_setattr" | "sched_setparam" => "run-in-real-time",
        "setns" => "make-mount-namespace",
        name if name.starts_with("set") && name.contains("id") || name == "setgroups" => {
            "become-another-user"
        }
        name if super::call::is_of_resources(name) => "choose-own-processors",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::{Denial, of_call};
    use crate::hardening::attempts::ATTEMPTS;

    #[test]
    fn every_attempt_that_is_named_is_one_of_the_table() {
        let calls = [
            "mount",
            "init_module",
            "ptrace",
            "settimeofday",
            "sethostname",
            "fchown",
            "mknodat",
            "syslog",
            "socket",
            "personality",
            "sched_setscheduler",
            "setns",
            "setuid",
            "sched_setaffinity",
        ];
        let named = calls.into_iter().map(of_call).chain(
            [
                Denial::Write("/srv".to_owned()),
                Denial::Read("/home/a".to_owned()),
                Denial::Read("/var/lib/juniper/data".to_owned()),
                Denial::Write("/proc/sys".to_owned()),
                Denial::Device("/dev/x".to_owned()),
                Denial::KernelSetting("/proc/cpuinfo".to_owned()),
                Denial::AddressFamily(Some(17)),
                Denial::AddressFamily(None),
                Denial::UnknownDestination,
                Denial::Unanswered(([192, 0, 2, 1], 80).into()),
                Denial::Listen(([127, 0, 0, 1], 80).into()),
                Denial::Listen(([127, 0, 0, 1], 8080).into()),
                Denial::WriteExecute,
                Denial::Namespace,
                Denial::SetUid,
            ]
            .iter()
            .map(Denial::attempt)
            .collect::<Vec<_>>(),
        );
        for name in named {
            let name = name.unwrap();
            assert!(ATTEMPTS.iter().any(|one| one.name == name), "{name}");
        }
    }

    #[test]
    fn nothing_that_a_service_says_reaches_the_terminal_raw() {
        let told = Denial::Write("/srv/\u{1b}[31m\n".to_owned()).tried();
        assert_eq!(told, "write in /srv/\\u{1b}[31m\\n");
    }
}
