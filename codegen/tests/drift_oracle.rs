//! Severities agree with an oracle that knows nothing of the comparison: values of the old contract are judged by the
//! new schema, and the other way round, with the `jsonschema` crate. The real document is changed at random, by a
//! seed, and stays valid.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use codegen::contract::Contract;
use codegen::drift::{self, Drift, Finding, Severity};
use serde_json::{Map, Value, json};

const CHANGES: usize = 50;
/// Changed schemas that are judged of each change: one change of a shared schema changes many tools in the same way.
const JUDGED: usize = 4;
/// Members within each other that values are made for.
const DEPTH: usize = 14;

/// A small generator of random numbers (xorshift), so that a seed gives the same run everywhere.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    fn below(&mut self, end: usize) -> usize {
        usize::try_from(self.next() % end.max(1) as u64).expect("is below a usize")
    }
}

fn config(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../config").join(name)
}

fn document() -> Value {
    serde_json::from_str(&fs::read_to_string(config("openapi.json")).expect("the document is there"))
        .expect("is JSON")
}

/// The contract of a document under the real overlay; nothing if the overlay or the reader does not take it.
fn contract(document: &Value) -> Option<Contract> {
    let overlay = fs::read(config("overlay.yaml")).expect("the overlay is there");
    let documents = vec![("openapi.json".to_owned(), document.to_string().into_bytes())];
    let reading = openapi::read_texts(documents, Some(("overlay.yaml".to_owned(), overlay)));
    Contract::of_reading(&reading).ok()
}

/// Pointers of every schema that says its type.
fn schemas(value: &Value, pointer: &str, found: &mut Vec<String>) {
    match value {
        Value::Object(members) => {
            if members.get("type").is_some_and(Value::is_string) && !pointer.contains("securitySchemes") {
                found.push(pointer.to_owned());
            }
            for (name, member) in members {
                if !matches!(name.as_str(), "example" | "examples" | "enum" | "default") {
                    schemas(
                        member,
                        &format!("{pointer}/{}", name.replace('~', "~0").replace('/', "~1")),
                        found,
                    );
                }
            }
        }
        Value::Array(items) => {
            for (index, item) in items.iter().enumerate() {
                schemas(item, &format!("{pointer}/{index}"), found);
            }
        }
        _ => {}
    }
}

/// Changes one schema in one way; tells how.
fn change(schema: &mut Map<String, Value>, random: &mut Random) -> Option<String> {
    let kind = schema["type"].as_str()?.to_owned();
    let set = |schema: &mut Map<String, Value>, keyword: &str, value: Value| {
        let words = format!("{keyword} = {value}");
        (schema.insert(keyword.to_owned(), value.clone()) != Some(value)).then_some(words)
    };
    let number = |schema: &Map<String, Value>, keyword: &str| schema.get(keyword).and_then(Value::as_i64);
    match (random.below(9), kind.as_str()) {
        (0, "string") => {
            let length = number(schema, "maxLength").map_or(12, |max| max + 3 - random.below(7) as i64);
            set(schema, "maxLength", json!(length.max(1)))
        }
        (1, "string") => set(schema, "minLength", json!(random.below(3))),
        (2, "string") if !schema.contains_key("enum") => {
            let patterns = ["^[A-Z0-9]*$", "^[A-Za-z0-9]*$", "^(?:[A-Z]|[0-9])*$", "^[^ ]+$"];
            set(schema, "pattern", json!(patterns[random.below(patterns.len())]))
        }
        (3, "string") if !schema.contains_key("pattern") => {
            set(schema, "enum", json!(["A", "B", "C"][..1 + random.below(3)]))
        }
        (0 | 1, "integer") => set(schema, "minimum", json!(random.below(3))),
        (2, "integer") => set(schema, "maximum", json!(random.below(100) + 10)),
        (3, "integer") => set(schema, "multipleOf", json!(1 + random.below(3))),
        (4, "integer") => set(schema, "type", json!("string")),
        (0 | 1, "array") => set(schema, "maxItems", json!(1 + random.below(4))),
        (2, "array") => set(schema, "uniqueItems", json!(true)),
        (3 | 4, "boolean") => set(schema, "nullable", json!(true)),
        (5, "object") => toggle_required(schema, random),
        (6 | 7, "object") => {
            let properties = schema.get_mut("properties")?.as_object_mut()?;
            properties.insert("aNewMember".to_owned(), json!({"type": "string", "maxLength": 5}));
            Some("a new member".to_owned())
        }
        (8, "object") => remove_member(schema, random),
        (6, _) => set(schema, "nullable", json!(true)),
        (7, _) => set(schema, "description", json!(format!("Other words {}.", random.below(100)))),
        _ => None,
    }
}

