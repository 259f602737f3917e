//! The two forms of a schema accept the same values: its kind, judged here, and its JSON form, judged by an independent
//! validator. The schemas are those of the feature documents, and of `OPENAPI_SPECS` if that names a folder.

#![allow(clippy::unwrap_used, reason = "what cannot go on here has failed")]

use std::path::{Path, PathBuf};

use openapi::ir::{Additional, Api, Kind, ListRules, NumberRules, ObjectRules, Schema, TextRules};
use openapi::{Source, read};
use serde_json::{Map, Value, json};

#[test]
fn kind_and_json_form_accept_the_same_values() {
    for document in documents(Path::new("tests/features")) {
        compare(&document);
    }
}

#[test]
fn kind_and_json_form_agree_in_the_documents_of_the_folder() {
    let Some(folder) = std::env::var_os("OPENAPI_SPECS") else { return };
    for document in documents(Path::new(&folder)) {
        if document.ends_with("index.json") {
            continue;
        }
        compare(&document);
    }
}

fn documents(folder: &Path) -> Vec<PathBuf> {
    let mut found: Vec<PathBuf> =
        std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    let is_result = |path: &PathBuf| path.to_string_lossy().ends_with(".ir.json");
    found.retain(|path| {
        path.extension().is_some_and(|end| end == "yaml" || end == "json") && !is_result(path)
    });
    found.retain(|path| !path.to_string_lossy().contains(".overlay."));
    found.sort();
    found
}

fn compare(document: &Path) {
    let Some(api) = read(&Source { document: document.to_owned(), overlay: None }).api else { return };
    let mut compared = 0;
    for (name, schema) in &api.schemas {
        if matches!(schema.kind, Kind::Checked) {
            continue;
        }
        let form = schema.json.as_ref().expect("named schemas have a form");
        let definitions = reachable(form, &api);
        // The validator is built anew for each schema: large families are left to their smaller members.
        if definitions.len() > 60 {
            continue;
        }
        let form = json!({"allOf": [form], "$defs": definitions});
        let validator =
            jsonschema::options().with_draft(jsonschema::Draft::Draft202012).build(&form).unwrap();
        let mut values = pool();
        values.extend(samples(schema, &api, 3));
        for value in values {
            // A part that only the JSON form can judge has no judgement here.
            let Some(accepted) = accepts(schema, &value, &api, 0) else { continue };
            let place = format!("{} {name}: {value} against {}", document.display(), form["allOf"][0]);
            assert_eq!(
                accepted,
                validator.is_valid(&value),
                "{}",
                place.chars().take(2000).collect::<String>()
            );
            compared += 1;
        }
    }
    assert!(compared > 0 || api.schemas.is_empty(), "{}: nothing was compared", document.display());
}

/// The named schemas that a JSON form refers to, directly or not.
fn reachable(form: &Value, api: &Api) -> Map<String, Value> {
    let mut found = Map::new();
    let mut open = vec![form];
    while let Some(value) = open.pop() {
        if let Some(name) =
            value.get("$ref").and_then(Value::as_str).and_then(|text| text.strip_prefix("#/$defs/"))
        {
            let schema = api.schemas.get(name).and_then(|schema| schema.json.as_ref());
            if let Some(schema) = schema.filter(|_| !found.contains_key(name)) {
                found.insert(name.to_owned(), schema.clone());
                open.push(schema);
            }
        }
        match value {
            Value::Object(members) => open.extend(members.values()),
            Value::Array(items) => open.extend(items),
            _ => {}
        }
    }
    found
}

/// Values that bear on no schema in particular.
fn pool() -> Vec<Value> {
    vec![
        json!(null),
        json!(true),
        json!(0),
        json!(1),
        json!(2),
        json!(3),
        json!(1.0),
        json!(1.5),
        json!(-1),
        json!(5),
        json!(4_294_967_296i64),
        json!(1e300),
        json!(""),
        json!("a"),
        json!("one"),
        json!("abcdefghijk"),
        json!("١"),
        json!("12/x"),
        json!([]),
        json!(["a"]),
        json!(["a", "a"]),
        json!([1, 1.0]),
        json!([null]),
        json!({}),
        json!({"a": "x"}),
        json!({"a": 1}),
        json!({"b": "x", "c": "y"}),
        json!([{}]),
    ]
}

/// Values made for a schema, and near misses of them.
fn samples(schema: &Schema, api: &Api, depth: usize) -> Vec<Value> {
    let near = |bound: &Option<serde_json::Number>| -> Vec<Value> {
        let Some(bound) = bound.as_ref().and_then(serde_json::Number::as_f64) else { return Vec::new() };
        if bound.abs() > 1e9 {
            Vec::new()
        } else {
            vec![json!(bound), json!(bound - 1.0), json!(bound + 1.0)]
        }
    };
    let text = |length: u64| json!("x".repeat(length.min(2000) as usize));
    let mut found = match &schema.kind {
        _ if depth == 0 => vec![json!("x"), json!(1), json!({})],
        Kind::Integer(rules) | Kind::Number(rules) => {
            let bounds = [&rules.minimum, &rules.maximum, &rules.exclusive_minimum, &rules.exclusive_maximum];
            bounds.into_iter().flat_map(near).collect()
        }
        Kind::Text(rules) => {
            let lengths = [rules.min_length, rules.max_length].into_iter().flatten();
            lengths
                .flat_map(|length| [text(length), text(length + 1), text(length.saturating_sub(1))])
                .collect()
        }
        Kind::Enumeration(values) => values.clone(),
        Kind::List(rules) => {
            let items = samples(&rules.items, api, depth - 1);
            let some: Vec<Value> = items.iter().take(3).cloned().collect();
            items.into_iter().map(|item| json!([item])).chain([json!(some)]).collect()
        }
        Kind::Object(rules) => object_samples(rules, api, depth),
        Kind::Reference(name) => samples(&api.schemas[name], api, depth - 1),
        Kind::Union { choices, .. } => {
            choices.iter().flat_map(|choice| samples(choice, api, depth - 1)).collect()
        }
        Kind::Any | Kind::Null | Kind::Boolean | Kind::Checked => vec![json!(true), json!("x"), json!(1)],
    };
    found.truncate(40);
    found
}

