//! A system call that was denied, to what that means.
//!
//! The same error says different things of different calls: EPERM of connect(2) is the network's
//! filter, of mmap(2) memory that would be executable. It knows calls by their names.

use super::denial::Denial;
use super::kernel::Record;
use super::place::{self, is_below, is_home, is_of_group, is_own};

const EPERM: i32 = 1;
const ENOENT: i32 = 2;
const EAGAIN: i32 = 11;
const EACCES: i32 = 13;
const EROFS: i32 = 30;
const EAFNOSUPPORT: i32 = 97;
const ENETUNREACH: i32 = 101;

/// What `@resources` has beyond those that say EPERM for other reasons, too.
const RESOURCES: &[&str] = &[
    "ioprio_set",
    "mbind",
    "migrate_pages",
    "move_pages",
    "nice",
    "prlimit64",
    "sched_setaffinity",
    "sched_setattr",
    "sched_setparam",
    "sched_setscheduler",
    "set_mempolicy",
    "set_mempolicy_home_node",
    "setpriority",
    "setrlimit",
];

/// Calls that take rights which no service has, whatever the filter says.
const PRIVILEGED: &[&str] = &[
    "acct",
    "adjtimex",
    "bpf",
    "capset",
    "chown",
    "chroot",
    "clock_adjtime",
    "clock_settime",
    "delete_module",
    "fanotify_init",
    "fanotify_mark",
    "fchown",
    "fchownat",
    "finit_module",
    "fsopen",
    "init_module",
    "ioperm",
    "iopl",
    "kexec_file_load",
    "kexec_load",
    "lchown",
    "mknod",
    "mknodat",
    "mount",
    "move_mount",
    "open_by_handle_at",
    "open_tree",
    "perf_event_open",
    "pivot_root",
    "process_vm_readv",
    "process_vm_writev",
    "ptrace",
    "quotactl",
    "reboot",
    "setdomainname",
    "setfsgid",
    "setfsuid",
    "setgid",
    "setgroups",
    "sethostname",
    "setns",
    "setregid",
    "setresgid",
    "setresuid",
    "setreuid",
    "settimeofday",
    "setuid",
    "swapoff",
    "swapon",
    "syslog",
    "umount2",
    "vhangup",
];

/// Further calls that are not in `@system-service`, and say EPERM for no other reason.
const FILTERED: &[&str] = &[
    "add_key",
    "keyctl",
    "request_key",
    "userfaultfd",
    "kcmp",
    "lookup_dcookie",
    "modify_ldt",
    "pidfd_getfd",
    "vmsplice",
    "pkey_alloc",
];

/// Whether `@resources` has a call.
#[must_use]
pub fn is_of_resources(name: &str) -> bool {
    RESOURCES.contains(&name)
}

/// What a path is in a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct PathOf {
    /// Which argument it is.
    argument: usize,
    /// What is done with it.
    access: Access,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Access {
    /// By the flags in this argument of open(2).
    Flags(usize),
    /// Unknown without reading more of the caller's memory than is kept.
    Either,
    Read,
    Write,
    MakeDirectory,
}

fn path_of(name: &str) -> Option<PathOf> {
    use Access::{Either, Flags, MakeDirectory, Read, Write};
    let (argument, access) = match name {
        "open" => (0, Flags(1)),
        "openat" => (1, Flags(2)),
        "openat2" => (1, Either),
        "mkdir" => (0, MakeDirectory),
        "mkdirat" => (1, MakeDirectory),
        "creat" | "unlink" | "rmdir" | "rename" | "truncate" | "chmod" | "utime" | "utimes" => {
            (0, Write)
        }
        "unlinkat" | "renameat" | "renameat2" | "fchmodat" | "fchmodat2" | "utimensat" | "link"
        | "symlink" | "linkat" | "symlinkat" => (1, Write),
        "stat" | "lstat" | "readlink" | "access" | "chdir" | "execve" | "statfs" => (0, Read),
        "newfstatat" | "readlinkat" | "statx" | "faccessat" | "faccessat2" => (1, Read),
        _ => return None,
    };
    Some(PathOf { argument, access })
}

/// Where a relative path of a call begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Begins {
    /// In the working directory of the process.
    Working,
    /// In the directory of a descriptor of it.
    Descriptor(i32),
}

/// Where the path of a call begins, if it has one that does not say so itself.
#[must_use]
pub fn begins(name: &str, record: &Record) -> Option<Begins> {
    let path = path_of(name)?;
    let text = record.texts.get(path.argument)?;
    if text.starts_with('/') || text.is_empty() {
        return None;
    }
    // AT_FDCWD is -100, in the lower half of the register.
    let descriptor = directory_of(name).and_then(|argument| record.arguments.get(argument));
    Some(match descriptor.map(|it| lower(*it)) {
        Some(descriptor) if descriptor >= 0 => Begins::Descriptor(descriptor),
        _ => Begins::Working,
    })
}

/// Which argument is the descriptor that the path of a call begins at; `None` where it has none.
fn directory_of(name: &str) -> Option<usize> {
    match name {
        "linkat" => Some(2),
        "symlinkat" => Some(1),
        "openat" | "openat2" | "mkdirat" | "unlinkat" | "renameat" | "renameat2" | "fchmodat"
        | "fchmodat2" | "utimensat" | "newfstatat" | "readlinkat" | "statx" | "faccessat"
        | "faccessat2" => Some(0),
        _ => None,
    }
}

