//! Hand-written tools for tests: one that reads, one that changes, one that fails in every way.
#![allow(dead_code, unreachable_pub, reason = "each test program uses its own part of it")]

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use server::call::{CallError, Reply};
use server::catalog::{Api, Confirm, Effect};
use server::own::{AsTask, Context, OwnTool, schema_of};

use crate::sample;

/// The sample API with these tools.
pub fn api() -> &'static Api {
    sample::API.with(&[&LOOK, &REDEPLOY, &FAIL]).unwrap()
}

/// Arguments for `look` that make it call twice.
pub fn looking() -> Value {
    json!({ "assignment": "A-1", "levels": ["DEV", "PRD"] })
}

/// What `look` takes.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Look {
    /// The assignment.
    #[schemars(length(max = 8))]
    assignment: String,
    levels: Vec<String>,
    most: Option<u32>,
    #[serde(default, deserialize_with = "some")]
    #[schemars(with = "How")]
    how: Option<How>,
}

/// An optional argument that is left out rather than null.
fn some<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Option<How>, D::Error> {
    How::deserialize(deserializer).map(Some)
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct How {
    gently: bool,
}

/// What `look` answers.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Looked {
    sets: Vec<String>,
}

/// A read.
pub static LOOK: OwnTool<Look> = OwnTool {
    name: "look",
    title: "Look twice",
    description: "Reads one assignment on several levels.",
    effect: Effect::Read,
    confirm: Confirm::ByEffect,
    idempotent: true,
    open_world: false,
    talks: false,
    as_task: AsTask::Never,
    timeout: None,
    scopes: None,
    output_schema: Some(schema_of::<Looked>),
    secrets: &[],
    handler: |arguments, context| Box::pin(look(arguments, context)),
};

async fn look(arguments: Look, context: Context) -> Result<Reply, CallError> {
    let mut sets = Vec::new();
    for level in &arguments.levels {
        let asked = json!({ "srid": "ISPW", "assignmentId": arguments.assignment, "level": level });
        let answer = context.call("read", asked).await?.into_structured().unwrap_or_default();
        sets.push(answer["setId"].as_str().unwrap_or_default().to_owned());
    }
    Reply::of(&Looked { sets })
}

/// What `redeploy` takes.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Redeploy {
    release: String,
}

/// A mutation of two steps.
pub static REDEPLOY: OwnTool<Redeploy> = OwnTool {
    name: "redeploy",
    title: "Deploy twice",
    description: "Deploys a release, and once more.",
    effect: Effect::Write,
    confirm: Confirm::ByEffect,
    idempotent: false,
    open_world: true,
    talks: false,
    as_task: AsTask::Never,
    timeout: None,
    scopes: None,
    output_schema: None,
    secrets: &[],
    handler: |arguments, context| Box::pin(redeploy(arguments, context)),
};

async fn redeploy(arguments: Redeploy, context: Context) -> Result<Reply, CallError> {
    for _ in 0..2 {
        context.call("deploy", json!({ "srid": "ISPW", "releaseId": arguments.release })).await?;
    }
    if arguments.release == "WAIT" {
        std::future::pending::<()>().await;
    }
    Ok(Reply::text("Deployed twice."))
}

/// What `fail` takes.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Fail {
    how: String,
}

/// A read that fails as it is told.
pub static FAIL: OwnTool<Fail> = FAIL_LIKE;

/// The same, to be changed.
pub const FAIL_LIKE: OwnTool<Fail> = OwnTool {
    name: "fail",
    title: "Fail",
    description: "Fails in the way that is named.",
    effect: Effect::Read,
    confirm: Confirm::ByEffect,
    idempotent: true,
    open_world: false,
    talks: false,
    as_task: AsTask::Never,
    timeout: None,
    scopes: None,
    output_schema: Some(schema_of::<Looked>),
    secrets: &[],
    handler: |arguments, context| Box::pin(fail(arguments, context)),
};

async fn fail(arguments: Fail, context: Context) -> Result<Reply, CallError> {
    match arguments.how.as_str() {
        "decline" => Err(CallError::Declined {
            message: "There is nothing to look at\u{202e}; name another day.".to_owned(),
        }),
        "panic" => panic!("a fault that a test asks for"),
        "mistake" => Reply::of(&json!({ "sets": "one" })),
        "silence" => Ok(Reply::text("text alone, where the output schema promises more")),
        "unknown" => context.call("nothing_such", json!({})).await,
        "own" => context.call("look", looking()).await,
        "stronger" => context.call("deploy", sample::deploying()).await,
        "refused" => context.call("read", json!({ "assignmentId": "A", "level": "DEV" })).await,
        _ => Reply::of(&Looked { sets: Vec::new() }),
    }
}
