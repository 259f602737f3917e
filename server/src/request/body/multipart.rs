//! `multipart/*`: a part for each member in order, for each item of a list, or for each item of a body that is a list
//! itself. Names and file names are quoted as RFC 7578 and browsers do it, so that none can end its header.

use serde_json::Value;

use super::super::{ParameterRule, style};
use super::file::{self, File};
use super::room::Room;
use super::{Refusal, boundary, text, xml};

/// How the parts of a multipart body are written.
#[derive(Clone, Copy, Debug)]
pub struct MultipartRule {
    /// Parts by name.
    pub named: &'static [PartRule],
    /// The first parts of a body that is a list, by position.
    pub first: &'static [PartRule],
    /// Every other part.
    pub other: PartRule,
}

/// How one part is written.
#[derive(Clone, Copy, Debug)]
pub struct PartRule {
    /// The member it is for.
    pub name: &'static str,
    /// What its content is.
    pub kind: PartKind,
    /// Its media type, when the document says one. A file's is what it is where the caller does not say.
    pub content_type: Option<&'static str>,
    /// Headers that are always sent.
    pub headers: &'static [(&'static str, &'static str)],
    /// What the parts of a list are called.
    pub lists: Lists,
}

/// What the parts of one list are called.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lists {
    /// All alike: `name`.
    Repeated,
    /// All alike, as a list: `name[]`.
    Brackets,
    /// By position: `name[0]`.
    Indexed,
}

/// What the content of a part is.
#[derive(Clone, Copy, Debug)]
pub enum PartKind {
    /// Primitives as their own text, anything else as JSON.
    Value,
    /// JSON, of primitives too.
    Json,
    /// XML, given as text and sent only when it is well-formed.
    Xml,
    /// A file.
    File,
    /// One part for each pair that a style writes.
    Styled(&'static ParameterRule),
}

impl PartRule {
    /// A part that nothing is said of.
    pub const PLAIN: Self =
        Self { name: "", kind: PartKind::Value, content_type: None, headers: &[], lists: Lists::Repeated };
}

/// A part, ready but for the boundary.
struct Part {
    head: String,
    content: Vec<u8>,
}

/// Writes the parts of a value and gives the boundary between them.
pub(super) fn write(rule: &MultipartRule, value: &Value, room: &mut Room) -> Result<String, Refusal> {
    let mut parts = Vec::new();
    match value {
        Value::Object(members) => {
            for (name, value) in members {
                let part = rule.named.iter().find(|part| part.name == name).unwrap_or(&rule.other);
                member(part, name, value, &mut parts).map_err(|refusal| refusal.of(name))?;
            }
        }
        Value::Array(items) => {
            for (index, item) in items.iter().enumerate() {
                let part = rule.first.get(index).unwrap_or(&rule.other);
                parts.push(single(part, None, item).map_err(|refusal| refusal.of(&format!("[{index}]")))?);
            }
        }
        _ => {
            return Err(Refusal::new(
                "multipart",
                "must be an object with a member for each part, or a list of parts",
            ));
        }
    }
    let contents: Vec<&[u8]> =
        parts.iter().flat_map(|part| [part.head.as_bytes(), part.content.as_slice()]).collect();
    let boundary = boundary::choose(&contents)?;
    for part in &parts {
        for bytes in
            [b"--", boundary.as_bytes(), b"\r\n", part.head.as_bytes(), b"\r\n", &part.content, b"\r\n"]
        {
            room.push(bytes)?;
        }
    }
    for bytes in [b"--", boundary.as_bytes(), b"--\r\n"] {
        room.push(bytes)?;
    }
    Ok(boundary)
}

/// The parts of one member: null is absent, and each item of a list is a part of the same name.
fn member(rule: &PartRule, name: &str, value: &Value, parts: &mut Vec<Part>) -> Result<(), Refusal> {
    match (rule.kind, value) {
        (_, Value::Null) => {}
        (PartKind::Styled(style), value) => {
            for (name, content) in
                style::plain_pairs(style, value).map_err(|message| Refusal::new("parameter", message))?
            {
                let head = head(Some(&name), None, None, rule.headers)?;
                parts.push(Part { head, content: content.into_bytes() });
            }
        }
        (_, Value::Array(items)) => {
            for (index, item) in items.iter().enumerate().filter(|(_, item)| !item.is_null()) {
                let name = match rule.lists {
                    Lists::Repeated => name.to_owned(),
                    Lists::Brackets => format!("{name}[]"),
                    Lists::Indexed => format!("{name}[{index}]"),
                };
                parts.push(single(rule, Some(&name), item)?);
            }
        }
        (_, value) => parts.push(single(rule, Some(name), value)?),
    }
    Ok(())
}

fn single(rule: &PartRule, name: Option<&str>, value: &Value) -> Result<Part, Refusal> {
    if matches!(rule.kind, PartKind::File) {
        let file = File::of(value)?;
        let declared = rule.content_type.map_or("application/octet-stream", file::concrete);
        let content_type = file.content_type.as_deref().unwrap_or(declared);
        // Servers take a part for a file only when it has a file name.
        let own = if rule.name.is_empty() { name } else { name.map(|_| rule.name) };
        let filename = file.filename.as_deref().or(own);
        let head = head(name, filename, Some(content_type), rule.headers)?;
        return Ok(Part { head, content: file.bytes });
    }
    let is_json = matches!(rule.kind, PartKind::Json);
    let content = if is_json { value.to_string() } else { text::of(value).into_owned() };
    if matches!(rule.kind, PartKind::Xml) {
        xml::check(&content).map_err(|message| Refusal::new("xml", message))?;
    }
    let is_structured = is_json || value.is_array() || value.is_object();
    let content_type = rule.content_type.or(is_structured.then_some("application/json"));
    let content_type = content_type.map(|declared| text::media_type(declared, &content));
    let head = head(name, None, content_type.as_deref(), rule.headers)?;
    Ok(Part { head, content: content.into_bytes() })
}

/// The headers of a part, each with its line end.
fn head(
    name: Option<&str>,
    filename: Option<&str>,
    content_type: Option<&str>,
    headers: &[(&str, &str)],
) -> Result<String, Refusal> {
    let mut head = String::new();
    let disposition = match (name, filename) {
        (Some(name), None) => Some(format!("form-data; name=\"{}\"", quoted(name)?)),
        (Some(name), Some(filename)) => {
            Some(format!("form-data; name=\"{}\"; filename=\"{}\"", quoted(name)?, quoted(filename)?))
        }
        (None, Some(filename)) => Some(format!("attachment; filename=\"{}\"", quoted(filename)?)),
        (None, None) => None,
    };
    let own = [("Content-Disposition", disposition.as_deref()), ("Content-Type", content_type)];
    let own = own.into_iter().filter_map(|(name, value)| Some((name, value?)));
    for (name, value) in own.chain(headers.iter().copied()) {
        if value.chars().any(char::is_control) {
            return Err(Refusal::new(
                "characters",
                "has a header with a control character, which is not accepted",
            ));
        }
        head.push_str(&format!("{name}: {value}\r\n"));
    }
    Ok(head)
}

/// A name between quotes: what would end them is percent-encoded, controls are refused, the rest is UTF-8 as it is.
fn quoted(text: &str) -> Result<String, Refusal> {
    if text.chars().any(char::is_control) {
        return Err(Refusal::new("characters", "has a name with a control character, which is not accepted"));
    }
    Ok(text.replace('"', "%22").replace('\\', "%5C"))
}
