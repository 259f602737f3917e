//! Answers: which of them are successes, how each is read, and one output schema that all of them meet.

use openapi::ir::{Answer, Media, MediaKind, Operation, Status};
use serde_json::{Map, Value, json};

use super::model::{AnswerRule, Content, Shape, Type, TypeBody, TypeId, Within};
use super::shapes::{Shaper, Site};
use super::{layout, names, schema};

/// The member of the structured answer that holds headers.
const HEADERS: &str = "responseHeaders";

/// The rules for an operation's successful answers, most specific first. Errors need none: of them only the API's own
/// message is passed on.
pub(crate) fn plan(shaper: &mut Shaper<'_>, operation: &Operation) -> Vec<AnswerRule> {
    let is_success = |answer: &&Answer| matches!(answer.status, Status::Code(200..=299) | Status::Class(2));
    let mut found: Vec<&Answer> = operation.answers.iter().filter(is_success).collect();
    if found.is_empty() {
        found = operation.answers.iter().filter(|answer| answer.status == Status::Default).collect();
    }
    found.sort_by_key(|answer| match answer.status {
        Status::Code(code) => (0, code),
        Status::Class(digit) => (1, digit),
        Status::Default => (2, 0),
    });
    let asked = operation.mcp.answer_media.as_deref();
    let is_there = |asked: &str| {
        found
            .iter()
            .flat_map(|answer| &answer.media)
            .any(|media| essence(&media.media_type) == essence(asked))
    };
    if let Some(asked) = asked.filter(|asked| !is_there(asked)) {
        let message =
            format!("no successful answer has the media type {asked:?} that `answer.media` asks for");
        shaper.findings.error("answer-media", &operation.at, message);
    }
    found.into_iter().map(|answer| rule(shaper, answer, asked)).collect()
}

/// One schema for all the answers, if their shapes are known. With an answer without content among them, nothing is
/// required: it is told as an empty object. Headers that are returned are a member of their own.
pub(crate) fn output_schema(
    rules: &[AnswerRule],
    headers: &[String],
    definition: &dyn Fn(&str) -> Option<Value>,
) -> Option<Value> {
    let is_silent = rules.iter().all(|rule| matches!(rule.content, Content::Empty));
    let mut schema = match merged(rules, definition) {
        Some(schema) => schema,
        None if is_silent && !headers.is_empty() => json!({"type": "object", "properties": {}}),
        None => return None,
    };
    if !headers.is_empty()
        && let Some(members) = schema.as_object_mut()
        && let Some(properties) = members.entry("properties").or_insert_with(|| json!({})).as_object_mut()
    {
        let each: Map<String, Value> =
            headers.iter().map(|name| (name.clone(), json!({"type": "string"}))).collect();
        properties.insert(HEADERS.to_owned(), json!({"type": "object", "properties": each}));
    }
    Some(layout::lay_out_for(layout::Purpose::Answer, &schema, definition).schema)
}

fn merged(rules: &[AnswerRule], definition: &dyn Fn(&str) -> Option<Value>) -> Option<Value> {
    let mut merged: Option<Value> = None;
    let mut may_be_empty = false;
    for rule in rules {
        let schema = match &rule.content {
            Content::Empty => {
                may_be_empty = true;
                continue;
            }
            Content::Json { shape, wrap, .. } => rooted(shape, *wrap, definition),
            Content::Text => wrapped("text", json!({"type": "string"})),
            Content::AnyJson | Content::Binary => return None,
        };
        merged = Some(match merged {
            None => schema,
            Some(known) if known == schema => known,
            Some(known) => both(&known, &schema),
        });
    }
    let mut schema = merged?;
    if may_be_empty && let Some(members) = schema.as_object_mut() {
        members.shift_remove("required");
    }
    Some(schema)
}

fn rule(shaper: &mut Shaper<'_>, answer: &Answer, asked: Option<&str>) -> AnswerRule {
    let (from, to, suffix) = match answer.status {
        Status::Code(code) => (code, code, code.to_string()),
        Status::Class(digit) => (digit * 100, digit * 100 + 99, format!("{digit}xx")),
        Status::Default => (200, 299, "Default".to_owned()),
    };
    let name =
        if answer.status == Status::Code(200) { "Answer".to_owned() } else { format!("Answer{suffix}") };
    let Some(media) = chosen(answer, asked, shaper) else {
        return AnswerRule { from, to, media_type: String::new(), content: Content::Empty };
    };
    let content = match media.kind {
        MediaKind::Json => json_content(shaper, media, &names::type_name(&name, "Answer")),
        MediaKind::Text | MediaKind::Xml => Content::Text,
        MediaKind::Form | MediaKind::Multipart | MediaKind::Binary => Content::Binary,
    };
    AnswerRule { from, to, media_type: media.media_type.to_ascii_lowercase(), content }
}

