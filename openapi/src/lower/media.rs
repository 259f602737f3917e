//! Media types with their schemas.

use serde_json::json;

use super::Reader;
use crate::ir::{Kind, Media, MediaKind, Schema};
use crate::normalise::Version;
use crate::resolve;
use crate::shape::{self, Field, Form, Need};
use crate::store::At;

const MEDIA: &[Field] = &[
    Field("schema", Form::Schema, Need::Optional),
    Field("itemSchema", Form::Schema, Need::Since(Version::V3_2)),
    Field("example", Form::Any, Need::Optional),
    Field("examples", Form::Object, Need::Optional),
    Field("encoding", Form::Object, Need::Optional),
    Field("prefixEncoding", Form::List, Need::Since(Version::V3_2)),
    Field("itemEncoding", Form::Object, Need::Since(Version::V3_2)),
];

impl<'a> Reader<'a> {
    /// Reads `content`: each media type on its own, in document order.
    pub(super) fn media(&mut self, at: &At<'a>) -> Vec<Media> {
        at.members()
            .filter(|(media_type, _)| !media_type.starts_with("x-"))
            .filter_map(|(media_type, member)| self.one_media(media_type, &member))
            .collect()
    }

    /// Reads one media type; since 3.2 it may stand among the components.
    pub(super) fn one_media(&mut self, media_type: &str, at: &At<'a>) -> Option<Media> {
        let Some(essence) = essence(media_type) else {
            let message = format!("{media_type:?} is no media type: write `application/json` or the like");
            self.problems.error("media-type", at.place(), message);
            return None;
        };
        let followed =
            if at.version() >= Version::V3_2 { resolve::follow(at, &mut self.problems)? } else { at.clone() };
        let at = &followed;
        let mut sound = shape::check(at, MEDIA, &mut self.problems);
        sound.remove("example");
        if at.member("schema").is_some_and(|schema| Form::Schema.fits(schema.value)) {
            sound.insert("schema".into(), json!({}));
        }
        let read = self.typed::<openapiv3::MediaType>(sound, at)?;
        let schema = read.schema.and(at.member("schema")).map(|schema| self.schema(&schema).1);
        let kind = kind(&essence, schema.as_ref());
        if let Some(encoding) =
            at.member("encoding").filter(|_| kind != MediaKind::Form && kind != MediaKind::Multipart)
        {
            let message = "`encoding` says something of forms only and is ignored here";
            self.problems.note("encoding-ignored", encoding.place(), message);
        }
        for key in ["itemSchema", "prefixEncoding", "itemEncoding"] {
            if let Some(member) = at.member(key).filter(|_| at.version() >= Version::V3_2) {
                let message =
                    format!("`{key}` is ignored: a stream of items is taken as one content as a whole");
                self.problems.warning("streaming-media", member.place(), message);
            }
        }
        Some(Media { at: at.place(), media_type: media_type.to_owned(), kind, schema })
    }
}

/// Type and subtype in small letters, without parameters.
pub(super) fn essence(media_type: &str) -> Option<String> {
    let essence = media_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    let (kind, subtype) = essence.split_once('/')?;
    let is_token = |text: &str| {
        !text.is_empty()
            && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"!#$&-^_.+*".contains(&byte))
    };
    (is_token(kind) && is_token(subtype)).then_some(essence)
}

pub(super) fn kind(essence: &str, schema: Option<&Schema>) -> MediaKind {
    match essence {
        "application/json" | "text/json" => MediaKind::Json,
        "application/x-www-form-urlencoded" => MediaKind::Form,
        "application/xml" | "text/xml" => MediaKind::Xml,
        // Whatever it may be: what is described by a schema of its own is JSON.
        "*/*" | "application/*" if !is_binary(schema) => MediaKind::Json,
        _ if essence.ends_with("+json") => MediaKind::Json,
        _ if essence.ends_with("+xml") => MediaKind::Xml,
        _ if essence.starts_with("multipart/") => MediaKind::Multipart,
        _ if essence.starts_with("text/") => MediaKind::Text,
        _ => MediaKind::Binary,
    }
}

fn is_binary(schema: Option<&Schema>) -> bool {
    match schema.map(|schema| &schema.kind) {
        None => true,
        Some(Kind::Text(rules)) => rules.format.as_deref() == Some("binary"),
        Some(_) => false,
    }
}
