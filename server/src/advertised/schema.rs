//! Makes a generated schema into the one this deployment advertises: what is gated and closed is gone, and so are
//! definitions that nothing refers to any more.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

use crate::catalog::Gated;
use crate::decode::{Deployment, Gate};
use crate::stages::portion::MARK;

/// The schema of this text as this deployment advertises it; an error says what is wrong with the text.
pub(super) fn advertised(
    text: &str,
    gated: &[Gated],
    deployment: &Deployment,
) -> Result<Map<String, Value>, String> {
    let mut schema: Value = serde_json::from_str(text).map_err(|error| error.to_string())?;
    if schema.get("type").and_then(Value::as_str) != Some("object") {
        return Err("its root is not of type object".to_owned());
    }
    for gated in gated {
        if !is_open(gated.gate, deployment) {
            remove(&mut schema, gated.pointer)?;
        }
    }
    match schema {
        Value::Object(mut schema) => {
            prune(&mut schema);
            Ok(schema)
        }
        _ => unreachable!("a value with a member `type` is an object"),
    }
}

/// Declares the mark of an answer that is a part, where there is a list to cut or undeclared members are not free to come,
/// unless the answer has a member of that name already: then a note tells it. Elsewhere the mark is one undeclared member
/// more, and every client would pay for being told of it.
pub(super) fn may_be_a_part(schema: &mut Map<String, Value>) {
    let is_open = schema.get("additionalProperties").is_none_or(|rest| rest == true);
    if is_open && !has_list(schema) {
        return;
    }
    let properties = schema.entry("properties").or_insert_with(|| json!({}));
    if let Some(properties) = properties.as_object_mut().filter(|properties| !properties.contains_key(MARK)) {
        let description = "Says that this is a part of the answer: of what, and the cursor of the rest.";
        // Of no type: an API may answer undeclared members of any name.
        properties.insert(MARK.to_owned(), json!({ "description": description }));
    }
}

/// Takes away what is said in words for readers (JSON Schema 2020-12, validation, section 9.1). What stands under a name of the API's
/// own, or as a value, is no keyword and stays.
pub(super) fn without_words(schema: &mut Map<String, Value>) {
    for word in ["description", "title", "$comment"] {
        if schema.get(word).is_some_and(Value::is_string) {
            schema.remove(word);
        }
    }
    for (keyword, below) in schema.iter_mut() {
        let named =
            matches!(keyword.as_str(), "properties" | "patternProperties" | "$defs" | "dependentSchemas");
        let is_value = matches!(keyword.as_str(), "const" | "enum" | "default" | "examples" | "required");
        match below {
            Value::Object(members) if named => {
                members.values_mut().filter_map(Value::as_object_mut).for_each(without_words);
            }
            Value::Object(members) if !is_value => without_words(members),
            Value::Array(items) if !is_value => {
                items.iter_mut().filter_map(Value::as_object_mut).for_each(without_words);
            }
            _ => {}
        }
    }
}

/// Whether a list is declared anywhere.
fn has_list(schema: &Map<String, Value>) -> bool {
    let any = |value: &Value| match value {
        Value::Object(members) => has_list(members),
        Value::Array(items) => items.iter().filter_map(Value::as_object).any(has_list),
        _ => false,
    };
    schema.contains_key("items") || schema.values().any(any)
}

fn is_open(gate: Gate, deployment: &Deployment) -> bool {
    match gate {
        Gate::Callbacks => !deployment.callback_hosts.is_empty(),
    }
}

/// A step of a JSON pointer as the name that it stands for (RFC 6901).
fn unescaped(step: &str) -> String {
    step.replace("~1", "/").replace("~0", "~")
}

/// Removes a property, and its name from what is required beside it.
fn remove(schema: &mut Value, pointer: &str) -> Result<(), String> {
    let wrong = || format!("the gated argument {pointer} is not a property of it");
    let (properties, name) = pointer.rsplit_once('/').ok_or_else(wrong)?;
    let owner = properties.strip_suffix("/properties").ok_or_else(wrong)?;
    let name = unescaped(name);
    let owner = schema.pointer_mut(owner).and_then(Value::as_object_mut).ok_or_else(wrong)?;
    let properties = owner.get_mut("properties").and_then(Value::as_object_mut).ok_or_else(wrong)?;
    properties.shift_remove(&name).ok_or_else(wrong)?;
    if let Some(required) = owner.get_mut("required").and_then(Value::as_array_mut) {
        required.retain(|required| required.as_str() != Some(&name));
        if required.is_empty() {
            owner.shift_remove("required");
        }
    }
    Ok(())
}

/// Removes definitions that cannot be reached from the root.
fn prune(schema: &mut Map<String, Value>) {
    let Some(Value::Object(definitions)) = schema.shift_remove("$defs") else {
        return;
    };
    let mut reached = BTreeSet::new();
    let mut waiting = Vec::new();
    schema.values().for_each(|value| references(value, &mut waiting));
    while let Some(name) = waiting.pop() {
        if let Some(definition) = definitions.get(&name)
            && reached.insert(name)
        {
            references(definition, &mut waiting);
        }
    }
    let kept: Map<_, _> = definitions.into_iter().filter(|(name, _)| reached.contains(name)).collect();
    if !kept.is_empty() {
        schema.insert("$defs".to_owned(), Value::Object(kept));
    }
}

