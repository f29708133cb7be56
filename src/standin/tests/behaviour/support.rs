//! A running stand-in, and a client that needs no library: what every test here uses.

use std::io::{BufRead, BufReader, ErrorKind, Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::process::{Child, Command, ExitStatus, Output, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::Value;

/// Far longer than anything here takes; a test that waits this long has failed.
pub(crate) const DEADLINE: Duration = Duration::from_secs(20);
/// How long silence must last to count as "never answers".
pub(crate) const SILENCE: Duration = Duration::from_millis(300);

/// A stand-in process, killed when dropped.
pub(crate) struct Standin {
    child: Child,
    lines: Receiver<String>,
    pub(crate) port: u16,
}

/// The program with an environment of nothing but what is given.
pub(crate) fn program(arguments: &[&str], environment: &[(&str, &str)]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_juniper-standin"));
    command
        .args(arguments)
        .env_clear()
        .envs(environment.iter().copied());
    command
}

/// Runs the program to its end.
pub(crate) fn outcome(arguments: &[&str], environment: &[(&str, &str)]) -> (Option<i32>, String) {
    let Output { status, stderr, .. } = program(arguments, environment).output().unwrap();
    (status.code(), String::from_utf8(stderr).unwrap())
}

impl Standin {
    /// Starts a service on a free port and waits until it listens.
    pub(crate) fn start(service: &str, environment: &[(&str, &str)]) -> Self {
        Self::start_on(service, 0, environment)
    }

    /// Starts a service on a given port and waits until it listens.
    pub(crate) fn start_on(service: &str, port: u16, environment: &[(&str, &str)]) -> Self {
        Self::spawn(service, port, environment).listening()
    }

    /// Waits until a spawned service listens, and learns its port.
    pub(crate) fn listening(mut self) -> Self {
        let line = self.line("listening on 127.0.0.1:");
        let (_, rest) = line.split_once("127.0.0.1:").unwrap();
        self.port = rest.split(' ').next().unwrap().parse().unwrap();
        self
    }

    /// Starts a service where its environment says, and does not wait.
    pub(crate) fn spawn_by_environment(service: &str, environment: &[(&str, &str)]) -> Self {
        Self::observe(program(&[service], environment), 0)
    }

    /// Starts a service and does not wait.
    pub(crate) fn spawn(service: &str, port: u16, environment: &[(&str, &str)]) -> Self {
        let port_text = port.to_string();
        Self::observe(program(&[service, "--port", &port_text], environment), port)
    }

    /// Runs the program with these arguments and waits until it listens.
    pub(crate) fn run(arguments: &[&str], environment: &[(&str, &str)]) -> Self {
        Self::observe(program(arguments, environment), 0).listening()
    }

    fn observe(mut command: Command, port: u16) -> Self {
        let mut child = command.stderr(Stdio::piped()).spawn().unwrap();
        let stderr = BufReader::new(child.stderr.take().unwrap());
        let (sender, lines) = channel();
        thread::spawn(move || {
            for line in stderr.lines().map_while(Result::ok) {
                if sender.send(line).is_err() {
                    break;
                }
            }
        });
        Self { child, lines, port }
    }

    /// The next logged line that contains the text.
    pub(crate) fn line(&self, text: &str) -> String {
        let deadline = Instant::now() + DEADLINE;
        loop {
            let left = deadline.saturating_duration_since(Instant::now());
            let line = self.lines.recv_timeout(left);
            let line = line.unwrap_or_else(|error| panic!("no line with {text:?}: {error}"));
            if line.contains(text) {
                return line;
            }
        }
    }

    /// The base URL, as a neighbour's environment wants it.
    pub(crate) fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// Gets a path and expects an answer.
    pub(crate) fn get(&self, path: &str) -> Reply {
        request(self.port, "GET", path, "", DEADLINE).unwrap()
    }

    /// Asks for a fault through the command line.
    pub(crate) fn fault(&self, kind: &str, service: &str) {
        let port = self.port.to_string();
        let (status, stderr) = outcome(&["fault", kind, service, "--port", &port], &[]);
        assert_eq!(status, Some(0), "{stderr}");
    }

    /// Waits for the process to end by itself.
    pub(crate) fn wait(&mut self) -> ExitStatus {
        until("the process ends", || self.child.try_wait().unwrap())
    }

    /// Kills the process without ceremony.
    pub(crate) fn kill(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// Sends SIGTERM, as systemd does.
    pub(crate) fn terminate(&self) {
        let pid = self.child.id().to_string();
        let status = Command::new("kill").args(["-TERM", &pid]).status().unwrap();
        assert!(status.success());
    }
}

impl Drop for Standin {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// An HTTP reply.
#[derive(Debug)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) head: String,
    pub(crate) body: String,
}

impl Reply {
    /// The value of a header, in whatever case its name came.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.head.lines().find_map(|line| {
            let (key, value) = line.split_once(": ")?;
            key.eq_ignore_ascii_case(name).then_some(value)
        })
    }

    /// The body as JSON.
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }

    /// A value of the JSON body, by its pointer.
    pub(crate) fn value(&self, pointer: &str) -> Value {
        let body = self.json();
        let value = body.pointer(pointer).cloned();
        value.unwrap_or_else(|| panic!("no {pointer} in {body}"))
    }
}

/// Sends a request on a fresh connection.
pub(crate) fn send(port: u16, method: &str, path: &str, body: &str) -> std::io::Result<TcpStream> {
    let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
    let mut stream = TcpStream::connect_timeout(&address, DEADLINE)?;
    let length = body.len();
    write!(
        stream,
        "{method} {path} HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\ncontent-length: {length}\r\n\r\n{body}"
    )?;
    Ok(stream)
}

/// Sends a request and reads the whole reply; each read may take this long.
pub(crate) fn request(
    port: u16,
    method: &str,
    path: &str,
    body: &str,
    patience: Duration,
) -> std::io::Result<Reply> {
    let mut stream = send(port, method, path, body)?;
    stream.set_read_timeout(Some(patience))?;
    let mut text = String::new();
    stream.read_to_string(&mut text)?;
    let (head, body) = text.split_once("\r\n\r\n").ok_or(ErrorKind::InvalidData)?;
    let status = head.split(' ').nth(1).unwrap().parse().unwrap();
    Ok(Reply {
        status,
        head: head.to_owned(),
        body: body.to_owned(),
    })
}

/// Whether a connection opens and then stays silent.
pub(crate) fn is_silent(port: u16) -> bool {
    let reply = request(port, "GET", "/v1/health/live", "", SILENCE);
    let kind = reply.map_err(|error| error.kind());
    matches!(kind, Err(ErrorKind::WouldBlock | ErrorKind::TimedOut))
}

/// A port on which nothing listens at the moment.
pub(crate) fn free_port() -> u16 {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    listener.local_addr().unwrap().port()
}

/// Asks again and again until there is something, up to the deadline.
pub(crate) fn until<T>(what: &str, mut attempt: impl FnMut() -> Option<T>) -> T {
    let deadline = Instant::now() + DEADLINE;
    loop {
        if let Some(found) = attempt() {
            return found;
        }
        assert!(Instant::now() < deadline, "not in time: {what}");
        thread::sleep(Duration::from_millis(10));
    }
}
