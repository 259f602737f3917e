//! What a handler knows of its call, and how it reaches the API.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use serde::Serialize;
use serde_json::Value;
use tokio::time::Instant;

use crate::call::{Call, CallError, Caller, Consent, Progress, Purpose, Reply};
use crate::catalog::{Effect, Tool, Work};
use crate::client::Client;
use crate::engine::Calls;
use crate::request_id::numbered;
use crate::stages::ledger;
use crate::tasks::Later;
use crate::telemetry::{Entry, Traced};
use crate::view::View;

/// The call that a handler works for.
#[derive(Debug)]
pub struct Context {
    tool: &'static Tool,
    caller: Caller,
    request_id: Arc<str>,
    traceparent: Option<String>,
    traced: Traced,
    deadline: Option<Instant>,
    /// Whether a person said yes to this call, and so to those that it makes.
    confirmed: bool,
    progress: Progress,
    calls: Calls,
    client: Client,
    view: View,
    /// What the call becomes a task by.
    later: Option<Later>,
    /// How many calls were made so far; it numbers them.
    made: AtomicUsize,
    /// Names what this call is about to change, the same when it is made again.
    change: String,
}

impl Context {
    /// The context and the arguments of a call that has come through the stages.
    pub(super) fn of(call: Call) -> Option<(Self, Value)> {
        let change = ledger::recorded(&call, &call.prepared.as_ref()?.arguments);
        let call = call.into_content();
        let context = Self {
            change,
            tool: call.tool,
            caller: call.caller,
            request_id: call.request_id,
            traceparent: call.traceparent,
            traced: call.traced,
            deadline: call.deadline,
            confirmed: call.consent == Consent::Confirmed,
            progress: call.progress,
            calls: call.calls?,
            client: call.client,
            view: call.view,
            later: call.later,
            made: AtomicUsize::new(0),
        };
        let prepared = Arc::into_inner(call.prepared?)?;
        Some((context, prepared.arguments))
    }

    /// Who calls.
    pub fn caller(&self) -> &Caller {
        &self.caller
    }

    /// Names the call in answers and logs.
    pub fn request_id(&self) -> &str {
        &self.request_id
    }

    /// What calls are made with.
    pub(super) fn calls(&self) -> &Calls {
        &self.calls
    }

    /// Which tools the caller is shown.
    pub(super) fn view(&self) -> &View {
        &self.view
    }

    /// The client, which may be asked and told something on the way, where the tool says that it does (`talks`).
    pub fn client(&self) -> &Client {
        &self.client
    }

    /// Says that the answer takes a while from here on, where the tool may say so (`as_task`). A client that can come back for it
    /// is told to, and answers what it is asked from then on when it looks; before, a question may end the call, and the handler
    /// begins anew with the answer. Gives whether it comes back: `false` where it waits, since it cannot, or has enough tasks already.
    pub async fn answer_later(&self) -> bool {
        let (Some(later), Some(deadline)) = (&self.later, self.deadline) else { return false };
        let begun = later.begin(deadline.saturating_duration_since(Instant::now()), self.after_cancel());
        // Whoever holds the client hears of it before there can be an answer.
        tokio::task::yield_now().await;
        begun
    }

    /// What a client reads that has cancelled the call.
    fn after_cancel(&self) -> String {
        let work = match self.tool.effect {
            Effect::Read => "the work for this call has ended",
            Effect::Write | Effect::Destroy => {
                "what this call has begun to change is changed to its end, and nothing is undone: look at the present state with a tool that reads"
            }
        };
        format!("Nobody waits for an answer any more; {work}.")
    }

    /// When the call must be answered; the handler is dropped then.
    pub fn deadline(&self) -> Option<Instant> {
        self.deadline
    }

    /// Calls a generated tool for the same caller, through every stage and with an entry of its own in the log. It is
    /// cancelled with this call if it reads, and goes on to its end if it changes something.
    ///
    /// A tool that does more to the world than this one says is not called: clients rely on what they were told.
    pub async fn call(&self, tool: &str, arguments: impl Serialize) -> Result<Reply, CallError> {
        let tool = self.callable(tool)?;
        if let Some(scopes) = self.calls.scopes().lacking(&self.caller, tool) {
            return Err(CallError::Declined {
                message: format!(
                    "The tool {} calls {}, for which you need the scopes {}; nothing was sent.",
                    self.tool.name,
                    tool.name,
                    scopes.join(" ")
                ),
            });
        }
        let arguments = match serde_json::to_value(arguments) {
            Ok(Value::Object(arguments)) => arguments,
            Ok(_) => return Err(self.fault(format!("arguments for {} that are not an object", tool.name))),
            Err(error) => {
                return Err(self.fault(format!("arguments for {} that are not JSON: {error}", tool.name)));
            }
        };
        let number = self.made.fetch_add(1, Ordering::Relaxed) + 1;
        // Two identical calls of one handler are meant; those of a handler that is called again are the same two.
        let change = format!("{} {number} {}", self.change, Value::Object(arguments.clone()));
        let mut call = Call::new(tool, arguments, self.caller.clone(), numbered(&self.request_id, number));
        call.idempotency_key = Some(change);
        call.traceparent.clone_from(&self.traceparent);
        call.traced = self.traced;
        call.deadline = self.deadline;
        call.consent = if self.confirmed { Consent::Confirmed } else { Consent::Unable };
        call.progress = self.progress.nested();
        call.purpose = Purpose::Program;
        let entry = Entry::of(&call, Some(&self.request_id));
        let outcome = self.calls.call(call).await;
        entry.close(&outcome);
        outcome.map_err(|error| match error {
            // The caller did not write these arguments, so it cannot be told to correct them as they stand.
            CallError::Arguments(problems) => CallError::Declined {
                message: format!("The tool {} refuses what it was asked for: {problems}", tool.name),
            },
            CallError::Unasked => self
                .fault(format!("a person is asked before {} is called, and not before this tool", tool.name)),
            other => other,
        })
    }

    /// The generated tool of this name, if its effect is within what this tool promises.
    fn callable(&self, name: &str) -> Result<&'static Tool, CallError> {
        let tool = self.calls.find(name).filter(|tool| matches!(tool.work, Work::Request(_)));
        let tool = tool.ok_or_else(|| self.fault(format!("there is no generated tool {name:?}")))?;
        if strength(tool.effect) > strength(self.tool.effect) {
            let (own, other) = (self.tool.effect.word(), tool.effect.word());
            return Err(
                self.fault(format!("a tool of effect {own} may not call {name}, which is of effect {other}"))
            );
        }
        Ok(tool)
    }

    fn fault(&self, what: String) -> CallError {
        CallError::Internal { cause: format!("the handler of {}: {what}", self.tool.name) }
    }
}

fn strength(effect: Effect) -> u8 {
    match effect {
        Effect::Read => 0,
        Effect::Write => 1,
        Effect::Destroy => 2,
    }
}
