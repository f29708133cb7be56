//! What this computer must have before a machine can be booted on it.
//!
//! Only looks; it installs nothing. Finding all of it does not promise that a boot succeeds.

use std::env;
use std::fmt;
use std::fs;
use std::path::Path;

use crate::architecture::Architecture;
use crate::cgroup::unified_mount;
use crate::error::Error;

/// The programs that the lab runs, with the Debian package that has each.
const TOOLS: &[(&str, &str)] = &[
    ("systemd-nspawn", "systemd-container"),
    ("mmdebstrap", "mmdebstrap"),
    ("nsenter", "util-linux"),
    ("setpriv", "util-linux"),
    ("unshare", "util-linux"),
    ("mount", "mount"),
];

/// What the kernel is told by whoever has it run programs of a foreign processor by its emulator.
const FOREIGN: &str = "/proc/sys/fs/binfmt_misc/qemu-aarch64";

/// Something that this computer lacks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Missing {
    /// The privileges: machines are booted by root.
    Root,
    /// A program.
    Tool {
        /// What it is called.
        program: &'static str,
        /// The Debian package that has it.
        package: &'static str,
    },
    /// A mounted cgroup2 file system.
    Cgroup2,
    /// A kernel that runs programs of a foreign processor.
    Foreign(Architecture),
}

impl fmt::Display for Missing {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Root => formatter.write_str("needs root"),
            Self::Tool { program, .. } => write!(formatter, "needs {program}"),
            Self::Cgroup2 => formatter.write_str("needs a mounted cgroup2 file system"),
            Self::Foreign(architecture) => {
                write!(
                    formatter,
                    "needs to run programs of {architecture}: packaging/foreign"
                )
            }
        }
    }
}

/// All that is missing; empty where machines can be booted.
#[must_use]
pub fn missing() -> Vec<Missing> {
    let mut missing = Vec::new();
    if !rustix::process::geteuid().is_root() {
        missing.push(Missing::Root);
    }
    missing.extend(missing_tools(TOOLS));
    let mounts = fs::read_to_string(Path::new("/proc/self/mountinfo")).unwrap_or_default();
    if unified_mount(&mounts).is_none() {
        missing.push(Missing::Cgroup2);
    }
    missing
}

/// All that is missing for whole virtual machines with a processor; empty where they can be booted.
#[must_use]
pub fn missing_for_virtual(architecture: Architecture) -> Vec<Missing> {
    let mut missing = missing();
    missing.extend(missing_tools(&[
        (architecture.emulator(), architecture.emulator_package()),
        ("mke2fs", "e2fsprogs"),
    ]));
    if !architecture.is_own() && !Path::new(FOREIGN).exists() {
        missing.push(Missing::Foreign(architecture));
    }
    missing
}

fn missing_tools(tools: &[(&'static str, &'static str)]) -> Vec<Missing> {
    let path = env::var_os("PATH").unwrap_or_default();
    let directories: Vec<_> = env::split_paths(&path).collect();
    let is_there = |program: &str| {
        directories
            .iter()
            .any(|directory| directory.join(program).is_file())
    };
    tools
        .iter()
        .filter(|(program, _)| !is_there(program))
        .map(|&(program, package)| Missing::Tool { program, package })
        .collect()
}

/// The packages that have the missing programs, each once.
#[must_use]
pub fn packages(missing: &[Missing]) -> Vec<&'static str> {
    let mut packages: Vec<_> = missing
        .iter()
        .filter_map(|missing| match missing {
            Missing::Tool { package, .. } => Some(*package),
            Missing::Root | Missing::Cgroup2 | Missing::Foreign(_) => None,
        })
        .collect();
    packages.dedup();
    packages
}

/// What is missing as one line, or nothing.
#[must_use]
pub fn reason(missing: &[Missing]) -> Option<String> {
    let words: Vec<String> = missing.iter().map(Missing::to_string).collect();
    (!words.is_empty()).then(|| words.join(", "))
}

/// Refuses to go on where something is missing.
pub(crate) fn check() -> Result<(), Error> {
    refuse(&missing())
}

/// Refuses to go on where something is missing for whole virtual machines.
pub(crate) fn check_virtual(architecture: Architecture) -> Result<(), Error> {
    refuse(&missing_for_virtual(architecture))
}

fn refuse(missing: &[Missing]) -> Result<(), Error> {
    reason(missing).map_or(Ok(()), |reason| Err(Error::Requirements(reason)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_missing_becomes_one_line_and_one_package_list() {
        let tool = |program, package| Missing::Tool { program, package };
        let missing = [
            Missing::Root,
            tool("nsenter", "util-linux"),
            tool("unshare", "util-linux"),
        ];
        assert_eq!(
            reason(&missing).as_deref(),
            Some("needs root, needs nsenter, needs unshare")
        );
        assert_eq!(packages(&missing), ["util-linux"]);
        assert_eq!(reason(&[]), None);
    }
}
