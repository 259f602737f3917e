//! A JSON value through the decoder of a generated tool: what the advertised schema accepts and what the decoder
//! accepts are one set of values, with an independent JSON Schema validator as the judge.

use std::cell::RefCell;
use std::collections::HashMap;

use jsonschema::Validator;
use serde_json::{Map, Value};
use server::catalog::Tool;
use server::decode::Deployment;
use server::request::Target;

use crate::programs;

/// Rules that are stricter than any schema can say, on purpose: characters that hide or steer, values that would make
/// another path, callback hosts, nesting, inexact numbers where no type is said, and what a parameter's style cannot
/// write.
const STRICTER: [&str; 6] = ["characters", "path", "callback", "depth", "range", "parameter"];

thread_local! {
    /// Building a judge costs more than judging.
    static JUDGES: RefCell<HashMap<&'static str, Validator>> = RefCell::default();
}

/// Gives arguments to a tool: `{"tool": NAME, "arguments": {...}}`.
pub fn arguments(bytes: &[u8]) {
    let Ok(Value::Object(mut input)) = serde_json::from_slice::<Value>(bytes) else { return };
    let Some(tool) = programs::tools().find(|tool| input.get("tool").is_some_and(|name| name == tool.name))
    else {
        return;
    };
    let Some(Value::Object(arguments)) = input.remove("arguments") else { return };
    let promised = is_promised(tool, &Value::Object(arguments.clone()));
    let given = Value::Object(arguments.clone());
    match prepare(tool, arguments) {
        Ok(canonical) => {
            assert!(promised, "{}: decoded, though the schema refuses {given}", tool.name);
            assert!(
                is_promised(tool, &Value::Object(canonical.clone())),
                "{}: {given} became {canonical:?}",
                tool.name
            );
            let again = prepare(tool, canonical.clone());
            assert_eq!(again.as_ref(), Ok(&canonical), "{}: the canonical form is not stable", tool.name);
        }
        Err(rules) => {
            let is_stricter = rules.iter().all(|rule| STRICTER.contains(rule));
            assert!(
                !rules.is_empty() && (!promised || is_stricter),
                "{}: {rules:?}, though promised: {given}",
                tool.name
            );
        }
    }
}

/// The canonical arguments, their request built; else the rules that they break.
fn prepare(tool: &Tool, arguments: Map<String, Value>) -> Result<Map<String, Value>, Vec<&'static str>> {
    let deployment =
        Deployment { callback_hosts: vec!["hooks.example.com".to_owned()], ..Deployment::default() };
    match tool.prepare(arguments, &deployment) {
        Ok(prepared) => {
            if let Err(violation) = Target::build(tool.segments, "/api", &prepared.parts, &[]) {
                panic!("{}: {violation}: {}", tool.name, prepared.arguments);
            }
            match prepared.arguments {
                Value::Object(canonical) => Ok(canonical),
                other => panic!("{}: arguments became {other}", tool.name),
            }
        }
        Err(problems) => Err(problems.iter().map(|problem| problem.rule).collect()),
    }
}

fn is_promised(tool: &'static Tool, value: &Value) -> bool {
    JUDGES.with_borrow_mut(|judges| {
        judges.entry(tool.input_schema).or_insert_with(|| judge(tool)).is_valid(value)
    })
}

fn judge(tool: &Tool) -> Validator {
    let schema = serde_json::from_str(tool.input_schema).expect("schemas are JSON");
    let built = jsonschema::options().should_validate_formats(true).build(&schema);
    built.expect("advertised schemas are schemas")
}
