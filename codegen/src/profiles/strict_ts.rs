//! Clients on the TypeScript SDK of the protocol before 2.0, which parse the list of tools with a schema of their own
//! and refuse the whole list for one tool: `type` of both schemas is the literal "object"
//! (modelcontextprotocol/typescript-sdk#1149), and their `properties` are objects, so not `true` or `false`
//! (`ToolSchema` in its `types.ts`, `AssertObjectSchema`).

use serde_json::Value;

use super::{Finding, View, listed};

pub(super) fn check(view: &View<'_>, found: &mut Vec<Finding>) {
    let schemas = [("input", Some(&view.input)), ("output", view.output.as_ref())];
    for (which, schema) in schemas.into_iter().filter_map(|(which, schema)| Some((which, schema?))) {
        if schema["type"] != "object" {
            let message = format!("the root of its {which} schema does not say `type: object` itself");
            found.push(Finding { rule: "strict-ts-root", message });
        }
        let properties = schema["properties"].as_object().into_iter().flatten();
        let flags: Vec<String> = properties
            .filter(|(_, value)| !matches!(value, Value::Object(_)))
            .map(|(name, _)| format!("{name:?}"))
            .collect();
        if !flags.is_empty() {
            let message = format!("the schema of a property of its {which} is no object: {}", listed(&flags));
            found.push(Finding { rule: "strict-ts-property", message });
        }
    }
}
