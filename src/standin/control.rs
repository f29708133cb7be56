//! Faults in a running service: the path that takes them, on loopback only, and the client that
//! asks for them. It reads and replies; the server commits the fault, after the reply is out.

use std::net::IpAddr;

use http_body_util::{BodyExt, Limited};
use hyper::body::Incoming;
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
/// No fault takes more bytes to name.
const LONGEST: usize = 256;

#[derive(Serialize)]
struct Taken {
    status: &'static str,
    fault: String,
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
