//! A file argument as bytes. What it may be is judged while it is decoded; here it only becomes what is sent.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;

use super::{Refusal, text};

/// What is sent of a file.
pub(super) struct File {
    pub(super) bytes: Vec<u8>,
    pub(super) filename: Option<String>,
    pub(super) content_type: Option<String>,
}

impl File {
    /// The file of an argument. Where only a schema judges the argument, it may be no file: then it is the content itself.
    pub(super) fn of(value: &Value) -> Result<Self, Refusal> {
        let member = |name: &str| value.get(name).and_then(Value::as_str);
        let bytes = match (member("text"), member("base64")) {
            (None, None) => text::of(value).into_owned().into_bytes(),
            (Some(text), None) => text.as_bytes().to_vec(),
            (None, Some(encoded)) => STANDARD
                .decode(encoded)
                .map_err(|_| Refusal::new("format", "`base64` is no standard base64"))?,
            (Some(_), Some(_)) => {
                return Err(Refusal::new("oneOf", "takes one of `text` and `base64`, not both"));
            }
        };
        Ok(Self {
            bytes,
            filename: member("filename").map(str::to_owned),
            content_type: member("contentType").map(str::to_owned),
        })
    }
}

/// The media type that is sent for one that may be a range.
pub(super) fn concrete(declared: &'static str) -> &'static str {
    if declared.contains('*') { "application/octet-stream" } else { declared }
}
