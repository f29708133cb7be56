//! Which process listens on an address: the kernel's tables of sockets, and who holds which.
//!
//! Only looked at: nothing is connected to and nobody is signalled.

use std::collections::BTreeMap;
use std::fs;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::os::unix::fs::MetadataExt as _;

use crate::preflight::facts::{Held, Holder};

/// The state of a socket that listens, in the kernel's tables.
const LISTENS: &str = "0A";

/// The most of a command line that is read.
const LONGEST: usize = 400;

/// All that listens in this process's network.
#[derive(Debug)]
pub struct Listening {
    sockets: Vec<(SocketAddr, u64)>,
    /// By the number of the socket; of several that share one, that with the lowest number.
    processes: BTreeMap<u64, u32>,
}

/// Looks.
#[must_use]
pub fn listening() -> Listening {
    let mut sockets = Vec::new();
    for table in ["/proc/self/net/tcp", "/proc/self/net/tcp6"] {
        let text = fs::read_to_string(table).unwrap_or_default();
        sockets.extend(text.lines().skip(1).filter_map(socket));
    }
    let mut processes = BTreeMap::new();
    for entry in fs::read_dir("/proc").into_iter().flatten().flatten() {
        let Some(pid) = entry
            .file_name()
            .to_str()
            .and_then(|name| name.parse::<u32>().ok())
        else {
            continue;
        };
        for descriptor in fs::read_dir(entry.path().join("fd"))
            .into_iter()
            .flatten()
            .flatten()
        {
            let target = fs::read_link(descriptor.path()).unwrap_or_default();
            let inode = target.to_str().and_then(|target| {
                target
                    .strip_prefix("socket:[")?
                    .strip_suffix(']')?
                    .parse()
                    .ok()
            });
            if let Some(inode) = inode {
                let first = processes.entry(inode).or_insert(pid);
                *first = pid.min(*first);
            }
        }
    }
    Listening { sockets, processes }
}

impl Listening {
    /// Who keeps a service from listening on an address.
    #[must_use]
    pub fn held(&self, address: SocketAddr) -> Held {
        let in_the_way = |other: &SocketAddr| {
            let (wanted, other_ip) = (address.ip(), plain(other.ip()));
            other.port() == address.port()
                && (other_ip == wanted || other_ip.is_unspecified() || wanted.is_unspecified())
        };
        let Some((_, inode)) = self.sockets.iter().find(|(other, _)| in_the_way(other)) else {
            return Held::Free;
        };
        match self.processes.get(inode) {
            None => Held::Unseen,
            Some(pid) => Held::By(holder(*pid)),
        }
    }
}

/// An IPv4 address that is written as an IPv6 one, as IPv4.
fn plain(address: IpAddr) -> IpAddr {
    match address {
        IpAddr::V6(six) => six.to_ipv4_mapped().map_or(address, IpAddr::V4),
        IpAddr::V4(_) => address,
    }
}

/// One line of a table: the address and the number of the socket, where it listens.
fn socket(line: &str) -> Option<(SocketAddr, u64)> {
    let mut fields = line.split_whitespace();
    let (local, state) = (fields.nth(1)?, fields.nth(1)?);
    let inode = fields.nth(5)?.parse().ok()?;
    if state != LISTENS {
        return None;
    }
    let (address, port) = local.split_once(':')?;
    let port = u16::from_str_radix(port, 16).ok()?;
    // Each group of four bytes is a number in the byte order of the machine.
    let words: Option<Vec<u32>> = (0..address.len() / 8)
        .map(|word| u32::from_str_radix(address.get(word * 8..word * 8 + 8)?, 16).ok())
        .collect();
    let bytes: Vec<u8> = words?.into_iter().flat_map(u32::to_ne_bytes).collect();
    let address = match bytes.len() {
        4 => IpAddr::V4(Ipv4Addr::from(<[u8; 4]>::try_from(bytes).ok()?)),
        16 => IpAddr::V6(Ipv6Addr::from(<[u8; 16]>::try_from(bytes).ok()?)),
        _ => return None,
    };
    Some((SocketAddr::new(address, port), inode))
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
    use super::{control_group, listening, socket};
    use crate::preflight::facts::Held;
    use std::net::TcpListener;

    #[test]
    fn tables_are_read() {
        let line = "   0: 0100007F:1FA4 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 4711 1";
        let (address, inode) = socket(line).unwrap();
        assert_eq!(
            (address.to_string().as_str(), inode),
            ("127.0.0.1:8100", 4711)
        );
        let line = "   0: 00000000000000000000000001000000:1FA4 0:0 0A 0:0 0:0 0 0 0 5 1";
        assert_eq!(socket(line).unwrap().0.to_string(), "[::1]:8100");
        assert!(socket(&line.replace(" 0A ", " 01 ")).is_none());
        assert!(socket("").is_none());
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
