//! Whose a path is, and which directory a service should have been given for it.
//!
//! Paths are what the service said; they are compared, never opened.

/// Directories of the machine that many share: none of them can be given to one service.
const SHARED: &[&str] = &[
    "/",
    "/bin",
    "/boot",
    "/dev",
    "/etc",
    "/home",
    "/lib",
    "/lib32",
    "/lib64",
    "/media",
    "/mnt",
    "/opt",
    "/proc",
    "/root",
    "/run",
    "/sbin",
    "/srv",
    "/sys",
    "/tmp",
    "/usr",
    "/var",
    "/var/cache",
    "/var/lib",
    "/var/local",
    "/var/log",
    "/var/opt",
    "/var/spool",
    "/var/tmp",
];

/// What belongs to the system itself.
const SYSTEM: &[&str] = &[
    "/usr",
    "/bin",
    "/sbin",
    "/lib",
    "/lib32",
    "/lib64",
    "/boot",
    "/etc",
    "/run/systemd",
    "/run/juniperctl",
];

/// Whose state below `/var/lib` belongs to the system: those who install, systemd, and juniperctl itself.
const SYSTEM_STATE: &[&str] = &["apt", "dpkg", "juniperctl", "pacman", "rpm", "systemd"];

/// Where the directories of the group's services are.
const GROUP: &[&str] = &[
    "/var/lib/juniper",
    "/var/log/juniper",
    "/var/cache/juniper",
    "/run/juniper",
];

/// Whether a path is a directory or below it.
#[must_use]
pub fn is_below(path: &str, directory: &str) -> bool {
    path.strip_prefix(directory)
        .is_some_and(|rest| rest.is_empty() || rest.starts_with('/') || directory == "/")
}

/// Whether it belongs to the system itself.
#[must_use]
pub fn is_of_system(path: &str) -> bool {
    let whose = path
        .strip_prefix("/var/lib/")
        .and_then(|rest| rest.split('/').next());
    SYSTEM.iter().any(|directory| is_below(path, directory))
        || whose.is_some_and(|whose| SYSTEM_STATE.contains(&whose))
}

/// Whether it is below a home directory.
#[must_use]
pub fn is_home(path: &str) -> bool {
    ["/home", "/root", "/run/user"]
        .iter()
        .any(|directory| is_below(path, directory))
}

/// Whether it is in the directories of the group's services.
#[must_use]
pub fn is_of_group(path: &str) -> bool {
    GROUP.iter().any(|directory| is_below(path, directory))
}

/// Whether it is in the directories of this service.
#[must_use]
pub fn is_own(path: &str, service: &str) -> bool {
    GROUP
        .iter()
        .any(|directory| is_below(path, &format!("{directory}/{service}")))
}

/// Whether many share it.
#[must_use]
pub fn is_shared(directory: &str) -> bool {
    SHARED.contains(&directory)
}

/// Whether it is what programs keep in the home of their user, looked for where there is none.
#[must_use]
pub fn is_hidden_at_top(path: &str) -> bool {
    path.starts_with("/.") || is_below(path, "/nonexistent")
}

/// Whether it is where programs look for other programs or for settings that need not be there: not to
/// find them is nothing that a service suffers from.
#[must_use]
pub fn is_passed_by(path: &str) -> bool {
    let parts = [
        "/bin/",
        "/shims/",
        "/.config/",
        "/.local/lib/",
        "/.netrc",
        "/.curlrc",
        "/.gitconfig",
    ];
    parts.iter().any(|part| path.contains(part))
}

/// The directory that would have to be writable for a path: the one above it, or, where many share
/// that, the path itself if it was to be a directory.
#[must_use]
pub fn directory_for(path: &str, makes_directory: bool) -> String {
    let above = match path.rsplit_once('/') {
        None | Some(("", _)) => "/",
        Some((above, _)) => above,
    };
    if makes_directory && is_shared(above) {
        path.to_owned()
    } else {
        above.to_owned()
    }
}

/// A path as the kernel would walk it, without links: joined to where it begins, without `.` and `..`.
#[must_use]
pub fn normal(path: &str, begins: Option<&str>) -> Option<String> {
    let whole = if path.starts_with('/') {
        path.to_owned()
    } else {
        format!("{}/{path}", begins?)
    };
    let mut parts: Vec<&str> = Vec::new();
    for part in whole.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop();
            }
            other => parts.push(other),
        }
    }
    Some(format!("/{}", parts.join("/")))
}

#[cfg(test)]
mod tests {
    use super::{directory_for, is_below, is_of_system, is_own, normal};

    #[test]
    fn paths_are_walked_without_the_machine() {
        assert_eq!(normal("/a/./b/../c//d", None).as_deref(), Some("/a/c/d"));
        assert_eq!(normal("x/../../y", Some("/a/b")).as_deref(), Some("/a/y"));
        assert_eq!(normal("x", None), None);
        assert_eq!(normal("/../..", None).as_deref(), Some("/"));
    }

    #[test]
    fn a_name_that_only_begins_alike_is_not_below() {
        assert!(is_below("/var/lib/foo/x", "/var/lib/foo"));
        assert!(is_below("/anything", "/"));
        assert!(!is_below("/var/lib/foobar", "/var/lib/foo"));
        assert!(is_own("/var/lib/juniper/data/x", "data"));
        assert!(!is_own("/var/lib/juniper/data2", "data"));
    }

    #[test]
    fn what_belongs_to_the_system_is_known_wherever_it_lies() {
        for (path, expected) in [
            ("/usr/lib/x", true),
            ("/var/lib/systemd", true),
            ("/var/lib/rpm/x", true),
            ("/var/lib/systemd-lookalike", false),
            ("/var/lib", false),
            ("/srv/x", false),
        ] {
            assert_eq!(is_of_system(path), expected, "{path}");
        }
    }

    #[test]
    fn the_directory_is_the_one_above_unless_many_share_it() {
        for (path, makes, directory) in [
            ("/var/lib/foo/x", false, "/var/lib/foo"),
            ("/var/lib/foo", true, "/var/lib/foo"),
            ("/var/lib/foo", false, "/var/lib"),
            ("/srv/a/b", true, "/srv/a"),
            ("/data", true, "/data"),
            ("/data/x", false, "/data"),
            ("/x", false, "/"),
        ] {
            assert_eq!(directory_for(path, makes), directory, "{path}");
        }
    }
}
