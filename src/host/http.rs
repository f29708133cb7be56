//! Health endpoints asked over HTTP.
//!
//! One connection per question, never through a proxy, never following a redirect, never reading
//! more than a bounded body, always within a time limit. What the answer means is decided in
//! `readiness::reply`.

use std::error::Error;
use std::io;
use std::path::Path;
use std::time::{Duration, Instant};

use reqwest::redirect::Policy;

use crate::readiness::Answer;
use crate::readiness::reply::MAX_BODY;

/// Asks endpoints.
#[derive(Debug, Clone)]
pub struct Prober {
    client: reqwest::Client,
}

impl Prober {
    /// A prober; cheap enough to make one per command.
    ///
    /// # Errors
    /// The HTTP client cannot be set up.
    pub fn new() -> Result<Self, reqwest::Error> {
        Self::built(reqwest::Client::builder())
    }

    /// One that asks whoever listens on a Unix socket, whatever the address says.
    ///
    /// # Errors
    /// The HTTP client cannot be set up.
    pub fn over(socket: &Path) -> Result<Self, reqwest::Error> {
        Self::built(reqwest::Client::builder().unix_socket(socket))
    }

    fn built(client: reqwest::ClientBuilder) -> Result<Self, reqwest::Error> {
        let client = client
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
            .build()?;
        Ok(Self { client })
    }

    /// One question and its answer, with the time it took.
    pub async fn ask(&self, url: &str, limit: Duration) -> (Answer, Duration) {
        let begun = Instant::now();
        let answer = match tokio::time::timeout(limit, self.reply(url)).await {
            Ok(Ok(answer)) => answer,
            Ok(Err(error)) if is_refused(&error) => Answer::Refused,
            Ok(Err(error)) => Answer::Broken(innermost(&error)),
            Err(_) => Answer::TimedOut(limit),
        };
        (answer, begun.elapsed())
    }

    async fn reply(&self, url: &str) -> Result<Answer, reqwest::Error> {
        let mut response = self
            .client
            .get(url)
            .header("connection", "close")
            .send()
            .await?;
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
