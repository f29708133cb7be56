//! Where a service is: a host with a port, and the base URL under which another service knows it.
//! Pure: it takes text apart and never resolves a name or opens a socket.

use std::fmt;

/// A host, by name or by number, with a port.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Address {
    pub(crate) host: String,
    pub(crate) port: u16,
}

impl Address {
    /// Whether only this machine can come here; a name other than `localhost` may be anybody's.
    pub(crate) fn is_loopback(&self) -> bool {
        self.host == "localhost"
            || self
                .host
                .parse::<std::net::IpAddr>()
                .is_ok_and(|address| address.is_loopback())
    }
}

impl fmt::Display for Address {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { host, port } = self;
        if host.contains(':') {
            write!(formatter, "[{host}]:{port}")
        } else {
            write!(formatter, "{host}:{port}")
        }
    }
}

/// The base URL of another service: plain HTTP, no query, no trailing slash.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ServiceUrl {
    pub(crate) address: Address,
    /// What stands before every path, without a trailing slash; most often nothing.
    prefix: String,
    text: String,
}

impl ServiceUrl {
    /// Reads `http://HOST[:PORT][/PREFIX]`.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        let trimmed = text.trim_end_matches('/');
        let rest = trimmed
            .strip_prefix("http://")
            .ok_or_else(|| format!("{text:?} does not start with http://"))?;
        let (authority, prefix) = rest
            .find('/')
            .map_or((rest, ""), |slash| rest.split_at(slash));
        Ok(Self {
            address: authority_of(authority, text)?,
            prefix: prefix.to_owned(),
            text: trimmed.to_owned(),
        })
    }

    /// Reads `ws://HOST[:PORT]/…` and keeps the address alone: the stand-in speaks no WebSocket,
    /// it asks the plain health path of the same server.
    pub(crate) fn parse_websocket(text: &str) -> Result<Self, String> {
        let rest = text
            .strip_prefix("ws://")
            .ok_or_else(|| format!("{text:?} does not start with ws://"))?;
        let authority = rest.split('/').next().unwrap_or(rest);
        Self::parse(&format!("http://{authority}"))
            .map_err(|_| format!("{text:?} has no usable host and port"))
    }

    /// The full URL of a path, as dependency messages show it.
    pub(crate) fn of(&self, path: &str) -> String {
        format!("{}{path}", self.text)
    }

    /// The path as it goes on a request line.
    pub(crate) fn target(&self, path: &str) -> String {
        format!("{}{path}", self.prefix)
    }
}

fn authority_of(authority: &str, text: &str) -> Result<Address, String> {
    let (host, port) = match authority
        .strip_prefix('[')
        .and_then(|rest| rest.split_once(']'))
    {
        Some((host, "")) => (host, "80"),
        Some((host, after)) => (host, after.strip_prefix(':').unwrap_or("")),
        None => authority.split_once(':').unwrap_or((authority, "80")),
    };
    let port = port
        .parse()
        .map_err(|_| format!("{text:?} has no usable port"))?;
    if host.is_empty() {
        return Err(format!("{text:?} has no host"));
    }
    Ok(Address {
        host: host.to_owned(),
        port,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_is_taken_apart_and_put_together() {
        let url = ServiceUrl::parse("http://127.0.0.1:8100/").unwrap();
        assert_eq!(url.address.to_string(), "127.0.0.1:8100");
        assert_eq!(
            url.of("/v1/health/live"),
            "http://127.0.0.1:8100/v1/health/live"
        );
        assert_eq!(url.target("/v1/health/live"), "/v1/health/live");

        let url = ServiceUrl::parse("http://[::1]:9/under").unwrap();
        assert_eq!(url.address.to_string(), "[::1]:9");
        assert_eq!(url.target("/v1"), "/under/v1");
        assert_eq!(
            ServiceUrl::parse("http://localhost").unwrap().address.port,
            80
        );
    }

    #[test]
    fn loopback_is_what_nobody_else_reaches() {
        let is_loopback = |host: &str| {
            let host = host.to_owned();
            Address { host, port: 1 }.is_loopback()
        };
        assert!(["127.0.0.1", "127.1.2.3", "::1", "localhost"].map(is_loopback) == [true; 4]);
        assert!(["0.0.0.0", "::", "192.0.2.1", "example"].map(is_loopback) == [false; 4]);
    }

    #[test]
    fn a_websocket_url_keeps_its_address_only() {
        let url = ServiceUrl::parse_websocket("ws://127.0.0.1:8200/ws/v1/workers").unwrap();
        assert_eq!(
            url.of("/v1/health/live"),
            "http://127.0.0.1:8200/v1/health/live"
        );
    }

    #[test]
    fn what_cannot_be_asked_is_refused() {
        for text in [
            "",
            "127.0.0.1:8100",
            "https://host:1",
            "http://",
            "http://h:port",
            "http://[::1",
        ] {
            assert!(ServiceUrl::parse(text).is_err(), "{text}");
        }
        assert!(ServiceUrl::parse_websocket("http://127.0.0.1:8200").is_err());
        assert!(ServiceUrl::parse_websocket("ws://:x/").is_err());
    }
}
