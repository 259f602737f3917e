//! Keywords that say nothing are taken out of a schema, and choices of one are undone. What the schema accepts stays
//! the same set of values.

use serde_json::{Map, Value};

use super::{ANNOTATIONS, is_data, is_table_of_schemas};

/// What must be respected while keywords are dropped.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Care {
    /// Somewhere `unevaluatedProperties` or `unevaluatedItems` counts what other keywords have looked at, also those
    /// that allow everything.
    pub counts_evaluated: bool,
    /// `type` beside an enumeration goes where its values imply it. Some clients cannot read an enumeration without
    /// it, so this is for schemas that are only validated against.
    pub drops_implied_types: bool,
}

/// Whether a schema counts what was looked at.
pub(crate) fn counts_evaluated(schema: &Value) -> bool {
    match schema {
        Value::Array(items) => items.iter().any(counts_evaluated),
        Value::Object(members) => members.iter().any(|(name, value)| {
            name.starts_with("unevaluated") || (!is_data(name) && counts_evaluated(value))
        }),
        _ => false,
    }
}

/// Makes a root schema small: its own `type` and `properties` stay, since clients look for them.
pub(crate) fn root(schema: &mut Value, care: Care) {
    if let Value::Object(members) = schema {
        inside(members, care);
        own(members, Care { drops_implied_types: false, ..care }, &["properties"]);
    }
}

/// Makes any other schema small.
pub(crate) fn schema(schema: &mut Value, care: Care) {
    match schema {
        Value::Array(items) => items.iter_mut().for_each(|item| self::schema(item, care)),
        Value::Object(members) => {
            inside(members, care);
            own(members, care, &[]);
        }
        _ => {}
    }
}

/// The schemas inside, first: what becomes empty there may make more of this one empty.
fn inside(members: &mut Map<String, Value>, care: Care) {
    for (name, value) in members.iter_mut().filter(|(name, _)| !is_data(name)) {
        match value {
            Value::Object(table) if is_table_of_schemas(name) => {
                for value in table.values_mut() {
                    // Some clients take objects only.
                    if value == &Value::Bool(true) {
                        *value = Value::Object(Map::new());
                    }
                    schema(value, care);
                }
            }
            value => schema(value, care),
        }
    }
}

/// Of the keywords of one schema those that say nothing; `kept` stay even so.
fn own(members: &mut Map<String, Value>, care: Care, kept: &[&str]) {
    for word in ["allOf", "anyOf", "oneOf"] {
        simplify_choice(members, word);
    }
    fold_null(members);
    members.retain(|name, value| kept.contains(&name.as_str()) || !is_dead(name, value, care));
    let needs_minimum = members.contains_key("contains");
    if !needs_minimum {
        members.shift_remove("minContains");
        members.shift_remove("maxContains");
    }
    if care.drops_implied_types && has_implied_type(members) {
        members.shift_remove("type");
    }
}

/// Whether a keyword of this value accepts everything, or says what is so without it.
fn is_dead(name: &str, value: &Value, care: Care) -> bool {
    let is_empty = match value {
        Value::Array(items) => items.is_empty(),
        Value::Object(members) => members.is_empty(),
        Value::String(text) => text.is_empty(),
        _ => false,
    };
    match name {
        "minLength" | "minItems" | "minProperties" => value.as_f64() == Some(0.0),
        "uniqueItems" | "deprecated" | "readOnly" | "writeOnly" => value == &Value::Bool(false),
        "required" | "dependentRequired" | "dependentSchemas" | "title" | "description" | "examples"
        | "allOf" => is_empty,
        "additionalProperties" | "patternProperties" | "properties" => {
            !care.counts_evaluated && (is_empty || value == &Value::Bool(true))
        }
        "propertyNames" | "unevaluatedProperties" | "unevaluatedItems" => {
            // Only as the outermost of its kind does it count for nothing.
            !care.counts_evaluated && (is_empty || value == &Value::Bool(true))
        }
        "$comment" => true,
        _ => false,
    }
}

