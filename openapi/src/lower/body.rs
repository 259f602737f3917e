//! Request bodies.

use serde_json::json;

use super::Reader;
use crate::ir::{Body, Media, MediaKind};
use crate::resolve;
use crate::shape::{self, Field, Form, Need};
use crate::store::At;

const BODY: &[Field] = &[
    Field("description", Form::Text, Need::Optional),
    Field("content", Form::Object, Need::Required),
    Field("required", Form::Flag, Need::Optional),
];

impl<'a> Reader<'a> {
    /// Reads a request body, reference or not; `None` when there is nothing that could be sent.
    pub(super) fn body(&mut self, at: &At<'a>) -> Option<Body> {
        let beside = resolve::beside(at, "description").map(str::to_owned);
        let at = resolve::follow(at, &mut self.problems)?;
        let mut sound = shape::check(&at, BODY, &mut self.problems);
        sound.insert("content".into(), json!({}));
        let read = self.typed::<openapiv3::RequestBody>(sound, &at)?;
        let content = at.member("content")?;
        let mut media = self.media(&content);
        for one in &mut media {
            self.settle(one);
        }
        if media.is_empty() {
            let message = "`content` names no media type: the body is left out";
            self.problems.error("empty-content", content.place(), message);
            return None;
        }
        // The sort is stable: among equals the document's order holds.
        media.sort_by_key(rank);
        let description = beside.or(read.description).unwrap_or_default();
        Some(Body { at: at.place(), description, required: read.required, media })
    }

    /// A range of media types cannot be sent: the likeliest of it is. What is bytes keeps its range, for whoever gives
    /// the bytes says also what they are.
    pub(super) fn settle(&mut self, media: &mut Media) {
        let chosen = match media.kind {
            _ if !media.media_type.contains('*') => return,
            MediaKind::Json => "application/json",
            MediaKind::Text => "text/plain",
            MediaKind::Xml => "application/xml",
            MediaKind::Multipart => "multipart/form-data",
            MediaKind::Form | MediaKind::Binary => return,
        };
        let message = format!("{} is no type that can be sent: {chosen} is used", media.media_type);
        self.problems.warning("media-type-range", media.at.clone(), message);
        media.media_type = chosen.to_owned();
    }
}

/// Which media type is best to send: the lowest.
pub(super) fn rank(media: &Media) -> usize {
    match media.kind {
        MediaKind::Json if media.media_type.to_ascii_lowercase().starts_with("application/json") => 0,
        MediaKind::Json => 1,
        MediaKind::Form => 2,
        MediaKind::Multipart => 3,
        MediaKind::Text => 4,
        MediaKind::Xml => 5,
        MediaKind::Binary => 6,
    }
}
