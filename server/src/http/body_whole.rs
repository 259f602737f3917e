//! The bytes of a body, once all of it is there.

use bytes::Bytes;
use http_body::{Body, Frame};
use http_body_util::BodyExt as _;

/// Reads a body to its end. Nearly every one comes in one piece, which is taken as it is.
///
/// What comes in pieces is copied together as it comes: each piece keeps the buffer that it was read into, and so a byte that comes
/// alone would keep 8 KiB until the last one is there.
pub(crate) async fn whole<B>(mut body: B) -> Result<Bytes, B::Error>
where
    B: Body<Data = Bytes> + Unpin,
{
    let Some(first) = piece(&mut body).await? else { return Ok(Bytes::new()) };
    if body.is_end_stream() {
        return Ok(first);
    }
    let Some(second) = piece(&mut body).await? else { return Ok(first) };
    let mut copied = [first, second].concat();
    while let Some(next) = piece(&mut body).await? {
        copied.extend_from_slice(&next);
    }
    Ok(copied.into())
}

/// The next bytes; what is no data are trailers, which say nothing of a request.
async fn piece<B>(body: &mut B) -> Result<Option<Bytes>, B::Error>
where
    B: Body<Data = Bytes> + Unpin,
{
    while let Some(frame) = body.frame().await.transpose()?.map(Frame::into_data) {
        if let Ok(data) = frame {
            return Ok(Some(data));
        }
    }
    Ok(None)
}

#[cfg(test)]
mod tests {
    use std::convert::Infallible;
    use std::sync::Arc;

    use ::http::HeaderMap;
    use futures_util::stream;
    use http_body_util::StreamBody;

    use super::*;

    /// A buffer that a piece keeps.
    struct Buffer {
        byte: [u8; 1],
        _counted: Arc<()>,
    }

    impl AsRef<[u8]> for Buffer {
        fn as_ref(&self) -> &[u8] {
            &self.byte
        }
    }

    /// The text of a body of these pieces, and how many buffers were kept at most when another was wanted.
    async fn read(pieces: &'static [u8]) -> (Bytes, usize) {
        let (owner, mut most) = (Arc::new(()), 0);
        let frames = pieces.iter().map(|byte| {
            most = most.max(Arc::strong_count(&owner) - 1);
            Ok::<_, Infallible>(Frame::data(Bytes::from_owner(Buffer {
                byte: [*byte],
                _counted: Arc::clone(&owner),
            })))
        });
        let Ok(body) = whole(StreamBody::new(stream::iter(frames))).await;
        (body, most)
    }

    #[tokio::test]
    async fn r15_bytes_that_come_one_by_one_keep_no_buffers() {
        assert_eq!(read(b"").await, (Bytes::new(), 0));
        assert_eq!(read(b"a").await, (Bytes::from("a"), 0));
        assert_eq!(read(b"ab").await, (Bytes::from("ab"), 1));
        assert_eq!(read(b"abcdefgh").await, (Bytes::from("abcdefgh"), 1));
    }

    #[tokio::test]
    async fn trailers_are_no_part_of_it() {
        let data = |text| Ok::<_, Infallible>(Frame::data(Bytes::from_static(text)));
        let frames = [data(b"a"), Ok(Frame::trailers(HeaderMap::new())), data(b"b")];
        let Ok(body) = whole(StreamBody::new(stream::iter(frames))).await;
        assert_eq!(body, "ab");
    }
}
