//! Media types of bodies: which one a tool sends, how its members and parts are written, and which others there are.

use std::collections::BTreeMap;

use indexmap::IndexMap;
use openapi::ir::{
    self, Api, Body, Encoding, EncodingStyle, Kind, Lists, Media, MediaKind, Operation, Schema,
};

use super::files::{self, Content};
use super::findings::Findings;
use super::model::{self, BodyKind, BodyPart, MemberStyle, PartKind, Style};
use super::{shapes, surface};

/// How many choices within choices are looked into for members.
const STEPS: usize = 16;

/// The media type that a tool sends. Reading the document has told what is wanted and not there.
pub(crate) fn choose<'a>(body: &'a Body, wanted: Option<&str>) -> Option<&'a Media> {
    body.choose(wanted).or(body.media.first())
}

/// Says which media types of the body no tool of the operation sends, and how to get one that does.
pub(crate) fn report_others(operation: &Operation, findings: &mut Findings) {
    let Some(body) = &operation.body else { return };
    let own = operation.mcp.media.as_deref();
    let variants = operation.mcp.variants.iter().map(|variant| variant.media.as_deref().or(own));
    let sent: Vec<&str> = std::iter::once(own)
        .chain(variants)
        .filter_map(|wanted| Some(&*choose(body, wanted)?.media_type))
        .collect();
    let others: Vec<&str> =
        body.media.iter().map(|media| &*media.media_type).filter(|other| !sent.contains(other)).collect();
    if others.is_empty() {
        return;
    }
    let message = format!(
        "`{}` sends its body as {}; {} can be chosen by `x-mcp: {{media: TYPE}}`, or sent by a tool of its own with `variants: [{{name: NAME, media: TYPE}}]`",
        operation.id,
        sent[0],
        others.join(" and "),
    );
    findings.note("other-media", &body.at, message);
}

/// Says which members of a form are JSON only because nothing is said of them: few servers read a form like that.
pub(crate) fn report_json_members(api: &Api, operation: &Operation, media: &Media, findings: &mut Findings) {
    if media.kind != MediaKind::Form {
        return;
    }
    let members = members(api, media);
    let is_json = |(name, encoding): &(&String, &Encoding)| {
        encoding.style.is_none()
            && !encoding.content_type_is_given
            && kind_of(&encoding.content_types[0]) == MediaKind::Json
            && lists(api, media, members.get(name.as_str()).copied()).is_none()
    };
    let names: Vec<String> =
        media.encoding.iter().filter(is_json).map(|(name, _)| format!("`{name}`")).collect();
    if !names.is_empty() {
        let message = format!(
            "{} of `{}` is written as JSON, as the specification has it where `encoding` says nothing; for an API that reads `name[member]=value`, say `x-mcp: {{lists: indexed}}` on the media type or `style: deepObject` in its `encoding`",
            names.join(" and "),
            operation.id,
        );
        findings.note("form-member-as-json", &media.at, message);
    }
}

/// How the body is written; nothing for plain JSON.
pub(crate) fn rule(api: &Api, media: &Media) -> Option<model::Body> {
    let kind = match media.kind {
        MediaKind::Json if media.media_type.eq_ignore_ascii_case("application/json") => return None,
        MediaKind::Json => BodyKind::Json,
        MediaKind::Form => BodyKind::Form(form(api, media)),
        MediaKind::Multipart => BodyKind::Multipart {
            named: named_parts(api, media),
            first: media.prefix_encoding.iter().map(|encoding| positional(api, media, encoding)).collect(),
            other: media
                .item_encoding
                .as_ref()
                .map_or_else(plain, |encoding| positional(api, media, encoding)),
        },
        MediaKind::Text => BodyKind::Text,
        MediaKind::Xml => BodyKind::Xml,
        MediaKind::Binary => BodyKind::Bytes,
    };
    Some(model::Body { media_type: media.media_type.clone(), kind })
}

/// The parts of a multipart content that are something else than their schema says, by name.
pub(crate) fn contents(api: &Api, media: &Media) -> BTreeMap<String, Content> {
    if media.kind != MediaKind::Multipart {
        return BTreeMap::new();
    }
    let members = members(api, media);
    let content = |(name, encoding): (&String, &Encoding)| {
        let content = match part_kind(encoding, members.get(name.as_str()).copied(), api) {
            PartKind::File => Content::File(files::of_part(encoding)),
            PartKind::Xml => Content::Text,
            PartKind::Value | PartKind::Json | PartKind::Styled(_) => return None,
        };
        Some((name.clone(), content))
    };
    media.encoding.iter().filter_map(content).collect()
}

