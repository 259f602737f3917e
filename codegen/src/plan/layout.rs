//! One self-contained schema out of a tree with references to named types: what is used once stands in place, the
//! rest in `$defs`, nothing else is carried, and the marks are taken out and told.

use indexmap::IndexMap;
use serde_json::{Map, Value};

use super::schema::{CALLBACK, GATE, PIN, SECRET};

/// Definitions smaller than a reference to them are written in place.
const SMALL: usize = 48;

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

/// Lays out `root`; `definition` knows the schema of each reference.
pub(crate) fn lay_out(root: &Value, definition: &dyn Fn(&str) -> Option<Value>) -> Layout {
    let found = collect(root, definition);
    let kept = found.kept();
    let keys = keys_of(&kept);
    let mut schema = found.write(root, &keys);
    if !kept.is_empty() {
        let definitions: Map<String, Value> = kept
            .iter()
            .map(|name| (keys[*name].clone(), found.write(&found.entries[*name].schema, &keys)))
            .collect();
        if let Some(schema) = schema.as_object_mut() {
            schema.insert("$defs".to_owned(), Value::Object(definitions));
        }
    }
    let mut layout = Layout { schema: Value::Null, gated: Vec::new(), marks: Vec::new() };
    take_marks(&mut schema, &mut String::new(), &mut layout);
    layout.schema = schema;
    layout
}

/// Keywords that hold values, not schemas: a member `$ref` inside is data.
pub(crate) fn is_data(keyword: &str) -> bool {
    matches!(keyword, "const" | "enum" | "default" | "examples")
}

struct Entry {
    schema: Value,
    uses: usize,
    inline: bool,
}

struct Found {
    entries: IndexMap<String, Entry>,
}

fn collect(root: &Value, definition: &dyn Fn(&str) -> Option<Value>) -> Found {
    let mut entries: IndexMap<String, Entry> = IndexMap::new();
    let mut queue = vec![root.clone()];
    let mut position = 0;
    while position < queue.len() {
        let schema = queue[position].clone();
        position += 1;
        visit(&schema, &mut |target, plain| {
            let entry = entries.entry(target.to_owned()).or_insert_with(|| {
                let schema = definition(target).unwrap_or_else(|| {
                    // It would accept anything, which is a wider promise than the document's.
                    debug_assert!(false, "`{target}` is not known");
                    Value::Object(Map::new())
                });
                queue.push(schema.clone());
                Entry { schema, uses: 0, inline: true }
            });
            entry.uses += 1;
            entry.inline &= plain;
        });
    }
    let mut found = Found { entries };
    let names: Vec<String> = found.entries.keys().cloned().collect();
    for name in names {
        let entry = &found.entries[&name];
        let small = entry.uses == 1 || entry.schema.to_string().len() <= SMALL;
        let inline = entry.inline && small && entry.schema.is_object() && !found.is_recursive(&name);
        found.entries[&name].inline = inline;
    }
    found
}

/// Calls `met` with each reference and whether only annotations stand beside it.
fn visit(schema: &Value, met: &mut dyn FnMut(&str, bool)) {
    walk(schema, false, &mut |members| {
        if let Some(target) =
            members.get("$ref").and_then(Value::as_str).filter(|target| target.starts_with("type:"))
        {
            met(target, members.keys().all(|name| ANNOTATIONS.contains(&name.as_str())));
        }
    });
}

/// Calls `met` with each object that is a schema (or a table of schemas), never with data.
fn walk(schema: &Value, is_table: bool, met: &mut dyn FnMut(&Map<String, Value>)) {
    match schema {
        Value::Array(items) => items.iter().for_each(|item| walk(item, false, met)),
        Value::Object(members) => {
            if !is_table {
                met(members);
            }
            for (name, value) in members {
                if is_table || !is_data(name) {
                    walk(value, !is_table && is_table_of_schemas(name), met);
                }
            }
        }
        _ => {}
    }
}

/// Keywords whose members are names chosen by the document.
pub(crate) fn is_table_of_schemas(keyword: &str) -> bool {
    matches!(keyword, "properties" | "patternProperties" | "$defs" | "dependentSchemas")
}