fn toggle_required(schema: &mut Map<String, Value>, random: &mut Random) -> Option<String> {
    let names: Vec<String> = schema.get("properties")?.as_object()?.keys().cloned().collect();
    let name = names.get(random.below(names.len()))?.clone();
    let mut required: Vec<Value> =
        schema.get("required").and_then(Value::as_array).cloned().unwrap_or_default();
    match required.iter().position(|known| *known == json!(name)) {
        Some(index) => drop(required.remove(index)),
        None => required.push(json!(name)),
    }
    set_required(schema, required);
    Some(format!("required of {name}"))
}

fn remove_member(schema: &mut Map<String, Value>, random: &mut Random) -> Option<String> {
    let properties = schema.get_mut("properties")?.as_object_mut()?;
    let name = properties.keys().nth(random.below(properties.len()))?.clone();
    properties.shift_remove(&name);
    let mut required: Vec<Value> =
        schema.get("required").and_then(Value::as_array).cloned().unwrap_or_default();
    required.retain(|known| *known != json!(name));
    set_required(schema, required);
    Some(format!("without {name}"))
}

/// OpenAPI 3.0 wants no empty list there.
fn set_required(schema: &mut Map<String, Value>, required: Vec<Value>) {
    if required.is_empty() {
        schema.remove("required");
    } else {
        schema.insert("required".to_owned(), required.into());
    }
}

/// Values around what a schema allows: some within, some just outside. They come from its keywords alone.
fn values(root: &Value, schema: &Value, depth: usize) -> Vec<Value> {
    if let Some(name) = schema.get("$ref").and_then(Value::as_str).and_then(|to| to.strip_prefix("#/$defs/"))
    {
        return values(root, &root["$defs"][name], depth);
    }
    let mut found: Vec<Value> = Vec::new();
    for keyword in ["anyOf", "oneOf", "allOf"] {
        for choice in schema.get(keyword).and_then(Value::as_array).into_iter().flatten() {
            found.extend(values(root, choice, depth));
        }
    }
    if let Some(values) = schema.get("enum").and_then(Value::as_array) {
        found.extend(values.iter().cloned());
        found.push(json!("not one of them"));
        return found;
    }
    let words: Vec<&str> = match schema.get("type") {
        Some(Value::String(word)) => vec![word],
        Some(Value::Array(words)) => words.iter().filter_map(Value::as_str).collect(),
        _ => vec!["string", "integer"],
    };
    let number = |keyword: &str| schema.get(keyword).and_then(Value::as_i64);
    for word in words {
        match word {
            "null" => found.push(Value::Null),
            "boolean" => found.extend([json!(true), json!(false)]),
            "integer" | "number" => {
                for end in [number("minimum").unwrap_or(0), number("maximum").unwrap_or(1000)] {
                    found.extend((-3..=6).map(|step| json!(end + step)));
                }
            }
            "string" => found.extend(texts(schema)),
            "array" if depth < DEPTH => {
                let items = schema
                    .get("items")
                    .map(|items| values(root, items, depth + 1))
                    .unwrap_or_else(|| vec![json!(1)]);
                let first = items.first().cloned().unwrap_or(json!(1));
                found.push(json!([]));
                found.extend(items.iter().map(|item| json!([item])));
                found.extend((2..=6).map(|length| Value::Array(vec![first.clone(); length])));
                found
                    .extend((2..=6).map(|length| Value::Array(items.iter().take(length).cloned().collect())));
            }
            "object" if depth < DEPTH => found.extend(objects(root, schema, depth)),
            _ => {}
        }
    }
    found
}

