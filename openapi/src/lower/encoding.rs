//! How the members of a form and the parts of a multipart content are written: the Encoding Object, its defaults filled
//! in from the specification's own table by the type of each member.

use indexmap::IndexMap;
use serde_json::{Map, Value};

use super::Reader;
use super::answer::HEADER;
use super::media::essence;
use crate::held::{Held, Types};
use crate::ir::{Encoding, EncodingStyle, Style};
use crate::report::Place;
use crate::resolve;
use crate::shape::{self, Field, Form, Need};
use crate::store::At;
use crate::version::Version;

const ENCODING: &[Field] = &[
    Field("contentType", Form::Text, Need::Optional),
    Field("headers", Form::Object, Need::Optional),
    Field("style", Form::Text, Need::Optional),
    Field("explode", Form::Flag, Need::Optional),
    Field("allowReserved", Form::Flag, Need::Optional),
    Field("encoding", Form::Object, Need::Since(Version::V3_2)),
    Field("prefixEncoding", Form::List, Need::Since(Version::V3_2)),
    Field("itemEncoding", Form::Object, Need::Since(Version::V3_2)),
];

/// The styles of members: those of queries.
const STYLES: [(&str, Style); 4] = [
    ("form", Style::Form),
    ("spaceDelimited", Style::SpaceDelimited),
    ("pipeDelimited", Style::PipeDelimited),
    ("deepObject", Style::DeepObject),
];

/// Headers of a part that are written for it, or that belong to the connection.
const WRITTEN_FOR_PARTS: [&str; 4] =
    ["content-type", "content-disposition", "content-length", "transfer-encoding"];

const JSON: &str = "application/json";
const TEXT: &str = "text/plain";
const BYTES: &str = "application/octet-stream";

/// How many references and choices are followed to learn a member's type.
const STEPS: usize = 16;

impl<'a> Reader<'a> {
    /// How the members of the media type at `at` are written; `held` is its schema.
    pub(super) fn encodings(
        &mut self,
        at: &At<'a>,
        essence: &str,
        held: Option<&Held>,
    ) -> IndexMap<String, Encoding> {
        let mut found = IndexMap::new();
        if let Some(held) = held {
            let mut declared = IndexMap::new();
            self.default_types(held, at.version(), &mut declared, STEPS);
            let plain = |(name, default)| (name, by_default(at.place(), default));
            found.extend(declared.into_iter().map(plain));
        }
        let is_known: Vec<String> = found.keys().cloned().collect();
        for (name, entry) in at.member("encoding").iter().flat_map(At::members) {
            if name.starts_with("x-") && !found.contains_key(name) {
                continue;
            }
            if !is_known.is_empty() && !found.contains_key(name) {
                let near = crate::words::suggestion(name, is_known.iter().map(String::as_str));
                let message =
                    format!("`{name}` is no member of the schema, so its encoding is ignored{near}");
                self.problems.warning("encoding-of-nothing", entry.place(), message);
                continue;
            }
            let default = found.get(name).map_or(TEXT.to_owned(), |known| known.content_types[0].clone());
            let encoding = self.encoding_object(&entry, essence, default);
            found.insert(name.to_owned(), encoding);
        }
        found
    }

    /// How the parts of a multipart list are written: the first ones by position, then all others.
    pub(super) fn positional_encodings(
        &mut self,
        at: &At<'a>,
        essence: &str,
        held: Option<&Held>,
    ) -> (Vec<Encoding>, Option<Encoding>) {
        let items = held.and_then(|held| held.items.as_deref());
        let default = items.map_or(BYTES.to_owned(), |items| self.default_type(items, at.version(), STEPS));
        let list = at.member("prefixEncoding").filter(|list| list.value.is_array());
        let entries: Vec<At<'a>> = list.iter().flat_map(At::items).collect();
        let prefix =
            entries.iter().map(|entry| self.encoding_object(entry, essence, default.clone())).collect();
        let item = match at.member("itemEncoding") {
            Some(entry) => self.encoding_object(&entry, essence, default),
            None => by_default(at.place(), default),
        };
        (prefix, Some(item))
    }

    /// Reads one Encoding Object; `default` is the media type where it names none.
    fn encoding_object(&mut self, at: &At<'a>, essence: &str, default: String) -> Encoding {
        let sound = shape::check(at, ENCODING, &mut self.problems);
        for key in ["encoding", "prefixEncoding", "itemEncoding"] {
            if let Some(nested) = at.member(key).filter(|_| at.version() >= Version::V3_2) {
                let message =
                    format!("`{key}` inside an encoding is ignored: parts hold no parts of their own");
                self.problems.warning("nested-encoding", nested.place(), message);
            }
        }
        let mut content_types = Vec::new();
        for written in
            sound.get("contentType").and_then(Value::as_str).into_iter().flat_map(|text| text.split(','))
        {
            match super::media::essence(written) {
                Some(_) => content_types.push(written.trim().to_owned()),
                None => {
                    let message =
                        format!("{written:?} is no media type: write `application/json` or the like");
                    self.problems.error("media-type", at.place(), message);
                }
            }
        }
        let content_type_is_given = !content_types.is_empty();
        if !content_type_is_given {
            content_types.push(default);
        }
        let style = self.encoding_style(at, &sound, essence);
        let headers = if essence.starts_with("multipart/") { self.part_headers(at) } else { Vec::new() };
        Encoding { at: at.place(), content_types, content_type_is_given, style, headers }
    }

