//! Names of requests, by which logs, journal and answers are brought together.

use std::sync::Arc;

use uuid::Uuid;

/// The longest id, in characters.
const LONGEST: usize = 64;

/// A fresh id; later ones sort after earlier ones.
pub fn fresh() -> Arc<str> {
    let mut text = Uuid::encode_buffer();
    Arc::from(&*Uuid::now_v7().hyphenated().encode_lower(&mut text))
}

/// Whether a caller's own id is taken over: 1 to 64 characters of `[A-Za-z0-9._-]`.
pub(crate) fn is_well_formed(id: &str) -> bool {
    (1..=LONGEST).contains(&id.len())
        && id.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'-'))
}

/// The id with a number, for a request that is made for another one; a fresh id where it would be too long.
pub(crate) fn numbered(id: &str, number: usize) -> String {
    let numbered = format!("{id}.{number}");
    if numbered.len() <= LONGEST { numbered } else { fresh().to_string() }
}
