//! One self-contained schema out of a tree with references to named types: what is used once stands in place, the
//! rest in `$defs`, nothing else is carried, and the marks are taken out and told.

mod alike;
mod marks;
mod minimise;
mod placing;
mod prose;
mod share;

use indexmap::IndexMap;
use serde_json::{Map, Value};

use minimise::Care;

use super::schema::{GATE, SECRET};

/// Keywords beside a reference that say nothing about values.
const ANNOTATIONS: [&str; 9] =
    ["$ref", "title", "description", "default", "deprecated", "examples", GATE, SECRET, "$comment"];

/// A laid-out schema.
#[derive(Debug)]
pub(crate) struct Layout {
    /// The schema, with `$defs` where needed and without marks.
    pub schema: Value,
    /// JSON pointers of the schemas that are behind the callback gate.
    pub gated: Vec<String>,
    /// The marks that were met, each once.
    pub marks: Vec<&'static str>,
}

/// What a laid-out schema is for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Purpose {
    /// To be read by models, and to judge by.
    #[default]
    Arguments,
    /// The same, for clients that cannot follow references: what is not recursive stands in place.
    ArgumentsInPlace,
    /// To judge by.
    Answer,
}

/// Lays out `root` for arguments; `definition` knows the schema of each reference.
pub(crate) fn lay_out(root: &Value, definition: &dyn Fn(&str) -> Option<Value>) -> Layout {
    lay_out_for(Purpose::Arguments, root, definition)
}

/// Lays out `root`; `definition` knows the schema of each reference.
pub(crate) fn lay_out_for(
    purpose: Purpose,
    root: &Value,
    definition: &dyn Fn(&str) -> Option<Value>,
) -> Layout {
    let (root, found) = placing::collect(purpose, root, definition);
    let kept = found.kept();
    let keys = keys_of(&kept);
    let mut schema = found.write(&root, &keys);
    if !kept.is_empty() {
        let definitions: Map<String, Value> =
            kept.iter().map(|name| (keys[*name].clone(), found.definition(name, &keys))).collect();
        if let Some(schema) = schema.as_object_mut() {
            schema.insert("$defs".to_owned(), Value::Object(definitions));
        }
    }
    let care = Care {
        counts_evaluated: minimise::counts_evaluated(&schema),
        drops_implied_types: purpose == Purpose::Answer,
    };
    minimise::root(&mut schema, care);
    prose::once(&mut schema);
    if purpose != Purpose::ArgumentsInPlace {
        share::repeated(&mut schema);
    }
    let mut layout = Layout { schema: Value::Null, gated: Vec::new(), marks: Vec::new() };
    marks::take(&mut schema, &mut layout);
    layout.schema = schema;
    layout
}

/// Keywords that hold values, not schemas: a member `$ref` inside is data.
pub(crate) fn is_data(keyword: &str) -> bool {
    matches!(keyword, "const" | "enum" | "default" | "examples" | "dependentRequired")
}

/// Keywords whose members are names chosen by the document.
pub(crate) fn is_table_of_schemas(keyword: &str) -> bool {
    matches!(keyword, "properties" | "patternProperties" | "$defs" | "dependentSchemas")
}

/// A key in `$defs` for each reference: the type's own name, marked when it stands open as the document wrote it.
fn keys_of(kept: &[&str]) -> IndexMap<String, String> {
    let mut scope = super::names::Scope::default();
    kept.iter()
        .map(|target| {
            let (module, name) = target.trim_start_matches("type:").split_once('/').unwrap_or(("", target));
            let name = super::names::type_name(name, "Schema");
            let name = if module == "open" { format!("{name}Open") } else { name };
            ((*target).to_owned(), scope.claim(name, ""))
        })
        .collect()
}

/// A name as a token of a JSON pointer.
pub(crate) fn escape(name: &str) -> String {
    name.replace('~', "~0").replace('/', "~1")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn check(root: &Value, definitions: &Value, expected: &Value) -> Layout {
        let layout =
            lay_out(root, &|target| definitions.get(target.trim_start_matches("type:arguments/")).cloned());
        assert_eq!(layout.schema, *expected);
        layout
    }

    #[test]
    fn what_is_used_once_stands_in_place_with_the_words_of_its_place() {
        check(
            &json!({"properties": {"a": {"$ref": "type:arguments/A", "description": "here"}}}),
            &json!({"A": {"type": "object", "description": "there"}}),
            &json!({"properties": {"a": {"type": "object", "description": "here"}}}),
        );
    }

    #[test]
    fn what_is_recursive_or_used_twice_is_a_definition() {
        let large =
            json!({"type": "string", "description": "Longer than any reference to it would be, surely."});
        check(
            &json!({"properties": {"a": {"$ref": "type:arguments/A"}, "b": {"$ref": "type:arguments/B"}}}),
            &json!({
                "A": {"properties": {"again": {"$ref": "type:arguments/A"}, "b": {"$ref": "type:arguments/B"}}},
                "B": large, "Unused": {}
            }),
            &json!({
                "properties": {"a": {"$ref": "#/$defs/A"}, "b": {"$ref": "#/$defs/B"}},
                "$defs": {
                    "A": {"properties": {"again": {"$ref": "#/$defs/A"}, "b": {"$ref": "#/$defs/B"}}},
                    "B": large
                }
            }),
        );
    }

    #[test]
    fn marks_become_pointers_and_a_property_may_be_called_like_a_keyword() {
        let layout = check(
            &json!({"properties": {
                "default": {"$ref": "type:arguments/A"},
                "$ref": {"type": "string", "x-mcp-gate": true},
                "const": {"const": {"$ref": "type:arguments/A", "x-mcp-gate": 1}}
            }}),
            &json!({"A": {"type": "boolean"}}),
            &json!({"properties": {
                "default": {"type": "boolean"},
                "$ref": {"type": "string"},
                "const": {"const": {"$ref": "type:arguments/A", "x-mcp-gate": 1}}
            }}),
        );
        assert_eq!(layout.gated, ["/properties/$ref"]);
    }
}
