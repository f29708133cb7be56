//! Probes as the configuration describes them, in the words Kubernetes uses.
//!
//! Only the description: asking is `host::http`'s work, judging an answer `readiness`'s.

use std::collections::BTreeMap;
use std::time::Duration;

use super::fault::Problem;
use super::text::Text;

/// The path of an HTTP endpoint, fit for a request line and a command line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UrlPath(String);

impl UrlPath {
    /// Takes an absolute path of unreserved URL characters (RFC 3986), with an optional query.
    ///
    /// # Errors
    /// Says what is allowed.
    pub fn parse(text: &str) -> Result<Self, Problem> {
        let plain = |c: char| c.is_ascii_alphanumeric() || "/._~-?=&".contains(c);
        if text.starts_with('/')
            && !text.starts_with("//")
            && text.len() <= 512
            && text.chars().all(plain)
        {
            Ok(Self(text.to_owned()))
        } else {
            Err(Problem::invalid(
                "a path on the service: begins with one /, then letters, digits and / . _ ~ - ? = &",
            ))
        }
    }

    /// The path as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// One HTTP probe and how patient it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Probe {
    /// Where to ask.
    pub path: UrlPath,
    /// Time between two questions once the service has been ready.
    pub interval: Duration,
    /// How long one answer may take. Above 5 s: cascor's loop stands still that long while data
    /// hangs (measured), and a shorter limit would call it down.
    pub timeout: Duration,
    /// Failures in a row that count as failed.
    pub failure_threshold: u32,
    /// Successes in a row that count as recovered.
    pub success_threshold: u32,
    /// What the watchdog does once it has failed; nothing, for a readiness probe.
    pub on_failure: OnFailure,
    /// What the readiness body says while the service works hard; empty where it never does.
    pub busy_when: Expectations,
    /// How long a service that is at work, and whose processor time advances, may be silent.
    pub busy_limit: Duration,
}

/// What the watchdog does to a service whose probe has failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OnFailure {
    /// Ends it with SIGABRT, so that it says where it was; systemd then restarts it.
    Abort,
    /// The same, but only where it gives no answer at all: what it says may follow somebody else.
    AbortIfSilent,
    /// Nothing; the failure is only reported.
    Nothing,
}

/// How long a service may take from exec to its first ready answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Startup {
    /// Kubernetes' interval; with `failure_threshold` it makes the budget.
    pub interval: Duration,
    /// How many intervals may pass.
    pub failure_threshold: u32,
}

impl Startup {
    /// Interval times threshold: when a start is given up.
    #[must_use]
    pub fn budget(self) -> Duration {
        self.interval.saturating_mul(self.failure_threshold)
    }
}

/// What a readiness body must say beyond its status, as dotted path and text
/// (`details.mode` = `service`).
pub type Expectations = BTreeMap<String, Text>;

#[cfg(test)]
mod tests {
    use super::UrlPath;

    #[test]
    fn a_path_cannot_leave_the_request_line() {
        assert!(UrlPath::parse("/v1/health/ready?full=1").is_ok());
        for bad in [
            "",
            "v1",
            "//host/x",
            "/a b",
            "/a\r\nHost: x",
            "/%0d",
            "/ä",
            "/a\"b",
            "/a#b",
        ] {
            assert!(UrlPath::parse(bad).is_err(), "{bad:?}");
        }
    }
}
