//! What a service itself says of a denial, in the journal: Python's exceptions and what torch says. And
//! what the kernel's audit says of a process that was killed for a call.
//!
//! Lines are hostile; a line that is read wrongly costs a wrong proposal that somebody reads, no more.

use super::call::of_path;
use super::denial::Denial;
use super::place;

/// What one line of a service's journal says was denied, and the path that it was about.
#[must_use]
pub fn denied(line: &str, service: &str) -> Option<(Denial, Option<String>)> {
    let alone = |denial| Some((denial, None));
    if line.contains("could not create a primitive")
        || line.contains("Allocating memory for executable code")
    {
        return alone(Denial::WriteExecute);
    }
    let (_, rest) = line.split_once("[Errno ")?;
    let (number, rest) = rest.split_once(']')?;
    let number: i32 = number.parse().ok()?;
    let path = quoted(rest);
    match (number, path) {
        (97, _) => alone(Denial::AddressFamily(None)),
        (101, _) => alone(Denial::NoRoute),
        // Also what asyncio makes of it, with the address in brackets: no path of a file.
        (_, Some(path)) if path.starts_with('/') => {
            let path = place::normal(path, None)?;
            // A read-only file system refuses nothing but writing; who is refused a directory of its
            // own kind wanted that directory.
            let makes = number == 30;
            let denial = of_path(&path, number, number == 30, makes, service)?;
            matches!(number, 1 | 13 | 30).then_some((denial, Some(path)))
        }
        (11, None) if line.contains("BlockingIOError") => alone(Denial::Processes),
        _ => None,
    }
}

/// What systemd says of a unit that was ended: for a call, or for its memory.
#[must_use]
pub fn of_systemd(line: &str) -> Option<Denial> {
    if line.contains("status=31/SYS") {
        Some(Denial::Killed)
    } else {
        line.contains("killed by the OOM killer")
            .then_some(Denial::Memory)
    }
}

/// The first text between quotes, as Python shows it; one with an escape in it is not taken.
fn quoted(text: &str) -> Option<&str> {
    let begin = text.find(['\'', '"'])?;
    let (quote, rest) = (text.get(begin..=begin)?, text.get(begin + 1..)?);
    let (inside, _) = rest.split_once(quote)?;
    (!inside.contains('\\')).then_some(inside)
}

/// A record of the kernel's audit about a system call that a process was killed or logged for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Audited {
    /// The process.
    pub process: u64,
    /// The number of the call.
    pub number: u64,
}

/// Reads one; `None` where the line is something else.
#[must_use]
pub fn audited(line: &str) -> Option<Audited> {
    if !line.contains("type=1326") && !line.starts_with("SECCOMP") {
        return None;
    }
    let field = |name: &str| {
        line.split_whitespace()
            .find_map(|word| word.strip_prefix(name)?.strip_prefix('='))
            .and_then(|value| value.parse().ok())
    };
    Some(Audited {
        process: field("pid")?,
        number: field("syscall")?,
    })
}

#[cfg(test)]
mod tests {
    use super::{Audited, audited, denied, of_systemd};
    use crate::learn::Denial;

    #[test]
    fn pythons_exceptions_are_read() {
        let text = |it: &str| it.to_owned();
        for (line, expected) in [
            (
                "OSError: [Errno 30] Read-only file system: '/var/lib/foo/x'",
                Some(Denial::Write(text("/var/lib/foo"))),
            ),
            (
                "OSError: [Errno 30] Read-only file system: '/var/lib/foo'",
                Some(Denial::Write(text("/var/lib/foo"))),
            ),
            (
                "PermissionError: [Errno 13] Permission denied: '/home/a/set'",
                Some(Denial::Read(text("/home/a/set"))),
            ),
            (
                "PermissionError: [Errno 1] Operation not permitted: '/dev/kmsg'",
                Some(Denial::Device(text("/dev/kmsg"))),
            ),
            ("PermissionError: [Errno 1] Operation not permitted", None),
            (
                "FileNotFoundError: [Errno 2] No such file or directory: '/dev/nvidia0'",
                None,
            ),
            (
                "OSError: [Errno 97] Address family not supported by protocol",
                Some(Denial::AddressFamily(None)),
            ),
            (
                "OSError: [Errno 101] Network is unreachable",
                Some(Denial::NoRoute),
            ),
            (
                "RuntimeError: could not create a primitive",
                Some(Denial::WriteExecute),
            ),
            (
                "BlockingIOError: [Errno 11] Resource temporarily unavailable",
                Some(Denial::Processes),
            ),
            (
                "OSError: [Errno 30] Read-only file system: '/var/lib/a\\x1b'",
                None,
            ),
            ("[Errno 30", None),
            ("[Errno x] '/a'", None),
            ("[Errno 30] 'ä", None),
            ("", None),
        ] {
            assert_eq!(denied(line, "notebook").map(|it| it.0), expected, "{line}");
        }
    }

    #[test]
    fn systemd_says_who_was_ended_for_what() {
        for (line, expected) in [
            (
                "juniper-a.service: Main process exited, code=killed, status=31/SYS",
                Some(Denial::Killed),
            ),
            (
                "juniper-a.service: A process of this unit has been killed by the OOM killer.",
                Some(Denial::Memory),
            ),
            ("juniper-a.service: Failed with result 'signal'.", None),
        ] {
            assert_eq!(of_systemd(line), expected);
        }
    }

    #[test]
    fn audit_records_are_read() {
        let line = "audit: type=1326 audit(1732573331.123:45): auid=4294967295 uid=990 gid=990 ses=4294967295 pid=812 comm=\"python3\" exe=\"/usr/bin/python3.13\" sig=31 arch=c000003e syscall=101 compat=0 ip=0x7f code=0x80000000";
        assert_eq!(
            audited(line),
            Some(Audited {
                process: 812,
                number: 101
            })
        );
        assert_eq!(audited("type=1326 pid=x syscall=1"), None);
        assert_eq!(audited("type=1400 pid=1 syscall=1"), None);
    }
}
