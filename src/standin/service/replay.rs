//! A recording in a service's place: it answers what was recorded, as late as it was, and says clearly
//! what never was. Its health is that of whoever plays, so that it can be waited for and watched: of
//! what was recorded, good answers alone. It never asks anybody.

use std::cell::RefCell;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde_json::Value;

use crate::cli::{Service, Speed};
use crate::clock;
use crate::contract::data::Storage;
use crate::contract::session::Picture;
use crate::contract::{Answer, Asked, Claim, canopy, cascor, data, probed, worker};
use crate::failure::Failure;
use crate::log;
use crate::recording::tape::{Next, Tape};
use crate::recording::{self, Content, Exchange, Recording};

/// Which of the recorded answers it is, in a header.
const NUMBER: &str = "x-standin-replay";
/// The recorded headers that the server makes itself.
const MADE: [&str; 2] = ["content-length", "connection"];

/// What is to be played, and how.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Play {
    pub(crate) file: PathBuf,
    pub(crate) recording: Recording,
    pub(crate) speed: Speed,
}

/// A recording that is being played.
pub(crate) struct Replay {
    service: Service,
    file: String,
    speed: Speed,
    tape: RefCell<Tape>,
}

/// Reads a recording.
pub(crate) fn load(path: &Path) -> Result<Recording, Failure> {
    let shown = path.display();
    let text = fs::read_to_string(path)
        .map_err(|error| Failure::not_done(&format!("cannot read {shown}: {error}")))?;
    let recording = recording::parse(&text).map_err(|fault| {
        Failure::not_done(&format!(
            "{shown} is not a recording that can be played: {fault}"
        ))
    })?;
    if recording.is_cut_off {
        log::line(&format!(
            "juniper-standin replay: the last line of {shown} is cut off, and left out"
        ));
    }
    Ok(recording)
}

impl Replay {
    /// A recording at its beginning.
    pub(crate) fn start(play: Play) -> Self {
        let file = play.file.display().to_string();
        let service = play.recording.heading.service;
        let tape = Tape::new(play.recording);
        log::line(&format!(
            "juniper-standin replay: {} answers of {service} from {file}",
            tape.len()
        ));
        Self {
            service,
            file,
            speed: play.speed,
            tape: RefCell::new(tape),
        }
    }

    /// Answers one request.
    pub(crate) async fn answer(&self, asked: &Asked, claim: Claim) -> Answer {
        let path = asked.path.as_str();
        if asked.method == "GET"
            && let Some(answer) = self.health(path, claim)
        {
            return answer;
        }
        let next = self
            .tape
            .borrow_mut()
            .next(&asked.method, path, &asked.query, &asked.body);
        match next {
            Next::Answer(exchange, is_same) => {
                tokio::time::sleep(self.speed.of(latency(&exchange))).await;
                let which = if is_same { "" } else { "; to another body" };
                let number = format!("{}{which}", exchange.number);
                given(*exchange).with((NUMBER, &number))
            }
            Next::Missing(why) => {
                let why = format!("{why} in {}", self.file);
                log::line(&format!("juniper-standin replay: {why}"));
                self.refused(&why)
            }
        }
    }

    /// In the form in which the service says that it cannot do something.
    fn refused(&self, why: &str) -> Answer {
        match self.service {
            Service::Cascor => cascor::refused(501, why, clock::timestamp()),
            Service::Worker => worker::refused(501, why),
            Service::Data | Service::Canopy => Answer::detail(501, why),
        }
    }

    fn health(&self, path: &str, claim: Claim) -> Option<Answer> {
        let is_health = ["/v1/health", "/v1/health/live", "/v1/health/ready"].contains(&path);
        if !is_health {
            return None;
        }
        if claim != Claim::Truth && path == "/v1/health/ready" {
            return Some(self.own_health(path, claim));
        }
        let mut tape = self.tape.borrow_mut();
        let recorded = match tape.next("GET", path, "", b"") {
            Next::Answer(exchange, _) if exchange.status == 200 => Some(*exchange),
            _ => tape.last_good(path).cloned(),
        };
        drop(tape);
        Some(match recorded {
            Some(exchange) => given(at_present(exchange)),
            None => self.own_health(path, claim),
        })
    }

    /// What the service would say of itself if it were here.
    fn own_health(&self, path: &str, claim: Claim) -> Answer {
        let now = clock::timestamp();
        let storage = Storage {
            path: self.file.clone(),
            datasets: Some(self.tape.borrow().len()),
        };
        let is_ready = path == "/v1/health/ready";
        let is_live = path == "/v1/health/live";
        match self.service {
            Service::Data if is_ready => data::ready(&storage, claim, now),
            Service::Data if is_live => data::live(&storage),
            Service::Data => data::health(),
            Service::Cascor if is_ready => cascor::ready(None, &Picture::empty(now), claim, now),
            Service::Cascor if is_live => cascor::live(),
            Service::Cascor => cascor::health(),
            Service::Canopy if is_ready => {
                let here = probed::Probed::healthy(&self.file);
                canopy::ready(&here, Some(&here), &canopy::Standing::FRESH, claim, now)
            }
            Service::Canopy if is_live => canopy::live(),
            Service::Canopy => canopy::health(&canopy::Standing::FRESH, now),
            Service::Worker if is_ready => worker::ready(true, claim),
            Service::Worker if is_live => worker::live(true),
            Service::Worker => worker::health(None),
        }
    }
}

fn latency(exchange: &Exchange) -> Duration {
    Duration::try_from_secs_f64(exchange.latency_ms / 1000.0).unwrap_or_default()
}

/// A health answer tells when it is given.
fn at_present(mut exchange: Exchange) -> Exchange {
    if let Content::Json(Value::Object(fields)) = &mut exchange.content
        && let Some(timestamp) = fields.get_mut("timestamp")
    {
        *timestamp = Value::from(clock::timestamp());
    }
    exchange
}

fn given(exchange: Exchange) -> Answer {
    let headers = exchange
        .headers
        .into_iter()
        .filter(|(name, _)| !MADE.contains(&name.as_str()))
        .map(|(name, value)| (name.into(), value))
        .collect();
    Answer {
        status: exchange.status,
        headers,
        body: exchange.content.bytes().unwrap_or_default(),
    }
}
