//! A body on its way from the real service to the client: handed on piece by piece as it comes, and
//! kept up to a limit until its end, when somebody is told. It looks at nothing.

use std::pin::Pin;
use std::task::{Context, Poll};

use http_body_util::Full;
use hyper::body::{Body, Bytes, Frame, Incoming, SizeHint};

/// Longer bodies pass, but are not kept.
pub(super) const LONGEST: usize = 16 * 1024 * 1024;

/// What becomes of a body that has passed: all of it, or nothing where it was too long.
pub(super) type Passed = Box<dyn FnOnce(Option<Vec<u8>>)>;

/// A body for a client.
pub(super) enum Passing {
    /// Our own words.
    Own(Full<Bytes>),
    /// The real service's.
    Through(Incoming, Kept),
}

/// What has passed so far.
pub(super) struct Kept {
    bytes: Option<Vec<u8>>,
    then: Option<Passed>,
}

impl Passing {
    /// A body that passes, and what is done when it has.
    pub(super) fn through(body: Incoming, then: Passed) -> Self {
        let mut kept = Kept {
            bytes: Some(Vec::new()),
            then: Some(then),
        };
        if body.is_end_stream() {
            kept.end();
        }
        Self::Through(body, kept)
    }
}

impl Kept {
    fn take(&mut self, piece: &Bytes) {
        if let Some(bytes) = &mut self.bytes {
            bytes.extend_from_slice(piece);
        }
        self.bytes.take_if(|bytes| bytes.len() > LONGEST);
    }

    fn end(&mut self) {
        if let Some(then) = self.then.take() {
            then(self.bytes.take());
        }
    }
}

impl Body for Passing {
    type Data = Bytes;
    type Error = hyper::Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, hyper::Error>>> {
        let (body, kept) = match self.get_mut() {
            Self::Own(own) => {
                let Ok(frame) = std::task::ready!(Pin::new(own).poll_frame(context)).transpose();
                return Poll::Ready(frame.map(Ok));
            }
            Self::Through(body, kept) => (body, kept),
        };
        let frame = std::task::ready!(Pin::new(&mut *body).poll_frame(context));
        if let Some(Ok(frame)) = &frame
            && let Some(piece) = frame.data_ref()
        {
            kept.take(piece);
        }
        // A body of known length is not asked again after its last piece.
        if frame.is_none() || body.is_end_stream() {
            kept.end();
        }
        Poll::Ready(frame)
    }

    fn is_end_stream(&self) -> bool {
        match self {
            Self::Own(own) => own.is_end_stream(),
            Self::Through(body, _) => body.is_end_stream(),
        }
    }

    fn size_hint(&self) -> SizeHint {
        match self {
            Self::Own(own) => own.size_hint(),
            Self::Through(body, _) => body.size_hint(),
        }
    }
}
