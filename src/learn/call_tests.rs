//! Each kind of denial from the calls that show it. The records are made by hand, as the kernel would write them.

use super::{Begins, begins, denied};
use crate::learn::Denial;
use crate::learn::kernel::Record;

fn record(error: i32, arguments: [u64; 6], texts: [&str; 2], address: Option<&str>) -> Record {
    Record {
        control_group: 1,
        process: 7,
        error,
        number: 0,
        arguments,
        program: "python3".to_owned(),
        texts: texts.map(str::to_owned),
        address: address.map(|text| text.parse().unwrap()),
    }
}

/// `openat` of a path with flags.
fn open(error: i32, path: &str, flags: u64) -> Option<Denial> {
    let record = record(error, [0xffff_ff9c, 0, flags, 0, 0, 0], ["", path], None);
    denied(
        "openat",
        &record,
        "notebook",
        Some("/var/lib/juniper/notebook"),
    )
    .map(|it| it.0)
}

const CREATE: u64 = 0o101;

#[test]
fn files_are_told_apart_by_where_they_are_and_what_is_wanted() {
    let text = |it: &str| it.to_owned();
    for (error, path, flags, expected) in [
        (
            30,
            "/var/lib/foo/x",
            CREATE,
            Some(Denial::Write(text("/var/lib/foo"))),
        ),
        (
            13,
            "/srv/data/x",
            CREATE,
            Some(Denial::Write(text("/srv/data"))),
        ),
        (
            13,
            "/srv/data/x",
            0,
            Some(Denial::Read(text("/srv/data/x"))),
        ),
        (
            13,
            "/home/a/set",
            0,
            Some(Denial::Read(text("/home/a/set"))),
        ),
        (13, "/root/.local/bin/git", 0, None),
        (
            2,
            "/dev/nvidia0",
            2,
            Some(Denial::Device(text("/dev/nvidia0"))),
        ),
        (1, "/dev/kmsg", 2, Some(Denial::Device(text("/dev/kmsg")))),
        (
            2,
            "/proc/cpuinfo",
            0,
            Some(Denial::KernelSetting(text("/proc/cpuinfo"))),
        ),
        (2, "/proc/self/maps", 0, None),
        (2, "/proc/17/maps", 0, None),
        (
            2,
            "/var/lib/juniper/data/x",
            0,
            Some(Denial::Read(text("/var/lib/juniper/data/x"))),
        ),
        (2, "/var/lib/juniper/notebook/x", 0, None),
        (2, "/var/lib/other/x", 0, None),
        (
            30,
            "../other/x",
            CREATE,
            Some(Denial::Write(text("/var/lib/juniper/other"))),
        ),
    ] {
        assert_eq!(open(error, path, flags), expected, "{path}");
    }
}

#[test]
fn calls_without_a_path_say_what_they_wanted() {
    let address = "192.0.2.1:80".parse().unwrap();
    let low = "127.0.0.1:80".parse().unwrap();
    for (name, error, arguments, socket, expected) in [
        (
            "socket",
            97,
            [16, 0, 0],
            None,
            Some(Denial::AddressFamily(Some(16))),
        ),
        (
            "socket",
            1,
            [2, 3, 1],
            None,
            Some(Denial::Privilege("socket".to_owned())),
        ),
        (
            "connect",
            1,
            [3, 0, 16],
            Some("192.0.2.1:80"),
            Some(Denial::Destination(address)),
        ),
        (
            "connect",
            101,
            [3, 0, 16],
            Some("192.0.2.1:80"),
            Some(Denial::NoRoute),
        ),
        ("connect", 1, [3, 0, 16], Some("127.0.0.1:80"), None),
        (
            "sendmsg",
            1,
            [3, 0, 0],
            None,
            Some(Denial::UnknownDestination),
        ),
        (
            "bind",
            13,
            [3, 0, 16],
            Some("127.0.0.1:80"),
            Some(Denial::Listen(low)),
        ),
        ("mmap", 1, [0, 4096, 7], None, Some(Denial::WriteExecute)),
        (
            "mprotect",
            13,
            [0, 4096, 5],
            None,
            Some(Denial::WriteExecute),
        ),
        ("mprotect", 13, [0, 4096, 3], None, None),
        (
            "unshare",
            1,
            [0x1000_0000, 0, 0],
            None,
            Some(Denial::Namespace),
        ),
        ("clone", 11, [0, 0, 0], None, Some(Denial::Processes)),
        ("fchmod", 1, [3, 0o4755, 0], None, Some(Denial::SetUid)),
        (
            "mount",
            1,
            [0, 0, 0],
            None,
            Some(Denial::Privilege("mount".to_owned())),
        ),
        (
            "sched_setaffinity",
            1,
            [0, 0, 0],
            None,
            Some(Denial::SystemCall("sched_setaffinity".to_owned())),
        ),
        (
            "keyctl",
            1,
            [0, 0, 0],
            None,
            Some(Denial::SystemCall("keyctl".to_owned())),
        ),
        (
            "kill",
            1,
            [0, 0, 0],
            None,
            Some(Denial::Other("EPERM of kill".to_owned())),
        ),
    ] {
        let [a, b, c] = arguments;
        let record = record(error, [a, b, c, 0, 0, 0], ["", ""], socket);
        let came = denied(name, &record, "notebook", None).map(|it| it.0);
        assert_eq!(came, expected, "{name}");
    }
}

#[test]
fn a_directory_is_made_where_it_is_to_be() {
    let record = record(30, [0, 0o777, 0, 0, 0, 0], ["/var/lib/foo", ""], None);
    assert_eq!(
        denied("mkdir", &record, "notebook", None),
        Some((
            Denial::Write("/var/lib/foo".to_owned()),
            Some("/var/lib/foo".to_owned())
        ))
    );
}

#[test]
fn relative_paths_begin_where_the_call_says() {
    let at = |descriptor: u64, path: &str| {
        begins(
            "openat",
            &record(30, [descriptor, 0, 0, 0, 0, 0], ["", path], None),
        )
    };
    assert_eq!(at(0xffff_ff9c, "x"), Some(Begins::Working));
    assert_eq!(at(5, "x"), Some(Begins::Descriptor(5)));
    assert_eq!(at(5, "/x"), None);
    let by_path = record(30, [5, 0, 0, 0, 0, 0], ["x", ""], None);
    for name in ["mkdir", "creat", "stat"] {
        assert_eq!(begins(name, &by_path), Some(Begins::Working));
    }
    // The path of a link is not the first of the two, nor is the directory that it begins in.
    let link = record(30, [7, 0, 5, 0, 0, 0], ["", "x"], None);
    assert_eq!(begins("linkat", &link), Some(Begins::Descriptor(5)));
    let link = record(30, [0, 5, 0, 0, 0, 0], ["/to", "x"], None);
    assert_eq!(begins("symlinkat", &link), Some(Begins::Descriptor(5)));
    let (denial, path) = denied("symlinkat", &link, "notebook", Some("/srv")).unwrap();
    assert_eq!(denial, Denial::Write("/srv".to_owned()));
    assert_eq!(path.as_deref(), Some("/srv/x"));
}
