//! Mutates an input as the JSON tree that it is, so that most of what the fuzzer tries gets past the parser: members
//! come and go, change places and names, and parts are replaced by words of the format or by other parts.

use serde_json::{Map, Value};

use crate::random::Random;
use crate::vocabulary::{self, Vocabulary};

/// What the trees are about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Words {
    /// OpenAPI documents.
    Documents,
    /// Parameter rules with a value.
    Requests,
    /// Calls of a generated tool.
    Arguments,
    /// Messages of the protocol with their headers.
    Messages,
}

/// Mutates the first `size` bytes where they stand and tells how many there are now; what would be longer than `most`
/// stays as it is.
pub fn in_place(words: Words, bytes: &mut [u8], size: usize, most: usize, seed: u32) -> usize {
    let text = mutated(words, &bytes[..size], seed);
    if text.len() > most.min(bytes.len()) {
        return size;
    }
    bytes[..text.len()].copy_from_slice(&text);
    text.len()
}

/// The bytes with a few things changed; the simplest input there is when they are no JSON.
fn mutated(words: Words, bytes: &[u8], seed: u32) -> Vec<u8> {
    let vocabulary = vocabulary::of(words);
    let mut random = Random::new(seed);
    let Ok(mut value) = serde_json::from_slice::<Value>(bytes) else {
        return vocabulary.start.to_string().into_bytes();
    };
    let parts = parts_of(&value);
    for _ in 0..=random.below(3) {
        let target = random.below(count(&value));
        change(&mut value, &mut { target }, vocabulary, &parts, &mut random);
    }
    value.to_string().into_bytes()
}

/// How many nodes there are.
fn count(value: &Value) -> usize {
    1 + match value {
        Value::Array(items) => items.iter().map(count).sum(),
        Value::Object(members) => members.values().map(count).sum(),
        _ => 0_usize,
    }
}

/// Some of the smaller parts, to be used elsewhere.
fn parts_of(value: &Value) -> Vec<Value> {
    let mut found = Vec::new();
    let mut open = vec![value];
    while let Some(next) = open.pop() {
        match next {
            Value::Array(items) => open.extend(items),
            Value::Object(members) => open.extend(members.values()),
            _ => {}
        }
        if count(next) <= 20 {
            found.push(next.clone());
        }
    }
    found
}

/// Changes the node that `target` counts down to.
fn change(value: &mut Value, target: &mut usize, words: &Vocabulary, parts: &[Value], random: &mut Random) {
    if *target == 0 {
        *target = usize::MAX;
        return change_here(value, words, parts, random);
    }
    *target -= 1;
    let mut descend = |inner: &mut Value| {
        if *target != usize::MAX {
            change(inner, target, words, parts, random);
        }
    };
    match value {
        Value::Array(items) => items.iter_mut().for_each(descend),
        Value::Object(members) => members.values_mut().for_each(&mut descend),
        _ => {}
    }
}

fn change_here(value: &mut Value, words: &Vocabulary, parts: &[Value], random: &mut Random) {
    match value {
        Value::Object(members) if random.below(4) > 0 => change_members(members, words, parts, random),
        Value::Array(items) if random.below(4) > 0 => change_items(items, words, parts, random),
        Value::String(text) if random.below(3) == 0 => change_text(text, random),
        _ => *value = another(words, parts, random),
    }
}

/// Something to stand in place of a part.
fn another(words: &Vocabulary, parts: &[Value], random: &mut Random) -> Value {
    let from = if random.below(3) == 0 { parts } else { &words.values };
    random.pick(from).cloned().unwrap_or(Value::Null)
}

fn change_members(
    members: &mut Map<String, Value>,
    words: &Vocabulary,
    parts: &[Value],
    random: &mut Random,
) {
    let mut entries: Vec<(String, Value)> = std::mem::take(members).into_iter().collect();
    let at = random.below(entries.len());
    let name = random.pick(&words.names).cloned().unwrap_or_default();
    match random.below(6) {
        0 if !entries.is_empty() => drop(entries.remove(at)),
        1 if !entries.is_empty() => entries[at].0 = name,
        2 if !entries.is_empty() => {
            let copy = entries[at].1.clone();
            entries.push((name, copy));
        }
        3 if !entries.is_empty() => {
            let other = random.below(entries.len());
            entries.swap(at, other);
        }
        4 if !entries.is_empty() => entries[at].1 = another(words, parts, random),
        _ => entries.push((name, another(words, parts, random))),
    }
    *members = entries.into_iter().collect();
}

fn change_items(items: &mut Vec<Value>, words: &Vocabulary, parts: &[Value], random: &mut Random) {
    let at = random.below(items.len());
    match random.below(4) {
        0 if !items.is_empty() => drop(items.remove(at)),
        1 if !items.is_empty() => {
            let copy = items[at].clone();
            items.push(copy);
        }
        2 if !items.is_empty() => {
            let other = random.below(items.len());
            items.swap(at, other);
        }
        _ => items.push(another(words, parts, random)),
    }
}

/// Signs that mean something somewhere: in URLs, templates, pointers, patterns, Rust.
const SIGNS: [&str; 24] = [
    "/",
    "~1",
    "{",
    "}",
    "{}",
    "%",
    "%2F",
    "..",
    "#",
    "?",
    "&",
    "=",
    ",",
    ";",
    "\\",
    "\"",
    "\n",
    "\u{0}",
    "\u{202e}",
    "é",
    "\u{1F389}",
    "[",
    "(",
    "*/",
];

fn change_text(text: &mut String, random: &mut Random) {
    let places: Vec<usize> = text.char_indices().map(|(at, _)| at).chain([text.len()]).collect();
    let at = *random.pick(&places).unwrap_or(&0);
    match random.below(4) {
        0 => text.truncate(at),
        1 => *text = text[at..].to_owned(),
        2 => *text = text.repeat(2),
        _ => text.insert_str(at, random.pick(&SIGNS).unwrap_or(&"")),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_is_no_json_becomes_a_sound_start_and_stays_json_for_ever() {
        for words in [Words::Documents, Words::Requests, Words::Arguments] {
            let mut bytes = b"no JSON".to_vec();
            for seed in 0..2_000 {
                bytes = mutated(words, &bytes, seed);
                assert!(serde_json::from_slice::<Value>(&bytes).is_ok(), "{words:?} {seed}");
                if bytes.len() > 10_000 {
                    bytes.clear();
                }
            }
        }
    }

    #[test]
    fn the_same_seed_changes_the_same_thing_and_most_seeds_change_something() {
        let start =
            json!({"openapi": "3.0.3", "paths": {"/a": {"get": {"responses": {}}}}}).to_string().into_bytes();
        let of = |seed| mutated(Words::Documents, &start, seed);
        assert!((0..100).all(|seed| of(seed) == of(seed)));
        assert!((0..100).filter(|seed| of(*seed) != start).count() > 80);
    }

    #[test]
    fn what_grows_too_long_stays_as_it_was() {
        let mut bytes = b"[]".to_vec();
        for seed in 0..100 {
            assert!(in_place(Words::Documents, &mut bytes, 2, 2, seed) <= 2);
        }
    }
}