fn texts(schema: &Value) -> Vec<Value> {
    let length = |keyword: &str, other| schema.get(keyword).and_then(Value::as_u64).unwrap_or(other);
    let mut found: Vec<Value> = Vec::new();
    for letter in ["A", "a", "7", "-", "/"] {
        let ends = [0, 1, 2, length("minLength", 0), length("maxLength", 8)];
        let counts: BTreeSet<u64> = ends.iter().flat_map(|end| end.saturating_sub(4)..=end + 4).collect();
        for count in counts {
            found.push(json!(letter.repeat(usize::try_from(count).expect("is small"))));
        }
    }
    found.extend(
        [
            "A",
            "B",
            "C",
            "a b",
            "https://a.example/x",
            "2024-02-29T12:00:00Z",
            "2024-02-29",
            "12:00:00Z",
            "a@example.com",
            "no",
        ]
        .map(|text| json!(text)),
    );
    found
}

/// One object with all members at their first sound value, then one for each other value of each member, and one
/// without each member.
fn objects(root: &Value, schema: &Value, depth: usize) -> Vec<Value> {
    let empty = Map::new();
    let properties = schema.get("properties").and_then(Value::as_object).unwrap_or(&empty);
    let judge = |schema: &Value| {
        let whole = json!({"allOf": [schema], "$defs": root.get("$defs").cloned().unwrap_or(json!({}))});
        jsonschema::options().should_validate_formats(true).build(&whole).expect("the schema is one")
    };
    let mut base = Map::new();
    let mut others = Vec::new();
    for (name, member) in properties {
        let candidates = values(root, member, depth + 1);
        let judge = judge(member);
        if let Some(sound) = candidates.iter().find(|value| judge.is_valid(value)) {
            base.insert(name.clone(), sound.clone());
        }
        others.push((name.clone(), candidates));
    }
    let required: BTreeSet<&str> = schema
        .get("required")
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .collect();
    let mut least = base.clone();
    least.retain(|name, _| required.contains(name.as_str()));
    let mut found = vec![Value::Object(base.clone()), Value::Object(least.clone())];
    for (name, candidates) in others {
        for value in candidates {
            let mut object = least.clone();
            object.insert(name.clone(), value);
            found.push(Value::Object(object));
        }
        let mut without = base.clone();
        without.shift_remove(&name);
        found.push(Value::Object(without));
    }
    let mut more = base;
    more.insert("undeclaredMember".to_owned(), json!(1));
    found.push(Value::Object(more));
    found
}

/// A value that the one schema accepts and the other refuses.
fn refused(from: &Value, to: &Value) -> Option<Value> {
    let judge = |schema: &Value| {
        jsonschema::options().should_validate_formats(true).build(schema).expect("the schema is one")
    };
    let (from_judge, to_judge) = (judge(from), judge(to));
    let mut candidates = values(from, from, 0);
    candidates.extend(values(to, to, 0));
    // What one schema declares may be anything under the other.
    for name in from.get("properties").and_then(Value::as_object).into_iter().flatten().map(|(name, _)| name)
    {
        if let Some(Value::Object(base)) = candidates.first().cloned() {
            let mut odd = base;
            odd.insert(name.clone(), json!({"odd": true}));
            candidates.push(Value::Object(odd));
        }
    }
    for name in to.get("properties").and_then(Value::as_object).into_iter().flatten().map(|(name, _)| name) {
        if let Some(Value::Object(base)) = candidates.first().cloned() {
            let mut odd = base;
            odd.insert(name.clone(), json!({"odd": true}));
            candidates.push(Value::Object(odd));
        }
    }
    candidates.into_iter().find(|value| from_judge.is_valid(value) && !to_judge.is_valid(value))
}

