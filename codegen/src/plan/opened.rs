//! The JSON form of a schema as the document has it, made part of the program: its references lead to named schemas,
//! and its keywords stand in one order, whatever order the document has them in.

use openapi::ir::referred;
use serde_json::{Map, Value};

use super::layout::{is_data, is_table_of_schemas};

/// The keywords that are read first; all others follow by name.
const FIRST: [&str; 18] = [
    "$ref",
    "type",
    "title",
    "description",
    "enum",
    "const",
    "format",
    "minimum",
    "maximum",
    "minLength",
    "maxLength",
    "pattern",
    "properties",
    "required",
    "additionalProperties",
    "items",
    "minItems",
    "maxItems",
];

/// A JSON form with its references to named schemas written as references to them as the document has them, open.
pub(crate) fn opened(json: &Value) -> Value {
    match json {
        Value::Array(items) => items.iter().map(opened).collect(),
        Value::Object(members) => {
            let mut keywords: Vec<(&String, &Value)> = members.iter().collect();
            keywords.sort_by_key(|(name, _)| (rank(name), *name));
            keywords
                .into_iter()
                .map(|(name, value)| (name.clone(), keyword(name, value)))
                .collect::<Map<_, _>>()
                .into()
        }
        other => other.clone(),
    }
}

fn rank(keyword: &str) -> usize {
    FIRST.iter().position(|first| *first == keyword).unwrap_or(FIRST.len())
}

fn keyword(name: &str, value: &Value) -> Value {
    let target = value.as_str().and_then(referred);
    match (name, target, value) {
        ("$ref", Some(target), _) => format!("type:open/{target}").into(),
        (_, _, Value::Object(table)) if is_table_of_schemas(name) => table_of_schemas(name, table),
        _ if is_data(name) => value.clone(),
        _ => opened(value),
    }
}

/// Members keep the order that the document gives them; patterns have none.
fn table_of_schemas(keyword: &str, table: &Map<String, Value>) -> Value {
    let mut entries: Vec<(&String, &Value)> = table.iter().collect();
    if keyword != "properties" {
        entries.sort_by_key(|(name, _)| *name);
    }
    entries.into_iter().map(|(name, schema)| (name.clone(), opened(schema))).collect::<Map<_, _>>().into()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn keywords_stand_in_one_order_and_members_in_their_own() {
        let schema = json!({
            "not": {"maxLength": 3, "type": "string"},
            "properties": {"b": {}, "a": {"$ref": "#/$defs/A"}},
            "patternProperties": {"^y": true, "^x": true},
            "type": "object"
        });
        let expected = json!({
            "type": "object",
            "properties": {"b": {}, "a": {"$ref": "type:open/A"}},
            "not": {"type": "string", "maxLength": 3},
            "patternProperties": {"^x": true, "^y": true}
        });
        assert_eq!(opened(&schema).to_string(), expected.to_string());
    }

    #[test]
    fn a_name_is_read_without_its_escapes() {
        let opened = opened(&json!({"$ref": "#/$defs/a%20b~1c~0d%25"}));
        assert_eq!(opened, json!({"$ref": "type:open/a b/c~d%"}));
    }

    #[test]
    fn data_is_left_alone_and_a_member_may_be_called_like_a_keyword() {
        let schema = json!({
            "const": {"b": 1, "$ref": "#/$defs/A"},
            "default": {"b": 1, "a": 2},
            "properties": {"const": {"$ref": "#/$defs/A"}, "$ref": {"type": "string"}}
        });
        let opened = opened(&schema);
        assert_eq!(opened["const"], schema["const"]);
        assert_eq!(opened["default"].to_string(), schema["default"].to_string());
        assert_eq!(opened["properties"]["const"], json!({"$ref": "type:open/A"}));
        assert_eq!(opened["properties"]["$ref"], json!({"type": "string"}));
    }
}