/// The content of the items of a multipart list, where it is something else than their schema says.
pub(crate) fn item_content(api: &Api, media: &Media) -> Option<Content> {
    let encoding = media.item_encoding.as_ref()?;
    match part_kind(encoding, item(api, media), api) {
        PartKind::File => Some(Content::File(files::of_part(encoding))),
        PartKind::Xml => Some(Content::Text),
        PartKind::Value | PartKind::Json | PartKind::Styled(_) => None,
    }
}

/// The members of a form that are not just `name=value`.
fn form(api: &Api, media: &Media) -> Vec<MemberStyle> {
    let members = members(api, media);
    let style = |(name, encoding): (&String, &Encoding)| {
        let lists = lists(api, media, members.get(name.as_str()).copied());
        let is_json =
            encoding.content_type_is_given && kind_of(&encoding.content_types[0]) == MediaKind::Json;
        match (styled(name, encoding, lists), lists) {
            (None, None) if is_json && encoding.style.is_none() => Some(MemberStyle {
                name: name.clone(),
                style: Style::Json,
                explode: false,
                allow_reserved: false,
            }),
            (style, _) => style,
        }
    };
    media.encoding.iter().filter_map(style).collect()
}

/// The parts of which something is to be said.
fn named_parts(api: &Api, media: &Media) -> Vec<BodyPart> {
    let members = members(api, media);
    let part = |(name, encoding): (&String, &Encoding)| {
        let schema = members.get(name.as_str()).copied();
        let mut kind = part_kind(encoding, schema, api);
        let lists = lists(api, media, schema);
        if kind != PartKind::File
            && let Some(style) = styled(name, encoding, lists)
        {
            kind = PartKind::Styled(style);
        }
        // A style names its own pairs.
        let lists = lists.filter(|lists| *lists != Lists::Repeated && kind == PartKind::File);
        let is_base64 = schema.is_some_and(|schema| is_base64(api, schema));
        let part = BodyPart { lists, ..part(name, kind, encoding, is_base64) };
        (part != BodyPart { name: name.clone(), ..plain() }).then_some(part)
    };
    media.encoding.iter().filter_map(part).collect()
}

fn positional(api: &Api, media: &Media, encoding: &Encoding) -> BodyPart {
    let schema = item(api, media);
    part("", part_kind(encoding, schema, api), encoding, schema.is_some_and(|schema| is_base64(api, schema)))
}

fn part(name: &str, kind: PartKind, encoding: &Encoding, is_base64: bool) -> BodyPart {
    let concrete = encoding.content_types.iter().find(|one| !one.contains('*')).cloned();
    let content_type = match &kind {
        PartKind::File => concrete.filter(|one| one != "application/octet-stream"),
        PartKind::Styled(_) => None,
        PartKind::Value | PartKind::Json | PartKind::Xml => {
            concrete.filter(|_| encoding.content_type_is_given)
        }
    };
    let mut headers = encoding.headers.clone();
    let is_said = headers.iter().any(|(name, _)| name.eq_ignore_ascii_case("content-transfer-encoding"));
    if is_base64 && !is_said {
        headers.push(("Content-Transfer-Encoding".to_owned(), "base64".to_owned()));
    }
    BodyPart { name: name.to_owned(), kind, content_type, headers, lists: None }
}

fn plain() -> BodyPart {
    BodyPart {
        name: String::new(),
        kind: PartKind::Value,
        content_type: None,
        headers: Vec::new(),
        lists: None,
    }
}

fn part_kind(encoding: &Encoding, schema: Option<&Schema>, api: &Api) -> PartKind {
    let kind = kind_of(&encoding.content_types[0]);
    let is_file = match schema {
        Some(schema) => is_file(api, schema, kind),
        // Of a member that only a checked schema knows, the media type alone tells.
        None => kind == MediaKind::Binary,
    };
    match kind {
        _ if is_file => PartKind::File,
        MediaKind::Xml if encoding.content_type_is_given => PartKind::Xml,
        MediaKind::Json if encoding.content_type_is_given => PartKind::Json,
        _ => PartKind::Value,
    }
}

