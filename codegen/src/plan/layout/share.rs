//! What stands in a schema more than once, letter for letter, becomes a definition; and what is the same as a
//! definition becomes a reference to it. The size of the text decides.

use std::collections::HashMap;
use std::collections::hash_map::DefaultHasher;
use std::hash::{Hash as _, Hasher as _};

use indexmap::IndexMap;
use serde_json::{Map, Value, json};

use super::super::names::{self, Scope};
use super::super::schema::GATE;
use super::{is_data, is_table_of_schemas};

/// Shorter schemas are not worth a second place.
const SHORTEST: usize = 80;

/// Moves what is repeated into `$defs`.
pub(crate) fn repeated(schema: &mut Value) {
    let mut definitions = match schema.as_object_mut().and_then(|members| members.shift_remove("$defs")) {
        Some(Value::Object(definitions)) => definitions,
        _ => Map::new(),
    };
    let own = Digest::of(schema);
    let defined: Vec<Digest> = definitions.values().map(Digest::of).collect();
    let mut survey = Survey::default();
    survey.count(schema, &own, "", true);
    for ((name, definition), digest) in definitions.iter().zip(&defined) {
        survey.count(definition, digest, name, true);
    }
    let mut writer = Writer::new(&survey, definitions.keys().zip(&defined));
    if !writer.chosen.is_empty() {
        writer.inside(schema, &own);
        for (definition, digest) in definitions.values_mut().zip(&defined) {
            writer.inside(definition, digest);
        }
        definitions.extend(writer.made);
    }
    if let (Some(members), false) = (schema.as_object_mut(), definitions.is_empty()) {
        members.insert("$defs".to_owned(), Value::Object(definitions));
    }
}

/// Hash and length of the text of a value, and of all that is inside, in order. The order of members counts, since
/// what is written does.
struct Digest {
    hash: u64,
    length: usize,
    inside: Vec<Digest>,
}

impl Digest {
    fn of(value: &Value) -> Digest {
        let mut hasher = DefaultHasher::new();
        let mut length = 2;
        let inside: Vec<Digest> = match value {
            Value::Array(items) => {
                hasher.write_u8(b'[');
                items.iter().map(Digest::of).collect()
            }
            Value::Object(members) => {
                hasher.write_u8(b'{');
                for name in members.keys() {
                    name.hash(&mut hasher);
                    length += name.len() + 3;
                }
                members.values().map(Digest::of).collect()
            }
            plain => {
                length = hash_plain(plain, &mut hasher);
                Vec::new()
            }
        };
        for digest in &inside {
            hasher.write_u64(digest.hash);
            length += digest.length + 1;
        }
        Digest { hash: hasher.finish(), length, inside }
    }
}

/// Hashes what nothing is inside of; the length of its text.
fn hash_plain(value: &Value, hasher: &mut DefaultHasher) -> usize {
    match value {
        Value::String(text) if !text.bytes().any(|byte| matches!(byte, b'"' | b'\\' | 0..0x20)) => {
            hasher.write_u8(b'"');
            text.hash(hasher);
            text.len() + 2
        }
        other => {
            let text = other.to_string();
            text.hash(hasher);
            text.len()
        }
    }
}

/// What a schema is worth: how long its text is, how often it stands somewhere, and what it is called there.
struct Weight {
    length: usize,
    uses: usize,
    name: String,
    may_move: bool,
}

/// Every schema of a tree by the hash of its content.
#[derive(Default)]
struct Survey {
    weights: IndexMap<u64, Weight>,
}

impl Survey {
    /// Counts how often each schema stands somewhere; inside of what was met before nothing counts again.
    fn count(&mut self, value: &Value, digest: &Digest, name: &str, is_fixed: bool) {
        match value {
            Value::Array(items) => {
                items
                    .iter()
                    .zip(&digest.inside)
                    .for_each(|(item, inner)| self.count(item, inner, name, false));
            }
            Value::Object(members) if digest.length >= SHORTEST => {
                let weight = self.weights.entry(digest.hash).or_insert_with(|| Weight {
                    length: digest.length,
                    uses: 0,
                    name: name.to_owned(),
                    may_move: !is_fixed && !members.contains_key(GATE),
                });
                weight.uses += 1;
                if weight.uses == 1 {
                    self.count_inside(members, digest, name);
                }
            }
            _ => {}
        }
    }

