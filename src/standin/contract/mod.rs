//! The health contract: what each service says, given the state it is in. Pure: state goes in,
//! status, headers and body come out. It asks nothing, waits for nothing, and knows no socket;
//! the shapes are those of the captured replies in `fixtures/`.

pub(crate) mod canopy;
pub(crate) mod cascor;
pub(crate) mod cascor_request;
pub(crate) mod data;
pub(crate) mod dataset;
pub(crate) mod network;
pub(crate) mod probed;
pub(crate) mod route;
pub(crate) mod session;
pub(crate) mod watch;
pub(crate) mod work;
pub(crate) mod worker;

#[cfg(test)]
mod fixture_tests;

use std::borrow::Cow;

use serde::{Serialize, Serializer};

/// A reply before it becomes HTTP.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(Cow<'static, str>, String)>,
    pub(crate) body: Vec<u8>,
}

impl Answer {
    /// JSON as the three servers send it.
    pub(crate) fn json(status: u16, body: &impl Serialize) -> Self {
        // A struct of strings, numbers and lists always has a JSON text.
        let body = serde_json::to_string(body).unwrap_or_default();
        Self::of(status, "application/json", body).with(NO_SNIFFING)
    }

    /// An HTML page.
    pub(crate) fn html(body: &str) -> Self {
        Self::of(200, "text/html; charset=utf-8", body.to_owned()).with(NO_SNIFFING)
    }

    /// An error as Starlette words it.
    pub(crate) fn detail(status: u16, detail: &str) -> Self {
        Self::json(status, &Detail { detail })
    }

    /// A temporary redirect without a body.
    pub(crate) fn redirect(location: String) -> Self {
        Self {
            status: 307,
            headers: vec![("location".into(), location)],
            body: Vec::new(),
        }
        .with(NO_SNIFFING)
    }

    /// A file to take away.
    pub(crate) fn file(content_type: &str, body: Vec<u8>) -> Self {
        Self::of(200, content_type, body).with(NO_SNIFFING)
    }

    /// Nothing to say, which is as it should be.
    pub(crate) fn empty(status: u16) -> Self {
        Self {
            status,
            headers: Vec::new(),
            body: Vec::new(),
        }
        .with(NO_SNIFFING)
    }

    fn of(status: u16, content_type: &str, body: impl Into<Vec<u8>>) -> Self {
        Self {
            status,
            headers: vec![("content-type".into(), content_type.to_owned())],
            body: body.into(),
        }
    }

    /// The body as text.
    #[cfg(test)]
    pub(crate) fn text(&self) -> &str {
        std::str::from_utf8(&self.body).unwrap()
    }

    /// The same answer with one more header.
    pub(crate) fn with(mut self, (name, value): (&'static str, &str)) -> Self {
        self.headers.push((name.into(), value.to_owned()));
        self
    }
}

const NO_SNIFFING: (&str, &str) = ("x-content-type-options", "nosniff");

#[derive(Serialize)]
struct Detail<'text> {
    detail: &'text str,
}

/// A request, as far as an answer depends on it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Asked {
    pub(crate) method: String,
    pub(crate) path: String,
    pub(crate) query: String,
    /// The name under which the service was asked.
    pub(crate) authority: Option<String>,
    pub(crate) body: Vec<u8>,
}

/// What readiness is made to say, whatever the truth is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Claim {
    /// The truth.
    Truth,
    /// `degraded`, with status 200.
    Degraded,
    /// `not_ready`, with status 503.
    NotReady,
}

/// Who answers, and how its readiness follows from its dependencies.
pub(crate) struct Identity {
    name: &'static str,
    version: &'static str,
    /// Whether readiness is repeated in a header; canopy does not.
    header: bool,
    /// What one unhealthy dependency makes of the whole.
    when_unhealthy: Claim,
}

/// The short reply of `/v1/health`, which is always 200.
#[derive(Serialize)]
struct Health {
    status: &'static str,
    version: &'static str,
    service: &'static str,
    git_sha: Option<&'static str>,
    build_date: Option<&'static str>,
}

/// The reply of `/v1/health/live`.
#[derive(Serialize)]
struct Liveness<'text> {
    status: &'static str,
    tick: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<&'text str>,
    duration_ms: u32,
}

/// One entry of `dependencies`.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(crate) struct Dependency {
    name: &'static str,
    status: &'static str,
    latency_ms: Option<f64>,
    message: String,
}

impl Dependency {
    fn new(name: &'static str, status: &'static str, message: String) -> Self {
        Self {
            name,
            status,
            latency_ms: None,
            message,
        }
    }

    /// What this part of the service itself says when readiness is made to lie, so that a
    /// reader who looks for the root cause finds it here and not at a neighbour.
    fn claimed(mut self, claim: Claim, unhealthy: &str) -> Self {
        match claim {
            Claim::Truth => {}
            Claim::Degraded => self.status = "degraded",
            Claim::NotReady => {
                self.status = "unhealthy";
                unhealthy.clone_into(&mut self.message);
            }
        }
        self
    }
}

/// The reply of `/v1/health/ready` that the three servers share.
#[derive(Serialize)]
struct Readiness<D: Serialize> {
    status: &'static str,
    version: &'static str,
    service: &'static str,
    git_sha: Option<&'static str>,
    build_date: Option<&'static str>,
    timestamp: f64,
    #[serde(serialize_with = "in_order")]
    dependencies: Vec<(&'static str, Dependency)>,
    details: D,
}

/// An object whose keys keep the order in which the real service lists them.
fn in_order<S: Serializer>(
    dependencies: &[(&'static str, Dependency)],
    serializer: S,
) -> Result<S::Ok, S::Error> {
    serializer.collect_map(dependencies.iter().map(|(key, value)| (key, value)))
}

/// An empty object, where a service has no details.
#[derive(Serialize)]
struct NoDetails {}

impl Identity {
    fn health(&self) -> Answer {
        Answer::json(
            200,
            &Health {
                status: "ok",
                version: self.version,
                service: self.name,
                git_sha: None,
                build_date: None,
            },
        )
    }

    fn live(&self, error: Option<&str>) -> Answer {
        let (status, word) = error.map_or((200, "alive"), |_| (503, "unresponsive"));
        let body = Liveness {
            status: word,
            tick: self.name,
            error,
            duration_ms: 0,
        };
        Answer::json(status, &body)
    }

    fn ready<D: Serialize>(
        &self,
        dependencies: Vec<(&'static str, Dependency)>,
        details: D,
        claim: Claim,
        timestamp: f64,
    ) -> Answer {
        let is_unhealthy = dependencies
            .iter()
            .any(|(_, dependency)| dependency.status == "unhealthy");
        let verdict = match claim {
            Claim::Truth if is_unhealthy => self.when_unhealthy,
            other => other,
        };
        let (status, word) = match verdict {
            Claim::Truth => (200, "ready"),
            Claim::Degraded => (200, "degraded"),
            Claim::NotReady => (503, "not_ready"),
        };
        let body = Readiness {
            status: word,
            version: self.version,
            service: self.name,
            git_sha: None,
            build_date: None,
            timestamp,
            dependencies,
            details,
        };
        let answer = Answer::json(status, &body);
        if self.header {
            answer.with((READINESS_HEADER, word))
        } else {
            answer
        }
    }
}

const READINESS_HEADER: &str = "x-juniper-readiness";
