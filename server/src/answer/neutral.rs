//! Characters of an answer that a reader would not see or a terminal would obey: made visible and counted.

use serde_json::{Map, Value};

use crate::decode::neutralise as neutralise_text;

/// Spells out such characters in every text and name of the value; a note says how many there were.
pub(super) fn neutralise(value: &mut Value) -> Option<String> {
    let count = walk(value);
    let plural = if count == 1 { "character was" } else { "characters were" };
    (count > 0).then(|| format!("{count} control or invisible {plural} made visible, in the form <U+202E>"))
}

/// The depth is that of parsed JSON, which the parser bounds.
fn walk(value: &mut Value) -> usize {
    match value {
        Value::String(text) => match neutralise_text(text) {
            Some((visible, count)) => {
                *text = visible;
                count
            }
            None => 0,
        },
        Value::Array(items) => items.iter_mut().map(walk).sum(),
        Value::Object(members) => {
            let mut count = members.values_mut().map(walk).sum();
            if members.keys().any(|key| neutralise_text(key).is_some()) {
                count += rename(members);
            }
            count
        }
        _ => 0,
    }
}

fn rename(members: &mut Map<String, Value>) -> usize {
    let mut count = 0;
    let renamed = std::mem::take(members).into_iter().map(|(key, value)| match neutralise_text(&key) {
        Some((visible, found)) => {
            count += found;
            (visible, value)
        }
        None => (key, value),
    });
    *members = renamed.collect();
    count
}
