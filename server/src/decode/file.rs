//! Files: bytes, given as text or as base64, with a name and a media type where these have a meaning.

use serde_json::Value;

use super::suggestion::{list, quote};
use super::{Decoder, Format, ObjectRule, Rule, Text, Within, type_of};
use crate::encode::{Encode, Object};

/// How long a file name may be, and a media type.
const FILENAME: u64 = 255;
const MEDIA_TYPE: usize = 127;

/// A file as an argument.
pub struct File {
    /// The content as text.
    pub text: Option<String>,
    /// The content as standard base64.
    pub base64: Option<String>,
    /// The name of the file, without folders.
    pub filename: Option<String>,
    /// The media type of the content.
    pub content_type: Option<String>,
}

impl Encode for File {
    fn encode(&self) -> Value {
        let mut object = Object::default();
        object.optional("text", &self.text);
        object.optional("base64", &self.base64);
        object.optional("filename", &self.filename);
        object.optional("contentType", &self.content_type);
        object.finish()
    }
}

/// What a file may be.
#[derive(Clone, Copy, Debug)]
pub struct FileRule {
    /// Whether it has a name.
    pub filename: bool,
    /// The media types and ranges (`image/*`) among which the caller chooses; none when there is no choice.
    pub types: &'static [&'static str],
    /// Whether the caller must say the media type, because only ranges are accepted.
    pub must_say_type: bool,
}

static CONTENT: ObjectRule = ObjectRule::closed(&["text", "base64"]);
static NAMED: ObjectRule = ObjectRule::closed(&["text", "base64", "filename"]);
static TYPED: ObjectRule = ObjectRule::closed(&["text", "base64", "contentType"]);
static NAMED_AND_TYPED: ObjectRule = ObjectRule::closed(&["text", "base64", "filename", "contentType"]);

impl Rule for FileRule {
    type Output = File;

    fn decode(&self, value: Value, at: &mut Decoder<'_>) -> Option<File> {
        let rule = match (self.filename, self.types.is_empty()) {
            (false, true) => &CONTENT,
            (true, true) => &NAMED,
            (false, false) => &TYPED,
            (true, false) => &NAMED_AND_TYPED,
        };
        if let Value::String(_) = value {
            at.push(
                "type",
                "expected an object such as {\"text\": \"...\"} or {\"base64\": \"...\"}, got text",
            );
            return None;
        }
        let mut members = at.object(value, rule)?;
        let text = members.optional(at, "text", &Text::ANY);
        let base64 = members.optional(at, "base64", &Text { format: Some(Format::Byte), ..Text::ANY });
        let filename = match self.filename {
            true => members.optional(at, "filename", &name()),
            false => Some(None),
        };
        let content_type = match (self.types.is_empty(), self.must_say_type) {
            (true, _) => Some(None),
            (false, true) => members.required(at, "contentType", &MediaType(self.types)).map(Some),
            (false, false) => members.optional(at, "contentType", &MediaType(self.types)),
        };
        let closed = members.finish(at);
        let (text, base64) = (text?, base64?);
        if text.is_some() == base64.is_some() {
            at.push("oneOf", "exactly one of `text` and `base64` is accepted");
            return None;
        }
        closed?;
        Some(File { text, base64, filename: filename?, content_type: content_type? })
    }
}

fn name() -> Text {
    Text {
        within: Within::Query,
        min_length: 1,
        max_length: FILENAME,
        pattern: Some(r"^[^/\\]+$"),
        ..Text::ANY
    }
}

/// A media type out of those that are accepted.
struct MediaType(&'static [&'static str]);

impl MediaType {
    fn accepts(&self, given: &str) -> bool {
        self.0.iter().any(|accepted| match accepted.strip_suffix('*') {
            None => given == *accepted,
            Some(_) if given.len() > MEDIA_TYPE => false,
            Some("*/") => {
                given.split_once('/').is_some_and(|(kind, subtype)| is_token(kind) && is_token(subtype))
            }
            Some(kind) => given.strip_prefix(kind).is_some_and(is_token),
        })
    }
}

impl Rule for MediaType {
    type Output = String;

    fn decode(&self, value: Value, at: &mut Decoder<'_>) -> Option<String> {
        let Value::String(given) = value else {
            at.push("type", format!("expected a media type, got {}", type_of(&value)));
            return None;
        };
        if self.accepts(&given) {
            return Some(given);
        }
        at.push("enum", format!("{} is none of {}", quote(&given), list(self.0)));
        None
    }
}

/// What stands before and after the slash of a media type.
fn is_token(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"!#$&^_.+-".contains(&byte))
}
