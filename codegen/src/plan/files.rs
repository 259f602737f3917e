//! Files: what a binary value is as an argument, and where such values stand.

use std::collections::BTreeMap;
use std::rc::Rc;

use openapi::ir::{Encoding, Kind, Schema};
use serde_json::{Map, Value, json};

use super::model::File;

/// Standard base64 without stray bits, exactly what the decoder of `byte` takes.
pub(crate) const BASE64: &str =
    "^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/][AQgw]==|[A-Za-z0-9+/]{2}[AEIMQUYcgkosw048]=)?$";

/// A media type: what stands before and after the slash.
const TOKEN: &str = "[A-Za-z0-9!#$&^_.+-]+";

/// What a value is in the part that holds it, where that is not what its schema says.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Content {
    /// A file.
    File(File),
    /// Text of a type that has no JSON form.
    Text,
}

/// Whether parts with another content than their schema's stand at a site.
#[derive(Clone, Debug, Default)]
pub(crate) enum Parts {
    /// None do.
    #[default]
    None,
    /// The members of the object at this site are such parts, by name.
    Members(Rc<BTreeMap<String, Content>>),
    /// This is such a part.
    Here(Content),
}

impl Parts {
    /// The same for the member of this name.
    pub(crate) fn member(&self, name: &str) -> Self {
        match self {
            Self::Members(contents) => contents.get(name).cloned().map_or(Self::None, Self::Here),
            Self::Here(_) | Self::None => Self::None,
        }
    }

    /// What the value of this schema is here, if it is not what the schema says.
    pub(crate) fn content(&self, schema: &Schema) -> Option<&Content> {
        let Self::Here(content) = self else { return None };
        let applies = match (content, &schema.kind) {
            (_, Kind::List(_) | Kind::Reference(_)) => false,
            (Content::File(_), Kind::Union { .. }) => false,
            (Content::File(_), Kind::Text(rules)) => rules.format.as_deref() == Some("binary"),
            (Content::File(_), kind) => matches!(kind, Kind::Any),
            (Content::Text, Kind::Text(_)) => false,
            (Content::Text, _) => true,
        };
        applies.then_some(content)
    }
}

/// The file of a part: its types are those of its encoding, any where the document names none.
pub(crate) fn of_part(encoding: &Encoding) -> File {
    let says_nothing =
        !encoding.content_type_is_given && encoding.content_types[0] == "application/octet-stream";
    let types = if says_nothing { vec!["*/*".to_owned()] } else { encoding.content_types.clone() };
    File { filename: true, ..with_types(&types) }
}

/// The file that is a whole body of this media type; it has no name.
pub(crate) fn of_body(media_type: &str) -> File {
    with_types(&[media_type.to_owned()])
}

/// Only where there is something to choose does the caller say the type.
fn with_types(types: &[String]) -> File {
    let types: Vec<String> = types.iter().map(|one| one.to_ascii_lowercase()).collect();
    let is_range = |one: &String| one.contains('*');
    let must_say_type = types.iter().all(|one| is_range(one) && one != "*/*");
    let is_fixed = matches!(&types[..], [one] if !is_range(one));
    File { filename: false, types: if is_fixed { Vec::new() } else { types }, must_say_type }
}

/// The schema of a file: what the runtime's decoder takes.
pub(crate) fn schema(file: &File) -> Value {
    let mut properties = Map::new();
    properties.insert("text".into(), json!({"type": "string", "description": "The content, if it is text."}));
    let base64 = json!({
        "type": "string", "contentEncoding": "base64", "pattern": BASE64,
        "description": "The content in base64, if it is not text.",
    });
    properties.insert("base64".into(), base64);
    if file.filename {
        let name = json!({"type": "string", "minLength": 1, "maxLength": 255, "pattern": r"^[^/\\]+$"});
        properties.insert("filename".into(), name);
    }
    if !file.types.is_empty() {
        properties.insert("contentType".into(), content_type(file));
    }
    let mut schema = json!({"type": "object", "properties": properties, "additionalProperties": false});
    if file.must_say_type {
        schema["required"] = json!(["contentType"]);
    }
    schema["oneOf"] = json!([{"required": ["text"]}, {"required": ["base64"]}]);
    schema
}

fn content_type(file: &File) -> Value {
    let default = file.types.iter().find(|one| !one.contains('*'));
    let default = default.map(String::as_str).or((!file.must_say_type).then_some("application/octet-stream"));
    let concrete: Vec<&String> = file.types.iter().filter(|one| !one.contains('*')).collect();
    let range = |one: &String| match one.strip_suffix('*') {
        Some("*/") => format!("{TOKEN}/{TOKEN}"),
        Some(kind) => format!("{}{TOKEN}", regex_literal(kind)),
        None => String::new(),
    };
    let ranges: Vec<String> = file.types.iter().filter(|one| one.contains('*')).map(range).collect();
    let pattern = format!("^(?:{})$", ranges.join("|"));
    let mut schema = json!({"type": "string"});
    match (concrete.is_empty(), ranges.is_empty()) {
        (false, true) => schema["enum"] = json!(concrete),
        (true, _) => {
            schema["maxLength"] = json!(127);
            schema["pattern"] = json!(pattern);
        }
        (false, false) => {
            schema["anyOf"] = json!([{"enum": concrete}, {"maxLength": 127, "pattern": pattern}])
        }
    }
    if let Some(default) = default {
        schema["default"] = json!(default);
    }
    schema
}

/// A text as a pattern that matches itself.
fn regex_literal(text: &str) -> String {
    let escape = |character: char| match character {
        '.' | '+' | '*' | '^' | '$' | '|' | '(' | ')' | '[' | ']' | '{' | '}' | '?' | '\\' | '/' => {
            format!("\\{character}")
        }
        other => other.to_string(),
    };
    text.chars().map(escape).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_caller_says_the_type_only_where_there_is_a_choice() {
        let file =
            |types: &[&str]| with_types(&types.iter().map(|one| (*one).to_owned()).collect::<Vec<_>>());
        assert_eq!(file(&["image/PNG"]), File { filename: false, types: Vec::new(), must_say_type: false });
        assert!(file(&["image/*"]).must_say_type);
        assert!(!file(&["image/*", "text/plain"]).must_say_type);
        assert!(!file(&["*/*"]).must_say_type);
        assert_eq!(content_type(&file(&["*/*"]))["default"], "application/octet-stream");
        assert_eq!(
            content_type(&file(&["image/png", "image/gif"]))["enum"],
            json!(["image/png", "image/gif"])
        );
        assert_eq!(content_type(&file(&["image/*"]))["pattern"], format!("^(?:image\\/{TOKEN})$"));
    }
}
