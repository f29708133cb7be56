//! Requests to what is wanted, and to refusals: who may ask, how, for what.
//!
//! The port is this machine's own, but a browser on it runs other people's pages: one of them could
//! lead a name of its own to 127.0.0.1 (DNS rebinding) and read what is here. So a name that is not
//! this machine's is refused. Whoever sends no name is no browser.

use std::net::IpAddr;

/// Where a request came in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Door {
    /// The port.
    Port,
    /// The Unix socket, where no browser comes in and any name will do.
    Socket,
}

/// What is to be done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Method {
    /// Read.
    Get,
    /// Read the head.
    Head,
    /// Anything else.
    Other,
}

/// One request, as far as it matters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    /// Where it came in.
    pub door: Door,
    /// What is to be done.
    pub method: Method,
    /// With what: the path, without a query.
    pub path: String,
    /// Every name by which the server was called: in the header, in the target.
    pub hosts: Vec<String>,
}

/// What is wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Target {
    /// The page for people.
    Page,
    /// The report for load balancers.
    Health,
    /// The counters for Prometheus.
    Metrics,
}

/// An answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reply {
    /// The status code.
    pub status: u16,
    /// The type of the body.
    pub content_type: &'static str,
    /// Headers besides those that every reply has.
    pub headers: Vec<(&'static str, String)>,
    /// The body.
    pub body: String,
}

/// What every reply has: nobody keeps it, guesses its type, or learns where it was read.
pub const HEADERS: [(&str, &str); 3] = [
    ("cache-control", "no-store"),
    ("x-content-type-options", "nosniff"),
    ("referrer-policy", "no-referrer"),
];

impl Reply {
    /// A line of text.
    #[must_use]
    pub fn plain(status: u16, text: &str) -> Self {
        Self {
            status,
            content_type: "text/plain; charset=utf-8",
            headers: Vec::new(),
            body: format!("{text}\n"),
        }
    }
}

/// What a request wants.
///
/// # Errors
/// The refusal.
pub fn routed(request: &Request) -> Result<Target, Reply> {
    if request.door == Door::Port && !request.hosts.iter().all(|host| is_own(host)) {
        return Err(Reply::plain(
            421,
            "This is 127.0.0.1: it answers to that name and to localhost only.",
        ));
    }
    let target = match request.path.as_str() {
        "/" => Target::Page,
        "/health" => Target::Health,
        "/metrics" => Target::Metrics,
        _ => return Err(Reply::plain(404, "There are /, /health and /metrics.")),
    };
    if request.method == Method::Other {
        let mut refusal = Reply::plain(405, "This can only be read.");
        refusal.headers.push(("allow", "GET, HEAD".to_owned()));
        return Err(refusal);
    }
    Ok(target)
}

/// Whether a name, with or without a port, is one of this machine alone.
fn is_own(host: &str) -> bool {
    let name = match host.strip_prefix('[') {
        Some(bracketed) => match bracketed.split_once(']') {
            Some((address, port)) if is_port(port) => address,
            _ => return false,
        },
        None => match host.split_once(':') {
            Some((name, port)) if is_port_number(port) => name,
            Some(_) => return false,
            None => host,
        },
    };
    name.eq_ignore_ascii_case("localhost")
        || name
            .parse::<IpAddr>()
            .is_ok_and(|address| address.is_loopback())
}

fn is_port(text: &str) -> bool {
    text.is_empty() || text.strip_prefix(':').is_some_and(is_port_number)
}

fn is_port_number(text: &str) -> bool {
    text.chars().all(|digit| digit.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::{Door, Method, Request, Target, routed};

    fn status(door: Door, method: Method, path: &str, hosts: &[&str]) -> Result<Target, u16> {
        let request = Request {
            door,
            method,
            path: path.to_owned(),
            hosts: hosts.iter().map(|host| (*host).to_owned()).collect(),
        };
        routed(&request).map_err(|refusal| refusal.status)
    }

    #[test]
    fn the_port_answers_to_this_machines_own_names_only() {
        for host in [
            "localhost",
            "LocalHost:8060",
            "127.0.0.1",
            "127.0.0.1:9",
            "127.1.2.3:8060",
            "[::1]",
            "[::1]:8060",
            "localhost:",
        ] {
            let found = status(Door::Port, Method::Get, "/", &[host]);
            assert_eq!(found, Ok(Target::Page), "{host}");
        }
        for host in [
            "",
            "evil.example",
            "evil.example:8060",
            "localhost.evil.example",
            "127.0.0.1.evil.example",
            "localhost:80@evil.example",
            "localhost evil.example",
            "[::1].evil.example",
            "[::1",
            "::1",
            "192.168.1.4:8060",
            "0.0.0.0:8060",
            "2130706433",
        ] {
            let found = status(Door::Port, Method::Get, "/", &[host]);
            assert_eq!(found, Err(421), "{host}");
            // Nor beside a good one, nor for what there is not.
            let both = ["localhost", host];
            assert_eq!(status(Door::Port, Method::Other, "/x", &both), Err(421));
            // No browser comes in by the socket.
            let found = status(Door::Socket, Method::Get, "/", &[host]);
            assert_eq!(found, Ok(Target::Page), "{host}");
        }
        assert_eq!(status(Door::Port, Method::Get, "/", &[]), Ok(Target::Page));
    }

    #[test]
    fn three_things_can_be_read() {
        let port = |method, path| status(Door::Port, method, path, &["localhost"]);
        assert_eq!(port(Method::Get, "/health"), Ok(Target::Health));
        assert_eq!(port(Method::Head, "/metrics"), Ok(Target::Metrics));
        assert_eq!(port(Method::Other, "/"), Err(405));
        for path in [
            "",
            "*",
            "//",
            "/index.html",
            "/health/",
            "/metrics/../",
            "/%2e",
        ] {
            assert_eq!(port(Method::Get, path), Err(404), "{path}");
        }
    }
}