    /// The style, if any of the three members that make one is given.
    fn encoding_style(
        &mut self,
        at: &At<'a>,
        sound: &Map<String, Value>,
        essence: &str,
    ) -> Option<EncodingStyle> {
        let is_given = ["style", "explode", "allowReserved"].iter().any(|key| sound.contains_key(*key));
        if !is_given {
            return None;
        }
        if essence != "application/x-www-form-urlencoded" && essence != "multipart/form-data" {
            let message = format!(
                "`style`, `explode` and `allowReserved` have no meaning in {essence} and are ignored"
            );
            self.problems.note("encoding-ignored", at.place(), message);
            return None;
        }
        let written = sound.get("style").and_then(Value::as_str).unwrap_or("form");
        let Some((_, style)) = STYLES.iter().find(|(name, _)| *name == written) else {
            let accepted = STYLES.map(|(name, _)| name).join(", ");
            let message = format!("the style {written:?} is not for members of a form: {accepted}");
            self.problems.error("encoding-style", at.place(), message);
            return None;
        };
        let flag = |key: &str| sound.get(key).and_then(Value::as_bool);
        let explode = flag("explode");
        if *style == Style::DeepObject && explode == Some(false) {
            let message = "the specification does not say what `deepObject` without `explode` is; it is written with it";
            self.problems.warning("encoding-style", at.place(), message);
        }
        let explode = match style {
            Style::DeepObject => true,
            Style::Form => explode.unwrap_or(true),
            _ => explode.unwrap_or(false),
        };
        Some(EncodingStyle { style: *style, explode, allow_reserved: flag("allowReserved").unwrap_or(false) })
    }

    /// The headers of a part whose value is a constant; every other one is told.
    fn part_headers(&mut self, at: &At<'a>) -> Vec<(String, String)> {
        let mut found = Vec::new();
        for (name, header) in at.member("headers").iter().flat_map(At::members) {
            let Some(header) = resolve::follow(&header, &mut self.problems) else { continue };
            let mut sound = shape::check(&header, HEADER, &mut self.problems);
            let is_token = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte);
            if name.is_empty() || !name.bytes().all(is_token) {
                let message = format!("{name:?} is no name of a header");
                self.problems.error("part-header", header.place(), message);
                continue;
            }
            if WRITTEN_FOR_PARTS.contains(&name.to_ascii_lowercase().as_str()) {
                let message =
                    format!("`{name}` of a part is written by the server; what stands here is ignored");
                self.problems.note("part-header", header.place(), message);
                continue;
            }
            let schema = header.member("schema").filter(|schema| Form::Schema.fits(schema.value));
            let held = schema.map(|schema| self.schema(&schema).0);
            match held.as_ref().and_then(constant) {
                Some(value) => found.push((name.to_owned(), value)),
                None => {
                    let message = format!(
                        "the header `{name}` of a part is not sent: only one whose schema accepts a single value (`const`, or `enum` with one) can be"
                    );
                    let is_required = sound.remove("required") == Some(Value::Bool(true));
                    match is_required {
                        true => self.problems.warning("part-header", header.place(), message),
                        false => self.problems.note("part-header", header.place(), message),
                    }
                }
            }
        }
        found
    }

    /// Collects the declared members, each with the media type of its value.
    fn default_types(
        &self,
        held: &Held,
        version: Version,
        found: &mut IndexMap<String, String>,
        steps: usize,
    ) {
        if steps == 0 {
            return;
        }
        for (name, member) in &held.properties {
            if !found.contains_key(name) {
                found.insert(name.clone(), self.default_type(member, version, steps - 1));
            }
        }
        let target = held.reference.as_ref().and_then(|name| self.schemas.named.get(name));
        for part in target.into_iter().chain(&held.all_of).chain(&held.any_of).chain(&held.one_of) {
            self.default_types(part, version, found, steps - 1);
        }
    }

    /// The media type of a member's value where the document names none.
    pub(super) fn default_type(&self, held: &Held, version: Version, steps: usize) -> String {
        let untyped = if version >= Version::V3_1 { BYTES } else { TEXT };
        if steps == 0 {
            return untyped.to_owned();
        }
        let types = held.types.map(|types| types.without(Types::NULL)).filter(|types| !types.is_empty());
        let Some(types) = types else {
            let target = held.reference.as_ref().and_then(|name| self.schemas.named.get(name));
            let mut parts = target.into_iter().chain(&held.all_of).chain(&held.any_of).chain(&held.one_of);
            return match parts.next() {
                Some(part) => self.default_type(part, version, steps - 1),
                None if held.has_object_rules() => JSON.to_owned(),
                None if held.enumeration.is_some() => TEXT.to_owned(),
                None => untyped.to_owned(),
            };
        };
        if types == Types::OBJECT {
            return JSON.to_owned();
        }
        if types == Types::ARRAY {
            return match &held.items {
                Some(items) => self.default_type(items, version, steps - 1),
                None => JSON.to_owned(),
            };
        }
        if types == Types::STRING && held.format.as_deref() == Some("binary") {
            let said = held.remarks.content.clone().filter(|said| essence(said).is_some());
            return said.unwrap_or_else(|| BYTES.to_owned());
        }
        TEXT.to_owned()
    }
}

/// The encoding of what the document says nothing of.
pub(super) fn by_default(at: Place, content_type: String) -> Encoding {
    Encoding {
        at,
        content_types: vec![content_type],
        content_type_is_given: false,
        style: None,
        headers: Vec::new(),
    }
}

/// The only value of a header, as it is sent.
fn constant(held: &Held) -> Option<String> {
    let [value] = held.enumeration.as_deref()? else { return None };
    let text = match value {
        Value::String(text) => text.clone(),
        Value::Number(number) => number.to_string(),
        Value::Bool(flag) => flag.to_string(),
        Value::Null | Value::Array(_) | Value::Object(_) => return None,
    };
    let is_visible = text.bytes().all(|byte| (0x20..=0x7e).contains(&byte));
    (is_visible && text.trim() == text).then_some(text)
}