impl Found {
    fn is_recursive(&self, name: &str) -> bool {
        let mut seen = std::collections::HashSet::new();
        let mut queue = vec![name.to_owned()];
        while let Some(next) = queue.pop() {
            let mut back = false;
            if let Some(entry) = self.entries.get(&next) {
                visit(&entry.schema, &mut |target, _| {
                    back |= target == name;
                    if seen.insert(target.to_owned()) {
                        queue.push(target.to_owned());
                    }
                });
            }
            if back {
                return true;
            }
        }
        false
    }

    /// The definitions that stay, in order of first use.
    fn kept(&self) -> Vec<&str> {
        self.entries.iter().filter(|(_, entry)| !entry.inline).map(|(name, _)| name.as_str()).collect()
    }

    fn write(&self, schema: &Value, keys: &IndexMap<String, String>) -> Value {
        self.write_in(schema, false, keys)
    }

    fn write_in(&self, schema: &Value, is_table: bool, keys: &IndexMap<String, String>) -> Value {
        match schema {
            Value::Array(items) => items.iter().map(|item| self.write_in(item, false, keys)).collect(),
            Value::Object(members) => {
                let target = members.get("$ref").and_then(Value::as_str).filter(|_| !is_table);
                match target.and_then(|target| Some((target, self.entries.get(target)?))) {
                    Some((_, entry)) if entry.inline => self.in_place(&entry.schema, members, keys),
                    Some((target, _)) => {
                        let mut out = self.members(members, is_table, keys);
                        out.insert("$ref".to_owned(), format!("#/$defs/{}", keys[target]).into());
                        Value::Object(out)
                    }
                    None => Value::Object(self.members(members, is_table, keys)),
                }
            }
            other => other.clone(),
        }
    }

    fn members(
        &self,
        members: &Map<String, Value>,
        is_table: bool,
        keys: &IndexMap<String, String>,
    ) -> Map<String, Value> {
        let write = |(name, value): (&String, &Value)| {
            let value = if !is_table && is_data(name) {
                value.clone()
            } else {
                self.write_in(value, !is_table && is_table_of_schemas(name), keys)
            };
            (name.clone(), value)
        };
        members.iter().map(write).collect()
    }

    /// The definition itself, with the annotations of the place that referred to it.
    fn in_place(
        &self,
        definition: &Value,
        place: &Map<String, Value>,
        keys: &IndexMap<String, String>,
    ) -> Value {
        let mut schema = self.write(definition, keys);
        if let Some(members) = schema.as_object_mut() {
            for (name, value) in place.iter().filter(|(name, _)| *name != "$ref") {
                members.insert(name.clone(), value.clone());
            }
        }
        schema
    }
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

fn take_marks(schema: &mut Value, pointer: &mut String, layout: &mut Layout) {
    take_marks_in(schema, false, pointer, layout);
}

fn take_marks_in(schema: &mut Value, is_table: bool, pointer: &mut String, layout: &mut Layout) {
    let length = pointer.len();
    match schema {
        Value::Array(items) => {
            for (index, item) in items.iter_mut().enumerate() {
                pointer.push_str(&format!("/{index}"));
                take_marks_in(item, false, pointer, layout);
                pointer.truncate(length);
            }
        }
        Value::Object(members) => {
            if !is_table {
                for mark in [GATE, CALLBACK, PIN, SECRET] {
                    if members.shift_remove(mark).is_none() {
                        continue;
                    }
                    if mark == GATE {
                        layout.gated.push(pointer.clone());
                    }
                    if !layout.marks.contains(&mark) {
                        layout.marks.push(mark);
                    }
                }
            }
            for (name, value) in members.iter_mut().filter(|(name, _)| is_table || !is_data(name)) {
                pointer.push('/');
                pointer.push_str(&escape(name));
                take_marks_in(value, !is_table && is_table_of_schemas(name), pointer, layout);
                pointer.truncate(length);
            }
        }
        _ => {}
    }
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