/// Undoes a choice of one, and removes what stands in a choice twice.
fn simplify_choice(members: &mut Map<String, Value>, word: &str) {
    let Some(Value::Array(choices)) = members.get_mut(word) else { return };
    if word != "oneOf" {
        let mut kept: Vec<Value> = Vec::with_capacity(choices.len());
        for choice in choices.drain(..) {
            let accepts_all = choice == Value::Bool(true) || choice.as_object().is_some_and(Map::is_empty);
            let says_nothing = word == "allOf" && accepts_all;
            if !says_nothing && !kept.contains(&choice) {
                kept.push(choice);
            }
        }
        *choices = kept;
    }
    let [Value::Object(only)] = choices.as_slice() else { return };
    let only = only.clone();
    if may_join(members, word, &only) {
        members.shift_remove(word);
        for (name, value) in only {
            // What stands at the place itself is nearer to it.
            members.entry(name).or_insert(value);
        }
    }
}

/// Makes a choice between a plain schema and `null` one type, or `null` one more value of its enumeration.
fn fold_null(members: &mut Map<String, Value>) {
    let Some(Value::Array(choices)) = members.get("anyOf") else { return };
    let is_null = |choice: &Value| {
        choice.as_object().is_some_and(|members| members.len() == 1) && choice["type"] == "null"
    };
    let plain = match choices.as_slice() {
        [plain, null] | [null, plain] if is_null(null) && !is_null(plain) => plain,
        _ => return,
    };
    let Value::Object(plain) = plain else { return };
    // Each of these may refuse `null` whatever the type says.
    const JUDGING: [&str; 10] =
        ["$ref", "$dynamicRef", "const", "anyOf", "oneOf", "allOf", "not", "if", "then", "else"];
    let is_plain = JUDGING.iter().all(|word| !plain.contains_key(*word));
    let (Some(Value::String(kind)), true) = (plain.get("type"), is_plain && !members.contains_key("type"))
    else {
        return;
    };
    let mut plain = plain.clone();
    let kinds = Value::from(vec![kind.as_str(), "null"]);
    if let Some(Value::Array(values)) = plain.get_mut("enum")
        && !values.contains(&Value::Null)
    {
        values.push(Value::Null);
    }
    plain.insert("type".to_owned(), kinds);
    if may_join(members, "anyOf", &plain) {
        members.shift_remove("anyOf");
        for (name, value) in plain {
            members.entry(name).or_insert(value);
        }
    }
}

/// Whether the members of the only choice mean the same beside those of its owner: keywords look at their
/// neighbours, so one side must be free of them.
fn may_join(owner: &Map<String, Value>, word: &str, only: &Map<String, Value>) -> bool {
    let is_note = |name: &str| name != "$ref" && ANNOTATIONS.contains(&name) || name.starts_with("x-mcp-");
    let mut others = owner.iter().filter(|(name, _)| *name != word && !is_note(name));
    let agrees = |(name, value): (&String, &Value)| {
        name == "type" && only.get("type").is_none_or(|kind| kind == value)
    };
    others.all(agrees)
}

/// Whether every value of the enumeration is of the type that stands beside it.
fn has_implied_type(members: &Map<String, Value>) -> bool {
    let Some(kind) = members.get("type") else { return false };
    let is_of = |value: &Value| match kind {
        Value::String(kind) => is_of_type(value, kind),
        Value::Array(kinds) => kinds.iter().filter_map(Value::as_str).any(|kind| is_of_type(value, kind)),
        _ => false,
    };
    match (members.get("const"), members.get("enum").and_then(Value::as_array)) {
        (Some(value), _) => is_of(value),
        (None, Some(values)) => !values.is_empty() && values.iter().all(is_of),
        (None, None) => false,
    }
}

