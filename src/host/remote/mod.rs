//! Another machine over one connection of ssh(1): its systemd, its loopback, programs on it.
//!
//! OpenSSH itself carries everything over one connection (`ControlMaster`), whose socket lies in a private
//! directory here. That connection lives as long as [`Remote`] does: the program at its other end waits for
//! the end of its input, which comes however this process ends. Each step has a time limit, and a connection
//! that has gone silent is given up by ssh itself. What the other machine says is never taken for more than
//! text. Secrets go through standard input alone.

mod error;
mod facts;
mod mirror;
mod program;
mod session;
mod ssh;
mod stage;
mod streams;

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream;
use std::path::PathBuf;
use std::process::{ExitStatus, Stdio};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tempfile::TempDir;
use tokio::io::{AsyncRead, AsyncReadExt as _};
use tokio::process::{Child, ChildStdin};
use tokio::sync::OnceCell;
use tokio::sync::watch::{Receiver, channel};

use crate::spec::remote::SshTarget;
use crate::spec::text::for_terminal;

use super::clock;
use super::environment;
use super::http::Prober;
use super::systemd::{BusError, Systemd};
use streams::Streams;

pub use error::RemoteError;
pub use facts::{RemoteFacts, Rights};
pub use program::Program;
pub use session::Ran;
pub use stage::Stage;

/// How long it may take until the other machine has told of itself: ssh gives up connecting after five
/// seconds, and a loaded machine may take its time to let somebody in.
const CONNECTING: Duration = Duration::from_secs(20);

/// How long a short step may take, such as a forwarding or a look at small files.
const STEP: Duration = Duration::from_secs(15);

/// How long the program may be on its way: seven megabytes, and slow lines there are.
const TRANSFER: Duration = Duration::from_mins(5);

/// The most that is taken of what a program says on standard error.
const MAX_SAID: usize = 256 * 1024;

/// Another machine that is connected.
#[derive(Debug)]
pub struct Remote {
    name: String,
    target: SshTarget,
    facts: RemoteFacts,
    /// By how many microseconds its clock is ahead of ours.
    ahead: i64,
    /// Holds the control socket, forwarded sockets and copies of files.
    directory: TempDir,
    said: Arc<Mutex<String>>,
    ended: Receiver<bool>,
    bus: OnceCell<Systemd>,
    bridge: RefCell<Option<Child>>,
    forwarded: RefCell<BTreeMap<String, PathBuf>>,
    /// Its end ends the connection.
    _waits: ChildStdin,
    _master: Child,
}

impl Remote {
    /// Connects to the machine that people call so.
    ///
    /// # Errors
    /// It cannot be reached in time, or does not let this user in.
    pub async fn connect(name: &str, target: &SshTarget) -> Result<Self, RemoteError> {
        let directory = tempfile::Builder::new()
            .prefix("juniperctl-")
            .tempdir_in(environment::runtime_base())
            .map_err(|error| RemoteError::failed("make a private directory", &error))?;
        let Streams {
            child: mut master,
            input: waits,
            mut output,
            errors,
        } = Streams::of(ssh::master(&control(&directory), target, facts::SCRIPT))?;
        let said = Arc::new(Mutex::new(String::new()));
        let mut ended = listen(errors, Arc::clone(&said));
        let told = clock::within(CONNECTING, told(&mut output)).await;
        let Some(text) = told else {
            return Err(RemoteError::Late {
                tried: "ssh".to_owned(),
                limit: CONNECTING,
            });
        };
        let Some(facts) = facts::parse(&text) else {
            // Its last words may still be on their way.
            let last = clock::within(STEP, async {
                drop(ended.wait_for(|ended| *ended).await);
                master.wait().await
            });
            let last = last.await.and_then(Result::ok);
            return Err(unreachable(&so_far(&said), last));
        };
        let here = i64::try_from(clock::wall_microseconds()).unwrap_or(i64::MAX);
        let there = i64::try_from(facts.clock)
            .unwrap_or(0)
            .saturating_mul(1_000_000);
        Ok(Self {
            name: name.to_owned(),
            target: target.clone(),
            // A difference below a second or two is that of the way.
            ahead: there.saturating_sub(here),
            facts,
            directory,
            said,
            ended,
            bus: OnceCell::new(),
            bridge: RefCell::new(None),
            forwarded: RefCell::default(),
            _waits: waits,
            _master: master,
        })
    }

    /// What people call it.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// What it said of itself.
    #[must_use]
    pub fn facts(&self) -> &RemoteFacts {
        &self.facts
    }

    /// What its clock shows when ours shows this, in microseconds since 1970 and to the second.
    #[must_use]
    pub fn at_its_clock(&self, here: u64) -> u64 {
        if self.ahead.is_negative() {
            here.saturating_sub(self.ahead.unsigned_abs())
        } else {
            here.saturating_add(self.ahead.unsigned_abs())
        }
    }

    /// Waits until the connection is lost.
    pub async fn lost(&self) {
        let mut ended = self.ended.clone();
        // Nobody who could tell any more is as much of a loss.
        drop(ended.wait_for(|ended| *ended).await);
    }

    /// Makes sure that the connection is still there: what is forwarded over one that is lost looks as if
    /// nobody listened.
    ///
    /// # Errors
    /// It is lost.
    pub async fn still_there(&self) -> Result<(), RemoteError> {
        let command = ssh::check(&control(&self.directory), &self.target);
        match self.finish(command, &[], "ask ssh", STEP).await {
            Ok(ran) if ran.code == 0 => Ok(()),
            _ => Err(RemoteError::Lost),
        }
    }

    /// Whether it refuses to carry connections.
    #[must_use]
    pub fn forbids_forwarding(&self) -> bool {
        so_far(&self.said).contains("administratively prohibited")
    }

