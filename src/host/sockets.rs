//! TCP sockets and who holds them: the kernel's tables and each process's descriptors (proc(5)).
//!
//! Only looked at: nothing is connected to and nobody is signalled.

use std::collections::BTreeSet;
use std::fs;

use crate::ordered::Ordered as _;
use crate::socket_table::{self, Socket};

use super::{process, trace};

/// What the tables of a process's network say; `self` for this one's.
#[must_use]
pub fn of_network(process: &str, read: impl Fn(&str) -> Vec<Socket>) -> Vec<Socket> {
    ["tcp", "tcp6"]
        .into_iter()
        .flat_map(|table| {
            let path = format!("/proc/{process}/net/{table}");
            read(&fs::read_to_string(path).unwrap_or_default())
        })
        .collect()
}

/// The numbers of the sockets that a process holds; none of one that is gone or somebody else's.
pub fn held_by(process: u32) -> impl Iterator<Item = u64> {
    let descriptors = fs::read_dir(format!("/proc/{process}/fd"));
    descriptors
        .into_iter()
        .flatten()
        .flatten()
        .filter_map(|descriptor| {
            let target = fs::read_link(descriptor.path()).ok()?;
            let number = target.to_str()?.strip_prefix("socket:[")?;
            number.strip_suffix(']')?.parse().ok()
        })
}

/// The sockets by which a control group's processes call somebody who does not answer, but for those of a program.
#[must_use]
pub fn unanswered(group: &str, but: &str) -> Vec<Socket> {
    let processes = trace::directory_of_group(group)
        .and_then(|directory| fs::read_to_string(format!("{directory}/cgroup.procs")).ok())
        .unwrap_or_default();
    let processes: Vec<u32> = processes
        .lines()
        .filter_map(|line| line.parse().ok())
        .filter(|process| process::program_of(u64::from(*process)).is_some_and(|name| name != but))
        .collect();
    // They have one network in common.
    let Some(first) = processes.first() else {
        return Vec::new();
    };
    let mut calling = of_network(&first.to_string(), socket_table::unanswered);
    if !calling.is_empty() {
        let held: BTreeSet<u64> = processes.into_iter().flat_map(held_by).ordered();
        calling.retain(|socket| held.contains(&socket.inode));
    }
    calling
}
