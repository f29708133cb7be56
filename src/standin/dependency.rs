//! Asks another service over plain HTTP, blocking the calling thread until it answered or the
//! time is over. That is on purpose: cascor's own probe stops its event loop in the same way. It
//! only asks and never judges an answer.

use std::io::{ErrorKind, Read, Write};
use std::net::{TcpStream, ToSocketAddrs};
use std::time::{Duration, Instant};

use crate::address::{Address, ServiceUrl};
use crate::contract::probed::{Outcome, Probed};
use crate::failure::system_text;

/// How long the real services wait for a dependency.
const LIMIT: Duration = Duration::from_secs(5);
/// A fault may arrive while a probe blocks the service that it is for.
const PATIENCE: Duration = Duration::from_secs(10);
/// The path that is asked of a dependency.
pub(crate) const LIVE: &str = "/v1/health/live";
/// The path that takes a key.
pub(crate) const TRAINING: &str = "/v1/training/status";
/// No reply that matters here is longer.
const LONGEST: usize = 64 * 1024;

/// Asks for the liveness of a service and notes the outcome, whatever it is.
pub(crate) fn probe(url: &ServiceUrl) -> Probed {
    let began = Instant::now();
    let request = get(url, LIVE, "");
    let outcome = match Exchange::open(&url.address, &request, LIMIT).and_then(Exchange::status) {
        Ok(status) => Outcome::Answered(status),
        Err(outcome) => outcome,
    };
    Probed {
        url: url.of(LIVE),
        latency_ms: (began.elapsed().as_secs_f64() * 10_000.0).round() / 10.0,
        outcome,
    }
}

/// Gets a document with this line in the request's head; its status and body.
pub(crate) fn fetch(url: &ServiceUrl, path: &str, line: &str) -> Result<(u16, String), Outcome> {
    Exchange::open(&url.address, &get(url, path, line), LIMIT)?.reply()
}

/// Posts a short text; the reply's status and body.
pub(crate) fn post(address: &Address, path: &str, text: &str) -> Result<(u16, String), Outcome> {
    let request = format!(
        "POST {path} HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\n\
         content-type: text/plain\r\ncontent-length: {}\r\n\r\n{text}",
        text.len()
    );
    Exchange::open(address, &request, PATIENCE)?.reply()
}

fn get(url: &ServiceUrl, path: &str, line: &str) -> String {
    let target = url.target(path);
    let address = &url.address;
    format!("GET {target} HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\n{line}\r\n")
}

/// A request that was sent and whose reply is awaited.
struct Exchange {
    stream: TcpStream,
    deadline: Instant,
    received: Vec<u8>,
}

impl Exchange {
    fn open(address: &Address, request: &str, limit: Duration) -> Result<Self, Outcome> {
        let deadline = Instant::now() + limit;
        let stream = connect(address, deadline)?;
        let mut exchange = Self {
            stream,
            deadline,
            received: Vec::new(),
        };
        exchange
            .stream
            .write_all(request.as_bytes())
            .map_err(|_| Outcome::NotHttp)?;
        Ok(exchange)
    }

    /// The status alone: the head is enough, so a body that never ends does no harm.
    fn status(mut self) -> Result<u16, Outcome> {
        while !self.received.contains(&b'\n') {
            if !self.read()? {
                break;
            }
        }
        status_of(&String::from_utf8_lossy(&self.received)).ok_or(Outcome::NotHttp)
    }

    /// The whole reply.
    fn reply(mut self) -> Result<(u16, String), Outcome> {
        while self.received.len() < LONGEST && self.read()? {}
        let text = String::from_utf8_lossy(&self.received);
        let status = status_of(&text).ok_or(Outcome::NotHttp)?;
        let (_, body) = text.split_once("\r\n\r\n").ok_or(Outcome::NotHttp)?;
        Ok((status, body.to_owned()))
    }

    /// Reads once; false at the end.
    fn read(&mut self) -> Result<bool, Outcome> {
        let left = remaining(self.deadline)?;
        let mut buffer = [0; 4096];
        let read = self
            .stream
            .set_read_timeout(Some(left))
            .and_then(|()| self.stream.read(&mut buffer));
        match read {
            Ok(count) => {
                self.received.extend(buffer.iter().take(count));
                Ok(count > 0)
            }
            Err(error) => match error.kind() {
                ErrorKind::WouldBlock | ErrorKind::TimedOut => Err(Outcome::TimedOut),
                ErrorKind::Interrupted => Ok(true),
                _ => Err(Outcome::NotHttp),
            },
        }
    }
}

/// Tries each of the host's addresses; the last refusal counts.
fn connect(address: &Address, deadline: Instant) -> Result<TcpStream, Outcome> {
    let unreachable = |error: std::io::Error| match error.kind() {
        ErrorKind::TimedOut | ErrorKind::WouldBlock => {
            Outcome::Unreachable(None, "timed out".to_owned())
        }
        _ => Outcome::Unreachable(error.raw_os_error(), system_text(&error)),
    };
    let candidates = (address.host.as_str(), address.port)
        .to_socket_addrs()
        .map_err(unreachable)?;
    let mut refusal = Outcome::Unreachable(None, "no address".to_owned());
    for candidate in candidates {
        match TcpStream::connect_timeout(&candidate, remaining(deadline)?) {
            Ok(stream) => return Ok(stream),
            Err(error) => refusal = unreachable(error),
        }
    }
    Err(refusal)
}

fn remaining(deadline: Instant) -> Result<Duration, Outcome> {
    let left = deadline.saturating_duration_since(Instant::now());
    if left.is_zero() {
        return Err(Outcome::TimedOut);
    }
    Ok(left)
}

/// The number after `HTTP/1.x`.
fn status_of(head: &str) -> Option<u16> {
    let rest = head.strip_prefix("HTTP/1.")?;
    rest.split_whitespace().nth(1)?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_status_line_is_read_and_anything_else_is_not_http() {
        assert_eq!(status_of("HTTP/1.1 503 Service Unavailable\r\n"), Some(503));
        assert_eq!(status_of("HTTP/1.0 200 OK\r\n"), Some(200));
        assert_eq!(status_of("SSH-2.0-OpenSSH\r\n"), None);
        assert_eq!(status_of(""), None);
    }
}
