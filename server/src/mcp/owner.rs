//! What the owner of this process asks without any connection, and what comes of it.

use serde_json::{Map, Value};
use tokio::sync::mpsc;

use super::became::Became;
use super::{Protocol, answer};
use crate::call::{Answer, Call, Caller, Consent, Purpose};
use crate::catalog::Tool;
use crate::request_id;
use crate::telemetry::Entry;

/// The status by which an API says that too much is asked of it, and no more than that.
const TOO_MANY: u16 = 429;

/// What is said of a call beside its arguments.
#[derive(Debug, Default)]
pub struct Made {
    /// Names the change: another key makes an identical one another change.
    pub key: Option<String>,
    /// Told of each new state of the work that the call starts, while it waits for that.
    pub states: Option<mpsc::Sender<String>>,
}

/// Why nothing was seen of something.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unseen {
    /// What a caller reads.
    pub words: String,
    /// Whether looking again does not help.
    pub is_final: bool,
}

impl Protocol {
    /// Calls a tool for the owner of this process. Where a person must say yes first, `ask` puts the question and gives the answer.
    pub async fn call(
        &self,
        tool: &str,
        arguments: Map<String, Value>,
        made: Made,
        ask: impl FnOnce(&str) -> Answer,
    ) -> Option<Value> {
        let tool = self.shared.find(tool)?;
        let mut call = Call::new(tool, arguments, Caller::LocalOwner, request_id::fresh());
        call.idempotency_key = made.key;
        call.states = made.states;
        call.consent = Consent::Possible;
        call.purpose = Purpose::Program;
        let mut again = call.again();
        let mut became = self.shared.call(call).await;
        if let Became::Question(question) = became {
            again.consent = Consent::Answered { answer: ask(&question.text), state: question.state };
            became = self.shared.call(again).await;
        }
        Some(serde_json::to_value(became.into_result()).expect("a tool's result is JSON"))
    }

    /// Looks at the state of something for the owner of this process: the structured answer of a tool that reads, as it is now.
    pub async fn look(&self, tool: &'static Tool, arguments: Map<String, Value>) -> Result<Value, Unseen> {
        let request_id = request_id::fresh();
        let mut call = Call::new(tool, arguments, Caller::LocalOwner, request_id.clone());
        call.purpose = Purpose::Watch;
        let entry = Entry::of(&call, None);
        let outcome = self.shared.engine.call(call).await;
        entry.close(&outcome);
        match outcome {
            Ok(reply) => Ok(reply.into_structured().unwrap_or_default()),
            Err(error) => Err(Unseen {
                words: answer::text(&answer::error(tool, &error, false, &request_id)),
                is_final: error.says_unchanged() && error.status() != Some(TOO_MANY),
            }),
        }
    }
}
