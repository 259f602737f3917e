//! Media types with their schemas.

use serde_json::json;

use super::Reader;
use crate::held::{Held, Types};
use crate::hints;
use crate::ir::{Kind, Media, MediaKind, Schema};
use crate::resolve;
use crate::shape::{self, Field, Form, Need};
use crate::store::At;
use crate::version::Version;

const MEDIA: &[Field] = &[
    Field("schema", Form::Schema, Need::Optional),
    Field("itemSchema", Form::Schema, Need::Since(Version::V3_2)),
    Field("example", Form::Any, Need::Optional),
    Field("examples", Form::Object, Need::Optional),
    Field("encoding", Form::Object, Need::Optional),
    Field("prefixEncoding", Form::List, Need::Since(Version::V3_2)),
    Field("itemEncoding", Form::Object, Need::Since(Version::V3_2)),
    Field("x-mcp", Form::Any, Need::Optional),
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
        let is_multipart = essence.starts_with("multipart/");
        let (held, schema) = match read.schema.and(at.member("schema")) {
            Some(schema) => Some(self.schema(&schema)),
            None => self.item_schema(at).filter(|_| is_multipart),
        }
        .unzip();
        let kind = kind(&essence, schema.as_ref());
        let mut media = Media::plain(at.place(), media_type.to_owned(), kind, schema);
        media.lists = hints::media(at, &mut self.problems);
        let is_list = matches!(media.schema.as_ref().map(|schema| &schema.kind), Some(Kind::List(_)));
        if is_multipart && (is_list || self.has_positions(at)) {
            (media.prefix_encoding, media.item_encoding) =
                self.positional_encodings(at, &essence, held.as_ref());
        } else if matches!(kind, MediaKind::Form | MediaKind::Multipart) {
            media.encoding = self.encodings(at, &essence, held.as_ref());
        }
        self.report_ignored(at, &media);
        Some(media)
    }

    /// A list of what `itemSchema` describes: the parts of a multipart content in order.
    fn item_schema(&mut self, at: &At<'a>) -> Option<(Held, Schema)> {
        let item = at.member("itemSchema").filter(|_| at.version() >= Version::V3_2)?;
        let (items, _) = Form::Schema.fits(item.value).then(|| self.schema(&item))?;
        let list = Held { items: Some(Box::new(items)), ..Held::of(at.place(), Types::ARRAY) };
        let schema = self.lowered(&list);
        Some((list, schema))
    }

    fn has_positions(&self, at: &At<'a>) -> bool {
        at.version() >= Version::V3_2
            && ["prefixEncoding", "itemEncoding"].iter().any(|key| at.member(key).is_some())
    }

    /// Says which of the members about encoding have no meaning for this media type.
    fn report_ignored(&mut self, at: &At<'a>, media: &Media) {
        let has_names = matches!(media.kind, MediaKind::Form | MediaKind::Multipart);
        let is_list = media.item_encoding.is_some();
        if let Some(encoding) = at.member("encoding").filter(|_| !has_names || is_list) {
            let message = match is_list {
                true => "`encoding` names members, and this content is a list of parts: it is ignored",
                false => "`encoding` says something of forms only and is ignored here",
            };
            self.problems.note("encoding-ignored", encoding.place(), message);
        }
        for key in ["itemSchema", "prefixEncoding", "itemEncoding"] {
            let is_used = is_list && (key != "itemSchema" || at.member("schema").is_none());
            if let Some(member) = at.member(key).filter(|_| at.version() >= Version::V3_2 && !is_used) {
                let message =
                    format!("`{key}` is ignored: a stream of items is taken as one content as a whole");
                self.problems.warning("streaming-media", member.place(), message);
            }
        }
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
