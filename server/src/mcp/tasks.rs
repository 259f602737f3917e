//! Calls that are answered later, as the protocol's extension for tasks has them: made in place until whoever works on them says that
//! it takes a while, and fetched by their name from then on.

use std::sync::Arc;
use std::time::SystemTime;

use rmcp::RoleServer;
use rmcp::model::{
    CreateTaskResult, DetailedTask, ErrorData, ExtensionCapabilities, InputRequests, JsonObject,
    TASKS_EXTENSION_ID, Task as Described, TaskPayload, TaskStatus,
};
use rmcp::service::RequestContext;
use serde::Serialize;
use serde_json::Value;
use tokio::sync::{mpsc, oneshot};

use super::answer;
use super::became::{Became, unknown};
use super::calling::First;
use super::context::{caller, stateless};
use super::handler::Handler;
use super::talking::{Talk, input_request};
use crate::call::{Call, Caller};
use crate::catalog::Tool;
use crate::client::Said;
use crate::replicas::Away;
use crate::tasks::{Begun, Ended, Found, Later, Now, Seen, Unsaid};

/// The methods.
pub(super) const METHODS: [&str; 3] = ["tasks/get", "tasks/update", "tasks/cancel"];
/// How often a client had better look, in milliseconds.
const PAUSE: u64 = 2000;

/// The same for a name that was made up, that of another caller's task, and one whose time is up.
const UNKNOWN: &str = "Unknown task: there is none of this name, or none any more; call the tool that tells the state of the work, if it named one";

/// Where the task may be another server's, and that cannot be asked.
const UNHEARD: &str = "Whether another server works on this task cannot be asked at this moment: ask again in a few seconds; a task goes on meanwhile";
/// Where much was said of a task of another server in a short time.
const TOO_MANY: &str =
    "The server that works on this task has not heard yet what was said before: say it again in a second";
/// Where what a task came to is known to the server alone that worked on it.
const TOO_LARGE: &str = "The work has ended, and its answer is too large to be given by another server than the one that did it; ask again, or call the tool that tells the state of the work";

/// What the server says that it has.
pub(super) fn extension() -> ExtensionCapabilities {
    ExtensionCapabilities::from([(TASKS_EXTENSION_ID.to_owned(), JsonObject::new())])
}

/// What one call may become a task by.
pub(super) struct Offer {
    pub(super) later: Later,
    pub(super) begun: oneshot::Receiver<Begun>,
}

impl Handler {
    /// What a call may become a task by, where its tool may take long and its client comes back.
    pub(super) fn offer(
        &self,
        tool: &'static Tool,
        caller: &Caller,
        context: &RequestContext<RoleServer>,
    ) -> Option<Offer> {
        let tasks = self.shared.engine().tasks().filter(|_| tool.may_be_task() && stateless(context))?;
        let comes_back = context.client_capabilities().is_some_and(|client| client.supports_tasks());
        comes_back.then(|| {
            let (later, begun) = tasks.offer(caller, tool);
            Offer { later, begun }
        })
    }

    /// Makes a call until it is answered, or becomes a task.
    pub(super) async fn until_task(
        &self,
        mut begun: oneshot::Receiver<Begun>,
        call: Call,
        talk: Talk,
        mut said: mpsc::Receiver<Said>,
        context: &RequestContext<RoleServer>,
    ) -> First {
        let (shared, tool) = (Arc::clone(&self.shared), call.tool);
        let mut work = Box::pin(async move { shared.call(call).await });
        let begun = tokio::select! {
            biased;
            Ok(begun) = &mut begun => begun,
            became = talk.during(&mut work, &mut said) => return First::Became(became),
            () = context.ct.cancelled() => return First::Left,
        };
        let meta = self.meta(context);
        let task = begun.go_on(
            async move {
                match work.await {
                    Became::Incapable(ability, _) => failed(&answer::incapable(ability)),
                    Became::Forged(result) => failed(&ErrorData::invalid_params(answer::text(&result), None)),
                    Became::Fault(result) => failed(&ErrorData::internal_error(answer::text(&result), None)),
                    Became::Hidden(_) => failed(&unknown(tool.name)),
                    became => Ended::Answered(members(&became.into_result().with_meta(meta))),
                }
            },
            said,
        );
        let task = task.await;
        tracing::info!(tool = tool.name, task = task.id(), outcome = "begun", "task");
        First::Task(CreateTaskResult::new(described(&task.seen())).with_meta(self.shared.meta().clone()))
    }

    /// The task of this name, if it is the caller's, and the caller may still use the tool.
    pub(super) async fn task(
        &self,
        id: &str,
        context: &RequestContext<RoleServer>,
    ) -> Result<Found, ErrorData> {
        let (engine, caller) = (self.shared.engine(), caller(context)?);
        let task = match engine.tasks() {
            Some(tasks) => tasks.find(&caller, id).await.map_err(|why| unheard(&why))?,
            None => None,
        };
        let may_use =
            |task: &Found| engine.api().find(task.tool()).is_some_and(|tool| engine.may(&caller, tool));
        task.filter(may_use).ok_or_else(|| ErrorData::invalid_params(UNKNOWN, None))
    }
}

/// What is told to whoever asks for a task that another server may have, where that cannot be asked.
fn unheard(why: &Away) -> ErrorData {
    tracing::debug!(%why, "a task of another server could not be asked for");
    ErrorData::internal_error(UNHEARD, None)
}

/// What is told to whoever says something of a task that nobody will hear.
pub(super) fn unsaid(why: &Unsaid) -> ErrorData {
    match why {
        Unsaid::Away(why) => unheard(why),
        Unsaid::TooMany => ErrorData::internal_error(TOO_MANY, None),
        Unsaid::TooLarge(size, most) => {
            let text = format!(
                "inputResponses: {size} bytes are more than another server can be told of its task, which is {most}: send shorter answers, or fewer at once"
            );
            ErrorData::invalid_params(text, None)
        }
    }
}

/// A task with all that is known of it.
pub(super) fn detailed(seen: Seen) -> DetailedTask {
    let task = described(&seen);
    let payload = match seen.now {
        Now::Working => TaskPayload::Working,
        Now::Cancelled => TaskPayload::Cancelled,
        Now::TooLarge => TaskPayload::Failed { error: members(&ErrorData::internal_error(TOO_LARGE, None)) },
        Now::Ended(Ended::Answered(result)) => TaskPayload::Completed { result },
        Now::Ended(Ended::Failed(error)) => TaskPayload::Failed { error },
        Now::Asking(asks) => {
            let input_requests: InputRequests =
                asks.into_iter().filter_map(|(name, ask)| Some((name, input_request(&ask)?))).collect();
            TaskPayload::InputRequired { input_requests }
        }
    };
    DetailedTask::new(task, payload)
}

/// A task without what it came to.
fn described(seen: &Seen) -> Described {
    let at = |time: SystemTime| humantime::format_rfc3339_millis(time).to_string();
    let lasting = u64::try_from(seen.lasting.as_millis()).unwrap_or(u64::MAX);
    let mut task = Described::new(&seen.id, TaskStatus::Working, at(seen.created), at(seen.changed))
        .with_ttl_ms(lasting)
        .with_poll_interval_ms(PAUSE);
    task.status_message.clone_from(&seen.message);
    task
}

fn failed(error: &ErrorData) -> Ended {
    Ended::Failed(members(error))
}

fn members(value: &impl Serialize) -> JsonObject {
    match serde_json::to_value(value) {
        Ok(Value::Object(members)) => members,
        other => unreachable!("results and errors are objects: {other:?}"),
    }
}
