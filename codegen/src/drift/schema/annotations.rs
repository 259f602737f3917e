//! What schemas say besides which values they accept: descriptions, titles, defaults, deprecation, and which members
//! have a name at all. They are compared member by member, where both sides have the member.

use std::collections::HashSet;

use serde_json::{Map, Value};

use super::Definitions;

/// Members within each other that are compared.
const DEPTH: usize = 24;

/// How what a schema says changed.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Annotation {
    /// Where, as in `level` or `items[].setId`; empty for the whole.
    pub(crate) path: String,
    /// `description`, `title`, `default`, `deprecated` or another keyword.
    pub(crate) keyword: &'static str,
    /// What it said.
    pub(crate) old: Option<Value>,
    /// What it says.
    pub(crate) new: Option<Value>,
    /// Whether only the new schema has this part at all.
    pub(crate) is_of_new_member: bool,
}

/// What changed in what two schemas say. Of a member that only the new schema has, its words are told as new ones.
pub(crate) fn annotations(old: &Value, new: &Value) -> Vec<Annotation> {
    let mut reading = Reading::of(old, new);
    reading.schemas(Some(old), new, "", 0);
    reading.found
}

/// Paths of members that only the old schema declares, and of those that only the new one does. A member that may be
/// anything makes no difference to the values of an object that takes any member; to a reader it does.
pub(crate) fn declared(old: &Value, new: &Value) -> (Vec<String>, Vec<String>) {
    let mut reading = Reading::of(old, new);
    reading.schemas(Some(old), new, "", 0);
    (reading.lost, reading.gained)
}

struct Reading<'s> {
    old: Definitions<'s>,
    new: Definitions<'s>,
    seen: HashSet<(String, String)>,
    found: Vec<Annotation>,
    lost: Vec<String>,
    gained: Vec<String>,
    /// Choices that lead here: which of them belong together is not known, so names are not compared there.
    choices: usize,
}

impl<'s> Reading<'s> {
    fn of(old: &'s Value, new: &'s Value) -> Self {
        Self {
            old: Definitions::of(old),
            new: Definitions::of(new),
            seen: HashSet::new(),
            found: Vec::new(),
            lost: Vec::new(),
            gained: Vec::new(),
            choices: 0,
        }
    }

    fn names(&mut self, known: &Map<String, Value>, now: &Map<String, Value>, path: &str) {
        if self.choices > 0 {
            return;
        }
        let missing = |names: &Map<String, Value>, from: &Map<String, Value>| -> Vec<String> {
            names.keys().filter(|name| !from.contains_key(*name)).map(|name| joined(path, name)).collect()
        };
        self.lost.extend(missing(known, now));
        self.gained.extend(missing(now, known));
    }

    fn schemas(&mut self, old: Option<&Value>, new: &Value, path: &str, depth: usize) {
        let new = resolved(self.new, new);
        let old = old.map(|old| resolved(self.old, old));
        if depth > DEPTH || old.as_ref() == Some(&new) && !new.to_string().contains("\"$ref\"") {
            return;
        }
        let is_new = old.is_none();
        let spelt = (old.as_ref().map(Value::to_string).unwrap_or_default(), new.to_string());
        if !self.seen.insert(spelt) {
            return;
        }
        for keyword in ["title", "description", "default", "deprecated"] {
            let (before, after) = (old.as_ref().and_then(|old| old.get(keyword)), new.get(keyword));
            if before != after {
                let (old, new) = (before.cloned(), after.cloned());
                let is_of_new_member = is_new;
                self.found.push(Annotation { path: path.to_owned(), keyword, old, new, is_of_new_member });
            }
        }
        self.below(old.as_ref(), &new, path, depth);
    }

    fn below(&mut self, old: Option<&Value>, new: &Value, path: &str, depth: usize) {
        let members = |schema: Option<&Value>| {
            schema.and_then(|schema| schema.get("properties")).and_then(Value::as_object).cloned()
        };
        let known = members(old).unwrap_or_default();
        let now = members(Some(new)).unwrap_or_default();
        if old.is_some() {
            self.names(&known, &now, path);
        }
        for (name, member) in &now {
            self.schemas(known.get(name), member, &joined(path, name), depth + 1);
        }
        for (keyword, step) in [("items", "[]"), ("additionalProperties", ".*")] {
            if let Some(inner) = new.get(keyword) {
                self.schemas(
                    old.and_then(|old| old.get(keyword)),
                    inner,
                    &format!("{path}{step}"),
                    depth + 1,
                );
            }
        }
        for keyword in ["anyOf", "oneOf", "allOf", "prefixItems"] {
            let choices = |schema: Option<&Value>| {
                schema.and_then(|schema| schema.get(keyword)).and_then(Value::as_array).cloned()
            };
            let before = choices(old).unwrap_or_default();
            for (index, choice) in choices(Some(new)).unwrap_or_default().iter().enumerate() {
                self.choices += 1;
                self.schemas(before.get(index), choice, path, depth + 1);
                self.choices -= 1;
            }
        }
    }
}

fn joined(path: &str, name: &str) -> String {
    if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") }
}

/// The schema that a reference leads to, with what is said beside the reference on top.
fn resolved(definitions: Definitions<'_>, schema: &Value) -> Value {
    let reference = schema.get("$ref").and_then(Value::as_str);
    let Some(Value::Object(target)) = reference.and_then(|to| definitions.find(to)) else {
        return schema.clone();
    };
    let mut whole = target.clone();
    for (keyword, value) in schema.as_object().into_iter().flatten() {
        if !matches!(keyword.as_str(), "$ref" | "$defs") {
            whole.insert(keyword.clone(), value.clone());
        }
    }
    whole.into()
}
