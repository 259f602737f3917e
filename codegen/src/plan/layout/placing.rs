//! Which definitions a schema needs, and which of them stand in place of the references to them.

use std::collections::{HashMap, VecDeque};

use indexmap::IndexMap;
use serde_json::{Map, Value};

use super::minimise::Care;
use super::{ANNOTATIONS, Purpose, alike, is_data, is_table_of_schemas, minimise};

/// Definitions smaller than a reference to them are written in place.
const SMALL: usize = 48;

/// Where references cannot be followed, a definition is written in place as long as it is no longer than this.
const LONGEST_IN_PLACE: usize = 32 * 1024;

/// How deep definitions refer to each other at most before they count as endless.
const DEEPEST: usize = 64;

/// A definition that is needed.
struct Entry {
    schema: Value,
    uses: usize,
    inline: bool,
}

/// The definitions that are needed, and where each stands.
pub(super) struct Found {
    entries: IndexMap<String, Entry>,
}

/// Every definition that the root needs, one for all that are the same, and the root in terms of them.
pub(super) fn collect(
    purpose: Purpose,
    root: &Value,
    definition: &dyn Fn(&str) -> Option<Value>,
) -> (Value, Found) {
    // Before all is known, nothing may go that another keyword could count.
    let care = Care { counts_evaluated: true, drops_implied_types: false };
    let mut root = root.clone();
    minimise::root(&mut root, care);
    let mut schemas: IndexMap<String, Value> = IndexMap::new();
    let mut waiting = targets(&root);
    while let Some(target) = waiting.pop_front() {
        if schemas.contains_key(&target) {
            continue;
        }
        let mut schema = definition(&target).unwrap_or_else(|| {
            // It would accept anything, which is a wider promise than the document's.
            debug_assert!(false, "`{target}` is not known");
            Value::Object(Map::new())
        });
        minimise::schema(&mut schema, care);
        waiting.extend(targets(&schema));
        schemas.insert(target, schema);
    }
    let same = alike::representatives(&schemas);
    if same.iter().any(|(name, first)| name != first) {
        alike::redirect(&mut root, &same);
        schemas.retain(|name, _| same.get(name) == Some(name));
        schemas.values_mut().for_each(|schema| alike::redirect(schema, &same));
    }
    let mut found = Found::new(schemas, &root);
    found.decide(purpose);
    (root, found)
}

fn targets(schema: &Value) -> VecDeque<String> {
    let mut found = VecDeque::new();
    visit(schema, &mut |target, _| found.push_back(target.to_owned()));
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

impl Found {
    fn new(schemas: IndexMap<String, Value>, root: &Value) -> Found {
        let entries: IndexMap<String, Entry> = schemas
            .into_iter()
            .map(|(name, schema)| (name, Entry { schema, uses: 0, inline: true }))
            .collect();
        let mut found = Found { entries };
        found.count(root);
        for index in 0..found.entries.len() {
            let schema = std::mem::take(&mut found.entries[index].schema);
            found.count(&schema);
            found.entries[index].schema = schema;
        }
        found
    }

    fn count(&mut self, schema: &Value) {
        visit(schema, &mut |target, plain| {
            if let Some(entry) = self.entries.get_mut(target) {
                entry.uses += 1;
                entry.inline &= plain;
            }
        });
    }

    /// Decides what stands in place: what may, and is no longer than references to it would be.
    fn decide(&mut self, purpose: Purpose) {
        let names: Vec<String> = self.entries.keys().cloned().collect();
        let mut lengths = HashMap::new();
        for name in &names {
            let entry = &self.entries[name];
            let may = entry.inline && entry.schema.is_object();
            let mut is_small = || match purpose {
                Purpose::ArgumentsInPlace => self.unfolded(name, &mut lengths, 0) <= LONGEST_IN_PLACE,
                _ => entry.uses == 1 || self.is_shorter(name, entry),
            };
            let inline = may && is_small() && !self.is_recursive(name);
            self.entries[name].inline = inline;
        }
    }

    /// Whether the schema in all its places is shorter than a definition with references to it.
    fn is_shorter(&self, name: &str, entry: &Entry) -> bool {
        let length = entry.schema.to_string().len();
        let key = name.rsplit('/').next().unwrap_or(name).len();
        let reference = r##"{"$ref":"#/$defs/"}"##.len() + key;
        length <= SMALL || entry.uses * length <= length + key + 4 + entry.uses * reference
    }

    /// How long a schema is with everything in place; more than enough where that has no end.
    fn unfolded(&self, name: &str, known: &mut HashMap<String, usize>, depth: usize) -> usize {
        if let Some(length) = known.get(name) {
            return *length;
        }
        let Some(entry) = self.entries.get(name).filter(|_| depth < DEEPEST) else { return usize::MAX };
        // Met again inside of itself, it has no end.
        known.insert(name.to_owned(), usize::MAX);
        let mut length = entry.schema.to_string().len();
        for target in targets(&entry.schema) {
            length = length.saturating_add(self.unfolded(&target, known, depth + 1));
        }
        known.insert(name.to_owned(), length);
        length
    }

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
    pub(super) fn kept(&self) -> Vec<&str> {
        self.entries.iter().filter(|(_, entry)| !entry.inline).map(|(name, _)| name.as_str()).collect()
    }

    /// The definition of this name, with the others in their places.
    pub(super) fn definition(&self, name: &str, keys: &IndexMap<String, String>) -> Value {
        self.write(&self.entries[name].schema, keys)
    }

    /// A schema with the definitions in their places and references to the others by their keys.
    pub(super) fn write(&self, schema: &Value, keys: &IndexMap<String, String>) -> Value {
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
