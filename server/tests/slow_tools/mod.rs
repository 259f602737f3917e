//! Tools whose calls take a while, served, and a client that comes back for their answers.
#![allow(dead_code, reason = "each test program uses its own part of it")]

use std::sync::Arc;
use std::time::Duration;

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Value, json};
use server::Options;
use server::call::{CallError, Reply};
use server::catalog::{Api, Confirm, Effect, Long, Source, Tool};
use server::client::{Ask, Progress};
use server::own::{AsTask, Context, OwnTool};
use tokio::sync::Notify;

use crate::fake_upstream::{Act, json as json_answer};
use crate::http_support::{Answer, Served, modern_body};
use crate::sample::{self, deploying};

/// The sample's change, which starts work that the sample's read tells the state of.
static START: Tool = Tool {
    name: "start",
    long: Some(Long {
        id: "/setId",
        tool: "read",
        with: &[("srid", Source::Argument("srid")), ("assignmentId", Source::Answer("/setId"))],
        state: "/state",
        done: &["Complete"],
        failed: &["Failed"],
        waiting: &["Held"],
    }),
    proof: None,
    ..sample::DEPLOY
};
static API: Api = Api { tools: &[&sample::READ, &START], ..sample::API };

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct How {
    how: String,
}

/// A tool that takes a while, and ends as it is told.
static SLOW: OwnTool<How> = OwnTool {
    name: "slow",
    talks: true,
    handler: |How { how }, context| Box::pin(slow(how, context)),
    ..SLOW_LIKE
};
static ALWAYS: OwnTool<How> = OwnTool {
    name: "always",
    as_task: AsTask::Always,
    handler: |_, context| {
        Box::pin(async move { Ok(Reply::text(format!("later: {}", context.answer_later().await))) })
    },
    ..SLOW_LIKE
};
const SLOW_LIKE: OwnTool<How> = OwnTool {
    name: "",
    title: "Slow",
    description: "Takes a while.",
    effect: Effect::Read,
    confirm: Confirm::Never,
    idempotent: true,
    open_world: false,
    talks: false,
    as_task: AsTask::Possibly,
    timeout: None,
    scopes: None,
    output_schema: None,
    secrets: &[],
    handler: |_, _| Box::pin(std::future::pending()),
};

async fn slow(how: String, context: Context) -> Result<Reply, CallError> {
    let form = |field: &str| {
        let schema =
            json!({ "type": "object", "properties": { field: { "type": "string" } }, "required": [field] });
        Ask::Form { message: field.to_owned(), schema }
    };
    let first = match how.as_str() {
        "ask first" => context.client().ask("name", form("name")).await?["content"]["name"].clone(),
        _ => Value::Null,
    };
    let later = context.answer_later().await;
    match how.as_str() {
        "decline" => Err(CallError::Declined { message: "It cannot be done.".to_owned() }),
        "fault" => Err(CallError::Internal { cause: "secret-cause".to_owned() }),
        "never" => {
            context.client().progress(Progress { done: 1.0, total: Some(4.0), message: None }).await;
            std::future::pending().await
        }
        "much" => Ok(Reply::text("x".repeat(1 << 20))),
        "ask" => {
            let answer = context.client().ask("colour", form("colour")).await?;
            Ok(Reply::text(format!("{}", answer["content"]["colour"])))
        }
        _ => Ok(Reply::text(format!("later: {later}, first: {first}"))),
    }
}

pub(crate) fn api() -> &'static Api {
    API.with(&[&SLOW, &ALWAYS]).unwrap()
}

pub(crate) fn quick(options: &mut Options) {
    options.engine.confirm.mode = server::stages::confirm::Mode::Off;
    options.engine.follow.first_pause = Duration::from_millis(1);
    options.engine.follow.longest_pause = Duration::from_millis(2);
}

pub(crate) async fn served(script: impl IntoIterator<Item = Act>) -> Served {
    Served::start_api(api(), script, quick).await
}

pub(crate) fn started() -> Act {
    json_answer("200 OK", r#"{"setId":"S1"}"#)
}

pub(crate) fn state(state: &str) -> Act {
    json_answer("200 OK", &json!({ "state": state }).to_string())
}

/// A look that learns nothing until this is notified.
pub(crate) fn held() -> (Act, Arc<Notify>) {
    let notify = Arc::new(Notify::new());
    let Act::Send(bytes) = state("Complete") else { panic!("an answer") };
    (Act::Hold(Arc::clone(&notify), bytes), notify)
}

pub(crate) fn waiting() -> Value {
    let mut arguments = deploying();
    arguments["wait_seconds"] = 60.into();
    arguments
}

/// A request of a client that says that it comes back.
pub(crate) async fn send(
    served: &Served,
    method: &str,
    name: &str,
    params: Value,
    extra: &[(&str, &str)],
) -> Answer {
    let capabilities = json!({ "elicitation": {}, "extensions": { "io.modelcontextprotocol/tasks": {} } });
    let mut body = modern_body(method, params);
    body["params"]["_meta"]["io.modelcontextprotocol/clientCapabilities"] = capabilities;
    let headers = [("MCP-Protocol-Version", "2026-07-28"), ("Mcp-Method", method), ("Mcp-Name", name)];
    served.post(&[&headers[..], extra].concat(), &body.to_string()).await
}

pub(crate) async fn call(served: &Served, tool: &str, arguments: Value) -> Answer {
    send(served, "tools/call", tool, json!({ "name": tool, "arguments": arguments }), &[]).await
}

/// Begins a task; gives its name.
pub(crate) async fn begin(served: &Served, tool: &str, arguments: Value) -> String {
    let created = call(served, tool, arguments).await.result();
    assert_eq!(
        (&created["resultType"], &created["status"]),
        (&json!("task"), &json!("working")),
        "{created}"
    );
    created["taskId"].as_str().unwrap().to_owned()
}

pub(crate) async fn about(served: &Served, method: &str, id: &str, params: Value) -> Answer {
    let mut params = params;
    params["taskId"] = id.into();
    send(served, method, id, params, &[]).await
}

pub(crate) async fn get(served: &Served, id: &str) -> Value {
    about(served, "tasks/get", id, json!({})).await.result()
}

/// The task once it stands like this.
pub(crate) async fn until(served: &Served, id: &str, status: &str) -> Value {
    loop {
        let task = get(served, id).await;
        if task["status"] == status {
            return task;
        }
        assert!(["working", "input_required"].contains(&task["status"].as_str().unwrap()), "{task}");
    }
}
