//! Reading an answer's body: streamed, and never beyond what is allowed.

use std::error::Error;

use http::Response;
use http_body_util::BodyExt as _;
use hyper::body::{Body, Bytes};

use super::room::{Part, Room};
use super::told;
use crate::call::{CallError, Progress};
use crate::large::SMALL;

/// What an answer that does not say how large it is takes of the room, in bytes. It may be larger; taken for the largest, two of them
/// would leave no room for others.
const UNANNOUNCED: usize = 1 << 20;

/// Reads the body to its end. The limit holds for what arrives, whatever was announced; an announcement
/// beyond it is refused at once. The connection of a body that is not read to its end is closed with the
/// response. What is large waits for a part of the room, where there is one.
pub(super) async fn read<B>(
    response: Response<B>,
    limit: usize,
    room: Option<&Room>,
    progress: &Progress,
) -> Result<(Vec<u8>, Part), CallError>
where
    B: Body<Data = Bytes, Error: Error + 'static> + Unpin,
{
    let status = response.status().as_u16();
    let too_large = || CallError::TooLarge { limit, status };
    let mut arriving = response.into_body();
    let announced = arriving.size_hint().exact();
    if announced.unwrap_or(0) > limit as u64 {
        return Err(too_large());
    }
    // It is no longer than what was announced: the library cuts it off there.
    let announced = announced.and_then(|announced| usize::try_from(announced).ok());
    // Where it says that it is large, before anything of it is read: who waits keeps none of it meanwhile.
    let mut part = match announced.filter(|announced| *announced > SMALL) {
        Some(announced) => Some(part_of(room, announced, progress).await),
        None => None,
    };
    let mut body = Vec::new();
    loop {
        let frame = arriving
            .frame()
            .await
            .transpose()
            .map_err(|error| CallError::Interrupted { cause: told(&error) })?;
        let Some(frame) = frame else { return Ok((body, part.unwrap_or_default())) };
        // What is no data are trailers, which say nothing of an answer.
        let Ok(chunk) = frame.into_data() else { continue };
        if chunk.len() > limit - body.len() {
            return Err(too_large());
        }
        if part.is_none() && body.len() + chunk.len() > SMALL {
            part = Some(part_of(room, limit.min(UNANNOUNCED), progress).await);
        }
        if body.is_empty() {
            body.reserve_exact(announced.unwrap_or(0));
        }
        body.extend_from_slice(&chunk);
    }
}

/// Waits for so many bytes of the room, where there is one.
async fn part_of(room: Option<&Room>, bytes: usize, progress: &Progress) -> Part {
    let Some(room) = room else { return Part::default() };
    progress.waits_here(true);
    let part = room.part(bytes).await;
    progress.waits_here(false);
    part
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;
    use std::convert::Infallible;
    use std::pin::Pin;
    use std::task::{Context, Poll};
    use std::time::Duration;

    use http_body_util::{Full, StreamBody};
    use hyper::body::{Frame, SizeHint};
    use tokio::time::timeout;

    use super::*;
    use crate::upstream::room::ROOM;

    const LIMIT: usize = 4 << 20;
    const LONG: Duration = Duration::from_secs(60);

    /// Whether the answer is read while there are so many bytes of the room; `SMALL` and one of it arrive.
    async fn is_read(is_announced: bool, free: usize) -> bool {
        let room = Room::new();
        let _taken = room.part(ROOM - free).await;
        let text = Bytes::from(vec![b' '; SMALL + 1]);
        let progress = Progress::default();
        let read = async {
            if is_announced {
                return read(Response::new(Full::new(text)), LIMIT, Some(&room), &progress).await;
            }
            let frames = futures_util::stream::iter([Ok::<_, Infallible>(Frame::data(text))]);
            read(Response::new(StreamBody::new(frames)), LIMIT, Some(&room), &progress).await
        };
        let read = timeout(LONG, read).await;
        assert_eq!(read.is_err(), progress.is_here(), "who waits says so");
        read.is_ok()
    }

    #[tokio::test(start_paused = true)]
    async fn r15_an_answer_takes_of_the_room_what_it_announced_and_a_mebibyte_if_it_announced_nothing() {
        assert!(is_read(true, SMALL + 1).await);
        assert!(!is_read(true, SMALL).await, "one byte too few");
        assert!(is_read(false, UNANNOUNCED).await);
        assert!(!is_read(false, UNANNOUNCED - 1).await, "one byte too few");
    }

    /// A body that notes whether it was asked for.
    struct Watched<'a>(Full<Bytes>, &'a Cell<bool>);

    impl Body for Watched<'_> {
        type Data = Bytes;
        type Error = Infallible;

        fn poll_frame(
            mut self: Pin<&mut Self>,
            context: &mut Context<'_>,
        ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
            self.1.set(true);
            Pin::new(&mut self.0).poll_frame(context)
        }

        fn size_hint(&self) -> SizeHint {
            self.0.size_hint()
        }
    }

    #[tokio::test(start_paused = true)]
    async fn r15_of_an_answer_that_says_that_it_is_large_nothing_is_read_before_there_is_room() {
        let room = Room::new();
        let _taken = room.part(ROOM).await;
        for (bytes, asks) in [(SMALL, true), (SMALL + 1, false)] {
            let was_asked = Cell::new(false);
            let body = Watched(Full::new(Bytes::from(vec![b' '; bytes])), &was_asked);
            let progress = Progress::default();
            let read = timeout(LONG, read(Response::new(body), LIMIT, Some(&room), &progress)).await;
            assert_eq!((was_asked.get(), read.is_ok()), (asks, asks), "{bytes} bytes");
        }
    }
}
