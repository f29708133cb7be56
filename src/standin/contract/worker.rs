//! What a worker says. Its own small server differs from the others: JSON with a space after
//! each colon and comma, plain text for refusals, no common headers. Pure: it is told whether it
//! is linked to its server and never connects.

use std::io;

use serde::Serialize;
use serde_json::Serializer;
use serde_json::ser::Formatter;

use super::{Answer, Claim, READINESS_HEADER};

const NAME: &str = "juniper-cascor-worker";

#[derive(Serialize)]
struct Health<'text> {
    status: &'static str,
    worker_id: Option<&'text str>,
    version: &'static str,
    git_sha: Option<&'static str>,
    build_date: Option<&'static str>,
}

#[derive(Serialize)]
struct Readiness {
    status: &'static str,
    service: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<&'static str>,
}

const UNBOUND: &str = "websocket connection not bound";
const UNREGISTERED: &str = "worker registration handshake not complete";

/// `/v1/health`; a worker has an identity once it was registered.
pub(crate) fn health(identity: Option<&str>) -> Answer {
    let body = Health {
        status: "ok",
        worker_id: identity,
        version: "0.6.1",
        git_sha: None,
        build_date: None,
    };
    spaced(200, &body)
}

/// `/v1/health/live`, which follows the link and not the process.
pub(crate) fn live(linked: bool) -> Answer {
    let (status, word, error) = if linked {
        (200, "alive", None)
    } else {
        (503, "unresponsive", Some(UNBOUND))
    };
    let body = super::Liveness {
        status: word,
        tick: NAME,
        error,
        duration_ms: 0,
    };
    spaced(status, &body)
}

/// `/v1/health/ready`.
pub(crate) fn ready(linked: bool, claim: Claim) -> Answer {
    let (status, word, error) = match (linked, claim) {
        (false, _) => (503, "not_ready", Some(UNBOUND)),
        (true, Claim::NotReady) => (503, "not_ready", Some(UNREGISTERED)),
        (true, Claim::Degraded) => (200, "degraded", None),
        (true, Claim::Truth) => (200, "ready", None),
    };
    let body = Readiness {
        status: word,
        service: NAME,
        error,
    };
    spaced(status, &body).with((READINESS_HEADER, word))
}

/// A refusal with its reason.
pub(crate) fn refused(status: u16, why: &str) -> Answer {
    #[derive(Serialize)]
    struct Refused<'text> {
        status: &'static str,
        error: &'text str,
    }
    let body = Refused {
        status: "error",
        error: why,
    };
    spaced(status, &body)
}

/// A refusal in plain text.
pub(crate) fn plain(status: u16, message: &str) -> Answer {
    Answer::of(status, "text/plain; charset=utf-8", message.to_owned()).with(CLOSING)
}

/// The worker's server answers one request per connection.
const CLOSING: (&str, &str) = ("connection", "close");

fn spaced(status: u16, body: &impl Serialize) -> Answer {
    let mut text = Vec::new();
    // Writing plain structs to memory has no way to fail.
    let _ = body.serialize(&mut Serializer::with_formatter(&mut text, Spaced));
    let text = String::from_utf8(text).unwrap_or_default();
    Answer::of(status, "application/json", text).with(CLOSING)
}

/// JSON as Python's `json.dumps` writes it.
struct Spaced;

impl Formatter for Spaced {
    fn begin_object_key<W: io::Write + ?Sized>(
        &mut self,
        writer: &mut W,
        first: bool,
    ) -> io::Result<()> {
        if first {
            Ok(())
        } else {
            writer.write_all(b", ")
        }
    }

    fn begin_object_value<W: io::Write + ?Sized>(&mut self, writer: &mut W) -> io::Result<()> {
        writer.write_all(b": ")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn liveness_and_readiness_follow_the_link() {
        assert_eq!(
            live(false).text(),
            r#"{"status": "unresponsive", "tick": "juniper-cascor-worker", "error": "websocket connection not bound", "duration_ms": 0}"#
        );
        assert_eq!(
            (live(true).status, ready(true, Claim::Truth).status),
            (200, 200)
        );
        let unlinked = ready(false, Claim::Truth);
        assert_eq!(unlinked.status, 503);
        assert!(
            unlinked
                .headers
                .contains(&(READINESS_HEADER.into(), "not_ready".to_owned()))
        );
        assert!(ready(true, Claim::NotReady).text().contains(UNREGISTERED));
    }
}
