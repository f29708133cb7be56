//! Health endpoints asked over HTTP again and again, by the watchdog.
//!
//! What `http` promises holds here, too: one connection per question, never through a proxy, never
//! following a redirect, never reading more than a bounded body, always within a time limit. It
//! speaks through hyper alone, on a socket of its own: a client with pools, redirects and tasks costs
//! twice the processor time of the question itself (measured), which counts where hundreds of
//! endpoints are asked every second.

use std::future::poll_fn;
use std::io;
use std::pin::pin;
use std::time::{Duration, Instant};

use futures_util::future::{Either, select};
use http_body_util::{BodyExt as _, Empty};
use hyper::body::Bytes;
use hyper::client::conn::http1;
use hyper::header::{CONNECTION, HOST, USER_AGENT};
use hyper::http::Uri;
use hyper::{Request, Response, body::Incoming};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;

use crate::readiness::Answer;
use crate::readiness::reply::MAX_BODY;

use super::http::innermost;

/// The longest head of a reply, and the most that is read of a body at a time.
const BUFFER: usize = 64 * 1024;

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
enum Failure {
    #[error("not an address that can be asked: {0}")]
    Address(String),
    #[error(transparent)]
    Connection(#[from] io::Error),
    #[error(transparent)]
    Exchange(#[from] hyper::Error),
    #[error(transparent)]
    Request(#[from] hyper::http::Error),
}

/// One question and its answer, with the time it took.
pub async fn ask(url: &str, limit: Duration) -> (Answer, Duration) {
    let begun = Instant::now();
    let answer = match tokio::time::timeout(limit, reply(url)).await {
        Ok(Ok(answer)) => answer,
        Ok(Err(Failure::Connection(error))) if error.kind() == io::ErrorKind::ConnectionRefused => {
            Answer::Refused
        }
        Ok(Err(failure)) => Answer::Broken(innermost(&failure)),
        Err(_) => Answer::TimedOut(limit),
    };
    (answer, begun.elapsed())
}

async fn reply(url: &str) -> Result<Answer, Failure> {
    let uri: Uri = url
        .parse()
        .map_err(|error: hyper::http::uri::InvalidUri| Failure::Address(error.to_string()))?;
    let (Some(authority), Some(host)) = (uri.authority(), uri.host()) else {
        return Err(Failure::Address(url.to_owned()));
    };
    let host = host.trim_start_matches('[').trim_end_matches(']');
    let stream = TcpStream::connect((host, uri.port_u16().unwrap_or(80))).await?;
    let path = uri.path_and_query().map_or("/", |path| path.as_str());
    let request = Request::get(path)
        .header(HOST, authority.as_str())
        .header(CONNECTION, "close")
        .header(
            USER_AGENT,
            concat!("juniperctl/", env!("CARGO_PKG_VERSION")),
        )
        .body(Empty::<Bytes>::new())?;
    let (mut sender, mut connection) = http1::Builder::new()
        .max_buf_size(BUFFER)
        .handshake(TokioIo::new(stream))
        .await?;
    let exchange = pin!(async move { taken(sender.send_request(request).await?).await });
    // The connection is driven right here; it ends with the reply, or the reply with it. To close it is
    // enough of a farewell.
    let connection = poll_fn(|context| connection.poll_without_shutdown(context));
    match select(exchange, connection).await {
        Either::Left((answer, _)) => answer,
        Either::Right((ended, exchange)) => {
            ended?;
            exchange.await
        }
    }
}

async fn taken(mut response: Response<Incoming>) -> Result<Answer, Failure> {
    let header = response
        .headers()
        .get("x-juniper-readiness")
        .and_then(|value| value.to_str().ok())
        .map(str::to_owned);
    let status = response.status().as_u16();
    let mut body = Vec::new();
    while body.len() < MAX_BODY
        && let Some(frame) = response.frame().await
    {
        if let Some(chunk) = frame?.data_ref() {
            body.extend_from_slice(chunk);
        }
    }
    body.truncate(MAX_BODY);
    Ok(Answer::Reply {
        status,
        header,
        body,
    })
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    use tokio::net::{TcpListener, TcpStream};

    use super::super::http::Prober;
    use super::ask;
    use crate::readiness::Answer;
    use crate::readiness::reply::MAX_BODY;

    /// How a server behaves once it was asked.
    #[derive(Clone, Copy)]
    enum Manner {
        Says(&'static str),
        SaysNothing,
        /// A head, then a body without end.
        Floods,
        /// One byte at a time.
        Drips,
    }

    async fn serve(mut stream: TcpStream, manner: Manner) -> std::io::Result<()> {
        let mut request = [0; 4_096];
        let _ = stream.read(&mut request).await?;
        match manner {
            Manner::Says(text) => stream.write_all(text.as_bytes()).await,
            Manner::SaysNothing => {
                tokio::time::sleep(Duration::from_mins(1)).await;
                Ok(())
            }
            Manner::Floods => {
                stream
                    .write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 104857600\r\n\r\n")
                    .await?;
                loop {
                    stream.write_all(&[b'x'; 4_096]).await?;
                }
            }
            Manner::Drips => loop {
                stream.write_all(b"x").await?;
                tokio::time::sleep(Duration::from_millis(20)).await;
            },
        }
    }

    /// The answers of the general prober and of this one.
    async fn both(manner: Manner) -> [Answer; 2] {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let url = format!("http://{}/live", listener.local_addr().unwrap());
        let server = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(serve(stream, manner));
            }
        });
        let limit = Duration::from_millis(300);
        let (general, _) = Prober::new().unwrap().ask(&url, limit).await;
        let (this, _) = ask(&url, limit).await;
        server.abort();
        [general, this]
    }

    #[tokio::test]
    async fn it_hears_what_the_general_prober_hears() {
        for text in [
            "HTTP/1.1 200 OK\r\ncontent-length: 2\r\nx-juniper-readiness: ready\r\n\r\n{}",
            "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n",
            "HTTP/1.0 503 No\r\n\r\n{\"status\":\"not_ready\"}",
            "HTTP/1.1 302 Found\r\nlocation: /live\r\ncontent-length: 0\r\n\r\n",
            "HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\n{}",
            "SSH-2.0-OpenSSH_9.9\r\n",
            "",
        ] {
            let [general, this] = both(Manner::Says(text)).await;
            assert_eq!(general, this, "{text:?}");
        }
        for manner in [Manner::SaysNothing, Manner::Floods, Manner::Drips] {
            let [general, this] = both(manner).await;
            assert_eq!(general, this);
        }
    }

    #[tokio::test]
    async fn a_flood_is_cut_and_silence_ends() {
        let [_, flood] = both(Manner::Floods).await;
        assert!(matches!(flood, Answer::Reply { body, .. } if body.len() == MAX_BODY));
        let [_, silence] = both(Manner::SaysNothing).await;
        assert_eq!(silence, Answer::TimedOut(Duration::from_millis(300)));
    }

    #[tokio::test]
    async fn where_nobody_listens_it_is_refused() {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let url = format!("http://{}/live", listener.local_addr().unwrap());
        drop(listener);
        let (answer, _) = ask(&url, Duration::from_secs(5)).await;
        assert_eq!(answer, Answer::Refused);
        let (answer, _) = ask("http://[::1", Duration::from_secs(5)).await;
        assert!(matches!(answer, Answer::Broken(_)));
    }
}