fn object_samples(rules: &ObjectRules, api: &Api, depth: usize) -> Vec<Value> {
    let first = |schema: &Schema| samples(schema, api, depth - 1).into_iter().next().unwrap_or(json!("x"));
    let whole: Map<String, Value> =
        rules.properties.iter().map(|property| (property.name.clone(), first(&property.schema))).collect();
    let mut found = vec![Value::Object(whole.clone())];
    for property in &rules.properties {
        let mut without = whole.clone();
        without.remove(&property.name);
        found.push(Value::Object(without));
        for value in
            samples(&property.schema, api, depth - 1).into_iter().chain([json!(null), json!([])]).take(6)
        {
            let mut changed = whole.clone();
            changed.insert(property.name.clone(), value);
            found.push(Value::Object(changed));
        }
    }
    let mut more = whole;
    more.insert("not declared".into(), json!(1));
    found.push(Value::Object(more));
    found
}

/// Whether the kind accepts a value; `None` where a part says that only the JSON form knows.
fn accepts(schema: &Schema, value: &Value, api: &Api, steps: usize) -> Option<bool> {
    if steps > 40 {
        return None;
    }
    if let Kind::Checked = schema.kind {
        return None;
    }
    if value.is_null() && !matches!(schema.kind, Kind::Any) {
        return Some(schema.nullable);
    }
    let inner = |schema: &Schema, value: &Value| accepts(schema, value, api, steps + 1);
    Some(match (&schema.kind, value) {
        (Kind::Any, _) => true,
        (Kind::Boolean, Value::Bool(_)) => true,
        (Kind::Integer(rules), Value::Number(number)) => {
            number.as_f64().is_some_and(|float| float.fract() == 0.0) && number_fits(rules, number)
        }
        (Kind::Number(rules), Value::Number(number)) => number_fits(rules, number),
        (Kind::Text(rules), Value::String(text)) => text_fits(rules, text),
        (Kind::Enumeration(values), _) => values.iter().any(|one| alike(one, value)),
        (Kind::List(rules), Value::Array(items)) => return list_fits(rules, items, inner),
        (Kind::Object(rules), Value::Object(members)) => return object_fits(rules, members, inner),
        (Kind::Reference(name), _) => return inner(&api.schemas[name], value),
        (Kind::Union { exactly_one, choices }, _) => {
            let mut count = 0;
            for choice in choices {
                count += usize::from(inner(choice, value)?);
            }
            if *exactly_one { count == 1 } else { count > 0 }
        }
        _ => false,
    })
}

fn alike(one: &Value, other: &Value) -> bool {
    one == other || one.as_f64().zip(other.as_f64()).is_some_and(|(one, other)| one == other)
}

fn number_fits(rules: &NumberRules, number: &serde_json::Number) -> bool {
    let value = number.as_f64().unwrap();
    let of = |bound: &Option<serde_json::Number>| bound.as_ref().and_then(serde_json::Number::as_f64);
    of(&rules.minimum).is_none_or(|bound| value >= bound)
        && of(&rules.maximum).is_none_or(|bound| value <= bound)
        && of(&rules.exclusive_minimum).is_none_or(|bound| value > bound)
        && of(&rules.exclusive_maximum).is_none_or(|bound| value < bound)
        && of(&rules.multiple_of).is_none_or(|step| ((value / step) - (value / step).round()).abs() < 1e-9)
}

fn text_fits(rules: &TextRules, text: &str) -> bool {
    let length = text.chars().count() as u64;
    rules.min_length.is_none_or(|least| length >= least)
        && rules.max_length.is_none_or(|most| length <= most)
        && rules.pattern.as_ref().is_none_or(|pattern| regex::Regex::new(pattern).unwrap().is_match(text))
}

fn list_fits(
    rules: &ListRules,
    items: &[Value],
    inner: impl Fn(&Schema, &Value) -> Option<bool>,
) -> Option<bool> {
    let count = items.len() as u64;
    let differ = |index: usize| items[..index].iter().all(|other| !alike(other, &items[index]));
    let mut fits = rules.min_items.is_none_or(|least| count >= least)
        && rules.max_items.is_none_or(|most| count <= most)
        && (!rules.unique || (0..items.len()).all(differ));
    for item in items {
        fits &= inner(&rules.items, item)?;
    }
    Some(fits)
}

fn object_fits(
    rules: &ObjectRules,
    members: &Map<String, Value>,
    inner: impl Fn(&Schema, &Value) -> Option<bool>,
) -> Option<bool> {
    let count = members.len() as u64;
    let mut fits = rules.min_properties.is_none_or(|least| count >= least)
        && rules.max_properties.is_none_or(|most| count <= most)
        && rules.properties.iter().all(|property| !property.required || members.contains_key(&property.name));
    for (name, value) in members {
        fits &= match (rules.properties.iter().find(|property| property.name == *name), &rules.additional) {
            (Some(property), _) => inner(&property.schema, value)?,
            (None, Additional::Closed) => false,
            (None, Additional::Schema(extra)) => inner(extra, value)?,
            (None, Additional::Unsaid | Additional::Any) => true,
        };
    }
    Some(fits)
}
