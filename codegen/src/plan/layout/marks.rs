//! The marks of a schema, taken out and told: clients have no use for them.

use serde_json::Value;

use super::super::schema::{CALLBACK, GATE, PIN, SECRET};
use super::{Layout, escape, is_data, is_table_of_schemas};

/// Takes every mark out of a whole schema.
pub(crate) fn take(schema: &mut Value, layout: &mut Layout) {
    take_in(schema, false, &mut String::new(), layout);
}

fn take_in(schema: &mut Value, is_table: bool, pointer: &mut String, layout: &mut Layout) {
    let length = pointer.len();
    match schema {
        Value::Array(items) => {
            for (index, item) in items.iter_mut().enumerate() {
                pointer.push_str(&format!("/{index}"));
                take_in(item, false, pointer, layout);
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
                take_in(value, !is_table && is_table_of_schemas(name), pointer, layout);
                pointer.truncate(length);
            }
        }
        _ => {}
    }
}
