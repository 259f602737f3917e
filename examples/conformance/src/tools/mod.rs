//! The tools, by what they show: forms of answers, words on the way, questions on the way, questions over several rounds, and answers
//! that come later.

mod answers;
mod headers;
mod questions;
mod rounds;
mod schemas;
mod tasks;
mod words;

use schemars::JsonSchema;
use serde::Deserialize;
use server::call::{CallError, Reply};
use server::catalog::{Confirm, Effect};
use server::own::{AsTask, Context, Own, OwnTool, Working};

/// All of them.
pub static TOOLS: &[&dyn Own] = &[
    &answers::SIMPLE_TEXT,
    &answers::IMAGE,
    &answers::AUDIO,
    &answers::EMBEDDED_RESOURCE,
    &answers::MULTIPLE,
    &answers::ERROR,
    &headers::MIRRORED,
    &questions::SAMPLING,
    &questions::MISSING_CAPABILITY,
    &questions::ELICITATION,
    &questions::STREAMING_ELICITATION,
    &questions::DEFAULTS,
    &questions::ENUMS,
    &rounds::ELICITATION,
    &rounds::SAMPLING,
    &rounds::LIST_ROOTS,
    &rounds::REQUEST_STATE,
    &rounds::TAMPERED_STATE,
    &rounds::MULTIPLE_INPUTS,
    &rounds::MULTI_ROUND,
    &rounds::CAPABILITIES,
    &schemas::JSON_SCHEMA,
    &tasks::GREET,
    &tasks::SLOW,
    &tasks::FAILING,
    &tasks::BROKEN,
    &tasks::CONFIRMING,
    &tasks::ASKING_TWICE,
    &tasks::ASKING_FIRST,
    &words::PROGRESS,
    &words::LOGGING,
    &words::LOGGING_TOOL,
    &words::TOUCH,
];

/// What a tool takes that takes nothing.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Nothing {}

/// A tool that changes nothing and says nothing on the way.
const fn plain<A>(
    name: &'static str,
    title: &'static str,
    description: &'static str,
    handler: fn(A, Context) -> Working,
) -> OwnTool<A> {
    OwnTool {
        name,
        title,
        description,
        effect: Effect::Read,
        confirm: Confirm::Never,
        idempotent: true,
        open_world: false,
        talks: false,
        as_task: AsTask::Never,
        timeout: None,
        scopes: None,
        output_schema: None,
        secrets: &[],
        handler,
    }
}

/// A tool that changes nothing and asks or tells its client something on the way.
const fn talking<A>(
    name: &'static str,
    title: &'static str,
    description: &'static str,
    handler: fn(A, Context) -> Working,
) -> OwnTool<A> {
    OwnTool { talks: true, ..plain(name, title, description, handler) }
}

fn said(text: impl Into<String>) -> Result<Reply, CallError> {
    Ok(Reply::text(text))
}
