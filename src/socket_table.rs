//! The kernel's tables of TCP sockets (`/proc/net/tcp`, `/proc/net/tcp6`; proc(5)) to addresses: who listens,
//! and who calls somebody that does not answer.
//!
//! It does not know whose a socket is: that is what the number of the socket is for.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

/// The state of a socket that listens.
const LISTENS: &str = "0A";

/// The state of a socket that has asked for a connection and has no answer.
const CALLS: &str = "02";

/// A socket of a table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Socket {
    /// Its own address where it listens, the other end's where it calls.
    pub address: SocketAddr,
    /// The kernel's number for it.
    pub inode: u64,
}

/// All that listen.
#[must_use]
pub fn listening(table: &str) -> Vec<Socket> {
    sockets(table, LISTENS, |fields| fields.local)
}

/// All that call and had to ask once more: for a second at least nobody answered them.
#[must_use]
pub fn unanswered(table: &str) -> Vec<Socket> {
    let mut calling = sockets(table, CALLS, |fields| {
        if fields.asked_again == "00000000" {
            ""
        } else {
            fields.remote
        }
    });
    for socket in &mut calling {
        socket.address.set_ip(plain(socket.address.ip()));
    }
    calling.retain(|socket| !socket.address.ip().is_loopback());
    calling
}

/// An IPv4 address that is written as an IPv6 one, as IPv4.
#[must_use]
pub fn plain(address: IpAddr) -> IpAddr {
    match address {
        IpAddr::V6(six) => six.to_ipv4_mapped().map_or(address, IpAddr::V4),
        IpAddr::V4(_) => address,
    }
}

/// The columns of a line that are used.
struct Fields<'t> {
    local: &'t str,
    remote: &'t str,
    asked_again: &'t str,
}

fn sockets(
    table: &str,
    wanted: &str,
    which: impl for<'t> Fn(&Fields<'t>) -> &'t str,
) -> Vec<Socket> {
    let socket = |line: &str| -> Option<Socket> {
        let mut columns = line.split_whitespace();
        let (local, remote, state) = (columns.nth(1)?, columns.next()?, columns.next()?);
        let asked_again = columns.nth(2)?;
        let inode = columns.nth(2)?.parse().ok()?;
        let fields = Fields {
            local,
            remote,
            asked_again,
        };
        let address = address(which(&fields)).filter(|_| state == wanted)?;
        Some(Socket { address, inode })
    };
    table.lines().skip(1).filter_map(socket).collect()
}

/// `0100007F:1FA4`: each group of four bytes is a number in the byte order of the machine.
fn address(text: &str) -> Option<SocketAddr> {
    let (address, port) = text.split_once(':')?;
    let port = u16::from_str_radix(port, 16).ok()?;
    let words: Option<Vec<u32>> = (0..address.len() / 8)
        .map(|word| u32::from_str_radix(address.get(word * 8..word * 8 + 8)?, 16).ok())
        .collect();
    let bytes: Vec<u8> = words?.into_iter().flat_map(u32::to_ne_bytes).collect();
    let address = match bytes.len() {
        4 => IpAddr::V4(Ipv4Addr::from(<[u8; 4]>::try_from(bytes).ok()?)),
        16 => IpAddr::V6(Ipv6Addr::from(<[u8; 16]>::try_from(bytes).ok()?)),
        _ => return None,
    };
    Some(SocketAddr::new(address, port))
}

#[cfg(test)]
mod tests {
    use super::{listening, unanswered};

    const HEADINGS: &str = "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n";

    /// As Linux 6.12 writes them, on a machine whose bytes are in that order.
    const FOUR: &str = "\
   0: 0100007F:1FA4 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 4711 1 0 100 0 0 10 0
   1: 0A00020F:9C40 010200C0:2328 02 00000001:00000000 01:000003B1 00000003   991        0 4712 2 0 800 0 0 1 7
   2: 0A00020F:9C41 020200C0:2328 02 00000001:00000000 01:00000063 00000000   991        0 4713 2 0 100 0 0 10 -1
   3: 0100007F:9C42 0100007F:2328 02 00000001:00000000 01:000003B1 00000002   991        0 4714 2 0 800 0 0 1 7
   4: 0100007F:1FA4 0100007F:9C43 01 00000000:00000000 00:00000000 00000000   991        0 4715 1 0 20 4 30 10 -1
";

    const SIX: &str = "\
   0: 00000000000000000000000001000000:1FA4 00000000000000000000000000000000:0000 0A 0:0 0:0 00000000 0 0 5 1
   1: 00000000000000000000000001000000:1FA5 B80D0120000000000000000001000000:01BB 02 0:1 1:3 00000001 0 0 6 1
   2: 00000000000000000000000001000000:1FA5 0000000000000000FFFF00000100007F:01BB 02 0:1 1:3 00000001 0 0 7 1
   3: 00000000000000000000000001000000:1FA6 0000000000000000FFFF0000010200C0:01BB 02 0:1 1:3 00000001 0 0 8 1
";

    fn told(sockets: &[super::Socket]) -> Vec<(String, u64)> {
        let each = sockets.iter();
        each.map(|one| (one.address.to_string(), one.inode))
            .collect()
    }

    #[test]
    fn who_listens() {
        let whole = |lines: &str| told(&listening(&format!("{HEADINGS}{lines}")));
        assert_eq!(whole(FOUR), [("127.0.0.1:8100".to_owned(), 4711)]);
        assert_eq!(whole(SIX), [("[::1]:8100".to_owned(), 5)]);
        assert_eq!(whole("   0: 0100007F:1FA4\n\n"), []);
    }

    /// Who has only just asked may yet be answered, and this machine answers itself.
    #[test]
    fn who_calls_and_is_not_answered() {
        let whole = |lines: &str| told(&unanswered(&format!("{HEADINGS}{lines}")));
        assert_eq!(whole(FOUR), [("192.0.2.1:9000".to_owned(), 4712)]);
        let other = ("192.0.2.1:443".to_owned(), 8);
        assert_eq!(whole(SIX), [("[2001:db8::1]:443".to_owned(), 6), other]);
    }
}
