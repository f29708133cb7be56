//! One service in the foreground: start, listen, answer, misbehave when told to. One thread and
//! one event loop, as uvicorn has, so that whatever blocks it delays every answer. It takes no
//! part in what is said, and it handles no signals: SIGTERM ends it at once, as it ends an idle
//! uvicorn.

use std::cell::Cell;
use std::convert::Infallible;
use std::net::IpAddr;
use std::rc::Rc;
use std::time::Duration;

use http_body_util::{BodyExt, Limited};
use hyper::body::Incoming;
use hyper::header::HOST;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::{LocalSet, spawn_local};

use crate::cli::Service;
use crate::clock::Clock;
use crate::contract::{Answer, Asked, Claim};
use crate::failure::Failure;
use crate::fault::{Fault, Manner, Stroke};
use crate::key::Keys;
use crate::reply::{self, ReplyBody};
use crate::service::Running;
use crate::settings::Settings;
use crate::stroke::strike;
use crate::{control, log};

/// Longer requests are not taken; those with training data are long.
const LONGEST: usize = 16 * 1024 * 1024;
/// The header that carries a caller's key.
const KEY: &str = "x-api-key";

/// Runs a service until the process ends; it returns only when it could not start.
pub(crate) fn run(settings: Settings, clock: Clock) -> Result<(), Failure> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_io()
        .enable_time()
        .build()
        .map_err(|error| Failure::start_up(&format!("no event loop: {error}")))?;
    LocalSet::new().block_on(&runtime, serve(settings, clock))
}

async fn serve(settings: Settings, clock: Clock) -> Result<(), Failure> {
    let Settings {
        service,
        address,
        live_after,
        ready_after,
        fault,
        keys,
        own,
    } = settings;
    let keys = Keys::read(&keys)?;
    if let Some((Fault::Stroke(stroke), after)) = fault {
        strike_unheard(clock, after, stroke);
    }
    clock.sleep_until(live_after).await;
    let running = Running::start(own, &keys, clock)?;
    let listener = TcpListener::bind((address.host.as_str(), address.port))
        .await
        .map_err(|error| Failure::bind(service, &address, &error))?;
    let bound = listener
        .local_addr()
        .map_or_else(|_| address.to_string(), |bound| bound.to_string());
    log::event(service, clock, &format!("listening on {bound}"));

    running.begin();
    let shared = Rc::new(Shared {
        service,
        clock,
        ready_after,
        running,
        keys,
        manner: Cell::default(),
        probes: Cell::default(),
    });
    shared.schedule(fault);
    loop {
        match listener.accept().await {
            Ok((stream, peer)) => {
                spawn_local(Rc::clone(&shared).connection(stream, peer.ip()));
            }
            Err(error) => {
                // Out of descriptors, most likely: others must close before it can go on.
                log::line(&format!(
                    "juniper-standin {service}: cannot accept: {error}"
                ));
                tokio::time::sleep(Duration::from_millis(100)).await;
            }
        }
    }
}

/// What every connection of one service shares.
struct Shared {
    service: Service,
    clock: Clock,
    ready_after: Duration,
    running: Running,
    keys: Keys,
    manner: Cell<Manner>,
    /// How often juniperctl has asked for its health.
    probes: Cell<u64>,
}

impl Shared {
    /// Sees to what is due later: the word that the service is ready, and the fault that it was
    /// given at its start.
    fn schedule(self: &Rc<Self>, fault: Option<(Fault, Duration)>) {
        let shared = Rc::clone(self);
        spawn_local(async move {
            shared.clock.sleep_until(shared.ready_after).await;
            log::event(shared.service, shared.clock, "ready");
        });
        if let Some((fault, after)) = fault {
            let shared = Rc::clone(self);
            spawn_local(async move {
                shared.clock.sleep_until(after).await;
                shared.commit(fault);
            });
        }
    }

