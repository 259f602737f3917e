//! Values that a JSON Schema takes, as far as arguments and answers of tools need them. A pattern may refuse what is made up here; then
//! the tool is left out.

use serde_json::{Map, Value, json};

/// How many things a list has.
const ITEMS: usize = 8;
/// How deep values are nested at most: schemas may refer to themselves.
const DEPTH: usize = 8;

/// Which members an object gets.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Members {
    /// Those that it must have, as who calls gives them.
    Required,
    /// All, as who answers gives them.
    All,
}

/// A value that the schema takes; `root` is what its references point into.
pub fn value(schema: &Value, root: &Value, members: Members) -> Value {
    of(schema, root, members, 0)
}

fn of(schema: &Value, root: &Value, members: Members, depth: usize) -> Value {
    if let Some(pointer) = schema["$ref"].as_str().and_then(|reference| reference.strip_prefix('#')) {
        return root
            .pointer(pointer)
            .filter(|_| depth < DEPTH)
            .map_or(Value::Null, |schema| of(schema, root, members, depth + 1));
    }
    for word in ["const", "default", "example"] {
        if let Some(value) = schema.get(word) {
            return value.clone();
        }
    }
    for list in ["enum", "examples"] {
        if let Some(value) = schema[list].get(0) {
            return value.clone();
        }
    }
    for choice in ["anyOf", "oneOf", "allOf"] {
        if let Some(schema) = schema[choice].get(0) {
            return of(schema, root, members, depth + 1);
        }
    }
    let kind = match &schema["type"] {
        Value::Array(kinds) => kinds.first().and_then(Value::as_str),
        kind => kind.as_str(),
    };
    match kind {
        Some("string") => text(schema),
        Some("integer" | "number") => schema.get("minimum").cloned().unwrap_or(json!(1)),
        Some("boolean") => json!(true),
        Some("null") => Value::Null,
        Some("array") => {
            let count = if members == Members::All { ITEMS } else { 1 };
            (0..count).map(|_| of(&schema["items"], root, members, depth + 1)).collect()
        }
        _ => object(schema, root, members, depth),
    }
}

fn text(schema: &Value) -> Value {
    match schema["format"].as_str() {
        Some("date") => json!("2026-01-31"),
        Some("date-time") => json!("2026-01-31T12:00:00Z"),
        Some("uuid") => json!("01890a5d-ac96-774b-bcce-b302099a8057"),
        Some("uri") => json!("https://example.com/a"),
        Some("email") => json!("a@example.com"),
        _ => {
            let most = schema["maxLength"].as_u64().unwrap_or(u64::MAX);
            let least = schema["minLength"].as_u64().unwrap_or(0);
            let length = usize::try_from(least.max(8).min(most)).unwrap_or(8);
            json!("ABCDEFG1".chars().cycle().take(length).collect::<String>())
        }
    }
}

fn object(schema: &Value, root: &Value, members: Members, depth: usize) -> Value {
    let required = schema["required"].as_array().map(Vec::as_slice).unwrap_or_default();
    let is_wanted = |name: &str| members == Members::All || required.iter().any(|wanted| wanted == name);
    let properties = schema["properties"].as_object().into_iter().flatten();
    let members: Map<String, Value> = properties
        .filter(|(name, _)| depth < DEPTH && is_wanted(name))
        .map(|(name, schema)| (name.clone(), of(schema, root, members, depth + 1)))
        .collect();
    Value::Object(members)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_calls_gives_what_must_be_there_and_who_answers_gives_all() {
        let schema = json!({
            "type": "object",
            "required": ["level", "name"],
            "properties": {
                "level": { "enum": ["DEV", "PRD"] },
                "name": { "type": "string", "maxLength": 4 },
                "at": { "type": ["string", "null"], "format": "date-time" },
                "tasks": { "type": "array", "items": { "$ref": "#/$defs/task" } },
            },
            "$defs": { "task": { "type": "object", "properties": { "number": { "type": "integer", "minimum": 7 } } } },
        });
        let asked = json!({ "level": "DEV", "name": "ABCD" });
        assert_eq!(value(&schema, &schema, Members::Required), asked);
        let answered = value(&schema, &schema, Members::All);
        assert_eq!(answered["at"], "2026-01-31T12:00:00Z");
        assert_eq!(answered["tasks"], json!(vec![json!({ "number": 7 }); ITEMS]));
    }

    #[test]
    fn a_schema_that_refers_to_itself_comes_to_an_end() {
        let schema = json!({ "type": "object", "properties": { "next": { "$ref": "#" } } });
        assert!(value(&schema, &schema, Members::All)["next"]["next"].is_object());
    }
}
