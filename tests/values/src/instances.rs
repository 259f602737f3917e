//! Random values of a schema, and near misses of them.

use serde_json::{Map, Value, json};

/// A small generator of numbers; the same seed gives the same values.
pub(crate) struct Random(pub(crate) u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    pub(crate) fn below(&mut self, bound: usize) -> usize {
        usize::try_from(self.next() % (bound.max(1) as u64)).expect("is below a usize")
    }

    fn chance(&mut self, percent: usize) -> bool {
        self.below(100) < percent
    }

    fn pick<'a, T>(&mut self, from: &'a [T]) -> &'a T {
        &from[self.below(from.len())]
    }
}

/// Texts of many kinds, none with invisible or control characters.
const TEXTS: [&str; 40] = [
    "",
    "a",
    "A",
    "abc",
    "abcd",
    "x y",
    "é",
    "日本",
    "0",
    "42",
    "PLAY000313",
    "cw09-47623",
    "DEV2",
    "true",
    "null",
    "red",
    "cat",
    "2026-08-18",
    "2026-02-30",
    "17:51:24",
    "17:51",
    "2026-08-18T17:51:24Z",
    "QUJD",
    "QQ==",
    "QR==",
    "me@example.com",
    "https://hooks.example.com/done",
    "http://hooks.example.com/",
    "0b6b8f9e-8a6b-4c50-9d2f-0d8a3f8a9b11",
    "17:51:24Z",
    "24:00:00Z",
    "2026-08-18T17:51:60+01:00",
    "2026-08-18t17:51:24.5z",
    "P1DT2H",
    "P1W2D",
    "10.0.0.1",
    "010.0.0.1",
    "::1",
    "1::2::3",
    "Aa0_-Aa0_-Aa0_-Aa0_-Aa0_-Aa0_-Aa0_-Aa0_-",
];

/// A value that likely meets the schema; `root` holds its definitions.
pub(crate) fn instance(schema: &Value, root: &Value, random: &mut Random, depth: usize) -> Value {
    if let Some(target) = schema.get("$ref").and_then(Value::as_str) {
        let definition = root.pointer(target.trim_start_matches('#')).expect("references lead somewhere");
        return instance(definition, root, random, depth);
    }
    if let Some(values) = schema.get("enum").and_then(Value::as_array) {
        return random.pick(values).clone();
    }
    if let (Some(choices), Some(_)) =
        (schema.get("oneOf").and_then(Value::as_array), schema.get("properties"))
    {
        return instance(&with_choice(schema, choices, random), root, random, depth);
    }
    for word in ["oneOf", "anyOf"] {
        if let Some(choices) = schema.get(word).and_then(Value::as_array) {
            return instance(random.pick(choices), root, random, depth);
        }
    }
    let kind = match schema.get("type") {
        Some(Value::String(kind)) => kind.clone(),
        Some(Value::Array(kinds)) => random.pick(kinds).as_str().expect("types are named").to_owned(),
        _ => return anything(random, depth),
    };
    match kind.as_str() {
        "object" => object(schema, root, random, depth),
        "array" => array(schema, root, random, depth),
        "string" => text(schema, random),
        "integer" | "number" => number(schema, random),
        "boolean" => json!(random.chance(50)),
        _ => Value::Null,
    }
}

/// An object of which exactly one choice must hold, as one that requires the members of a choice and has no other's.
fn with_choice(schema: &Value, choices: &[Value], random: &mut Random) -> Value {
    let mut one = schema.as_object().cloned().unwrap_or_default();
    one.remove("oneOf");
    let chosen = random.below(choices.len());
    let names = |choice: &Value| choice["required"].as_array().cloned().unwrap_or_default();
    let mut required = schema.get("required").and_then(Value::as_array).cloned().unwrap_or_default();
    for (index, choice) in choices.iter().enumerate() {
        if index == chosen {
            required.extend(names(choice));
        } else if let Some(properties) = one.get_mut("properties").and_then(Value::as_object_mut) {
            names(choice)
                .iter()
                .filter_map(Value::as_str)
                .for_each(|name| drop(properties.shift_remove(name)));
        }
    }
    one.insert("required".to_owned(), required.into());
    one.into()
}

