//! Bounds request bodies: at once by the length they announce, and while they stream by what really comes.
//!
//! A body in a content coding is refused, because what it grows to is not known before it has grown.

use std::pin::Pin;
use std::task::{Context, Poll, ready};

use ::http::StatusCode;
use ::http::header::{CONTENT_ENCODING, CONTENT_LENGTH};
use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use http_body_util::BodyExt;

use super::layer::{Answering, Layer, Next};
use super::{BodyError, Options, Refusal, Request, RequestBody};

/// The layer.
pub(super) struct BodyLimit {
    limit: usize,
}

impl BodyLimit {
    /// The limit of the options.
    pub(super) fn new(options: &Options) -> Self {
        Self { limit: options.max_body_bytes }
    }
}

impl Layer for BodyLimit {
    fn name(&self) -> &'static str {
        "body_limit"
    }

    fn handle<'a>(&'a self, request: Request, next: Next<'a>) -> Answering<'a> {
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
        next.run(request.map(|body| Limited { body, left: limit, limit }.boxed_unsync()))
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

/// A body that fails at the first byte beyond its limit.
struct Limited {
    body: RequestBody,
    left: usize,
    limit: usize,
}

impl Body for Limited {
    type Data = Bytes;
    type Error = BodyError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BodyError>>> {
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
