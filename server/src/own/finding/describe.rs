//! `describe_tool`: what the list of tools would say of one of them.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::advertised::Hints;
use crate::call::{CallError, Reply};
use crate::catalog::{Confirm, Effect, Tool};
use crate::decode::{nearest, quote};
use crate::own::{AsTask, Context, OwnTool, schema_of};

/// The tool.
pub(super) static DESCRIBE: OwnTool<Describe> = OwnTool {
    name: "describe_tool",
    title: "Describe a tool",
    description: "Tells what a tool does, which arguments it takes and what it answers, by the name that search_tools gave.",
    effect: Effect::Read,
    confirm: Confirm::Never,
    idempotent: true,
    open_world: false,
    talks: false,
    as_task: AsTask::Never,
    timeout: None,
    scopes: Some(&[]),
    output_schema: Some(schema_of::<Description>),
    secrets: &[],
    handler: |arguments, context| Box::pin(async move { described(&arguments.name, &context) }),
};

/// What the tool takes.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Describe {
    /// The name of the tool.
    name: String,
}

/// What the tool answers.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct Description {
    /// Its name.
    name: &'static str,
    /// Its title.
    title: &'static str,
    /// What it does.
    description: &'static str,
    /// The JSON Schema of its arguments.
    input_schema: Map<String, Value>,
    /// The JSON Schema of its answer.
    #[serde(skip_serializing_if = "Option::is_none")]
    output_schema: Option<Map<String, Value>>,
    /// What a call does to the world.
    annotations: Hints,
}

fn described(name: &str, context: &Context) -> Result<Reply, CallError> {
    let (calls, caller, view) = (context.calls(), context.caller(), context.view());
    let is_there = |tool: &Tool| view.has(tool) && calls.may_use(caller, tool);
    let Some(tool) = calls.find(name).filter(|tool| is_there(tool)) else {
        let tools = calls.api().tools.iter().filter(|tool| is_there(tool));
        let near = nearest(name, tools.map(|tool| tool.name));
        let near = near.map_or_else(|| ".".to_owned(), |near| format!("; did you mean `{near}`?"));
        let message = format!("There is no tool {}{near} Tools are found by search_tools.", quote(name));
        return Err(CallError::Declined { message });
    };
    let wrong = |cause: String| CallError::Internal { cause };
    let advertised = calls.advertising().of(tool).map_err(|error| wrong(error.to_string()))?;
    Reply::of(&Description {
        name: tool.name,
        title: tool.title,
        description: tool.description,
        input_schema: advertised.input,
        output_schema: advertised.output,
        annotations: Hints::of(tool),
    })
}
