//! Reading an answer's body: streamed, and never beyond what is allowed.

use super::describe;
use crate::call::CallError;

/// Reads the body to its end. The limit holds for what arrives, whatever was announced; an announcement
/// beyond it is refused at once. The connection of a body that is not read to its end is closed with the
/// response.
pub(super) async fn read(mut response: reqwest::Response, limit: usize) -> Result<Vec<u8>, CallError> {
    let status = response.status().as_u16();
    let too_large = || CallError::TooLarge { limit, status };
    let announced = response.content_length().unwrap_or(0);
    if announced > limit as u64 {
        return Err(too_large());
    }
    let mut body = Vec::with_capacity(usize::try_from(announced).unwrap_or(0));
    loop {
        match response.chunk().await {
            Ok(Some(chunk)) if chunk.len() > limit - body.len() => return Err(too_large()),
            Ok(Some(chunk)) => body.extend_from_slice(&chunk),
            Ok(None) => return Ok(body),
            Err(error) => return Err(CallError::Interrupted { cause: describe(error) }),
        }
    }
}