fn lower(argument: u64) -> i32 {
    let [a, b, c, d, ..] = argument.to_le_bytes();
    i32::from_le_bytes([a, b, c, d])
}

/// What was denied, and the path that it was about. `service` is who it was denied to; `directory`
/// where a relative path begins.
#[must_use]
pub fn denied(
    name: &str,
    record: &Record,
    service: &str,
    directory: Option<&str>,
) -> Option<(Denial, Option<String>)> {
    let alone = |denial| Some((denial, None));
    let argument = |number: usize| record.arguments.get(number).copied().unwrap_or_default();
    let refused = matches!(record.error, EPERM | EACCES);
    match (name, record.error) {
        ("socket", EAFNOSUPPORT) => {
            return alone(Denial::AddressFamily(u16::try_from(argument(0)).ok()));
        }
        ("clone" | "clone3" | "fork" | "vfork", EAGAIN) => return alone(Denial::Processes),
        ("connect" | "sendto" | "sendmsg" | "sendmmsg", ENETUNREACH) => {
            return Some((Denial::NoRoute, record.address.map(|it| it.to_string())));
        }
        ("connect" | "sendto", EPERM | EACCES) => {
            let address = record.address.filter(|it| !it.ip().is_loopback())?;
            return alone(Denial::Destination(address));
        }
        // Its address is where nobody looked.
        ("sendmsg" | "sendmmsg", EPERM) => return alone(Denial::UnknownDestination),
        ("bind", EPERM | EACCES) => return alone(Denial::Listen(record.address?)),
        ("mmap" | "mprotect" | "pkey_mprotect", EPERM | EACCES) if argument(2) & 4 != 0 => {
            return alone(Denial::WriteExecute);
        }
        ("clone" | "clone3" | "unshare", EPERM) => return alone(Denial::Namespace),
        ("socket", EPERM) => return alone(Denial::Privilege(name.to_owned())),
        ("chmod" | "fchmod", EPERM) if argument(1) & 0o6000 != 0 => return alone(Denial::SetUid),
        ("fchmodat" | "fchmodat2" | "mkdirat", EPERM) if argument(2) & 0o6000 != 0 => {
            return alone(Denial::SetUid);
        }
        _ if refused && PRIVILEGED.contains(&name) => {
            return alone(Denial::Privilege(name.to_owned()));
        }
        ("personality", EPERM) => return alone(Denial::Privilege(name.to_owned())),
        (_, EPERM) if is_of_resources(name) || FILTERED.contains(&name) => {
            return alone(Denial::SystemCall(name.to_owned()));
        }
        _ => {}
    }
    let Some(path) = path_of(name) else {
        return (record.error == EPERM).then(|| (Denial::Other(format!("EPERM of {name}")), None));
    };
    let text = record.texts.get(path.argument)?;
    let whole = place::normal(text, directory)?;
    let writes = match path.access {
        Access::Flags(flags) => argument(flags) & (0o1 | 0o2 | 0o100 | 0o1000) != 0,
        Access::Either => record.error == EROFS,
        Access::Read => false,
        Access::Write | Access::MakeDirectory => true,
    };
    let makes_directory = path.access == Access::MakeDirectory;
    let denial = of_path(&whole, record.error, writes, makes_directory, service)?;
    Some((denial, Some(whole)))
}

/// What it means that a path was refused.
#[must_use]
pub fn of_path(
    path: &str,
    error: i32,
    writes: bool,
    makes_directory: bool,
    service: &str,
) -> Option<Denial> {
    let own = is_own(path, service);
    if error == ENOENT {
        // It is hidden, or it is not there at all.
        return if is_below(path, "/dev") && !is_below(path, "/dev/shm") {
            Some(Denial::Device(path.to_owned()))
        } else if is_hidden_setting(path) {
            Some(Denial::KernelSetting(path.to_owned()))
        } else {
            (is_of_group(path) && !own).then(|| Denial::Read(path.to_owned()))
        };
    }
    if is_below(path, "/dev") && !is_below(path, "/dev/shm") {
        return Some(Denial::Device(path.to_owned()));
    }
    if writes || error == EROFS {
        return Some(Denial::Write(place::directory_for(path, makes_directory)));
    }
    if is_hidden_setting(path) {
        return Some(Denial::KernelSetting(path.to_owned()));
    }
    // Each program that looks along PATH, or for its user's settings, meets these.
    let passes_by = is_home(path) && error == EACCES && place::is_passed_by(path);
    (!passes_by).then(|| Denial::Read(path.to_owned()))
}

/// Below `/proc`, and nobody's process.
fn is_hidden_setting(path: &str) -> bool {
    path.strip_prefix("/proc/").is_some_and(|rest| {
        let first = rest.split('/').next().unwrap_or_default();
        !first.is_empty()
            && !first.bytes().all(|byte| byte.is_ascii_digit())
            && !matches!(first, "self" | "thread-self")
    })
}

#[cfg(test)]
#[path = "call_tests.rs"]
mod tests;
