//! Definitions that are the same by structure, however they are called and also where they refer to themselves: one of
//! them stands for all.

use std::collections::HashMap;
use std::fmt::Write as _;

use indexmap::IndexMap;
use serde_json::Value;

use super::{is_data, is_table_of_schemas};

/// For each name the first one with the same schema, its own if there is none before.
///
/// All begin in one class; classes are split by text, references read as the class of what they lead to, until
/// nothing is split any more. What is then together cannot be told apart.
pub(crate) fn representatives(schemas: &IndexMap<String, Value>) -> HashMap<String, String> {
    let mut classes: HashMap<&str, usize> = schemas.keys().map(|name| (name.as_str(), 0)).collect();
    let mut count = usize::from(!schemas.is_empty());
    loop {
        let mut known: HashMap<(usize, String), usize> = HashMap::new();
        let mut next = HashMap::with_capacity(classes.len());
        for (name, schema) in schemas {
            let mut text = String::new();
            write(schema, false, &classes, &mut text);
            let fresh = known.len();
            let class = *known.entry((classes[name.as_str()], text)).or_insert(fresh);
            next.insert(name.as_str(), class);
        }
        // Either nothing was split, or nothing is left to split.
        let is_settled = known.len() == count || known.len() == schemas.len();
        count = known.len();
        classes = next;
        if is_settled {
            break;
        }
    }
    let mut first: HashMap<usize, &str> = HashMap::new();
    schemas
        .keys()
        .map(|name| {
            let representative = *first.entry(classes[name.as_str()]).or_insert(name);
            (name.clone(), representative.to_owned())
        })
        .collect()
}

/// The text of a schema, references read as classes; only what is the same has the same text. Texts stand in it as they
/// are, after their lengths.
fn write(schema: &Value, is_table: bool, classes: &HashMap<&str, usize>, out: &mut String) {
    match schema {
        Value::Array(items) => {
            out.push('[');
            for item in items {
                write(item, false, classes, out);
                out.push(',');
            }
            out.push(']');
        }
        Value::Object(members) => {
            out.push('{');
            for (name, value) in members {
                let _ = write!(out, "{}:{name}", name.len());
                let class =
                    value.as_str().filter(|_| !is_table && name == "$ref").and_then(|to| classes.get(to));
                match class {
                    Some(class) => drop(write!(out, "<{class}>")),
                    None if !is_table && is_data(name) => drop(write!(out, "{value}")),
                    None => write(value, !is_table && is_table_of_schemas(name), classes, out),
                }
                out.push(',');
            }
            out.push('}');
        }
        Value::String(text) => drop(write!(out, "\"{}:{text}", text.len())),
        plain => drop(write!(out, "{plain}")),
    }
}

/// Makes each reference one to the representative.
pub(crate) fn redirect(schema: &mut Value, same: &HashMap<String, String>) {
    redirect_in(schema, false, same);
}

fn redirect_in(schema: &mut Value, is_table: bool, same: &HashMap<String, String>) {
    match schema {
        Value::Array(items) => items.iter_mut().for_each(|item| redirect_in(item, false, same)),
        Value::Object(members) => {
            for (name, value) in members.iter_mut().filter(|(name, _)| is_table || !is_data(name)) {
                match value {
                    Value::String(target) if !is_table && name == "$ref" => {
                        if let Some(first) = same.get(target.as_str()) {
                            target.clone_from(first);
                        }
                    }
                    value => redirect_in(value, !is_table && is_table_of_schemas(name), same),
                }
            }
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn check(schemas: Value, expected: &[(&str, &str)]) {
        let schemas: IndexMap<String, Value> = schemas
            .as_object()
            .expect("an object")
            .iter()
            .map(|(name, schema)| (name.clone(), schema.clone()))
            .collect();
        let found = representatives(&schemas);
        for (name, first) in expected {
            assert_eq!(found[*name], *first, "{name}");
        }
    }

    #[test]
    fn the_same_structure_is_one_also_where_it_refers_to_itself() {
        check(
            json!({
                "A": {"properties": {"next": {"$ref": "A"}}},
                "B": {"properties": {"next": {"$ref": "A"}}},
                "C": {"properties": {"next": {"$ref": "D"}}},
                "D": {"properties": {"next": {"$ref": "C"}}},
                "E": {"properties": {"next": {"$ref": "F"}}},
                "F": {"type": "string"},
            }),
            &[("A", "A"), ("B", "A"), ("C", "A"), ("D", "A"), ("E", "E"), ("F", "F")],
        );
    }

    #[test]
    fn a_reference_in_data_is_no_reference() {
        check(
            json!({"A": {"type": "string"}, "B": {"type": "string"}, "C": {"const": {"$ref": "A"}}, "D": {"const": {"$ref": "B"}}}),
            &[("A", "A"), ("B", "A"), ("C", "C"), ("D", "D")],
        );
    }
}
