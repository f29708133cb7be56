//! Faults in a running service: the path that takes them, on loopback only, and the client that
//! asks for them; and the path that tells how often the service was probed. It reads and replies;
//! the server commits the fault, after the reply is out.

use std::net::IpAddr;

use http_body_util::{BodyExt, Limited};
use hyper::body::Incoming;
use hyper::header::USER_AGENT;
use hyper::{Method, Request};
use serde::Serialize;

use crate::address::Address;
use crate::contract::Answer;
use crate::contract::probed::Outcome;
use crate::dependency;
use crate::failure::Failure;
use crate::fault::Fault;
use crate::log;

/// The path that takes faults. The real services have nothing there.
pub(crate) const PATH: &str = "/standin/fault";
/// The path that tells how many questions of juniperctl have arrived. Nothing is there either.
pub(crate) const PROBES: &str = "/standin/probes";
/// How juniperctl introduces itself; the other services do it in other words, or not at all.
const JUNIPERCTL: &str = "juniperctl/";
/// No fault takes more bytes to name.
const LONGEST: usize = 256;

#[derive(Serialize)]
struct Taken {
    status: &'static str,
    fault: String,
}

#[derive(Serialize)]
struct Counted {
    probes: u64,
}

/// Whether a request comes from juniperctl: from the watchdog, a gate, or a person's `health`.
pub(crate) fn is_probe(request: &Request<Incoming>) -> bool {
    request
        .headers()
        .get(USER_AGENT)
        .and_then(|agent| agent.to_str().ok())
        .is_some_and(|agent| agent.starts_with(JUNIPERCTL))
}

/// Tells the count.
pub(crate) fn counted(probes: u64, peer: IpAddr) -> Answer {
    if peer.to_canonical().is_loopback() {
        Answer::json(200, &Counted { probes })
    } else {
        Answer::detail(404, "Not Found")
    }
}

/// Reads a request for a fault; the reply, and the fault when it was a proper one.
pub(crate) async fn receive(request: Request<Incoming>, peer: IpAddr) -> (Answer, Option<Fault>) {
    if !peer.to_canonical().is_loopback() {
        return (Answer::detail(404, "Not Found"), None);
    }
    if request.method() != Method::POST {
        let answer = Answer::detail(405, "Method Not Allowed").with(("allow", "POST"));
        return (answer, None);
    }
    let Ok(body) = Limited::new(request.into_body(), LONGEST).collect().await else {
        return (Answer::detail(413, "Request Entity Too Large"), None);
    };
    let body = body.to_bytes();
    match Fault::parse(String::from_utf8_lossy(&body).trim()) {
        Ok(fault) => {
            let taken = Taken {
                status: "success",
                fault: fault.to_string(),
            };
            // The connection's end is the sign that the reply is out.
            (
                Answer::json(200, &taken).with(("connection", "close")),
                Some(fault),
            )
        }
        Err(message) => (Answer::detail(422, &message), None),
    }
}

/// Asks a running service to commit a fault.
pub(crate) fn send(fault: Fault, address: &Address) -> Result<(), Failure> {
    match dependency::post(address, PATH, &fault.to_string()) {
        Ok((200, _)) => {
            log::line(&format!("juniper-standin: {fault} taken by {address}"));
            Ok(())
        }
        Ok((status, body)) => Err(Failure::not_done(&format!(
            "{address} did not take {fault}: HTTP {status} {body}"
        ))),
        Err(outcome) => Err(Failure::not_done(&format!(
            "{address} did not take {fault}: {}",
            explained(&outcome)
        ))),
    }
}

fn explained(outcome: &Outcome) -> String {
    match outcome {
        Outcome::Unreachable(_, text) => text.to_ascii_lowercase(),
        Outcome::TimedOut => "no answer in time; a hang is cured by a restart only".to_owned(),
        Outcome::Answered(_) | Outcome::NotHttp => "no stand-in answers there".to_owned(),
    }
}
