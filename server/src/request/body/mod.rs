//! The body of a request: what arguments say, written in the media type that the document declares. One file for each
//! kind of content; nothing is sent that was not declared, and never more than what is allowed.

mod boundary;
mod file;
mod form;
mod multipart;
mod room;
mod text;
mod xml;

pub use multipart::{Lists, MultipartRule, PartKind, PartRule};

use std::borrow::Cow;
use std::fmt;

use bytes::Bytes;
use serde_json::Value;

use super::ParameterRule;
use room::Room;

/// How the body of a tool's requests is written.
#[derive(Clone, Copy, Debug)]
pub struct BodyRule {
    /// The media type as declared, without a boundary.
    pub media_type: &'static str,
    /// What kind of content it is.
    pub kind: BodyKind,
}

/// What kind of content a body is.
#[derive(Clone, Copy, Debug)]
pub enum BodyKind {
    /// JSON, of whatever media type.
    Json,
    /// `name=value` pairs. Members that are not listed are written as they are, each item of a list as a pair of its
    /// own, and what is no primitive as JSON.
    Form(&'static [ParameterRule]),
    /// Parts, each with a content of its own.
    Multipart(&'static MultipartRule),
    /// Text as it is.
    Text,
    /// XML, given as text and sent only when it is well-formed.
    Xml,
    /// Bytes, given as text or base64.
    Bytes,
}

impl BodyRule {
    /// Plain JSON: what is sent where nothing else is declared.
    pub const JSON: Self = Self { media_type: "application/json", kind: BodyKind::Json };
}

/// A body as it is sent.
#[derive(Clone, PartialEq, Eq)]
pub struct Body {
    /// Its `Content-Type`.
    pub content_type: String,
    /// Its bytes.
    pub bytes: Bytes,
}

/// The content is not for printing: it may hold secrets.
impl fmt::Debug for Body {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "Body({}, {} bytes)", self.content_type, self.bytes.len())
    }
}

/// Why a value cannot be written, and at which member.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Refusal {
    /// The member; empty for the body as a whole.
    pub(super) member: String,
    /// The rule that was broken.
    pub(super) rule: &'static str,
    /// The rule in words, and what is accepted.
    pub(super) message: String,
}

impl Refusal {
    fn new(rule: &'static str, message: impl Into<String>) -> Self {
        Self { member: String::new(), rule, message: message.into() }
    }

    fn of(mut self, member: &str) -> Self {
        self.member = member.to_owned();
        self
    }
}

/// Writes a value by its rule; `limit` is how many bytes a body may have.
pub(super) fn write(rule: &BodyRule, value: &Value, limit: usize) -> Result<Body, Refusal> {
    let mut room = Room::new(limit);
    let content_type = match &rule.kind {
        BodyKind::Json => {
            room.json(value)?;
            rule.media_type.to_owned()
        }
        BodyKind::Form(members) => {
            form::write(members, value, &mut room)?;
            rule.media_type.to_owned()
        }
        BodyKind::Multipart(parts) => {
            let boundary = multipart::write(parts, value, &mut room)?;
            format!("{}; boundary={boundary}", rule.media_type)
        }
        BodyKind::Text => {
            let text = text::of(value);
            room.push(text.as_bytes())?;
            text::media_type(rule.media_type, &text)
        }
        BodyKind::Xml => {
            let text = text::of(value);
            xml::check(&text).map_err(|message| Refusal::new("xml", message))?;
            room.push(text.as_bytes())?;
            text::media_type(rule.media_type, &text)
        }
        BodyKind::Bytes => {
            let file = file::File::of(value)?;
            room.push(&file.bytes)?;
            file.content_type.map_or(Cow::Borrowed(file::concrete(rule.media_type)), Cow::Owned).into_owned()
        }
    };
    match super::header::refusal(&content_type) {
        Some(_) => Err(Refusal::new("parameter", "has a media type that cannot be sent")),
        None => Ok(Body { content_type, bytes: room.into_bytes() }),
    }
}
