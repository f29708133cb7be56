//! One connection of a client, and one to the real service for each of its requests. It hands on
//! what came, and gives what passed to the recorder; it never answers in the real service's place but
//! to say that nobody is there.

use std::convert::Infallible;
use std::rc::Rc;
use std::time::Duration;

use http_body_util::{BodyExt, Full, Limited};
use hyper::body::{Bytes, Incoming};
use hyper::header::{
    ACCEPT_ENCODING, CONNECTION, CONTENT_ENCODING, CONTENT_TYPE, HOST, HeaderMap, HeaderName,
    HeaderValue, LOCATION, UPGRADE,
};
use hyper::http::request::Parts;
use hyper::{Request, Response, StatusCode};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;
use tokio::task::spawn_local;

use super::passing::{LONGEST, Passing};
use super::{Recorder, milliseconds};
use crate::contract::Answer;
use crate::log;
use crate::recording::{Content, Exchange, Upgrade};

/// How long it may take to reach the real service.
const PATIENCE: Duration = Duration::from_secs(10);
/// What belongs to a connection, and not to what passes on it.
const OF_A_CONNECTION: [&str; 8] = [
    "connection",
    "keep-alive",
    "proxy-connection",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
    "content-length",
];

/// Carries the requests of one connection.
pub(super) async fn connection(recorder: Rc<Recorder>, stream: TcpStream) {
    let service = hyper::service::service_fn(|request: Request<Incoming>| {
        let recorder = Rc::clone(&recorder);
        async move {
            let answered = pass(recorder, request).await;
            Ok::<_, Infallible>(answered.unwrap_or_else(|(status, why)| refusal(status, &why)))
        }
    });
    let _ = stream.set_nodelay(true);
    // A client that goes away in the middle is its own affair.
    let _ = hyper::server::conn::http1::Builder::new()
        .serve_connection(TokioIo::new(stream), service)
        .with_upgrades()
        .await;
}

/// Why a request got no answer from the real service.
type Unanswered = (u16, String);

async fn pass(
    recorder: Rc<Recorder>,
    request: Request<Incoming>,
) -> Result<Response<Passing>, Unanswered> {
    let (number, at_ms) = recorder.arrival();
    let (parts, body) = request.into_parts();
    let body = Limited::new(body, LONGEST)
        .collect()
        .await
        .map_err(|_| {
            (
                413,
                format!("the recorder takes requests of up to {LONGEST} bytes"),
            )
        })?
        .to_bytes();
    let sent = recorder.now();
    let mut response = ask(&recorder, &parts, body.clone()).await?;
    if response.status() == StatusCode::SWITCHING_PROTOCOLS {
        recorder.note(&Upgrade {
            number,
            at_ms,
            path: parts.uri.path().to_owned(),
            protocol: text(parts.headers.get(UPGRADE)),
        });
        let mut client = Request::from_parts(parts, ());
        let tunnel = hyper::upgrade::on(&mut response);
        spawn_local(async move {
            if let (Ok(client), Ok(server)) = (hyper::upgrade::on(&mut client).await, tunnel.await)
            {
                let (mut client, mut server) = (TokioIo::new(client), TokioIo::new(server));
                let _ = tokio::io::copy_bidirectional(&mut client, &mut server).await;
            }
        });
        return Ok(response.map(|_| Passing::Own(Full::default())));
    }
    let (mut head, answer) = response.into_parts();
    let host = text(parts.headers.get(HOST));
    let exchange = Exchange {
        number,
        at_ms,
        method: parts.method.to_string(),
        path: parts.uri.path().to_owned(),
        query: parts.uri.query().unwrap_or_default().to_owned(),
        request_headers: listed(&parts.headers, &host),
        request: request_content(&parts.headers, &body),
        status: head.status.as_u16(),
        latency_ms: 0.0,
        headers: listed(&head.headers, &host),
        content: Content::Nothing,
    };
    let encoding = text(head.headers.get(CONTENT_ENCODING));
    for name in OF_A_CONNECTION.iter().filter(|it| **it != "content-length") {
        head.headers.remove(*name);
    }
    let then = Box::new(move |bytes: Option<Vec<u8>>| {
        let content = match bytes {
            Some(bytes) if bytes.is_empty() => Content::Nothing,
            Some(_) if !matches!(encoding.as_str(), "" | "identity") => {
                Content::Withheld(format!("it came as {encoding}, which is not looked into"))
            }
            Some(bytes) => Content::of(&bytes),
            None => Content::Withheld(format!("it is longer than {LONGEST} bytes")),
        };
        let latency_ms = milliseconds(recorder.now().saturating_sub(sent));
        recorder.keep(Exchange {
            latency_ms,
            content,
            ..exchange
        });
    });
    Ok(Response::from_parts(head, Passing::through(answer, then)))
}

