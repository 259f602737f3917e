//! Answers that come later: of work that takes a while, that fails, and that asks its client meanwhile or before.

use std::time::Duration;

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Value, json};
use server::call::{CallError, Reply};
use server::client::Ask;
use server::own::{AsTask, Context, OwnTool, Working};
use tokio::time::sleep;

use super::{Nothing, plain, said};

/// More than the longest sleep that the suite asks for.
const ENOUGH: Duration = Duration::from_secs(120);
/// What work takes that is to be seen at work.
const A_WHILE: Duration = Duration::from_secs(1);

/// Who is greeted.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Greeted {
    /// The name.
    name: String,
}

/// How slow.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Slow {
    /// How long it takes.
    #[schemars(range(min = 0, max = 100))]
    seconds: u64,
    /// What it is called.
    #[serde(default)]
    label: String,
}

/// What would be deleted.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Deleted {
    /// The file.
    filename: String,
}

pub(super) static GREET: OwnTool<Greeted> =
    plain("greet", "A greeting", "Greets at once.", |Greeted { name }, _| {
        Box::pin(async move { said(format!("Hello, {name}!")) })
    });

pub(super) static SLOW: OwnTool<Slow> = lasting(
    "slow_compute",
    "Slow work",
    "Takes as long as it is told to.",
    AsTask::Possibly,
    |Slow { seconds, label }, context| {
        Box::pin(async move {
            if seconds > 0 {
                context.answer_later().await;
                sleep(Duration::from_secs(seconds)).await;
            }
            said(format!("{label}: done after {seconds} s."))
        })
    },
);

pub(super) static FAILING: OwnTool<Nothing> =
    lasting("failing_job", "Work that fails", "Fails after a second.", AsTask::Always, |_, context| {
        Box::pin(async move {
            context.answer_later().await;
            sleep(A_WHILE).await;
            Err(CallError::Declined { message: "This work always fails.".to_owned() })
        })
    });

pub(super) static BROKEN: OwnTool<Nothing> = lasting(
    "protocol_error_job",
    "Work with a fault in it",
    "Fails by a fault of the server.",
    AsTask::Possibly,
    |_, context| {
        Box::pin(async move {
            context.answer_later().await;
            Err(CallError::Internal { cause: "the fault that the suite asks for".to_owned() })
        })
    },
);

pub(super) static CONFIRMING: OwnTool<Deleted> = lasting(
    "confirm_delete",
    "Work that asks",
    "Asks whether a file is to be deleted, and deletes none.",
    AsTask::Possibly,
    |Deleted { filename }, context| {
        Box::pin(async move {
            context.answer_later().await;
            let form = form(format!("Delete {filename}?"), "confirm", "boolean");
            let answer = context.client().ask("confirm", form).await?;
            said(format!("{filename}: {}", answer["content"]["confirm"]))
        })
    },
);

pub(super) static ASKING_TWICE: OwnTool<Nothing> = lasting(
    "multi_input",
    "Work that asks twice at once",
    "Asks for two names.",
    AsTask::Possibly,
    |_, context| {
        Box::pin(async move {
            context.answer_later().await;
            let ask = |which: &str| (which.to_owned(), form(format!("The {which} name?"), "name", "string"));
            let answers = context.client().ask_all(vec![ask("first"), ask("second")]).await?;
            said(format!("{} and {}", answers[0]["content"]["name"], answers[1]["content"]["name"]))
        })
    },
);

pub(super) static ASKING_FIRST: OwnTool<Nothing> = lasting(
    "test_tool_with_task",
    "Work that asks before it begins",
    "Asks for a name in a round of its own, and greets later.",
    AsTask::Always,
    |_, context| Box::pin(asking_first(context)),
);

async fn asking_first(context: Context) -> Result<Reply, CallError> {
    let form = form("What is your name?".to_owned(), "name", "string");
    let answer = context.client().ask("user_name", form).await?;
    context.answer_later().await;
    said(format!("Hello, {}!", answer["content"]["name"].as_str().unwrap_or("stranger")))
}

/// A tool whose answer may come later.
const fn lasting<A>(
    name: &'static str,
    title: &'static str,
    description: &'static str,
    as_task: AsTask,
    handler: fn(A, Context) -> Working,
) -> OwnTool<A> {
    OwnTool { as_task, talks: true, timeout: Some(ENOUGH), ..plain(name, title, description, handler) }
}

fn form(message: String, field: &str, kind: &str) -> Ask {
    let schema: Value =
        json!({ "type": "object", "properties": { field: { "type": kind } }, "required": [field] });
    Ask::Form { message, schema }
}
