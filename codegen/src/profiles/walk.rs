//! Every schema inside a schema, with its pointer.

use serde_json::{Map, Value};

/// Calls `met` with each object that is a schema, the root included, and its pointer.
pub(super) fn each<'v>(schema: &'v Value, met: &mut dyn FnMut(&str, &'v Map<String, Value>)) {
    visit(schema, &mut String::new(), met);
}

/// The pointers of the schemas for which `is_meant` is true.
pub(super) fn places(schema: &Value, is_meant: impl Fn(&Map<String, Value>) -> bool) -> Vec<String> {
    let mut found = Vec::new();
    each(schema, &mut |pointer, members| {
        if is_meant(members) {
            found.push(pointer.to_owned());
        }
    });
    found
}

fn visit<'v>(schema: &'v Value, pointer: &mut String, met: &mut dyn FnMut(&str, &'v Map<String, Value>)) {
    let Value::Object(members) = schema else { return };
    met(pointer, members);
    let length = pointer.len();
    for (keyword, value) in members {
        let mut below = |step: String, value: &'v Value, pointer: &mut String| {
            pointer.push_str(&step);
            visit(value, pointer, met);
            pointer.truncate(length);
        };
        match (keyword.as_str(), value) {
            ("const" | "enum" | "default" | "examples" | "required" | "dependentRequired", _) => {}
            ("properties" | "patternProperties" | "$defs" | "dependentSchemas", Value::Object(table)) => {
                for (name, value) in table {
                    below(format!("/{keyword}/{}", escaped(name)), value, pointer);
                }
            }
            (_, Value::Array(items)) => {
                for (index, value) in items.iter().enumerate() {
                    below(format!("/{keyword}/{index}"), value, pointer);
                }
            }
            (_, value) => below(format!("/{keyword}"), value, pointer),
        }
    }
}

fn escaped(name: &str) -> String {
    name.replace('~', "~0").replace('/', "~1")
}
