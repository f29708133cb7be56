//! The worker's living half: one connection to its server, kept open as a WebSocket would be and
//! asked for its liveness now and then; when it breaks, it is made again with growing pauses. It
//! never works on a task.

use std::cell::{Cell, RefCell};
use std::collections::hash_map::RandomState;
use std::hash::{BuildHasher, Hasher};
use std::io;
use std::rc::Rc;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::{sleep, timeout};

use crate::address::ServiceUrl;
use crate::cli::Service;
use crate::clock::Clock;
use crate::contract::route::Route;
use crate::contract::{Answer, Claim, worker};
use crate::{dependency, log};

/// How long the server may take to answer a new connection.
const HANDSHAKE: Duration = Duration::from_secs(10);
/// Shorter than the five seconds after which uvicorn closes an idle connection.
const HEARTBEAT: Duration = Duration::from_secs(2);
const FIRST_PAUSE: Duration = Duration::from_secs(1);
const LONGEST_PAUSE: Duration = Duration::from_mins(1);

/// A worker and its link.
pub(crate) struct Worker {
    cascor: ServiceUrl,
    /// The line that sends its token.
    token: String,
    clock: Clock,
    linked: Cell<bool>,
    /// Given at the first registration.
    identity: RefCell<Option<String>>,
}

impl Worker {
    /// A worker that is not linked yet.
    pub(crate) fn new(cascor: ServiceUrl, token: String, clock: Clock) -> Self {
        Self {
            cascor,
            token,
            clock,
            linked: Cell::new(false),
            identity: RefCell::new(None),
        }
    }

    /// Connects, and connects again, for as long as the process lives.
    pub(crate) fn begin(self: &Rc<Self>) {
        let worker = Rc::clone(self);
        tokio::task::spawn_local(async move {
            let mut pause = FIRST_PAUSE;
            loop {
                if let Ok(stream) = worker.connect().await {
                    worker.register();
                    let _ = worker.keep(stream).await;
                    worker.linked.set(false);
                    log::event(Service::Worker, worker.clock, "connection lost");
                    pause = FIRST_PAUSE;
                }
                sleep(pause).await;
                pause = (pause * 2).min(LONGEST_PAUSE);
            }
        });
    }

    /// Answers one request.
    pub(crate) fn answer(&self, route: &Route, claim: Claim) -> Answer {
        let linked = self.linked.get();
        match route {
            Route::Health => worker::health(self.identity.borrow().as_deref()),
            Route::Live => worker::live(linked),
            Route::Ready => worker::ready(linked, claim),
            _ => super::foreign(),
        }
    }

    /// A connection on which the server has answered once.
    async fn connect(&self) -> io::Result<TcpStream> {
        let address = &self.cascor.address;
        timeout(HANDSHAKE, async {
            let mut stream = TcpStream::connect((address.host.as_str(), address.port)).await?;
            stream.write_all(self.request().as_bytes()).await?;
            let mut status_line = Vec::new();
            while !status_line.contains(&b'\n') {
                if stream.read_buf(&mut status_line).await? == 0 {
                    return Err(io::ErrorKind::UnexpectedEof.into());
                }
            }
            if status_line.starts_with(b"HTTP/1.1 200") {
                Ok(stream)
            } else {
                Err(io::ErrorKind::InvalidData.into())
            }
        })
        .await?
    }

    fn request(&self) -> String {
        let Self { cascor, token, .. } = self;
        // A path that takes a key where there is one, as the WebSocket does.
        let target = cascor.target(dependency::TRAINING);
        let address = &cascor.address;
        format!("GET {target} HTTP/1.1\r\nhost: {address}\r\n{token}\r\n")
    }

    fn register(&self) {
        self.linked.set(true);
        self.identity
            .borrow_mut()
            .get_or_insert_with(random_identity);
        log::event(Service::Worker, self.clock, "registered");
    }

    /// Returns when the connection is gone. A server that is merely silent keeps its worker, as
    /// long as it holds the connection: it may be busy for seconds.
    async fn keep(&self, mut stream: TcpStream) -> io::Result<()> {
        let mut buffer = [0; 4096];
        let mut answered = true;
        loop {
            tokio::select! {
                read = stream.read(&mut buffer) => {
                    if read? == 0 {
                        return Ok(());
                    }
                    answered = true;
                }
                () = sleep(HEARTBEAT) => {
                    // Requests do not pile up at a server that stopped reading them.
                    if std::mem::take(&mut answered) {
                        stream.write_all(self.request().as_bytes()).await?;
                    }
                }
            }
        }
    }
}

/// A version 4 UUID; the randomness is the one that seeds hash maps.
fn random_identity() -> String {
    let random = || RandomState::new().build_hasher().finish();
    let (high, low) = (random(), random());
    format!(
        "{:08x}-{:04x}-4{:03x}-{:04x}-{:012x}",
        high >> 32,
        high >> 16 & 0xffff,
        high & 0xfff,
        low >> 48 & 0x3fff | 0x8000,
        low & 0xffff_ffff_ffff
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_identity_is_a_version_4_uuid() {
        let identity = random_identity();
        let groups: Vec<usize> = identity.split('-').map(str::len).collect();
        assert_eq!(groups, [8, 4, 4, 4, 12], "{identity}");
        assert_eq!(identity.as_bytes()[14], b'4');
        assert_ne!(identity, random_identity());
    }
}