/// Sends a request on, over a connection of its own.
async fn ask(
    recorder: &Recorder,
    parts: &Parts,
    body: Bytes,
) -> Result<Response<Incoming>, Unanswered> {
    let upstream = &recorder.upstream;
    let unreached = |why: &dyn std::fmt::Display| {
        let why = format!("{} does not answer the recorder: {why}", upstream.address);
        log::line(&format!("juniper-standin record: {why}"));
        (502, why)
    };
    let address = (upstream.address.host.as_str(), upstream.address.port);
    let stream = tokio::time::timeout(PATIENCE, TcpStream::connect(address))
        .await
        .map_err(|_| unreached(&"no connection in time"))?
        .map_err(|error| unreached(&error))?;
    let _ = stream.set_nodelay(true);
    let (mut sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(stream))
        .await
        .map_err(|error| unreached(&error))?;
    spawn_local(connection.with_upgrades());
    let target = parts.uri.path_and_query().map_or("/", |it| it.as_str());
    let mut request = Request::new(Full::new(body));
    *request.method_mut() = parts.method.clone();
    *request.uri_mut() = upstream
        .target(target)
        .parse()
        .map_err(|error| unreached(&error))?;
    let upgrade = parts.headers.get(UPGRADE).cloned();
    let headers = request.headers_mut();
    headers.clone_from(&parts.headers);
    for name in OF_A_CONNECTION {
        headers.remove(name);
    }
    // What is compressed cannot be looked through for secrets, nor read by people.
    headers.insert(ACCEPT_ENCODING, HeaderValue::from_static("identity"));
    if let Some(upgrade) = upgrade {
        headers.insert(UPGRADE, upgrade);
        headers.insert(CONNECTION, HeaderValue::from_static("upgrade"));
    }
    sender
        .send_request(request)
        .await
        .map_err(|error| unreached(&error))
}

/// The headers of a recording: without those of a connection, and with places on this very server
/// told without its name, which is the recorder's.
fn listed(headers: &HeaderMap, host: &str) -> Vec<(String, String)> {
    let is_kept = |name: &HeaderName| {
        !OF_A_CONNECTION.contains(&name.as_str()) && !matches!(name.as_str(), "host" | "date")
    };
    headers
        .iter()
        .filter(|(name, _)| is_kept(name))
        .map(|(name, value)| {
            let value = text(Some(value));
            let here = value.strip_prefix(&format!("http://{host}"));
            let value = match here {
                Some(path) if name == LOCATION => path.to_owned(),
                _ => value,
            };
            (name.to_string(), value)
        })
        .collect()
}

/// The body of a request; files that people send are theirs.
fn request_content(headers: &HeaderMap, body: &[u8]) -> Content {
    if text(headers.get(CONTENT_TYPE)).starts_with("multipart/") {
        return Content::Withheld("a form with files is not looked into".to_owned());
    }
    if !matches!(
        text(headers.get(CONTENT_ENCODING)).as_str(),
        "" | "identity"
    ) {
        return Content::Withheld("it was compressed, and is not looked into".to_owned());
    }
    Content::of(body)
}

fn text(value: Option<&HeaderValue>) -> String {
    value
        .map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned())
        .unwrap_or_default()
}

/// What the recorder itself says.
fn refusal(status: u16, why: &str) -> Response<Passing> {
    let answer = Answer::detail(status, why);
    let mut response = Response::new(Passing::Own(Full::from(answer.body)));
    *response.status_mut() = StatusCode::from_u16(status).unwrap_or_default();
    response
        .headers_mut()
        .insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response
}