/// The media type that is asked for: what the overlay says, else JSON, text, XML, anything else. The others are told.
fn chosen<'m>(answer: &'m Answer, asked: Option<&str>, shaper: &mut Shaper<'_>) -> Option<&'m Media> {
    let is_asked = |media: &&Media| asked.is_some_and(|asked| essence(&media.media_type) == essence(asked));
    let preferred = [MediaKind::Json, MediaKind::Text, MediaKind::Xml];
    let by_kind = || preferred.iter().find_map(|kind| answer.media.iter().find(|media| media.kind == *kind));
    let chosen = answer.media.iter().find(is_asked).or_else(by_kind).or(answer.media.first())?;
    let others: Vec<&str> = answer
        .media
        .iter()
        .filter(|media| media.media_type != chosen.media_type)
        .map(|media| media.media_type.as_str())
        .collect();
    if !others.is_empty() && asked.is_none() {
        let message = format!(
            "{} is asked for; {} can be had by `x-mcp: {{answer: {{media: TYPE}}}}` on the operation",
            chosen.media_type,
            others.join(", ")
        );
        shaper.findings.note("answer-media-not-asked", &answer.at, message);
    }
    Some(chosen)
}

/// Type and subtype in small letters, without parameters.
fn essence(media_type: &str) -> String {
    media_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase()
}

fn json_content(shaper: &mut Shaper<'_>, media: &Media, name: &str) -> Content {
    let Some(schema) = &media.schema else { return Content::AnyJson };
    let shape = shaper.shape(schema, &Site::new(name.to_owned(), Within::Body));
    if shape == Shape::Any {
        return Content::AnyJson;
    }
    let wrap = match &shape {
        Shape::List { .. } | Shape::OneOrMany(_) => Some("items"),
        Shape::Map { .. } => None,
        Shape::Named(id) if is_object(shaper, id) => None,
        _ => Some("value"),
    };
    Content::Json { shape, wrap }
}

/// A named type is an object unless it is an enumeration, which a named schema alone tells.
fn is_object(shaper: &Shaper<'_>, id: &TypeId) -> bool {
    let own = shaper.types.iter().find(|kind| kind.id == *id);
    match own {
        Some(Type { body: TypeBody::Enum(_), .. }) => false,
        Some(_) => true,
        None => !shaper.names_an_enumeration(id),
    }
}

/// The schema of an answer as an object: itself, or wrapped.
fn rooted(shape: &Shape, wrap: Option<&str>, definition: &dyn Fn(&str) -> Option<Value>) -> Value {
    let schema = schema::of_shape(shape);
    match (wrap, schema.get("$ref").and_then(Value::as_str)) {
        (Some(name), _) => wrapped(name, schema),
        // The root must say `type: object` itself.
        (None, Some(target)) => definition(target).unwrap_or(schema),
        (None, None) => schema,
    }
}

fn wrapped(name: &str, schema: Value) -> Value {
    let mut properties = Map::new();
    properties.insert(name.to_owned(), schema);
    json!({"type": "object", "properties": properties, "required": [name]})
}

/// A schema that what meets either schema meets too.
fn both(first: &Value, second: &Value) -> Value {
    let empty = Map::new();
    let members =
        |schema: &Value| schema.get("properties").and_then(Value::as_object).unwrap_or(&empty).clone();
    let (one, other) = (members(first), members(second));
    // A map's values may have any name, so nothing can be said of one name.
    let is_map = |schema: &Value| schema.get("additionalProperties").is_some();
    if is_map(first) || is_map(second) {
        return json!({"type": "object"});
    }
    // A member that only one answer declares may be anything in the other.
    let mut properties = Map::new();
    for name in one.keys().chain(other.keys()) {
        let (ours, theirs) = (one.get(name), other.get(name));
        let schema = ours.filter(|ours| theirs == Some(*ours)).cloned();
        properties.insert(name.clone(), schema.unwrap_or_else(|| json!({})));
    }
    let names =
        |schema: &Value| schema.get("required").and_then(Value::as_array).cloned().unwrap_or_default();
    let required: Vec<Value> = names(first).into_iter().filter(|name| names(second).contains(name)).collect();
    let mut schema = json!({"type": "object", "properties": properties});
    if !required.is_empty() {
        schema["required"] = required.into();
    }
    schema
}
