//! Bounds request bodies: at once by the length they announce, while they stream by what really comes, and all of them together by
//! a room that large ones share: without it a hundred of them at once would take a hundred times the bound.
//!
//! A body in a content coding is refused, because what it grows to is not known before it has grown.

use std::pin::Pin;
use std::sync::{Arc, OnceLock};
use std::task::{Context, Poll, ready};

use ::http::StatusCode;
use ::http::header::{CONTENT_ENCODING, CONTENT_LENGTH};
use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use http_body_util::BodyExt;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio_util::sync::PollSemaphore;

use super::layer::{Answering, Layer, Next};
use super::{BodyError, Options, Refusal, Request, RequestBody};

/// What of a body is read before it needs a part of the room, in bytes: more than nearly all of them have.
const SMALL: usize = 64 * 1024;
/// The room that larger ones share, in bytes.
const ROOM: usize = 16 << 20;

/// The layer.
pub(super) struct BodyLimit {
    limit: usize,
    room: Arc<Semaphore>,
}

impl BodyLimit {
    /// The limit of the options.
    pub(super) fn new(options: &Options) -> Self {
        let limit = options.max_body_bytes;
        // One of the largest always fits.
        Self { limit, room: Arc::new(Semaphore::new(ROOM.max(limit))) }
    }
}

impl Layer for BodyLimit {
    fn name(&self) -> &'static str {
        "body_limit"
    }

    fn handle<'a>(&'a self, mut request: Request, next: Next<'a>) -> Answering<'a> {
        let coded = request
            .headers()
            .get_all(CONTENT_ENCODING)
            .iter()
            .any(|coding| !coding.as_bytes().eq_ignore_ascii_case(b"identity"));
        if coded {
            let sentence = "The body must be sent without a Content-Encoding.";
            return Refusal::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "content_encoding", sentence)
                .closing()
                .answering();
        }
        let announced = request
            .headers()
            .get(CONTENT_LENGTH)
            .and_then(|length| length.to_str().ok())
            .and_then(|length| length.parse::<u64>().ok());
        if announced.is_some_and(|length| length > self.limit as u64) {
            return too_large(self.limit).answering();
        }
        let limit = self.limit;
        let is_small = announced.is_some_and(|length| length <= SMALL as u64);
        let room = (!is_small).then(|| Room::new(&self.room));
        if let Some(room) = &room {
            // Held as long as the request is, which is until what came was made sense of.
            request.extensions_mut().insert(Arc::clone(&room.held));
        }
        next.run(request.map(|body| Limited { body, left: limit, limit, room }.boxed_unsync()))
    }
}

/// What is said of a body that could not be read; its connection closes, as the rest is still under way.
pub(crate) fn unread_body(error: &BodyError) -> Refusal {
    match error {
        BodyError::TooLarge(limit) => too_large(*limit),
        BodyError::TooSlow(_) => {
            Refusal::new(StatusCode::REQUEST_TIMEOUT, "body_timeout", "The body did not arrive in time.")
                .closing()
        }
        BodyError::Broken(_) => Refusal::new(
            StatusCode::BAD_REQUEST,
            "broken_body",
            "The body ended early or was framed wrongly.",
        )
        .closing(),
    }
}

fn too_large(limit: usize) -> Refusal {
    let sentence = format!("The body may have at most {limit} bytes.");
    Refusal::new(StatusCode::PAYLOAD_TOO_LARGE, "body_too_large", sentence).closing()
}

/// What a body may take of the room.
struct Room {
    shared: PollSemaphore,
    held: Arc<OnceLock<OwnedSemaphorePermit>>,
}

impl Room {
    fn new(shared: &Arc<Semaphore>) -> Self {
        Self { shared: PollSemaphore::new(Arc::clone(shared)), held: Arc::default() }
    }

    /// Waits until there are so many bytes of it.
    fn poll(&mut self, context: &mut Context<'_>, bytes: usize) -> Poll<()> {
        if self.held.get().is_none() {
            let bytes = u32::try_from(bytes).unwrap_or(u32::MAX);
            let permit = ready!(self.shared.poll_acquire_many(context, bytes));
            let _ = self.held.set(permit.expect("the room is never closed"));
        }
        Poll::Ready(())
    }
}

/// A body that fails at the first byte beyond its limit, and waits for room once it is more than small.
struct Limited {
    body: RequestBody,
    left: usize,
    limit: usize,
    /// None where its length says that it is small.
    room: Option<Room>,
}

impl Limited {
    fn poll_room(&mut self, context: &mut Context<'_>) -> Poll<()> {
        let read = self.limit - self.left;
        match &mut self.room {
            Some(room) if read > SMALL => {
                let left = self.body.size_hint().upper().and_then(|left| usize::try_from(left).ok());
                let whole = left.map_or(self.limit, |left| read.saturating_add(left).min(self.limit));
                room.poll(context, whole)
            }
            _ => Poll::Ready(()),
        }
    }
}

impl Body for Limited {
    type Data = Bytes;
    type Error = BodyError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BodyError>>> {
        ready!(self.poll_room(context));
        let frame = ready!(Pin::new(&mut self.body).poll_frame(context));
        if let Some(Ok(frame)) = &frame
            && let Some(data) = frame.data_ref()
        {
            match self.left.checked_sub(data.len()) {
                Some(left) => self.left = left,
                None => return Poll::Ready(Some(Err(BodyError::TooLarge(self.limit)))),
            }
        }
        Poll::Ready(frame)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures_util::StreamExt as _;
    use futures_util::stream::{self, FuturesUnordered};
    use http_body_util::StreamBody;

    const PIECE: usize = 32 * 1024;

    /// A body of these pieces, and what it holds of the room.
    fn body(limit: &BodyLimit, pieces: usize) -> (Limited, Arc<OnceLock<OwnedSemaphorePermit>>) {
        let pieces = stream::iter((0..pieces).map(|_| Ok(Frame::data(Bytes::from(vec![b'x'; PIECE])))));
        let room = Room::new(&limit.room);
        let (body, held) = (StreamBody::new(pieces).boxed_unsync(), Arc::clone(&room.held));
        (Limited { body, left: limit.limit, limit: limit.limit, room: Some(room) }, held)
    }

    #[tokio::test]
    async fn t_43_so_many_large_bodies_are_read_at_once_and_not_one_more() {
        let limit = BodyLimit::new(&Options::default());
        let most = ROOM / limit.limit;
        let mut held = Vec::new();
        let mut reading = FuturesUnordered::new();
        for _ in 0..=most {
            let (body, part) = body(&limit, limit.limit / PIECE);
            held.push(part);
            reading.push(body.collect());
        }
        for _ in 0..most {
            assert!(reading.next().await.expect("there is room for them").is_ok());
        }
        let one_more = futures_util::poll!(reading.next());
        assert!(one_more.is_pending(), "the room is taken, though all of them were read");
        let (small, _) = body(&limit, SMALL / PIECE);
        assert!(small.collect().await.is_ok(), "what is small needs none");
        held.clear();
        assert!(reading.next().await.expect("the others have left").is_ok());
    }

    #[tokio::test]
    async fn one_of_the_largest_always_fits() {
        let limit = BodyLimit::new(&Options { max_body_bytes: 2 * ROOM, ..Options::default() });
        let (largest, _held) = body(&limit, limit.limit / PIECE);
        assert_eq!(largest.collect().await.map(|body| body.to_bytes().len()), Ok(2 * ROOM));
    }
}
