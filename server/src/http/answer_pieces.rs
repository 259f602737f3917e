//! Large answers of HTTP/1.1, given to the HTTP library a piece at a time.
//!
//! The library copies what it is given into a buffer that it keeps as large as it ever was, for as long as the connection stands. With
//! all of a large answer at once each client that has ever asked for one would cost that much, though the system has long taken it.

use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};

/// The largest piece, in bytes.
const PIECE: usize = 16 * 1024;

/// An answer's body in pieces.
pub(super) struct Pieces<B> {
    body: B,
    /// What of its last frame was not given yet.
    rest: Bytes,
    /// A piece was given, and the library had no chance to write it yet.
    is_given: bool,
}

impl<B> Pieces<B> {
    pub(super) fn new(body: B) -> Self {
        Self { body, rest: Bytes::new(), is_given: false }
    }
}

impl<B: Body<Data = Bytes> + Unpin> Body for Pieces<B> {
    type Data = Bytes;
    type Error = B::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, B::Error>>> {
        let this = &mut *self;
        if this.rest.is_empty() {
            let polled = Pin::new(&mut this.body).poll_frame(context);
            match polled {
                Poll::Ready(Some(Ok(frame))) if frame.data_ref().is_some_and(|data| data.len() > PIECE) => {
                    this.rest = frame.into_data().unwrap_or_default();
                }
                whole => return whole,
            }
        } else if this.is_given {
            // Whoever has nothing to copy writes, and then comes back.
            this.is_given = false;
            context.waker().wake_by_ref();
            return Poll::Pending;
        }
        let piece = this.rest.split_to(this.rest.len().min(PIECE));
        this.is_given = true;
        Poll::Ready(Some(Ok(Frame::data(piece))))
    }

    fn is_end_stream(&self) -> bool {
        self.rest.is_empty() && self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        let (hint, rest) = (self.body.size_hint(), self.rest.len() as u64);
        let mut with_rest = SizeHint::new();
        if let Some(upper) = hint.upper() {
            with_rest.set_upper(upper + rest);
        }
        with_rest.set_lower(hint.lower() + rest);
        with_rest
    }
}

#[cfg(test)]
mod tests {
    use std::convert::Infallible;

    use futures_util::{poll, stream};
    use http_body_util::{BodyExt as _, Full, StreamBody};

    use super::*;

    /// The sizes of what is given, with 0 for each time that there was nothing to copy, and what was announced before each.
    async fn given(size: usize) -> (Vec<usize>, Vec<Option<u64>>) {
        let text: Vec<u8> = (0..size).map(|at| (at % 251) as u8).collect();
        let mut body = Pieces::new(Full::new(Bytes::from(text.clone())));
        let (mut sizes, mut announced, mut read) = (Vec::new(), Vec::new(), Vec::new());
        while !body.is_end_stream() {
            announced.push(body.size_hint().exact());
            match poll!(body.frame()) {
                Poll::Ready(frame) => {
                    let piece = frame.and_then(Result::ok).and_then(|frame| frame.into_data().ok());
                    let piece = piece.expect("bytes");
                    sizes.push(piece.len());
                    read.extend_from_slice(&piece);
                }
                Poll::Pending => sizes.push(0),
            }
        }
        assert_eq!(read, text);
        (sizes, announced)
    }

    #[tokio::test]
    async fn r15_no_piece_is_larger_than_one_and_each_can_be_written_before_the_next() {
        assert_eq!(given(PIECE).await.0, [PIECE]);
        let (sizes, announced) = given(2 * PIECE + 1).await;
        assert_eq!(sizes, [PIECE, 0, PIECE, 0, 1]);
        let left = [2 * PIECE + 1, PIECE + 1, PIECE + 1, 1, 1];
        assert_eq!(announced, left.map(|bytes| Some(bytes as u64)));
    }

    #[tokio::test]
    async fn small_frames_are_given_as_they_are() {
        let frames = ["a", "bc"].map(|text| Ok::<_, Infallible>(Frame::data(Bytes::from(text))));
        let mut body = Pieces::new(StreamBody::new(stream::iter(frames)));
        for text in ["a", "bc"] {
            let frame = poll!(body.frame());
            assert!(
                matches!(frame, Poll::Ready(Some(Ok(frame))) if frame.data_ref().is_some_and(|data| data == text))
            );
        }
        assert!(matches!(poll!(body.frame()), Poll::Ready(None)));
    }
}