/// The value with one thing changed somewhere.
pub(crate) fn mutate(value: &mut Value, random: &mut Random) {
    match value {
        Value::Object(members) if !members.is_empty() && random.chance(75) => {
            let index = random.below(members.len());
            let (name, inner) = members.iter_mut().nth(index).expect("the index is below the length");
            let name = name.clone();
            match random.below(6) {
                0 => {
                    members.shift_remove(&name);
                }
                1 => {
                    let value = members[&name].clone();
                    members.insert(format!("{name}s"), value);
                }
                _ => mutate(inner, random),
            }
        }
        Value::Array(items) if !items.is_empty() && random.chance(75) => {
            let index = random.below(items.len());
            if random.chance(30) {
                let item = items[index].clone();
                items.push(item);
            } else {
                mutate(&mut items[index], random);
            }
        }
        _ => *value = anything(random, 0),
    }
}

fn anything(random: &mut Random, depth: usize) -> Value {
    match random.below(if depth < 2 { 16 } else { 13 }) {
        0 => Value::Null,
        1 => json!(true),
        2 => json!(0),
        3 => json!(-1),
        4 => json!(5.0),
        5 => json!(0.5),
        6 => json!(9_007_199_254_740_992_u64),
        7 => json!(u64::MAX),
        8 => json!(1e300),
        13 => json!([anything(random, depth + 1)]),
        14 => json!({}),
        15 => json!({*random.pick(&TEXTS): anything(random, depth + 1)}),
        _ => json!(random.pick(&TEXTS)),
    }
}

fn object(schema: &Value, root: &Value, random: &mut Random, depth: usize) -> Value {
    let required = schema.get("required").and_then(Value::as_array).cloned().unwrap_or_default();
    let mut members = Map::new();
    for (name, property) in schema.get("properties").and_then(Value::as_object).into_iter().flatten() {
        let is_required = required.iter().any(|needed| needed == name);
        if is_required || random.chance(if depth > 4 { 5 } else { 40 }) {
            members.insert(name.clone(), instance(property, root, random, depth + 1));
        }
    }
    match schema.get("additionalProperties") {
        Some(Value::Bool(false)) => {}
        Some(values) if random.chance(60) => {
            members.insert(random.pick(&TEXTS).to_string(), instance(values, root, random, depth + 1));
        }
        _ if random.chance(20) => {
            members.insert(random.pick(&TEXTS).to_string(), anything(random, 1));
        }
        _ => {}
    }
    members.into()
}

fn array(schema: &Value, root: &Value, random: &mut Random, depth: usize) -> Value {
    let bound =
        |word: &str| schema.get(word).and_then(Value::as_u64).and_then(|bound| usize::try_from(bound).ok());
    let least = bound("minItems").unwrap_or(0);
    let most = bound("maxItems").unwrap_or(least + 2).min(least + 3);
    let length = least + random.below(most - least + 1);
    let any = json!({});
    let items = schema.get("items").unwrap_or(&any);
    (0..length).map(|_| instance(items, root, random, depth + 1)).collect()
}

/// Texts that meet the schema are preferred, so that not all values fail at their first pattern.
fn text(schema: &Value, random: &mut Random) -> Value {
    let judge = judge(schema);
    let start = random.below(TEXTS.len());
    let fitting = (0..TEXTS.len())
        .map(|step| TEXTS[(start + step * 7) % TEXTS.len()])
        .find(|text| judge.is_valid(&json!(text)));
    json!(fitting.unwrap_or("x"))
}

fn number(schema: &Value, random: &mut Random) -> Value {
    let judge = judge(schema);
    let numbers =
        [json!(0), json!(1), json!(2), json!(5), json!(10), json!(100), json!(4.0), json!(0.25), json!(-3)];
    let start = random.below(numbers.len());
    let fitting = (0..numbers.len())
        .map(|step| &numbers[(start + step) % numbers.len()])
        .find(|number| judge.is_valid(number));
    fitting.cloned().unwrap_or(json!(1))
}

/// The independent judge: formats are asserted.
pub(crate) fn judge(schema: &Value) -> jsonschema::Validator {
    jsonschema::options().should_validate_formats(true).build(schema).expect("advertised schemas are schemas")
}
