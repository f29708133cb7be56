//! The outside prober: asks one service every millisecond until it says that it is ready.
//!
//! It is as plain as can be (a socket, a request, the answer's head), so that it costs the measured
//! services next to nothing.

use std::io::{Read as _, Write as _};
use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::str::FromStr;
use std::thread;
use std::time::{Duration, Instant};

/// The pause between two questions.
const PAUSE: Duration = Duration::from_millis(1);

/// How long one answer may take.
const ANSWER: Duration = Duration::from_secs(2);

/// How long a service may take to be ready.
const DEADLINE: Duration = Duration::from_secs(30);

const REQUEST: &[u8] =
    b"GET /v1/health/ready HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n";

/// How the body of a ready service begins.
const READY: &str = r#"{"status":"ready""#;

/// A service and the port where it answers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Endpoint {
    pub(crate) name: String,
    pub(crate) port: u16,
}

impl FromStr for Endpoint {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        text.split_once('=')
            .and_then(|(name, port)| {
                Some(Self {
                    name: name.to_owned(),
                    port: port.parse().ok()?,
                })
            })
            .ok_or_else(|| "write NAME=PORT".to_owned())
    }
}

/// When the service first said that it is ready; nothing if it did not in time.
pub(super) fn first_ready(port: u16) -> Option<Instant> {
    let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
    let begun = Instant::now();
    while begun.elapsed() < DEADLINE {
        if ask(address).is_some_and(|answer| says_ready(&answer)) {
            return Some(Instant::now());
        }
        thread::sleep(PAUSE);
    }
    None
}

/// The whole answer; nothing if there is none.
fn ask(address: SocketAddr) -> Option<String> {
    let mut stream = TcpStream::connect_timeout(&address, ANSWER).ok()?;
    stream.set_read_timeout(Some(ANSWER)).ok()?;
    stream.write_all(REQUEST).ok()?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).ok()?;
    Some(answer)
}

/// Whether an answer has status 200 and begins by saying that the service is ready: a degraded canopy
/// answers with 200, too, and sends no header that would tell.
fn says_ready(answer: &str) -> bool {
    let Some((head, body)) = answer.split_once("\r\n\r\n") else {
        return false;
    };
    // The worker puts a space behind the colon.
    let mut begin = body.chars().filter(|letter| *letter != ' ');
    head.split(' ').nth(1) == Some("200")
        && READY.chars().all(|letter| begin.next() == Some(letter))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_status_and_body_together_mean_ready() {
        let answer = |status, body| format!("HTTP/1.1 {status} X\r\nServer: s\r\n\r\n{body}");
        assert!(says_ready(&answer(200, r#"{"status":"ready","x":1}"#)));
        assert!(says_ready(&answer(200, r#"{"status": "ready"}"#)));
        assert!(!says_ready(&answer(200, r#"{"status":"degraded"}"#)));
        assert!(!says_ready(&answer(503, r#"{"status":"ready"}"#)));
        assert!(!says_ready(&answer(200, "")));
        assert!(!says_ready("HTTP/1.1 200 OK"));
    }

    #[test]
    fn an_endpoint_has_a_name_and_a_port() {
        let endpoint: Endpoint = "data=8100".parse().unwrap();
        assert_eq!((endpoint.name.as_str(), endpoint.port), ("data", 8100));
        assert!("data".parse::<Endpoint>().is_err());
        assert!("data=many".parse::<Endpoint>().is_err());
    }
}
