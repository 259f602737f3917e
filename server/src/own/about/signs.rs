//! `ping` and `echo`: whether calls arrive at all, and as what.

use std::time::SystemTime;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Nothing;
use crate::call::Reply;
use crate::catalog::{Confirm, Effect};
use crate::own::{AsTask, OwnTool, schema_of};

/// The tool `ping`.
pub(super) static PING: OwnTool<Nothing> = OwnTool {
    name: "ping",
    title: "Ping the server",
    description: "Answers at once with the server's time. Tells that calls arrive here and answers get back, and nothing of the API.",
    effect: Effect::Read,
    confirm: Confirm::Never,
    idempotent: true,
    open_world: false,
    talks: false,
    as_task: AsTask::Never,
    timeout: None,
    scopes: Some(&[]),
    output_schema: Some(schema_of::<Pong>),
    secrets: &[],
    handler: |_, _| Box::pin(async { Reply::of(&Pong { pong: true, time: now() }) }),
};

/// The tool `echo`.
pub(super) static ECHO: OwnTool<Echo> = OwnTool {
    name: "echo",
    title: "Echo a text",
    description: "Answers with the text that it is given, as it arrived.",
    effect: Effect::Read,
    confirm: Confirm::Never,
    idempotent: true,
    open_world: false,
    talks: false,
    as_task: AsTask::Never,
    timeout: None,
    scopes: Some(&[]),
    output_schema: Some(schema_of::<Echoed>),
    secrets: &[],
    handler: |Echo { message }, _| Box::pin(async { Reply::of(&Echoed { message }) }),
};

/// What `ping` answers.
#[derive(Debug, Serialize, JsonSchema)]
struct Pong {
    /// Always true.
    pong: bool,
    /// When it was answered, in RFC 3339.
    time: String,
}

/// What `echo` takes.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Echo {
    /// The text.
    #[schemars(length(max = 4096))]
    message: String,
}

/// What `echo` answers.
#[derive(Debug, Serialize, JsonSchema)]
struct Echoed {
    /// The text.
    message: String,
}

fn now() -> String {
    humantime::format_rfc3339_millis(SystemTime::now()).to_string()
}
