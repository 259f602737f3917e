//! Values as text, and the media type of text.

use std::borrow::Cow;

use serde_json::Value;

/// A primitive as its own text, anything else as JSON.
pub(super) fn of(value: &Value) -> Cow<'_, str> {
    match value {
        Value::String(text) => Cow::Borrowed(text),
        other => Cow::Owned(other.to_string()),
    }
}

/// The media type as declared. Where the text is not ASCII and the type of text does not say how it is encoded, this
/// is said: readers would else assume something older.
pub(super) fn media_type(declared: &str, text: &str) -> String {
    let lower = declared.to_ascii_lowercase();
    if text.is_ascii() || !lower.starts_with("text/") || lower.contains("charset=") {
        return declared.to_owned();
    }
    format!("{declared}; charset=utf-8")
}