fn is_of_type(value: &Value, kind: &str) -> bool {
    match kind {
        "string" => value.is_string(),
        "boolean" => value.is_boolean(),
        "null" => value.is_null(),
        "integer" => value.as_f64().is_some_and(|number| number.fract() == 0.0),
        "number" => value.is_number(),
        "array" => value.is_array(),
        "object" => value.is_object(),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn check(mut given: Value, expected: &Value) {
        let care = Care { counts_evaluated: counts_evaluated(&given), drops_implied_types: false };
        schema(&mut given, care);
        assert_eq!(given, *expected);
    }

    #[test]
    fn keywords_that_say_nothing_go() {
        check(
            json!({"type": "string", "minLength": 0, "deprecated": false, "title": "", "$comment": "x"}),
            &json!({"type": "string"}),
        );
        check(
            json!({"type": "object", "properties": {"minLength": {"minItems": 0, "type": "array"}}, "required": [],
                   "additionalProperties": {"minLength": 0}}),
            &json!({"type": "object", "properties": {"minLength": {"type": "array"}}}),
        );
        check(
            json!({"minLength": 1, "default": {"required": []}}),
            &json!({"minLength": 1, "default": {"required": []}}),
        );
    }

    #[test]
    fn what_counts_as_looked_at_stays_where_that_is_asked() {
        let counted = json!({"allOf": [{"additionalProperties": true}, {"type": "object"}], "unevaluatedProperties": false});
        check(counted.clone(), &counted);
    }

    #[test]
    fn a_choice_of_one_is_no_choice() {
        check(
            json!({"description": "here", "anyOf": [{"type": "string", "description": "there", "maxLength": 3}]}),
            &json!({"description": "here", "type": "string", "maxLength": 3}),
        );
        check(json!({"allOf": [{"$ref": "type:arguments/A"}, {}]}), &json!({"$ref": "type:arguments/A"}));
        check(json!({"anyOf": [{"type": "null"}, {"type": "null"}]}), &json!({"type": "null"}));
        check(
            json!({"oneOf": [{"type": "null"}, {"type": "null"}]}),
            &json!({"oneOf": [{"type": "null"}, {"type": "null"}]}),
        );
    }

    #[test]
    fn null_is_one_more_type() {
        check(
            json!({"description": "here", "anyOf": [{"type": "object", "properties": {"a": {"type": "null"}}}, {"type": "null"}]}),
            &json!({"description": "here", "type": ["object", "null"], "properties": {"a": {"type": "null"}}}),
        );
        check(
            json!({"anyOf": [{"type": "null"}, {"type": "string", "enum": ["a"]}]}),
            &json!({"type": ["string", "null"], "enum": ["a", null]}),
        );
        for kept in [
            json!({"anyOf": [{"$ref": "#/$defs/A"}, {"type": "null"}]}),
            json!({"anyOf": [{"type": "string", "const": "a"}, {"type": "null"}]}),
            json!({"type": "string", "anyOf": [{"type": "string"}, {"type": "null"}]}),
        ] {
            check(kept.clone(), &kept);
        }
    }

    #[test]
    fn a_choice_that_looks_at_other_neighbours_stays() {
        let closed = json!({"properties": {"a": {}}, "allOf": [{"additionalProperties": false}]});
        check(closed.clone(), &closed);
        let other = json!({"type": "string", "oneOf": [{"type": "integer"}]});
        check(other.clone(), &other);
    }

    #[test]
    fn a_root_keeps_what_clients_look_for() {
        let mut given =
            json!({"type": "object", "properties": {}, "required": [], "additionalProperties": false});
        root(&mut given, Care { counts_evaluated: false, drops_implied_types: true });
        assert_eq!(given.to_string(), r#"{"type":"object","properties":{},"additionalProperties":false}"#);
    }

    #[test]
    fn a_type_goes_only_where_the_values_imply_it() {
        let care = Care { counts_evaluated: false, drops_implied_types: true };
        let mut implied = json!({"type": ["string", "null"], "enum": ["a", null]});
        schema(&mut implied, care);
        assert_eq!(implied, json!({"enum": ["a", null]}));
        let mut narrower = json!({"type": "string", "enum": ["a", 1]});
        schema(&mut narrower, care);
        assert_eq!(narrower, json!({"type": "string", "enum": ["a", 1]}));
    }
}