/// Whether values of a schema are files under a media type of this kind.
fn is_file(api: &Api, schema: &Schema, kind: MediaKind) -> bool {
    match &last(api, schema).kind {
        Kind::Text(rules) => rules.format.as_deref() == Some("binary"),
        Kind::Any => kind == MediaKind::Binary,
        Kind::List(rules) => is_file(api, &rules.items, kind),
        Kind::Union { choices, .. } => choices.iter().any(|choice| is_binary(api, choice)),
        _ => false,
    }
}

fn is_binary(api: &Api, schema: &Schema) -> bool {
    match &last(api, schema).kind {
        Kind::Text(rules) => rules.format.as_deref() == Some("binary"),
        Kind::List(rules) => is_binary(api, &rules.items),
        _ => false,
    }
}

fn is_base64(api: &Api, schema: &Schema) -> bool {
    matches!(&last(api, schema).kind, Kind::Text(rules) if rules.format.as_deref() == Some("byte"))
}

/// The style of a member, where it makes a difference.
fn styled(name: &str, encoding: &Encoding, lists: Option<Lists>) -> Option<MemberStyle> {
    let by_brackets =
        lists.map(|_| EncodingStyle { style: ir::Style::DeepObject, explode: true, allow_reserved: false });
    let EncodingStyle { style, explode, allow_reserved } = match encoding.style {
        None => by_brackets?,
        Some(EncodingStyle { style: ir::Style::Form, explode: true, allow_reserved }) => match by_brackets {
            Some(style) => EncodingStyle { allow_reserved, ..style },
            // Single values and lists are written so anyway.
            None if !allow_reserved && kind_of(&encoding.content_types[0]) != MediaKind::Json => return None,
            None => EncodingStyle { style: ir::Style::Form, explode: true, allow_reserved },
        },
        Some(style) => style,
    };
    let style = surface::style(style, lists);
    Some(MemberStyle { name: name.to_owned(), style, explode, allow_reserved })
}

/// How lists are written: as the overlay says of the member, else of the whole content.
fn lists(api: &Api, media: &Media, schema: Option<&Schema>) -> Option<Lists> {
    schema.and_then(|schema| shapes::hints(api, schema).lists).or(media.lists)
}

/// All members that the schema of a content declares, those of its choices too.
fn members<'a>(api: &'a Api, media: &'a Media) -> IndexMap<&'a str, &'a Schema> {
    let mut found = IndexMap::new();
    if let Some(schema) = &media.schema {
        collect(api, schema, &mut found, STEPS);
    }
    found
}

fn collect<'a>(api: &'a Api, schema: &'a Schema, found: &mut IndexMap<&'a str, &'a Schema>, steps: usize) {
    if steps == 0 {
        return;
    }
    match &last(api, schema).kind {
        Kind::Object(rules) => {
            for property in &rules.properties {
                found.entry(&property.name).or_insert(&property.schema);
            }
        }
        Kind::Union { choices, .. } => {
            choices.iter().for_each(|choice| collect(api, choice, found, steps - 1));
        }
        _ => {}
    }
}

/// What each item of a multipart list may be.
fn item<'a>(api: &'a Api, media: &'a Media) -> Option<&'a Schema> {
    match &last(api, media.schema.as_ref()?).kind {
        Kind::List(rules) => Some(&rules.items),
        _ => None,
    }
}

/// The schema behind all references.
pub(crate) fn last<'a>(api: &'a Api, schema: &'a Schema) -> &'a Schema {
    shapes::targets(api, schema).last().copied().unwrap_or(schema)
}

/// What a media type of a part is to us.
fn kind_of(media_type: &str) -> MediaKind {
    let essence = media_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    match essence.as_str() {
        "application/json" | "text/json" => MediaKind::Json,
        "application/xml" | "text/xml" => MediaKind::Xml,
        other if other.ends_with("+json") => MediaKind::Json,
        other if other.ends_with("+xml") && other != "image/svg+xml" => MediaKind::Xml,
        other if other.starts_with("text/") => MediaKind::Text,
        _ => MediaKind::Binary,
    }
}
