//! The units of a network of the group's own: the one that holds it, and the proxies of those that are
//! let out of it.
//!
//! Every unit of the group has `PrivateNetwork=yes` and joins the namespace that
//! `juniper-network.service` has made: systemd itself keeps it while any of them is there, so that it
//! survives restarts in any order and needs no process, no file and nobody with a capability
//! (measured on 247 to 262, over `daemon-reload` and `daemon-reexec`). The alternative,
//! `NetworkNamespacePath=`, takes a helper that is root in the machine's own mount namespace, and
//! leaves loopback down. Nothing here renders.

use crate::hardening::{Profile, Sandbox};
use crate::spec::stack::{Endpoint, Managed, Member, Service, Stack};

use super::manager::Manager;
use super::sandbox::own_sandbox;
use super::value::{Directories, argument, raw};
use super::version::SystemdVersion;

/// The unit that makes the network and holds it.
pub const NETWORK: &str = "juniper-network.service";

/// From here on `PrivateTmp=disconnected` is not shared along with the network.
const DISCONNECTED: u32 = 257;

/// What the template of the unit that holds the network shows.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(missing_docs, reason = "the fields are the directives of the template")]
pub struct NetworkUnit {
    pub profile: String,
    pub version: String,
    pub program: String,
    /// It talks to nobody.
    pub peers: Vec<String>,
    pub sandbox: Sandbox,
}

/// What the templates of a proxy's socket and service show.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(
    missing_docs,
    reason = "the fields are the directives of the templates"
)]
pub struct ProxyUnit {
    pub version: String,
    pub description: String,
    pub label: String,
    pub socket: String,
    pub service: String,
    /// The unit that is let out.
    pub of: String,
    /// Where it is reached from outside.
    pub listen: String,
    /// Where it listens inside.
    pub inside: String,
    pub free_bind: bool,
    pub published: bool,
    /// It talks to loopback alone.
    pub peers: Vec<String>,
    pub sandbox: Sandbox,
}

/// The unit that holds the network.
#[must_use]
pub fn holder(stack: &Stack, version: SystemdVersion) -> NetworkUnit {
    NetworkUnit {
        profile: stack.profile.to_string(),
        version: version.to_string(),
        program: argument(stack.juniperctl.as_str()),
        peers: Vec::new(),
        sandbox: own_sandbox(Profile::Network, version, stack.network, &Manager::System),
    }
}

/// The proxies of all that are let out.
#[must_use]
pub fn proxies(stack: &Stack, version: SystemdVersion) -> Vec<ProxyUnit> {
    stack
        .services
        .iter()
        .filter_map(|service| proxy(service, stack, version))
        .collect()
}

fn proxy(service: &Service, stack: &Stack, version: SystemdVersion) -> Option<ProxyUnit> {
    let managed = service.managed()?;
    let (outside, inside) = (managed.let_out?, managed.endpoint?);
    let beyond = !outside.host.is_loopback();
    Some(ProxyUnit {
        version: version.to_string(),
        description: raw(service.description.as_str()),
        label: service.name.to_string(),
        socket: socket_of(managed)?,
        service: service_of(managed)?,
        of: format!("{}.service", managed.unit),
        listen: socket_address(outside),
        inside: argument(&socket_address(inside)),
        // At boot an address of its own may come later than the socket.
        free_bind: beyond && !outside.host.is_unspecified(),
        published: beyond,
        peers: Vec::new(),
        sandbox: own_sandbox(Profile::Network, version, stack.network, &Manager::System),
    })
}

fn socket_address(endpoint: Endpoint) -> String {
    std::net::SocketAddr::new(endpoint.host, endpoint.port).to_string()
}

/// The socket at which a service is reached from outside, if it is let out.
#[must_use]
pub fn socket_of(managed: &Managed) -> Option<String> {
    managed
        .let_out
        .map(|_| format!("{}-proxy.socket", managed.unit))
}

/// The proxy behind that socket.
#[must_use]
pub fn service_of(managed: &Managed) -> Option<String> {
    managed
        .let_out
        .map(|_| format!("{}-proxy.service", managed.unit))
}

/// The same of one that runs.
#[must_use]
pub fn socket_of_member(member: &Member<'_>) -> Option<String> {
    socket_of(member.service.managed()?)
}

/// Whether a unit is part of the network's own workings and not a service: told by its name and by
/// what else is installed beside it.
#[must_use]
pub fn is_of_network(unit: &str, installed: &[String]) -> bool {
    let socket = |stem: &str| format!("{stem}.socket");
    unit == NETWORK
        || unit
            .strip_suffix(".service")
            .is_some_and(|stem| stem.ends_with("-proxy") && installed.contains(&socket(stem)))
}

/// A service's own directory for temporary files, below its cache, where sharing the network would
/// share those of `PrivateTmp=yes`: a bind mount goes before them.
pub(super) fn temporary(
    stack: &Stack,
    directories: &Directories,
    version: SystemdVersion,
) -> Option<String> {
    let shared = stack.network.is_isolated() && !version.has(DISCONNECTED);
    shared.then(|| format!("{}/tmp", directories.below))
}

#[cfg(test)]
mod tests {
    use super::is_of_network;

    #[test]
    fn a_proxy_is_known_by_its_socket() {
        let installed = ["juniper-canopy-proxy.socket", "juniper-data.service"].map(str::to_owned);
        for (unit, is) in [
            ("juniper-network.service", true),
            ("juniper-canopy-proxy.service", true),
            ("juniper-web-proxy.service", false),
            ("juniper-data.service", false),
        ] {
            assert_eq!(is_of_network(unit, &installed), is, "{unit}");
        }
    }
}