    /// Its systemd, over `systemd-stdio-bridge`.
    ///
    /// # Errors
    /// There is no bridge, or nobody answers.
    pub async fn systemd(&self) -> Result<Systemd, BusError> {
        self.bus
            .get_or_try_init(|| async {
                let (here, there) = UnixStream::pair().map_err(|error| broken(&error))?;
                let there = OwnedFd::from(there);
                let again = there.try_clone().map_err(|error| broken(&error))?;
                let line = ssh::shell("exec systemd-stdio-bridge", self.by_sudo(), &[]);
                let child = ssh::session(&control(&self.directory), &self.target, &line)
                    .stdin(there)
                    .stdout(again)
                    .stderr(Stdio::null())
                    .spawn()
                    .map_err(|error| broken(&error))?;
                self.bridge.replace(Some(child));
                match clock::within(STEP, Systemd::through(here)).await {
                    Some(connected) => connected,
                    None => Err(BusError::Unreachable(format!("no answer within {STEP:?}"))),
                }
            })
            .await
            .cloned()
    }

    /// Asks endpoints of its loopback, or of whatever it reaches: `HOST:PORT`, each over a socket here.
    ///
    /// # Errors
    /// The connection is lost, or HTTP cannot be set up.
    pub async fn prober(&self, authorities: &[String]) -> Result<Prober, RemoteError> {
        let mut sockets = BTreeMap::new();
        for authority in authorities {
            sockets.insert(authority.clone(), self.socket(authority).await?);
        }
        Prober::forwarded(&sockets).map_err(|error| RemoteError::failed("set up HTTP", &error))
    }

    /// Asks whoever listens on a Unix socket there.
    ///
    /// # Errors
    /// The connection is lost, or HTTP cannot be set up.
    pub async fn prober_of_socket(&self, there: &str) -> Result<Prober, RemoteError> {
        let socket = self.socket(there).await?;
        Prober::over(&socket).map_err(|error| RemoteError::failed("set up HTTP", &error))
    }

    /// A socket here that leads to an address there.
    async fn socket(&self, to: &str) -> Result<PathBuf, RemoteError> {
        if let Some(socket) = self.forwarded.borrow().get(to) {
            return Ok(socket.clone());
        }
        let number = self.forwarded.borrow().len();
        let socket = self.directory.path().join(format!("{number}.s"));
        let command = ssh::forward(&control(&self.directory), &self.target, &socket, to);
        let ran = self
            .finish(command, &[], "forward a connection", STEP)
            .await?;
        if ran.code != 0 {
            return Err(self.ended("forward a connection", &ran));
        }
        self.forwarded
            .borrow_mut()
            .insert(to.to_owned(), socket.clone());
        Ok(socket)
    }

    /// Copies its configuration and records here, and tells where.
    ///
    /// # Errors
    /// The connection is lost, or it sends something else.
    pub async fn mirror(&self) -> Result<PathBuf, RemoteError> {
        let tried = "read its configuration";
        let ran = self.run(mirror::SCRIPT, &[], &[], tried, STEP).await?;
        if ran.code != 0 {
            return Err(self.ended(tried, &ran));
        }
        let below = self.directory.path().join("mirror");
        let files = mirror::parse(&ran.printed)?;
        mirror::write(&below, &files).map_err(|error| RemoteError::failed(tried, &error))?;
        Ok(below)
    }
}

/// Lines of somebody else, fit for a terminal.
#[must_use]
pub fn lines(text: &str) -> Vec<String> {
    text.lines().map(|line| for_terminal(line, 2000)).collect()
}

/// The socket by which ssh's processes share the connection. Short: addresses of sockets are.
fn control(directory: &TempDir) -> PathBuf {
    directory.path().join("c")
}

/// Keeps what ssh says, for as long as it does.
fn listen(
    errors: impl AsyncRead + Unpin + Send + 'static,
    said: Arc<Mutex<String>>,
) -> Receiver<bool> {
    let mut errors = errors;
    let (teller, ended) = channel(false);
    tokio::spawn(async move {
        let mut buffer = [0; 4096];
        while let Ok(count @ 1..) = errors.read(&mut buffer).await {
            let heard = String::from_utf8_lossy(buffer.get(..count).unwrap_or_default());
            let mut said = said.lock().unwrap_or_else(PoisonError::into_inner);
            if said.len() < MAX_SAID {
                said.push_str(&heard);
            }
        }
        // Whoever asked may be gone.
        let _ = teller.send(true);
    });
    ended
}

fn so_far(said: &Mutex<String>) -> String {
    said.lock().unwrap_or_else(PoisonError::into_inner).clone()
}

/// What is told until all has been told, or the end.
async fn told(output: &mut (impl AsyncRead + Unpin)) -> String {
    let mut text = String::new();
    let mut buffer = [0; 4096];
    while text.len() < MAX_SAID && !facts::is_complete(&text) {
        match output.read(&mut buffer).await {
            Ok(count @ 1..) => {
                let heard = String::from_utf8_lossy(buffer.get(..count).unwrap_or_default());
                text.push_str(&heard);
            }
            _ => break,
        }
    }
    text
}

fn unreachable(said: &str, ended: Option<ExitStatus>) -> RemoteError {
    let told = lines(said);
    let last = told.iter().rev().find(|line| !line.trim().is_empty());
    let said = match (last, ended) {
        (Some(line), _) => line.clone(),
        (None, Some(status)) => format!("ssh ended without a word ({status})"),
        (None, None) => "ssh says nothing".to_owned(),
    };
    RemoteError::Unreachable { said }
}

fn broken(error: &std::io::Error) -> BusError {
    BusError::Unreachable(error.to_string())
}