/// Collects the names of definitions that a schema refers to. A text that only looks like a reference keeps its
/// definition too, which harms nobody.
fn references(value: &Value, names: &mut Vec<String>) {
    match value {
        Value::Object(members) => {
            let name = members
                .get("$ref")
                .and_then(Value::as_str)
                .and_then(|target| target.strip_prefix("#/$defs/"));
            if let Some(name) = name.and_then(|rest| rest.split('/').next()) {
                names.push(unescaped(name));
            }
            members.values().for_each(|value| references(value, names));
        }
        Value::Array(items) => items.iter().for_each(|value| references(value, names)),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SCHEMA: &str = r##"{
        "type": "object",
        "properties": {
            "events": { "type": "array", "items": { "$ref": "#/$defs/Event" } },
            "level": { "$ref": "#/$defs/Level" }
        },
        "required": ["events"],
        "$defs": {
            "Event": { "properties": { "credentials": { "$ref": "#/$defs/Credentials" }, "again": { "$ref": "#/$defs/Event" } } },
            "Credentials": { "type": "object" },
            "Level": { "type": "string" },
            "Unused": { "$ref": "#/$defs/Unused" }
        }
    }"##;
    const GATED: &[Gated] = &[Gated { pointer: "/properties/events", gate: Gate::Callbacks }];

    #[test]
    fn t13_a_closed_gate_hides_the_argument_and_what_only_it_used() {
        let closed = advertised(SCHEMA, GATED, &Deployment::default()).expect("a schema");
        assert_eq!(
            Value::Object(closed),
            json!({
                "type": "object",
                "properties": { "level": { "$ref": "#/$defs/Level" } },
                "$defs": { "Level": { "type": "string" } }
            })
        );
    }

    #[test]
    fn an_open_gate_shows_the_argument_as_generated() {
        let deployment =
            Deployment { callback_hosts: vec!["hooks.example.com".to_owned()], ..Deployment::default() };
        let open = advertised(SCHEMA, GATED, &deployment).expect("a schema");
        assert_eq!(open["required"], json!(["events"]));
        let names: Vec<_> = open["$defs"].as_object().expect("definitions").keys().cloned().collect();
        assert_eq!(names, ["Event", "Credentials", "Level"]);
    }

    #[test]
    fn the_mark_of_a_part_is_declared_where_a_list_may_be_cut_or_nothing_else_may_come() {
        let check = |schema: Value, declared: bool| {
            let Value::Object(mut schema) = schema else { panic!("an object") };
            may_be_a_part(&mut schema);
            assert_eq!(
                schema["properties"].get("truncated").is_some_and(Value::is_object),
                declared,
                "{schema:?}"
            );
        };
        check(json!({ "properties": { "tasks": { "type": "array", "items": {} } } }), true);
        check(json!({ "properties": {}, "additionalProperties": { "type": "integer" } }), true);
        check(json!({ "properties": {}, "additionalProperties": false }), true);
        check(json!({ "properties": { "name": {} } }), false);
        check(json!({ "properties": { "truncated": true, "tasks": { "items": {} } } }), false);
    }

    #[test]
    fn words_for_readers_are_taken_away_and_nothing_else() {
        let schema = json!({
            "type": "object", "description": "All.", "title": "All", "$comment": "x",
            "properties": {
                "description": { "type": "string", "maxLength": 9, "description": "What it is about." },
                "title": { "anyOf": [{ "type": "null", "title": "none" }, { "$ref": "#/$defs/description" }] },
                "items": { "type": "array", "items": { "type": "object", "properties": { "a": { "description": "b" } } } },
                "kind": { "const": { "description": "a value" }, "enum": [{ "title": "a value" }] },
            },
            "required": ["description", "title"],
            "additionalProperties": { "type": "integer", "description": "Others." },
            "$defs": { "description": { "type": "string", "description": "A name of its own." } },
        });
        let Value::Object(mut schema) = schema else { panic!("an object") };
        without_words(&mut schema);
        let expected = json!({
            "type": "object",
            "properties": {
                "description": { "type": "string", "maxLength": 9 },
                "title": { "anyOf": [{ "type": "null" }, { "$ref": "#/$defs/description" }] },
                "items": { "type": "array", "items": { "type": "object", "properties": { "a": {} } } },
                "kind": { "const": { "description": "a value" }, "enum": [{ "title": "a value" }] },
            },
            "required": ["description", "title"],
            "additionalProperties": { "type": "integer" },
            "$defs": { "description": { "type": "string" } },
        });
        assert_eq!(Value::Object(schema), expected);
    }

    #[test]
    fn a_schema_that_cannot_be_served_is_told() {
        let check = |text: &str| advertised(text, GATED, &Deployment::default()).expect_err(text);
        assert!(check("{").contains("EOF"));
        assert!(check(r#"{"type":"array"}"#).contains("object"));
        assert!(check("[]").contains("object"));
        assert!(check(r#"{"type":"object"}"#).contains("/properties/events"));
    }
}
