//! A structured entry for the journal, by its own protocol (systemd's `JOURNAL_NATIVE_PROTOCOL`).
//!
//! One datagram to a socket that is looked up each time, so that a restarted journald gets it too.
//! Fields are written with their length: no value can add a field.

use std::io;
use std::os::unix::net::UnixDatagram;

const SOCKET: &str = "/run/systemd/journal/socket";

/// Sends an entry of these fields.
///
/// # Errors
/// Nobody listens, or the entry is too long for a datagram.
pub fn send(fields: &[(&str, String)]) -> io::Result<()> {
    let socket = UnixDatagram::unbound()?;
    // A full queue must not hold the sender up.
    socket.set_nonblocking(true)?;
    socket.send_to(&encoded(fields), SOCKET).map(drop)
}

fn encoded(fields: &[(&str, String)]) -> Vec<u8> {
    let mut datagram = Vec::new();
    for (name, value) in fields {
        datagram.extend_from_slice(name.as_bytes());
        datagram.push(b'\n');
        datagram.extend_from_slice(&(value.len() as u64).to_le_bytes());
        datagram.extend_from_slice(value.as_bytes());
        datagram.push(b'\n');
    }
    datagram
}

#[cfg(test)]
mod tests {
    use super::encoded;

    #[test]
    fn a_value_cannot_add_a_field() {
        let datagram = encoded(&[("MESSAGE", "a\nPRIORITY=0".to_owned())]);
        let mut expected = b"MESSAGE\n".to_vec();
        expected.extend_from_slice(&[12, 0, 0, 0, 0, 0, 0, 0]);
        expected.extend_from_slice(b"a\nPRIORITY=0\n");
        assert_eq!(datagram, expected);
    }
}
