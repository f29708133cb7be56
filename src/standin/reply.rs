//! Turns an answer into HTTP, faithfully or in the manner of a fault. It decides nothing about
//! health and never touches the process.

use std::convert::Infallible;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use hyper::body::{Body, Bytes, Frame, SizeHint};
use hyper::header::{HeaderName, HeaderValue};
use hyper::{Response, StatusCode};
use tokio::time::{Sleep, sleep};

use crate::contract::Answer;
use crate::fault::Manner;

/// What `garbage` sends: plausible enough to be parsed, and not JSON.
const GARBAGE: &str = "<<< this is not the JSON that you are looking for >>>\n";
/// What `huge` sends, in pieces.
const HUGE: u64 = 100_000_000;
static PIECE: [u8; 65_536] = [b'x'; 65_536];
/// What `drip` waits between two bytes.
const DRIP: Duration = Duration::from_secs(1);

/// A response, its body given in the manner that is asked for.
pub(crate) fn response(answer: Answer, manner: Manner) -> Response<ReplyBody> {
    let Answer {
        status,
        headers,
        body,
    } = answer;
    let body = match manner {
        Manner::Drip => ReplyBody::Drip(body.into(), Box::pin(sleep(Duration::ZERO))),
        Manner::Huge => ReplyBody::Huge(HUGE),
        _ => ReplyBody::Whole(body.into()),
    };
    let mut response = Response::new(body);
    *response.status_mut() = StatusCode::from_u16(status).unwrap_or_default();
    for (name, value) in headers {
        // A path with odd characters may not fit a header; such a redirect goes without.
        if let (Ok(name), Ok(value)) = (
            HeaderName::from_bytes(name.as_bytes()),
            HeaderValue::from_str(&value),
        ) {
            response.headers_mut().append(name, value);
        }
    }
    response
}

/// What takes the place of an answer under a manner that does not need one; `here` is the URL
/// that was asked for.
pub(crate) fn instead(manner: Manner, here: &str) -> Option<Answer> {
    match manner {
        Manner::Garbage | Manner::Huge => Some(Answer {
            status: 200,
            headers: vec![("content-type".into(), "application/json".to_owned())],
            body: GARBAGE.into(),
        }),
        Manner::Redirect => Some(Answer::redirect(here.to_owned())),
        Manner::Faithful
        | Manner::Degraded
        | Manner::NotReady
        | Manner::Demo
        | Manner::Slow(_)
        | Manner::Drip => None,
    }
}

/// A body that may be in no hurry, or never seem to end.
pub(crate) enum ReplyBody {
    /// All at once.
    Whole(Bytes),
    /// Byte by byte; what is left, and the pause that is under way.
    Drip(Bytes, Pin<Box<Sleep>>),
    /// This many bytes of filling.
    Huge(u64),
}

impl Body for ReplyBody {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        let piece = match self.get_mut() {
            Self::Whole(left) => std::mem::take(left),
            Self::Drip(left, _) if left.is_empty() => Bytes::new(),
            Self::Drip(left, pause) => {
                std::task::ready!(pause.as_mut().poll(context));
                *pause = Box::pin(sleep(DRIP));
                left.split_to(1)
            }
            Self::Huge(left) => {
                let length = usize::try_from(*left)
                    .unwrap_or(usize::MAX)
                    .min(PIECE.len());
                *left -= length as u64;
                Bytes::from_static(&PIECE).slice(..length)
            }
        };
        Poll::Ready((!piece.is_empty()).then(|| Ok(Frame::data(piece))))
    }

    fn is_end_stream(&self) -> bool {
        self.size_hint().exact() == Some(0)
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(match self {
            Self::Whole(left) | Self::Drip(left, _) => left.len() as u64,
            Self::Huge(left) => *left,
        })
    }
}
