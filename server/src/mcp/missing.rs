//! Required arguments that are not there, as a form for a person: typed fields made of the tool's schema.
//!
//! Only what a form can hold is asked for: texts, numbers, yes or no, and choices; and never a secret. Where more than that is
//! missing, or something else is wrong, the model is told instead.

use serde_json::{Map, Value, json};

use crate::catalog::Tool;
use crate::client::Ask;
use crate::decode::Problems;

/// The name that the answer comes back under.
pub(super) const ARGUMENTS: &str = "arguments";

/// What of a field's schema a form may have.
const KEPT: [&str; 10] = [
    "type",
    "title",
    "description",
    "enum",
    "minLength",
    "maxLength",
    "minimum",
    "maximum",
    "default",
    "format",
];
/// The formats that a form knows.
const FORMATS: [&str; 4] = ["email", "uri", "date", "date-time"];

/// The form for the required arguments that are not there; nothing where none is missing, or one cannot be asked for.
pub(super) fn form(tool: &Tool, given: &Map<String, Value>) -> Option<Ask> {
    let schema: Value = serde_json::from_str(tool.input_schema).ok()?;
    let required = schema["required"].as_array()?.iter().filter_map(Value::as_str);
    let absent: Vec<&str> = required.filter(|name| !given.contains_key(*name)).collect();
    if absent.is_empty() {
        return None;
    }
    let mut fields = Map::new();
    for name in &absent {
        let is_secret = tool.secrets.iter().any(|pointer| pointer.trim_start_matches('/') == *name);
        let is_gated =
            tool.gated.iter().any(|gated| gated.pointer.strip_prefix("/properties/") == Some(name));
        if is_secret || is_gated {
            return None;
        }
        fields.insert((*name).to_owned(), field(&schema["properties"][*name], &schema)?);
    }
    let message = format!("{}: what is needed to go on with `{}`.", tool.title, tool.name);
    let schema = json!({ "type": "object", "properties": fields, "required": absent });
    Some(Ask::Form { message, schema })
}

/// Whether all that is wrong is that arguments are missing.
pub(super) fn is_all(problems: &Problems) -> bool {
    problems.iter().all(|problem| problem.rule == "required" && !problem.path.contains(['.', '[']))
}

/// The arguments with what a person filled in; `false` where nothing was.
pub(super) fn fill(tool: &Tool, arguments: &mut Map<String, Value>, answer: &Value) -> bool {
    let Some(ask @ Ask::Form { schema, .. }) = &form(tool, arguments) else { return false };
    let content = answer["content"].as_object();
    let Some(content) = content.filter(|_| answer["action"] == "accept" && ask.is_answered_by(answer)) else {
        return false;
    };
    for (name, value) in content.iter().filter(|(name, _)| schema["properties"].get(name.as_str()).is_some())
    {
        arguments.insert(name.clone(), value.clone());
    }
    true
}

/// The schema of an argument as a form has it.
fn field(property: &Value, root: &Value) -> Option<Value> {
    let target = property["$ref"].as_str().and_then(|target| target.strip_prefix('#'));
    let mut field = target.and_then(|pointer| root.pointer(pointer)).unwrap_or(property).as_object()?.clone();
    if let Some(description) = property.get("description").filter(|_| target.is_some()) {
        field.insert("description".to_owned(), description.clone());
    }
    let kind = field.get("type").and_then(Value::as_str)?;
    if !["string", "integer", "number", "boolean"].contains(&kind) {
        return None;
    }
    let values = field.get("enum").and_then(Value::as_array);
    if values.is_some_and(|values| kind != "string" || !values.iter().all(Value::is_string)) {
        return None;
    }
    let knows = |format: &Value| format.as_str().is_some_and(|format| FORMATS.contains(&format));
    field.retain(|keyword, value| KEPT.contains(&keyword.as_str()) && (keyword != "format" || knows(value)));
    Some(Value::Object(field))
}

#[cfg(test)]
mod tests {
    use crate::catalog::{Effect, Work};

    use super::*;

    const SCHEMA: &str = r##"{
        "type": "object",
        "properties": {
            "srid": { "type": "string", "minLength": 1, "pattern": "^[a-z]+$", "description": "The host." },
            "level": { "$ref": "#/$defs/Level", "description": "Where to." },
            "count": { "type": "integer", "minimum": 1, "format": "int32" },
            "note": { "type": "string" },
            "tags": { "type": "array", "items": { "type": "string" } },
            "word": { "type": "string" }
        },
        "required": ["srid", "level", "count"],
        "$defs": { "Level": { "type": "string", "enum": ["DEV", "PRD"] } }
    }"##;
    static TOOL: Tool =
        Tool { name: "move", title: "Move", input_schema: SCHEMA, ..Tool::bare(Effect::Read, Work::Rest) };
    static SECRET: Tool = Tool { secrets: &["/srid"], ..TOOL };

    fn given(value: Value) -> Map<String, Value> {
        value.as_object().unwrap().clone()
    }

    #[test]
    fn what_is_missing_becomes_typed_fields() {
        let Some(Ask::Form { schema, message }) = form(&TOOL, &given(json!({ "count": 1 }))) else {
            panic!("a form")
        };
        assert!(message.contains("`move`"), "{message}");
        assert_eq!(
            schema,
            json!({
                "type": "object",
                "properties": {
                    "srid": { "type": "string", "minLength": 1, "description": "The host." },
                    "level": { "type": "string", "enum": ["DEV", "PRD"], "description": "Where to." },
                },
                "required": ["srid", "level"],
            })
        );
        assert_eq!(form(&TOOL, &given(json!({ "srid": "a", "level": "DEV", "count": 1 }))), None);
    }

    #[test]
    fn no_secret_is_asked_for_and_nothing_that_a_form_cannot_hold() {
        assert_eq!(form(&SECRET, &Map::new()), None);
        let schema = TOOL.input_schema.replace(r#"["srid", "level", "count"]"#, r#"["tags"]"#);
        let listing = Tool { input_schema: Box::leak(schema.into_boxed_str()), ..TOOL };
        assert_eq!(form(&listing, &Map::new()), None);
    }

    #[test]
    fn only_what_was_asked_for_is_taken_and_only_as_it_was_asked() {
        let base = json!({ "count": 1 });
        let answer = json!({ "action": "accept", "content": { "srid": "a", "level": "DEV", "word": "x", "count": 9 } });
        let mut arguments = given(base.clone());
        assert!(fill(&TOOL, &mut arguments, &answer));
        assert_eq!(Value::Object(arguments), json!({ "count": 1, "srid": "a", "level": "DEV" }));
        for refused in [
            json!({ "action": "decline" }),
            json!({ "action": "accept", "content": { "srid": "a" } }),
            json!({ "action": "accept", "content": { "srid": "a", "level": "XYZ" } }),
            json!({ "content": { "srid": "a", "level": "DEV" } }),
            json!(7),
        ] {
            let mut arguments = given(base.clone());
            assert!(!fill(&TOOL, &mut arguments, &refused), "{refused}");
            assert_eq!(Value::Object(arguments), base);
        }
    }
}
