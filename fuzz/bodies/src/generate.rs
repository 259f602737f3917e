//! A document to a whole program: it parses, the compiler would find no name twice, the advertised schemas are
//! schemas, and the same document gives the same bytes.

use std::collections::HashSet;

use codegen::plan;
use codegen::plan::model::Tool;
use openapi::ir::Api;
use serde_json::Value;

use crate::{lower, program};

/// Writes the program of a document, whatever the report says of it.
pub fn generate(bytes: &[u8]) {
    let Some(api) = lower::read(bytes).api else { return };
    let written = codegen::write(&api);
    let again = codegen::write(&api);
    assert_eq!(written.source, again.source, "the same description gives the same program");
    assert_eq!(written.report, again.report, "the same description gives the same report");
    match syn::parse_file(&written.source) {
        Ok(file) => program::no_name_twice(&file.items, "the program"),
        Err(error) => panic!("the program does not parse: {error}\n{}", written.source),
    }
    tools_are_sound(&api);
}

fn tools_are_sound(api: &Api) {
    let planned = plan::plan(api);
    let mut names = HashSet::new();
    for tool in &planned.plan.tools {
        assert!(names.insert(&tool.name), "{} twice", tool.name);
        assert!(is_a_name(&tool.name), "{:?} is no tool name", tool.name);
        look_at_schema(tool, &tool.input_schema);
        tool.output_schema.iter().for_each(|schema| look_at_schema(tool, schema));
    }
    let is_sorted = planned.plan.tools.is_sorted_by(|one, other| one.name < other.name);
    assert!(is_sorted, "tools are found by their sorted names");
    let mut told: HashSet<&str> = planned.plan.tools.iter().map(|tool| tool.operation.as_str()).collect();
    for problem in &planned.report.problems {
        let at = api
            .operations
            .iter()
            .filter(|operation| problem.place.pointer.starts_with(&operation.at.pointer));
        told.extend(at.map(|operation| operation.id.as_str()));
    }
    for operation in &api.operations {
        let is_told = told.contains(operation.id.as_str()) || planned.report.has_errors();
        assert!(is_told, "{} has no tool, and nothing says why", operation.id);
    }
}

fn is_a_name(name: &str) -> bool {
    name.len() <= 64
        && name.starts_with(|first: char| first.is_ascii_lowercase())
        && name.bytes().all(|byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'_'))
}

/// Clients want a JSON Schema that says itself that it is an object, and that holds no mark of ours.
fn look_at_schema(tool: &Tool, text: &str) {
    let schema: Value =
        serde_json::from_str(text).unwrap_or_else(|error| panic!("{}: {error}: {text}", tool.name));
    assert_eq!(schema["type"], "object", "{}: {text}", tool.name);
    if let Err(error) = jsonschema::validator_for(&schema) {
        panic!("{}: no JSON Schema: {error}: {text}", tool.name);
    }
}
