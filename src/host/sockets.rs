//! TCP sockets and who holds them: the kernel's tables and each process's descriptors (proc(5)).
//!
//! Only looked at: nothing is connected to and nobody is signalled.

use std::fs;

use crate::readiness::socket_table::Socket;

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
