//! A document to the description of an API: what is described hangs together, whatever the document was like.

use std::collections::HashSet;

use openapi::Reading;
use openapi::ir::{Additional, Api, Kind, Location, Operation, Part, Schema, referred};
use serde_json::Value;

use crate::load::{described, look_at};

/// Reads a document and holds its description to what the generator relies on.
pub fn lower(bytes: &[u8]) {
    let reading = read(bytes);
    look_at(&reading);
    let again = read(bytes);
    assert_eq!(reading.report, again.report, "the same bytes give the same report");
    assert_eq!(described(&reading), described(&again), "the same bytes give the same description");
    if let Some(api) = &reading.api {
        every_part_is_known(api);
    }
}

/// Reads the bytes as a document in JSON, or in YAML if they do not begin with a brace.
pub(crate) fn read(bytes: &[u8]) -> Reading {
    openapi::read_texts(vec![("api".to_owned(), bytes.to_vec())], None)
}

fn every_part_is_known(api: &Api) {
    for operation in &api.operations {
        the_path_has_its_parameters(operation);
        for need in operation.security.iter().flatten() {
            assert!(
                api.security_schemes.contains_key(&need.scheme),
                "{}: scheme {}",
                operation.id,
                need.scheme
            );
        }
        assert!(
            operation.body.as_ref().is_none_or(|body| !body.media.is_empty()),
            "{}: empty body",
            operation.id
        );
        for tag in &operation.tags {
            assert!(api.tags.iter().any(|known| known.name == *tag), "{}: tag {tag}", operation.id);
        }
    }
    for schema in schemas(api) {
        assert!(schema.json.is_some(), "{}: an outermost schema has a form", schema.at.pointer);
        look_into(schema, api);
    }
}

fn the_path_has_its_parameters(operation: &Operation) {
    let parts = operation.path.segments.iter().flat_map(|segment| &segment.parts);
    let named: HashSet<&str> = parts
        .filter_map(|part| if let Part::Parameter(name) = part { Some(name.as_str()) } else { None })
        .collect();
    let taken: HashSet<&str> = operation
        .parameters
        .iter()
        .filter(|parameter| parameter.location == Location::Path)
        .map(|parameter| parameter.name.as_str())
        .collect();
    assert_eq!(named, taken, "{}: what the path names, and what it takes", operation.id);
    let mut seen = HashSet::new();
    for parameter in &operation.parameters {
        assert!(
            seen.insert((parameter.location, &parameter.name)),
            "{}: {} twice in one place",
            operation.id,
            parameter.name
        );
    }
}

/// Every schema that the structure holds.
fn schemas(api: &Api) -> impl Iterator<Item = &Schema> {
    let in_operations = api.operations.iter().flat_map(|operation| {
        let parameters = operation.parameters.iter().map(|parameter| &parameter.schema);
        let bodies = operation.body.iter().flat_map(|body| &body.media);
        let answers = operation.answers.iter().flat_map(|answer| &answer.media);
        parameters.chain(bodies.chain(answers).filter_map(|media| media.schema.as_ref()))
    });
    api.schemas.values().chain(in_operations)
}

/// The judge's form is a JSON Schema whose references lead somewhere; what has none of its own lies in an outer one.
fn look_into(schema: &Schema, api: &Api) {
    if let Some(form) = &schema.json {
        if let Err(error) = jsonschema::draft202012::meta::validate(form) {
            panic!("{}: no JSON Schema: {error}: {form}", schema.at.pointer);
        }
        references(form, &mut |reference| {
            let is_known = referred(reference).is_some_and(|name| api.schemas.contains_key(&name));
            assert!(is_known, "{}: {reference:?} leads nowhere", schema.at.pointer);
        });
    }
    match &schema.kind {
        Kind::Object(rules) => {
            rules.properties.iter().for_each(|property| look_into(&property.schema, api));
            if let Additional::Schema(inner) = &rules.additional {
                look_into(inner, api);
            }
        }
        Kind::List(rules) => look_into(&rules.items, api),
        Kind::Union { choices, .. } => choices.iter().for_each(|choice| look_into(choice, api)),
        Kind::Reference(name) => {
            assert!(api.schemas.contains_key(name), "{}: {name:?} is unknown", schema.at.pointer)
        }
        _ => {}
    }
}

/// Every reference of a schema; values that it holds as data are none.
fn references(schema: &Value, met: &mut dyn FnMut(&str)) {
    match schema {
        Value::Array(items) => items.iter().for_each(|item| references(item, met)),
        Value::Object(members) => {
            for (name, value) in members {
                match (name.as_str(), value) {
                    ("$ref", Value::String(reference)) => met(reference),
                    ("const" | "enum" | "default" | "examples", _) => {}
                    (
                        "properties" | "patternProperties" | "dependentSchemas" | "$defs",
                        Value::Object(table),
                    ) => {
                        table.values().for_each(|inner| references(inner, met));
                    }
                    _ => references(value, met),
                }
            }
        }
        _ => {}
    }
}