    fn count_inside(&mut self, members: &Map<String, Value>, digest: &Digest, name: &str) {
        for ((keyword, value), inner) in members.iter().zip(&digest.inside) {
            match value {
                _ if is_data(keyword) => {}
                Value::Object(table) if is_table_of_schemas(keyword) => {
                    for ((name, value), inner) in table.iter().zip(&inner.inside) {
                        self.count(value, inner, name, false);
                    }
                }
                value => self.count(value, inner, name, false),
            }
        }
    }
}

/// Replaces what was chosen.
struct Writer {
    /// The key in `$defs` by hash, and whether its definition stands there already.
    chosen: HashMap<u64, (String, bool)>,
    /// The definitions that did not stand there before.
    made: Map<String, Value>,
}

impl Writer {
    fn new<'d>(survey: &Survey, known: impl Iterator<Item = (&'d String, &'d Digest)>) -> Writer {
        let mut scope = Scope::default();
        let mut chosen: HashMap<u64, (String, bool)> = HashMap::new();
        for (name, digest) in known {
            scope.claim(name.clone(), "");
            if survey.weights.get(&digest.hash).is_some_and(|weight| weight.uses > 1) {
                chosen.entry(digest.hash).or_insert_with(|| (name.clone(), true));
            }
        }
        for (hash, weight) in survey.weights.iter().filter(|(_, weight)| weight.may_move) {
            let name = names::type_name(&weight.name, "Schema");
            let reference = r##"{"$ref":"#/$defs/"}"##.len() + name.len();
            let shared = weight.length + name.len() + 4 + weight.uses * reference;
            if weight.uses * weight.length > shared && !chosen.contains_key(hash) {
                chosen.insert(*hash, (scope.claim(name, ""), false));
            }
        }
        Writer { chosen, made: Map::new() }
    }

    /// Replaces below a schema that itself stays where it is.
    fn inside(&mut self, schema: &mut Value, digest: &Digest) {
        let Value::Object(members) = schema else { return };
        for ((keyword, value), inner) in members.iter_mut().zip(&digest.inside) {
            match value {
                _ if is_data(keyword) => {}
                Value::Object(table) if is_table_of_schemas(keyword) => {
                    for (value, inner) in table.values_mut().zip(&inner.inside) {
                        self.replace(value, inner);
                    }
                }
                value => self.replace(value, inner),
            }
        }
    }

    fn replace(&mut self, value: &mut Value, digest: &Digest) {
        match value {
            Value::Array(items) => {
                for (item, inner) in items.iter_mut().zip(&digest.inside) {
                    self.replace(item, inner);
                }
            }
            Value::Object(members) => {
                let may_move = digest.length >= SHORTEST && !members.contains_key(GATE);
                let found = self.chosen.get(&digest.hash).filter(|_| may_move).cloned();
                let Some((key, is_known)) = found else { return self.inside(value, digest) };
                let mut content = std::mem::replace(value, json!({"$ref": format!("#/$defs/{key}")}));
                if !is_known && !self.made.contains_key(&key) {
                    self.inside(&mut content, digest);
                    self.made.insert(key, content);
                }
            }
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LONG: &str =
        "A text that is long enough for the schema that holds it to be worth a definition of its own.";

    fn check(mut given: Value, expected: &Value) {
        repeated(&mut given);
        assert_eq!(given, *expected);
    }

    #[test]
    fn what_is_repeated_is_defined_once_after_the_name_of_its_first_place() {
        let twice = json!({"type": "object", "properties": {"a": {"type": "string", "description": LONG}}});
        check(
            json!({"properties": {"sender": twice, "to": twice, "other": {"type": "array", "items": twice}}}),
            &json!({"properties": {"sender": {"$ref": "#/$defs/Sender"}, "to": {"$ref": "#/$defs/Sender"},
                                   "other": {"type": "array", "items": {"$ref": "#/$defs/Sender"}}},
                    "$defs": {"Sender": twice}}),
        );
    }

    #[test]
    fn what_is_like_a_definition_refers_to_it() {
        let known = json!({"type": "string", "description": LONG});
        check(
            json!({"properties": {"a": {"$ref": "#/$defs/Known"}, "b": known}, "$defs": {"Known": known}}),
            &json!({"properties": {"a": {"$ref": "#/$defs/Known"}, "b": {"$ref": "#/$defs/Known"}}, "$defs": {"Known": known}}),
        );
    }

    #[test]
    fn what_is_short_gated_or_data_stays() {
        let long = json!({"type": "string", "description": LONG});
        let mut gated = long.clone();
        gated[GATE] = json!(true);
        let same = json!({"properties": {"a": {"type": "string"}, "b": {"type": "string"}, "c": gated, "d": gated,
                                         "e": {"const": long}, "f": {"title": "f", "const": long}}});
        check(same.clone(), &same);
    }
}
