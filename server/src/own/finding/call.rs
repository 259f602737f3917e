//! `call_tool`: calls the tool that its arguments name.

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Map, Value};

use crate::call::CallError;
use crate::catalog::{Confirm, Effect};
use crate::own::{AsTask, OwnTool};

/// The tool. Nothing is done by itself, whatever is called by it.
pub(super) static CALL: OwnTool<Call> = OwnTool {
    name: "call_tool",
    title: "Call a tool",
    description: "Calls a tool that search_tools found, with arguments as describe_tool says them. What the tool does to the world, what it asks first and what it answers are the tool's own.",
    effect: Effect::Read,
    confirm: Confirm::Never,
    idempotent: false,
    open_world: true,
    talks: false,
    as_task: AsTask::Never,
    timeout: None,
    scopes: Some(&[]),
    output_schema: None,
    secrets: &["/arguments"],
    handler: |Call { name, .. }, _| {
        Box::pin(async move {
            // Every call that names a tool with arguments of the right form became a call of that tool before.
            let cause = format!("a call of {name:?} was not unwrapped");
            Err(CallError::Internal { cause })
        })
    },
};

/// What the tool takes.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Call {
    /// The name of the tool.
    name: String,
    /// Its arguments.
    #[serde(default)]
    #[expect(dead_code, reason = "they go to the tool that is named")]
    arguments: Map<String, Value>,
}

/// The name and the arguments of the tool that is to be called; nothing where they are not in the form that the schema says.
pub(crate) fn inner(arguments: &Map<String, Value>) -> Option<(&str, Map<String, Value>)> {
    let name = arguments.get("name")?.as_str()?;
    let inner = match arguments.get("arguments") {
        None => Map::new(),
        Some(inner) => inner.as_object()?.clone(),
    };
    let is_all = arguments.keys().all(|member| ["name", "arguments"].contains(&member.as_str()));
    is_all.then_some((name, inner))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::own::schema::of_arguments;

    #[test]
    fn what_is_unwrapped_is_what_the_schema_takes() {
        let schema = of_arguments::<Call>();
        for (arguments, is_call) in [
            (json!({ "name": "read" }), true),
            (json!({ "name": "read", "arguments": {} }), true),
            (json!({ "name": "", "arguments": { "name": 1, "x": [1] } }), true),
            (json!({}), false),
            (json!({ "name": 1 }), false),
            (json!({ "name": "read", "arguments": null }), false),
            (json!({ "name": "read", "arguments": [] }), false),
            (json!({ "name": "read", "argument": {} }), false),
        ] {
            assert_eq!(jsonschema::is_valid(&schema, &arguments), is_call, "{arguments}");
            assert_eq!(inner(arguments.as_object().unwrap()).is_some(), is_call, "{arguments}");
        }
    }
}
