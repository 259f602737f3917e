//! Reading an answer's body: streamed, and never beyond what is allowed.

use super::describe;
use super::room::{Part, Room};
use crate::call::CallError;
use crate::large::SMALL;

/// Reads the body to its end. The limit holds for what arrives, whatever was announced; an announcement
/// beyond it is refused at once. The connection of a body that is not read to its end is closed with the
/// response. What is large waits for a part of the room, where there is one.
pub(super) async fn read(
    mut response: reqwest::Response,
    limit: usize,
    room: Option<&Room>,
) -> Result<(Vec<u8>, Part), CallError> {
    let status = response.status().as_u16();
    let too_large = || CallError::TooLarge { limit, status };
    let announced = response.content_length();
    if announced.unwrap_or(0) > limit as u64 {
        return Err(too_large());
    }
    // It is no longer than what was announced: the library cuts it off there.
    let announced = announced.and_then(|announced| usize::try_from(announced).ok());
    let (mut part, mut has_part) = (Part::default(), false);
    let mut body = Vec::new();
    loop {
        match response.chunk().await {
            Ok(Some(chunk)) if chunk.len() > limit - body.len() => return Err(too_large()),
            Ok(Some(chunk)) => {
                let is_large = announced.unwrap_or(body.len() + chunk.len()) > SMALL;
                if let Some(room) = room.filter(|_| is_large && !has_part) {
                    (part, has_part) = (room.part(announced.unwrap_or(limit)).await, true);
                }
                if body.is_empty() {
                    body.reserve_exact(announced.unwrap_or(0));
                }
                body.extend_from_slice(&chunk);
            }
            Ok(None) => return Ok((body, part)),
            Err(error) => return Err(CallError::Interrupted { cause: describe(error) }),
        }
    }
}
