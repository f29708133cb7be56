//! The socket between the watchdog and who acts for it, from both ends: one line there, one line back.
//!
//! Neither end waits for the other without a limit, nor reads more than it must. What a line means is
//! decided in `watchdog::act`.

use std::io;
use std::os::fd::AsFd as _;
use std::path::Path;
use std::time::Duration;

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::UnixStream;

/// The longest reply that is read; ours are one sentence.
const REPLY: u64 = 4096;

/// How long whoever has connected may take to say what it wants, or to take the reply.
const PATIENCE: Duration = Duration::from_secs(2);

/// Gives one order, and tells what was answered.
///
/// # Errors
/// Nobody listens, or there is no answer in time.
pub async fn ordered(path: &Path, line: &str, limit: Duration) -> io::Result<String> {
    let asked = async {
        let mut stream = UnixStream::connect(path).await?;
        stream.write_all(format!("{line}\n").as_bytes()).await?;
        // Our end stays open until the answer is there: a closed one takes the order back.
        let mut reply = String::new();
        stream.take(REPLY).read_to_string(&mut reply).await?;
        match reply.lines().next() {
            Some(reply) => Ok(reply.to_owned()),
            None => Err(io::Error::other("no answer")),
        }
    };
    tokio::time::timeout(limit, asked)
        .await
        .unwrap_or_else(|_| {
            let what = format!("no answer within {} s", limit.as_secs());
            Err(io::Error::other(what))
        })
}

/// The other end: the connection that systemd has accepted and made our standard input.
pub struct Client {
    stream: UnixStream,
}

impl Client {
    /// Takes over standard input.
    ///
    /// # Errors
    /// It is no socket: somebody has run this by hand.
    pub fn from_standard_input() -> io::Result<Self> {
        let descriptor = io::stdin().as_fd().try_clone_to_owned()?;
        let stream = std::os::unix::net::UnixStream::from(descriptor);
        stream.peer_addr()?;
        stream.set_nonblocking(true)?;
        let stream = UnixStream::from_std(stream)?;
        Ok(Self { stream })
    }

    /// Its one line, without the end; nothing behind it is read.
    ///
    /// # Errors
    /// It takes too long, has no end, is too long or no text.
    pub async fn line(&mut self, longest: usize) -> io::Result<String> {
        let asked = async {
            let mut line = Vec::new();
            while line.len() < longest {
                match self.stream.read_u8().await? {
                    b'\n' => return String::from_utf8(line).map_err(io::Error::other),
                    byte => line.push(byte),
                }
            }
            Err(io::Error::other(format!(
                "the line is longer than {longest} bytes"
            )))
        };
        tokio::time::timeout(PATIENCE, asked)
            .await
            .unwrap_or_else(|_| Err(io::Error::other("nothing was asked for in time")))
    }

    /// Whether it still waits, and has nothing more to say. One that has gone meanwhile, because systemd
    /// was long in handing it over, wants nothing any more.
    #[must_use]
    pub fn waits(&self) -> bool {
        let events = PollFlags::IN | PollFlags::RDHUP;
        let mut descriptors = [PollFd::new(&self.stream, events)];
        let now = Timespec::default();
        matches!(poll(&mut descriptors, Some(&now)), Ok(0))
    }

    /// Answers it; one that has hung up meanwhile is not missed.
    pub async fn answer(&mut self, text: &str) {
        let line = format!("{}\n", text.replace('\n', " "));
        let answered = self.stream.write_all(line.as_bytes());
        let _ = tokio::time::timeout(PATIENCE, answered).await;
    }
}

#[cfg(test)]
mod tests {
    use super::{Client, ordered};
    use std::time::Duration;
    use tokio::io::AsyncWriteExt as _;
    use tokio::net::{UnixListener, UnixStream};

    #[tokio::test]
    async fn a_line_there_and_a_line_back() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("act.sock");
        let listener = UnixListener::bind(&path).unwrap();
        let server = async {
            let (stream, _) = listener.accept().await.unwrap();
            let mut client = Client { stream };
            let line = client.line(300).await.unwrap();
            assert!(client.waits());
            client.answer(&format!("{line}\nheard")).await;
        };
        let client = ordered(&path, "abort x", Duration::from_secs(10));
        let ((), reply) = tokio::join!(server, client);
        assert_eq!(reply.unwrap(), "abort x heard");
    }

    #[tokio::test]
    async fn what_is_no_line_is_refused_and_who_has_gone_waits_no_more() {
        for (said, heard) in [
            ("x".repeat(300), Err("longer than 300")),
            (format!("{}\n", "x".repeat(299)), Ok(())),
            ("abort x".to_owned(), Err("end of file")),
        ] {
            let (mut theirs, stream) = UnixStream::pair().unwrap();
            let mut client = Client { stream };
            theirs.write_all(said.as_bytes()).await.unwrap();
            drop(theirs);
            match (client.line(300).await, heard) {
                (Ok(_), Ok(())) => assert!(!client.waits()),
                (Err(error), Err(part)) => assert!(error.to_string().contains(part), "{error}"),
                (line, _) => panic!("{line:?}"),
            }
        }
    }
}
