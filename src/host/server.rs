//! HTTP as the watchdog is asked: a port of this machine and a Unix socket.
//!
//! Nobody who asks can be in the way of the watching: connections are few, short, and carried on
//! beside everything else by whoever waits for the next request; one request each, whose head is
//! small and whose body is never read. What is answered is decided in `web`.

use std::convert::Infallible;
use std::fs;
use std::io;
use std::net::SocketAddr;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::pin::Pin;
use std::time::Duration;

use futures_util::StreamExt as _;
use futures_util::future::join_all;
use futures_util::stream::FuturesUnordered;
use hyper::header::{CONTENT_TYPE, HOST, HeaderValue};
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpSocket, UnixListener};
use tokio::sync::{mpsc, oneshot};

use crate::web::{Door, HEADERS, Method, Reply, Request};

/// How many connections each door has at a time; more of them wait outside.
const CONNECTIONS: usize = 8;

/// How many wait outside.
const BACKLOG: u32 = 32;

/// How long one connection may last, slow readers included.
const LIMIT: Duration = Duration::from_secs(5);

/// The head of a request: hyper's smallest buffer. A browser sends about 1 KiB.
const HEAD: usize = 8 * 1024;

/// After a connection could not be taken (too many open files) nothing is tried for this long.
const REST: Duration = Duration::from_secs(1);

/// A request that waits for its answer.
pub struct Asked {
    /// What is asked.
    pub request: Request,
    answer: oneshot::Sender<Reply>,
}

impl Asked {
    /// Answers it; whoever has hung up meanwhile is not missed.
    pub fn answer(self, reply: Reply) {
        let _ = self.answer.send(reply);
    }
}

/// The doors, and the requests that come in by them.
pub struct Server {
    doors: Vec<Entrance>,
    asked: (mpsc::Sender<Asked>, mpsc::Receiver<Asked>),
}

impl Default for Server {
    fn default() -> Self {
        Self {
            doors: Vec::new(),
            asked: mpsc::channel(CONNECTIONS),
        }
    }
}

/// Where requests can come in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Place {
    /// A port of this machine.
    Port(SocketAddr),
    /// A Unix socket.
    Socket(PathBuf),
}

impl std::fmt::Display for Place {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Port(address) => address.fmt(formatter),
            Self::Socket(path) => path.display().fmt(formatter),
        }
    }
}

impl Server {
    /// Whether requests can come in here.
    #[must_use]
    pub fn is_open(&self, place: &Place) -> bool {
        self.doors.iter().any(|door| door.place == *place)
    }

    /// Closes every door that is not one of these, with the connections behind it.
    pub fn keep(&mut self, places: &[Place]) {
        self.doors.retain(|door| places.contains(&door.place));
    }

    /// Opens a door.
    ///
    /// # Errors
    /// The port is taken, or the directory of the socket is not there.
    pub fn open(&mut self, place: Place) -> io::Result<()> {
        let listener = match &place {
            Place::Port(address) => Listener::Port(listening(*address)?),
            Place::Socket(path) => Listener::Socket(listening_socket(path)?),
        };
        self.doors.push(Entrance {
            place,
            listener,
            connections: FuturesUnordered::new(),
            sender: self.asked.0.clone(),
        });
        Ok(())
    }

    /// The next request. To be waited for all the time: it is what carries connections on. Nothing is
    /// lost where the waiting is given up.
    pub async fn next(&mut self) -> Asked {
        let (_, receiver) = &mut self.asked;
        loop {
            tokio::select! {
                Some(asked) = receiver.recv() => return asked,
                _ = join_all(self.doors.iter_mut().map(Entrance::go_on)),
                    if !self.doors.is_empty() => {}
            }
        }
    }
}

fn listening(address: SocketAddr) -> io::Result<TcpListener> {
    let socket = match address {
        SocketAddr::V4(_) => TcpSocket::new_v4()?,
        SocketAddr::V6(_) => TcpSocket::new_v6()?,
    };
    // Connections of an earlier watchdog that are not quite over do not matter.
    socket.set_reuseaddr(true)?;
    socket.bind(address)?;
    socket.listen(BACKLOG)
}

