//! Health endpoints asked over HTTP.
//!
//! One connection per question, never through a proxy, never following a redirect, never reading
//! more than a bounded body, always within a time limit. What the answer means is decided in
//! `readiness::reply`.

use std::collections::BTreeMap;
use std::error::Error;
use std::io;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use reqwest::redirect::Policy;

use crate::readiness::Answer;
use crate::readiness::reply::MAX_BODY;

/// Asks endpoints.
#[derive(Debug, Clone)]
pub struct Prober {
    way: Way,
}

/// How an endpoint is reached.
#[derive(Debug, Clone)]
enum Way {
    /// As its address says, or by one socket for all.
    Straight(reqwest::Client),
    /// By a socket for each `HOST:PORT`, which accepts whether or not somebody listens at its other end.
    Forwarded(BTreeMap<String, reqwest::Client>),
}

impl Prober {
    /// A prober; cheap enough to make one per command.
    ///
    /// # Errors
    /// The HTTP client cannot be set up.
    pub fn new() -> Result<Self, reqwest::Error> {
        built(reqwest::Client::builder()).map(Self::straight)
    }

    /// One that asks whoever listens on a Unix socket, whatever the address says.
    ///
    /// # Errors
    /// The HTTP client cannot be set up.
    pub fn over(socket: &Path) -> Result<Self, reqwest::Error> {
        built(reqwest::Client::builder().unix_socket(socket)).map(Self::straight)
    }

    /// One that reaches each `HOST:PORT` by a socket that another program forwards, and nobody else.
    ///
    /// # Errors
    /// The HTTP client cannot be set up.
    pub fn forwarded(sockets: &BTreeMap<String, PathBuf>) -> Result<Self, reqwest::Error> {
        let mut clients = BTreeMap::new();
        for (authority, socket) in sockets {
            let client = reqwest::Client::builder().unix_socket(socket.as_path());
            clients.insert(authority.clone(), built(client)?);
        }
        Ok(Self {
            way: Way::Forwarded(clients),
        })
    }

    fn straight(client: reqwest::Client) -> Self {
        Self {
            way: Way::Straight(client),
        }
    }

    /// One question and its answer, with the time it took.
    pub async fn ask(&self, url: &str, limit: Duration) -> (Answer, Duration) {
        let begun = Instant::now();
        let (client, by_another) = match &self.way {
            Way::Straight(client) => (client, false),
            Way::Forwarded(clients) => {
                match authority(url).and_then(|authority| clients.get(authority)) {
                    Some(client) => (client, true),
                    None => return (Answer::Refused, Duration::ZERO),
                }
            }
        };
        let answer = match tokio::time::timeout(limit, reply(client, url)).await {
            Ok(Ok(answer)) => answer,
            Ok(Err(error)) if is_refused(&error) || by_another && is_cut_short(&error) => {
                Answer::Refused
            }
            Ok(Err(error)) => Answer::Broken(innermost(&error)),
            Err(_) => Answer::TimedOut(limit),
        };
        (answer, begun.elapsed())
    }
}

async fn reply(client: &reqwest::Client, url: &str) -> Result<Answer, reqwest::Error> {
    let mut response = client.get(url).header("connection", "close").send().await?;
    let header = response
        .headers()
        .get("x-juniper-readiness")
        .and_then(|value| value.to_str().ok())
        .map(str::to_owned);
    let status = response.status().as_u16();
    let mut body = Vec::new();
    while body.len() < MAX_BODY
        && let Some(chunk) = response.chunk().await?
    {
        body.extend_from_slice(&chunk);
    }
    body.truncate(MAX_BODY);
    Ok(Answer::Reply {
        status,
        header,
        body,
    })
}

fn built(client: reqwest::ClientBuilder) -> Result<reqwest::Client, reqwest::Error> {
    client
        .no_proxy()
        .redirect(Policy::none())
        .pool_max_idle_per_host(0)
        .http1_only()
        // A connection lives for one question that has a time limit of its own.
        .tcp_keepalive(None)
        .tcp_keepalive_interval(None)
        .tcp_keepalive_retries(None)
        .tcp_user_timeout(None)
        .tcp_nodelay(false)
        .user_agent(concat!("juniperctl/", env!("CARGO_PKG_VERSION")))
        .build()
}

/// `HOST:PORT` of an address.
fn authority(url: &str) -> Option<&str> {
    url.strip_prefix("http://")?.split('/').next()
}

/// Whether a connection that was accepted ended before anything was said.
fn is_cut_short(error: &reqwest::Error) -> bool {
    let mut source = error.source();
    while let Some(error) = source {
        if let Some(error) = error.downcast_ref::<hyper::Error>()
            && error.is_incomplete_message()
        {
            return true;
        }
        if let Some(error) = error.downcast_ref::<io::Error>() {
            return matches!(
                error.kind(),
                io::ErrorKind::ConnectionReset | io::ErrorKind::BrokenPipe
            );
        }
        source = error.source();
    }
    false
}

fn is_refused(error: &reqwest::Error) -> bool {
    let mut source = error.source();
    while let Some(error) = source {
        if let Some(error) = error.downcast_ref::<io::Error>() {
            return error.kind() == io::ErrorKind::ConnectionRefused;
        }
        source = error.source();
    }
    false
}

/// What is behind an error, in the words of whoever noticed it first.
pub(super) fn innermost(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(error) = source {
        text = error.to_string();
        source = error.source();
    }
    text
}
