//! Small HTTP servers that answer as a service might, or should not.

use std::io::{self, BufRead as _, BufReader, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, AtomicUsize, Ordering};

/// A server on a port of its own; it ends with the test program.
pub(crate) struct Server {
    address: SocketAddr,
    asked: Arc<AtomicUsize>,
}

impl Server {
    /// Hands each connection to `serve`, with how many there were before it, after its request has
    /// been read.
    pub(crate) fn serving(
        serve: impl Fn(usize, TcpStream) -> io::Result<()> + Send + Sync + 'static,
    ) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let asked = Arc::new(AtomicUsize::new(0));
        let counter = Arc::clone(&asked);
        let serve = Arc::new(serve);
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let before = counter.fetch_add(1, Ordering::SeqCst);
                let serve = Arc::clone(&serve);
                std::thread::spawn(move || {
                    // A client that hangs up early is what some of these tests are about.
                    drop(request(&stream).and_then(|()| serve(before, stream)));
                });
            }
        });
        Self { address, asked }
    }

    /// Gives the same reply to everybody.
    pub(crate) fn replying(reply: impl Into<Vec<u8>>) -> Self {
        let reply = reply.into();
        Self::serving(move |_, mut stream| stream.write_all(&reply))
    }

    /// `http://HOST:PORT/v1/health/ready`.
    pub(crate) fn url(&self) -> String {
        format!("http://{}/v1/health/ready", self.address)
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// How many connections there were.
    pub(crate) fn asked(&self) -> usize {
        self.asked.load(Ordering::SeqCst)
    }
}

/// Reads the head of a request.
fn request(stream: &TcpStream) -> io::Result<()> {
    let mut reader = BufReader::new(stream);
    let mut line = String::new();
    while reader.read_line(&mut line)? > 2 {
        line.clear();
    }
    Ok(())
}

/// A reply with a body.
pub(crate) fn reply(status: &str, body: &str) -> String {
    format!(
        "HTTP/1.1 {status}\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    )
}

/// A healthy reply.
pub(crate) fn ready() -> String {
    reply("200 OK", r#"{"status":"ready"}"#)
}

/// The reply of a service that cannot work yet.
pub(crate) fn not_ready() -> String {
    reply(
        "503 Service Unavailable",
        r#"{"status":"not_ready","dependencies":{"disk":{"status":"unhealthy","message":"full"}}}"#,
    )
}

/// An address on which nobody listens: each time another one of this computer's own, so that no
/// server of another test can be given the same port meanwhile.
pub(crate) fn closed() -> SocketAddr {
    static LAST: AtomicU8 = AtomicU8::new(0);
    let number = LAST.fetch_add(1, Ordering::SeqCst) + 1;
    let listener = TcpListener::bind(SocketAddr::from(([127, 77, 0, number], 0))).unwrap();
    listener.local_addr().unwrap()
}
