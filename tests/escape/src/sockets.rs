//! Attempts on the network.

use std::net::{TcpListener, UdpSocket};

use nix::sys::socket::{AddressFamily, SockFlag, SockProtocol, SockType, socket};

use crate::refusal::{Refusal, Result};

/// One that sees and forges packets of any protocol.
pub(crate) fn raw() -> Result {
    open(AddressFamily::Inet, SockType::Raw, Some(SockProtocol::Icmp))
}

/// One that sees whatever is on the wire.
pub(crate) fn packet() -> Result {
    open(AddressFamily::Packet, SockType::Datagram, None)
}

/// One that talks to the kernel about interfaces and routes.
pub(crate) fn netlink() -> Result {
    open(AddressFamily::Netlink, SockType::Raw, None)
}

fn open(family: AddressFamily, kind: SockType, protocol: Option<SockProtocol>) -> Result {
    socket(family, kind, SockFlag::SOCK_CLOEXEC, protocol)?;
    Ok(())
}

/// A port of this machine that is not its own.
pub(crate) fn bind(port: u16) -> Result {
    TcpListener::bind(("127.0.0.1", port))?;
    Ok(())
}

/// The ports of all services: one is its own.
pub(crate) fn bind_others() -> Result {
    let refused: Vec<Refusal> = [8050, 8100, 8200, 8210]
        .into_iter()
        .filter_map(|port| bind(port).err())
        .collect();
    match refused.as_slice() {
        [_, _, .., last] => Err(*last),
        _ => Ok(()),
    }
}

/// A packet that nobody has to take.
pub(crate) fn send(address: &str) -> Result {
    let socket = UdpSocket::bind("0.0.0.0:0")?;
    socket.send_to(b"escape", address)?;
    Ok(())
}
