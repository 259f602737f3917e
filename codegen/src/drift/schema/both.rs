//! Schemas that a value must meet together, as one schema.

use serde_json::{Map, Value};

/// One schema that is met by what meets all.
pub(super) fn all_of(schemas: &[&Value]) -> Value {
    let mut said: Vec<&Value> = Vec::new();
    for schema in schemas {
        if !says_nothing(schema) && !said.contains(schema) {
            said.push(schema);
        }
    }
    match said.as_slice() {
        [] => Value::Bool(true),
        [one] => (*one).clone(),
        several if several.contains(&&Value::Bool(false)) => Value::Bool(false),
        several => serde_json::json!({ "allOf": several }),
    }
}

/// Whether a schema is `true` or `{}`.
pub(super) fn says_nothing(schema: &Value) -> bool {
    matches!(schema, Value::Bool(true)) || schema.as_object().is_some_and(Map::is_empty)
}
