//! Which process listens on an address: the kernel's tables of sockets, and who holds which.
//!
//! Only looked at: nothing is connected to and nobody is signalled.

use std::collections::BTreeMap;
use std::fs;
use std::net::SocketAddr;
use std::os::unix::fs::MetadataExt as _;

use crate::host::sockets;
use crate::preflight::facts::{Held, Holder};
use crate::socket_table::{self, Socket, plain};

/// The most of a command line that is read.
const LONGEST: usize = 400;

/// All that listens in this process's network.
#[derive(Debug)]
pub struct Listening {
    sockets: Vec<Socket>,
    /// By the number of the socket; of several that share one, that with the lowest number.
    processes: BTreeMap<u64, u32>,
}

/// Looks.
#[must_use]
pub fn listening() -> Listening {
    let mut processes = BTreeMap::new();
    for entry in fs::read_dir("/proc").into_iter().flatten().flatten() {
        let Some(pid) = entry
            .file_name()
            .to_str()
            .and_then(|name| name.parse::<u32>().ok())
        else {
            continue;
        };
        for inode in sockets::held_by(pid) {
            let first = processes.entry(inode).or_insert(pid);
            *first = pid.min(*first);
        }
    }
    Listening {
        sockets: sockets::of_network("self", socket_table::listening),
        processes,
    }
}

impl Listening {
    /// Who keeps a service from listening on an address.
    #[must_use]
    pub fn held(&self, address: SocketAddr) -> Held {
        let in_the_way = |other: &&Socket| {
            let (wanted, other_ip) = (address.ip(), plain(other.address.ip()));
            other.address.port() == address.port()
                && (other_ip == wanted || other_ip.is_unspecified() || wanted.is_unspecified())
        };
        let Some(socket) = self.sockets.iter().find(in_the_way) else {
            return Held::Free;
        };
        match self.processes.get(&socket.inode) {
            None => Held::Unseen,
            Some(pid) => Held::By(holder(*pid)),
        }
    }
}

fn holder(pid: u32) -> Holder {
    let read = |file: &str| fs::read(format!("/proc/{pid}/{file}")).unwrap_or_default();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).trim_end().to_owned();
    let mut command: Vec<u8> = read("cmdline")
        .into_iter()
        .take(LONGEST)
        .map(|byte| if byte == 0 { b' ' } else { byte })
        .collect();
    if command.is_empty() {
        command = b"(no command line)".to_vec();
    }
    let user = fs::metadata(format!("/proc/{pid}"))
        .map(|metadata| super::super::accounts::name_of(metadata.uid()))
        .unwrap_or_default();
    Holder {
        pid,
        name: text(&read("comm")),
        command: text(&command),
        user,
        control_group: control_group(&text(&read("cgroup"))),
    }
}

/// The path in the unified hierarchy, or else in systemd's own (cgroups(7)).
fn control_group(table: &str) -> String {
    let path = |begin: &str| {
        table
            .lines()
            .find_map(|line| line.strip_prefix(begin))
            .filter(|path| *path != "/")
    };
    let own = || {
        table
            .lines()
            .find_map(|line| line.split_once(":name=systemd:").map(|(_, path)| path))
    };
    path("0::").or_else(own).unwrap_or_default().to_owned()
}

#[cfg(test)]
mod tests {
    use super::{control_group, listening};
    use crate::preflight::facts::Held;
    use std::net::TcpListener;

    #[test]
    fn control_groups_are_read() {
        assert_eq!(control_group("0::/a/b.service"), "/a/b.service");
        assert_eq!(control_group("1:name=systemd:/a\n0::/\n"), "/a");
    }

    #[test]
    fn who_listens_is_found() {
        let listener = TcpListener::bind("0.0.0.0:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let at = |text: &str| format!("{text}:{port}").parse().unwrap();
        match listening().held(at("127.0.0.1")) {
            Held::By(holder) => assert_eq!(holder.pid, std::process::id()),
            other => panic!("{other:?}"),
        }
        drop(listener);
        assert_eq!(listening().held(at("127.0.0.1")), Held::Free);
    }
}