    fn commit(&self, fault: Fault) {
        log::event(self.service, self.clock, &format!("fault {fault}"));
        match fault {
            Fault::Stroke(stroke) => strike(stroke),
            Fault::Answers(manner) => {
                self.running.pretend_demo(manner == Manner::Demo);
                self.manner.set(manner);
            }
        }
    }

    /// Serves one connection. A fault that arrived on it takes effect when the connection is
    /// over: by then the reply has been handed to the kernel.
    async fn connection(self: Rc<Self>, stream: TcpStream, peer: IpAddr) {
        let asked = Rc::new(Cell::new(None));
        let service = service_fn(|request: Request<Incoming>| {
            let (shared, asked) = (Rc::clone(&self), Rc::clone(&asked));
            async move { Ok::<_, Infallible>(shared.respond(request, peer, &asked).await) }
        });
        let is_worker = self.service == Service::Worker;
        let _ = stream.set_nodelay(true);
        // A client that goes away in the middle is its own affair.
        let _ = http1::Builder::new()
            .title_case_headers(is_worker)
            .auto_date_header(!is_worker)
            .serve_connection(TokioIo::new(stream), service)
            .await;
        if let Some(fault) = asked.take() {
            self.commit(fault);
        }
    }

    async fn respond(
        &self,
        request: Request<Incoming>,
        peer: IpAddr,
        asked: &Cell<Option<Fault>>,
    ) -> Response<ReplyBody> {
        if request.uri().path() == control::PATH {
            let (answer, fault) = control::receive(request, peer).await;
            asked.set(fault);
            return reply::response(answer, Manner::Faithful);
        }
        if request.uri().path() == control::PROBES {
            let answer = control::counted(self.probes.get(), peer);
            return reply::response(answer, Manner::Faithful);
        }
        if control::is_probe(&request) {
            self.probes.set(self.probes.get() + 1);
        }
        let manner = self.manner.get();
        if let Manner::Slow(delay) = manner {
            tokio::time::sleep(delay).await;
        }
        reply::response(self.answer(request, manner).await, manner)
    }

    async fn answer(&self, request: Request<Incoming>, manner: Manner) -> Answer {
        let path = request.uri().path();
        let authority = request
            .headers()
            .get(HOST)
            .and_then(|host| host.to_str().ok());
        let here = authority.map_or_else(|| path.to_owned(), |host| format!("http://{host}{path}"));
        if let Some(answer) = reply::instead(manner, &here) {
            return answer;
        }
        let key = request.headers().get(KEY).and_then(|key| key.to_str().ok());
        if let Some(refusal) = self.keys.refusal(path, key) {
            return refusal;
        }
        let mut asked = Asked {
            method: request.method().to_string(),
            path: path.to_owned(),
            query: request.uri().query().unwrap_or_default().to_owned(),
            authority: authority.map(str::to_owned),
            body: Vec::new(),
        };
        match Limited::new(request.into_body(), LONGEST).collect().await {
            Ok(body) => asked.body = body.to_bytes().to_vec(),
            Err(_) => return Answer::detail(413, "Request Entity Too Large"),
        }
        self.running
            .answer(self.service, &asked, self.claim(manner))
            .await
    }

    fn claim(&self, manner: Manner) -> Claim {
        if self.clock.elapsed() < self.ready_after {
            return Claim::NotReady;
        }
        match manner {
            Manner::Degraded => Claim::Degraded,
            Manner::NotReady => Claim::NotReady,
            _ => Claim::Truth,
        }
    }
}

/// Ends the process at its appointed age, even while it does not listen yet. A hang waits until
/// it does: connections must open before they can go unanswered.
fn strike_unheard(clock: Clock, after: Duration, stroke: Stroke) {
    match stroke {
        Stroke::Hang | Stroke::Busy => {}
        Stroke::Crash | Stroke::StartUpFailure if after <= clock.elapsed() => strike(stroke),
        Stroke::Crash | Stroke::StartUpFailure => {
            spawn_local(async move {
                clock.sleep_until(after).await;
                strike(stroke);
            });
        }
    }
}