/// One side of a tool before and after, in the order of a call: what is sent or answered, and who must take it.
struct Side<'c> {
    name: &'c str,
    side: &'static str,
    from: &'c Value,
    to: &'c Value,
}

/// Old calls meet the new server; new answers meet old readers.
fn sides<'c>(old: &'c Contract, new: &'c Contract) -> Vec<Side<'c>> {
    let mut sides = Vec::new();
    for (name, before) in &old.tools {
        let after = &new.tools[name];
        sides.push(Side { name, side: "arguments", from: &before.arguments, to: &after.arguments });
        if let (Some(before), Some(after)) = (&before.answer, &after.answer) {
            sides.push(Side { name, side: "answer", from: after, to: before });
        }
    }
    sides
}

impl Side<'_> {
    fn findings<'d>(&self, drift: &'d Drift) -> Vec<&'d Finding> {
        let is_here = |finding: &&Finding| {
            finding.tool.as_deref() == Some(self.name)
                && finding.path.as_deref().is_some_and(|path| path.starts_with(self.side))
        };
        drift.findings.iter().filter(is_here).collect()
    }

    /// Compares what is told with what values show; gives back whether a break is told.
    fn judge(&self, drift: &Drift, words: &str) -> bool {
        let findings = self.findings(drift);
        let has = |severity| findings.iter().any(|finding| finding.severity() == severity);
        // That a field went is a break by decree, also where it could be anything and no value shows it.
        let needs_value = findings.iter().any(|finding| {
            finding.severity() == Severity::Breaking && finding.rule.id != "answer-field-removed"
        });
        let value = refused(self.from, self.to);
        let place =
            format!("{words}; {} {}\n{}", self.name, self.side, drift::render(drift, drift::Format::Text));
        if let Some(value) = &value {
            let is_told = has(Severity::Breaking) || has(Severity::Risky);
            assert!(is_told, "{value} shows a break that is not told: {place}");
        }
        assert!(!needs_value || value.is_some(), "no value shows the break that is told: {place}");
        has(Severity::Breaking)
    }
}

#[test]
fn severities_agree_with_generated_values() {
    let document = document();
    let old = contract(&document).expect("the document is sound");
    let mut places = Vec::new();
    schemas(&document["components"], "/components", &mut places);
    schemas(&document["paths"], "/paths", &mut places);
    let mut random = Random(0x2545_F491_4F6C_DD1D);
    let (mut done, mut breaking, mut harmless) = (0, 0, 0);
    while done < CHANGES {
        let mut changed = document.clone();
        let pointer = &places[random.below(places.len())];
        let Some(schema) = changed.pointer_mut(pointer).and_then(Value::as_object_mut) else { continue };
        let Some(words) = change(schema, &mut random) else { continue };
        let Some(new) = contract(&changed) else { continue };
        done += 1;
        let drift = drift::compare(&old, &new, drift::Options::default());
        let (same, differing): (Vec<Side<'_>>, Vec<Side<'_>>) =
            sides(&old, &new).into_iter().partition(|side| side.from == side.to);
        for side in same {
            assert!(side.findings(&drift).is_empty(), "{} {} is the same", side.name, side.side);
        }
        for side in differing.iter().take(JUDGED) {
            if side.judge(&drift, &format!("{pointer}: {words}")) {
                breaking += 1;
            } else {
                harmless += 1;
            }
        }
    }
    let both = breaking >= 10 && harmless >= 10;
    assert!(both, "the changes are of both kinds: {breaking} breaking, {harmless} not");
}