fn listening_socket(path: &Path) -> io::Result<UnixListener> {
    // That of an earlier watchdog.
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let listener = UnixListener::bind(path)?;
    // For everybody, as the port is: all of it can be asked by `juniperctl status`, too.
    fs::set_permissions(path, fs::Permissions::from_mode(0o666))?;
    Ok(listener)
}

type Connection = Pin<Box<dyn Future<Output = ()>>>;

/// A door and who is in it.
struct Entrance {
    place: Place,
    listener: Listener,
    connections: FuturesUnordered<Connection>,
    sender: mpsc::Sender<Asked>,
}

enum Listener {
    Port(TcpListener),
    Socket(UnixListener),
}

impl Listener {
    /// The next connection, served by what is returned.
    async fn next(&self, sender: &mpsc::Sender<Asked>) -> io::Result<Connection> {
        Ok(match self {
            Self::Port(listener) => {
                let (stream, _) = listener.accept().await?;
                Box::pin(served(stream, Door::Port, sender.clone()))
            }
            Self::Socket(listener) => {
                let (stream, _) = listener.accept().await?;
                Box::pin(served(stream, Door::Socket, sender.clone()))
            }
        })
    }
}

impl Entrance {
    /// Takes connections and carries them on, without end.
    async fn go_on(&mut self) {
        loop {
            let has_room = self.connections.len() < CONNECTIONS;
            tokio::select! {
                Some(()) = self.connections.next(), if !self.connections.is_empty() => {}
                next = self.listener.next(&self.sender), if has_room => match next {
                    Ok(connection) => self.connections.push(connection),
                    Err(_) => tokio::time::sleep(REST).await,
                }
            }
        }
    }
}

async fn served(
    stream: impl AsyncRead + AsyncWrite + Unpin,
    door: Door,
    sender: mpsc::Sender<Asked>,
) {
    let service = service_fn(|request| answered(request, door, sender.clone()));
    let connection = hyper::server::conn::http1::Builder::new()
        .keep_alive(false)
        .max_buf_size(HEAD)
        .header_read_timeout(None)
        .serve_connection(TokioIo::new(stream), service);
    // Whatever goes wrong with it is the other side's business.
    let _ = tokio::time::timeout(LIMIT, connection).await;
}

async fn answered<B>(
    request: hyper::Request<B>,
    door: Door,
    sender: mpsc::Sender<Asked>,
) -> Result<hyper::Response<String>, Infallible> {
    let (answer, answered) = oneshot::channel();
    let asked = Asked {
        request: taken(&request, door),
        answer,
    };
    let reply = match sender.send(asked).await {
        Ok(()) => answered.await.ok(),
        Err(_) => None,
    };
    let reply = reply.unwrap_or_else(|| Reply::plain(503, "The watchdog is about to end."));
    Ok(response(reply))
}

/// A request as far as it matters.
fn taken<B>(request: &hyper::Request<B>, door: Door) -> Request {
    // What is no text is nobody's name.
    let text = |value: &HeaderValue| String::from_utf8_lossy(value.as_bytes()).into_owned();
    let in_headers = request.headers().get_all(HOST).iter().map(text);
    let in_target = request.uri().authority().map(ToString::to_string);
    Request {
        door,
        method: match *request.method() {
            hyper::Method::GET => Method::Get,
            hyper::Method::HEAD => Method::Head,
            _ => Method::Other,
        },
        path: request.uri().path().to_owned(),
        hosts: in_headers.chain(in_target).collect(),
    }
}

fn response(reply: Reply) -> hyper::Response<String> {
    let mut response = hyper::Response::new(reply.body);
    // Every status and header is one of `web`'s own.
    *response.status_mut() = hyper::StatusCode::from_u16(reply.status)
        .unwrap_or(hyper::StatusCode::INTERNAL_SERVER_ERROR);
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(reply.content_type));
    for (name, value) in HEADERS {
        headers.insert(name, HeaderValue::from_static(value));
    }
    for (name, value) in reply.headers {
        if let Ok(value) = HeaderValue::from_str(&value) {
            headers.insert(name, value);
        }
    }
    response
}
