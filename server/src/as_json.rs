//! Plain data as JSON text.

use serde::Serialize;

/// The JSON text of plain data, which always has one. `Display` of a JSON value gives the same text through the machinery of
/// formats, which takes twice the time.
pub(crate) fn as_json(data: &(impl Serialize + ?Sized)) -> String {
    serde_json::to_string(data).expect("plain data has a JSON text")
}
