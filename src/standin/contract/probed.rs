//! What came of asking a dependency, and how the services word it: cascor as Python's urllib
//! does, canopy as httpx does. Pure: the asking itself is in `dependency`.

use super::Dependency;
use super::route::reason;

/// The outcome of one probe.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Probed {
    /// The full URL that was asked.
    pub(crate) url: String,
    pub(crate) latency_ms: f64,
    pub(crate) outcome: Outcome,
}

/// How a probe ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// An HTTP status came back.
    Answered(u16),
    /// No connection: the system's error number, if it gave one, and its text.
    Unreachable(Option<i32>, String),
    /// Connected, and no answer in time.
    TimedOut,
    /// Something came back that is not HTTP, or nothing before the end.
    NotHttp,
}

impl Probed {
    /// A dependency that answered well.
    pub(crate) fn healthy(url: &str) -> Self {
        Self {
            url: url.to_owned(),
            latency_ms: 0.1,
            outcome: Outcome::Answered(200),
        }
    }

    /// Whether the dependency counts as healthy: status 200 and nothing else.
    pub(crate) fn is_healthy(&self) -> bool {
        self.outcome == Outcome::Answered(200)
    }

    /// The dependency entry in cascor's words.
    pub(crate) fn in_urllib_words(&self, name: &'static str) -> Dependency {
        let failure = match &self.outcome {
            Outcome::Answered(status) => {
                format!("HTTPError: HTTP Error {status}: {}", reason(*status))
            }
            Outcome::Unreachable(Some(number), text) => {
                format!("URLError: <urlopen error [Errno {number}] {text}>")
            }
            Outcome::Unreachable(None, text) => format!("URLError: <urlopen error {text}>"),
            Outcome::TimedOut => "TimeoutError: timed out".to_owned(),
            Outcome::NotHttp => {
                "RemoteDisconnected: Remote end closed connection without response".to_owned()
            }
        };
        self.entry(name, &failure)
    }

    /// The dependency entry in canopy's words.
    pub(crate) fn in_httpx_words(&self, name: &'static str) -> Dependency {
        let failure = match &self.outcome {
            Outcome::Answered(status) => {
                format!("HTTPStatusError: {status} {}", reason(*status))
            }
            Outcome::Unreachable(..) => "ConnectError: All connection attempts failed".to_owned(),
            Outcome::TimedOut => "ReadTimeout: ".to_owned(),
            Outcome::NotHttp => {
                "RemoteProtocolError: Server disconnected without sending a response.".to_owned()
            }
        };
        self.entry(name, &failure)
    }

    fn entry(&self, name: &'static str, failure: &str) -> Dependency {
        let (status, message) = if self.is_healthy() {
            ("healthy", self.url.clone())
        } else {
            ("unhealthy", format!("{} — {failure}", self.url))
        };
        Dependency {
            name,
            status,
            latency_ms: Some(self.latency_ms),
            message,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_service_words_a_failure_in_its_own_way() {
        let words = |outcome| {
            let probed = Probed {
                url: "U".to_owned(),
                latency_ms: 1.0,
                outcome,
            };
            (
                probed.in_urllib_words("N").message,
                probed.in_httpx_words("N").message,
            )
        };
        let (urllib, httpx) = words(Outcome::Unreachable(
            Some(111),
            "Connection refused".to_owned(),
        ));
        assert_eq!(
            urllib,
            "U — URLError: <urlopen error [Errno 111] Connection refused>"
        );
        assert_eq!(httpx, "U — ConnectError: All connection attempts failed");
        let (urllib, httpx) = words(Outcome::TimedOut);
        assert_eq!(
            (urllib.as_str(), httpx.as_str()),
            ("U — TimeoutError: timed out", "U — ReadTimeout: ")
        );
        let (urllib, httpx) = words(Outcome::Answered(503));
        assert_eq!(urllib, "U — HTTPError: HTTP Error 503: Service Unavailable");
        assert_eq!(httpx, "U — HTTPStatusError: 503 Service Unavailable");
        assert_eq!(
            words(Outcome::Answered(200)),
            ("U".to_owned(), "U".to_owned())
        );
    }
}
