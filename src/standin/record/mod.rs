//! `record`: a reverse proxy on loopback before a real service, which writes down what passes. One
//! thread, as the stand-ins have. It changes nothing that passes but what belongs to a connection, and
//! decides nothing about secrets or the form of a recording.

mod file;
mod known;
mod passing;
mod proxy;

use std::cell::{Cell, RefCell};
use std::path::PathBuf;
use std::rc::Rc;
use std::time::Duration;

use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};
use tokio::task::{LocalSet, spawn_local};

use crate::address::{Address, ServiceUrl};
use crate::cli::Service;
use crate::clock::{self, Clock};
use crate::failure::Failure;
use crate::log;
use crate::recording::{Exchange, Heading, Line, Upgrade};
use crate::scrub::{Scrubber, Secrets};
use crate::settings::Environment;

/// How often what was written is put on the disk itself.
const SYNC: Duration = Duration::from_secs(1);

/// What is to be recorded, and where to.
pub(crate) struct Order {
    pub(crate) service: Service,
    /// Where clients are to come.
    pub(crate) address: Address,
    /// Where the real service is.
    pub(crate) upstream: ServiceUrl,
    pub(crate) file: PathBuf,
    /// The most bytes that the file may have.
    pub(crate) limit: u64,
    /// Files with secrets, besides those that the environment names.
    pub(crate) secrets: Vec<PathBuf>,
}

/// Records until a signal ends it.
pub(crate) fn run(order: Order, environment: &Environment, clock: Clock) -> Result<(), Failure> {
    if !order.address.is_loopback() {
        return Err(Failure::not_done(&format!(
            "--host {}: a recorder listens on this machine's own addresses only, 127.0.0.1 or ::1",
            order.address.host
        )));
    }
    let secrets = known::gather(environment, &order.secrets)?;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| Failure::not_done(&format!("no event loop: {error}")))?;
    LocalSet::new().block_on(&runtime, record(order, secrets, clock))
}

async fn record(order: Order, secrets: Secrets, clock: Clock) -> Result<(), Failure> {
    let refused =
        |error: std::io::Error| Failure::not_done(&format!("cannot wait for signals: {error}"));
    let mut terminate = signal(SignalKind::terminate()).map_err(refused)?;
    let mut interrupt = signal(SignalKind::interrupt()).map_err(refused)?;
    let address = &order.address;
    let listener = TcpListener::bind((address.host.as_str(), address.port))
        .await
        .map_err(|error| Failure::not_done(&format!("cannot listen on {address}: {error}")))?;
    let bound = listener
        .local_addr()
        .map_or_else(|_| address.to_string(), |bound| bound.to_string());
    let known = secrets.len();
    let heading = Heading::new(order.service, clock::unix_seconds());
    let file = file::RecordingFile::create(&order.file, order.limit, &heading)?;
    let recorder = Rc::new(Recorder {
        upstream: order.upstream,
        scrubber: RefCell::new(Scrubber::new(secrets)),
        file: RefCell::new(file),
        clock,
        began: clock.elapsed(),
        requests: Cell::default(),
    });
    log::event(order.service, clock, &format!("listening on {bound}"));
    log::line(&format!(
        "juniper-standin record: {} known secrets are looked for; {} at {} is recorded in {}",
        known,
        order.service,
        recorder.upstream.of(""),
        order.file.display()
    ));
    loop {
        tokio::select! {
            accepted = listener.accept() => match accepted {
                Ok((stream, _)) => {
                    spawn_local(proxy::connection(Rc::clone(&recorder), stream));
                }
                Err(error) => {
                    log::line(&format!("juniper-standin record: cannot accept: {error}"));
                    tokio::time::sleep(Duration::from_millis(100)).await;
                }
            },
            () = tokio::time::sleep(SYNC) => recorder.file.borrow_mut().sync(),
            _ = terminate.recv() => break,
            _ = interrupt.recv() => break,
        }
    }
    let mut file = recorder.file.borrow_mut();
    file.sync();
    log::line(&format!("juniper-standin record: {}", file.summary()));
    Ok(())
}

/// What the connections share.
struct Recorder {
    upstream: ServiceUrl,
    scrubber: RefCell<Scrubber>,
    file: RefCell<file::RecordingFile>,
    clock: Clock,
    began: Duration,
    requests: Cell<u64>,
}

impl Recorder {
    /// The number of a request that comes now, and when that is, in milliseconds.
    fn arrival(&self) -> (u64, f64) {
        self.requests.set(self.requests.get() + 1);
        (self.requests.get(), milliseconds(self.now()))
    }

    /// Time since the recording was begun.
    fn now(&self) -> Duration {
        self.clock.elapsed().saturating_sub(self.began)
    }

    /// Writes an exchange down, without its secrets.
    fn keep(&self, exchange: Exchange) {
        let exchange = self.scrubber.borrow_mut().exchange(exchange);
        self.file
            .borrow_mut()
            .append(&Line::Exchange(Box::new(exchange)));
    }

    /// Notes that a connection became something of which nothing is kept.
    fn note(&self, upgrade: &Upgrade) {
        let upgrade = self.scrubber.borrow().upgrade(upgrade);
        self.file.borrow_mut().append(&Line::Upgrade(upgrade));
    }
}

/// Milliseconds with three places.
fn milliseconds(time: Duration) -> f64 {
    (time.as_secs_f64() * 1e6).round() / 1e3
}
