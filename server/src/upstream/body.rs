//! Reading an answer's body: streamed, and never beyond what is allowed.

use http::Response;
use http_body_util::BodyExt as _;
use hyper::body::{Body as _, Incoming};

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
pub(super) async fn read(
    response: Response<Incoming>,
    limit: usize,
    room: Option<&Room>,
    progress: &Progress,
) -> Result<(Vec<u8>, Part), CallError> {
    let status = response.status().as_u16();
    let too_large = || CallError::TooLarge { limit, status };
    let mut arriving = response.into_body();
    let announced = arriving.size_hint().exact();
    if announced.unwrap_or(0) > limit as u64 {
        return Err(too_large());
    }
    // It is no longer than what was announced: the library cuts it off there.
    let announced = announced.and_then(|announced| usize::try_from(announced).ok());
    let (mut part, mut has_part) = (Part::default(), false);
    let mut body = Vec::new();
    loop {
        let frame = arriving
            .frame()
            .await
            .transpose()
            .map_err(|error| CallError::Interrupted { cause: told(&error) })?;
        let Some(frame) = frame else { return Ok((body, part)) };
        // What is no data are trailers, which say nothing of an answer.
        let Ok(chunk) = frame.into_data() else { continue };
        if chunk.len() > limit - body.len() {
            return Err(too_large());
        }
        let is_large = announced.unwrap_or(body.len() + chunk.len()) > SMALL;
        if let Some(room) = room.filter(|_| is_large && !has_part) {
            progress.waits_here(true);
            (part, has_part) = (room.part(announced.unwrap_or(limit.min(UNANNOUNCED))).await, true);
            progress.waits_here(false);
        }
        if body.is_empty() {
            body.reserve_exact(announced.unwrap_or(0));
        }
        body.extend_from_slice(&chunk);
    }
}
