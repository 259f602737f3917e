//! What is recorded.

use std::net::IpAddr;
use std::time::SystemTime;

use serde_json::{Map, Value, json};

use crate::call::{Call, CallError, Caller, Reply};
use crate::catalog::Effect;

/// One thing that happened.
#[derive(Clone, Debug, PartialEq)]
pub struct Entry {
    /// What.
    pub event: Event,
    /// In which call; `None` for what the process does of itself.
    pub subject: Option<Subject>,
}

/// What happened.
#[derive(Clone, Debug, PartialEq)]
pub enum Event {
    /// A process begins to write.
    Start {
        /// The program and its version.
        program: String,
    },
    /// A change is about to be asked of the API.
    Intent {
        /// The arguments in canonical form, redacted.
        arguments: Value,
        /// Names the change: identical changes have the same.
        key: String,
        /// Whether a person said yes to it.
        confirmed: bool,
    },
    /// A call has ended.
    Outcome {
        /// In a word: `answered`, `cancelled`, or the kind of the error.
        outcome: &'static str,
        /// The API's status, if it answered.
        status: Option<u16>,
        /// Whether a request may have reached the API.
        sent: bool,
        /// How long the call took.
        milliseconds: u64,
        /// The arguments as given, redacted, where no intent has them.
        arguments: Option<Value>,
    },
    /// Somebody was not let in.
    Denied {
        /// Why, in a word.
        outcome: &'static str,
        /// The request's id, as answers and logs have it.
        request_id: String,
        /// Where the request came from, if that is known.
        address: Option<IpAddr>,
    },
    /// Calls were refused, besides those that are recorded each.
    Refusals {
        /// Who called.
        caller: Caller,
        /// The kind of the error.
        outcome: &'static str,
        /// How many.
        count: u64,
        /// When the first was.
        since: SystemTime,
    },
    /// Records were lost, since they could not be written for too long.
    Gap {
        /// How many.
        lost: u64,
    },
    /// Everything before is signed.
    Checkpoint {
        /// The signature of the record before, in base64.
        signature: String,
    },
    /// The process ends.
    Stop,
}

impl Event {
    /// Its kind in a word, as records have it.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Start { .. } => "start",
            Self::Intent { .. } => "intent",
            Self::Outcome { .. } => "outcome",
            Self::Denied { .. } => "denied",
            Self::Refusals { .. } => "refusals",
            Self::Gap { .. } => "gap",
            Self::Checkpoint { .. } => "checkpoint",
            Self::Stop => "stop",
        }
    }
}

/// The call that something happened in.
#[derive(Clone, Debug, PartialEq)]
pub struct Subject {
    /// The tool.
    pub tool: &'static str,
    /// What it does to the world.
    pub effect: Effect,
    /// Who called.
    pub caller: Caller,
    /// The request's id, as answers and logs have it.
    pub request_id: String,
    /// The trace that it is part of, in 32 digits, where the caller named one.
    pub trace_id: Option<Box<str>>,
}

impl Subject {
    /// The subject that a call is.
    pub fn of(call: &Call) -> Self {
        let (caller, request_id) = (call.caller.clone(), call.request_id.clone());
        let trace_id = call.traceparent.as_deref().and_then(trace_id).map(Box::from);
        Self { tool: call.tool.name, effect: call.tool.effect, caller, request_id, trace_id }
    }
}

/// The trace that a `traceparent` names: what stands between its first two dashes.
fn trace_id(traceparent: &str) -> Option<&str> {
    traceparent.split('-').nth(1)
}

/// The word for how a call ended, and the API's status.
pub(crate) fn ending(outcome: &Result<Reply, CallError>) -> (&'static str, Option<u16>) {
    match outcome {
        Ok(reply) => ("answered", Some(reply.status)),
        Err(error) => (error.kind(), error.status()),
    }
}

impl Entry {
    /// The members of the record, in their order.
    pub(super) fn members(self) -> Map<String, Value> {
        let mut members = Map::new();
        members.insert("kind".to_owned(), self.event.kind().into());
        if let Some(Subject { tool, effect, caller, request_id, trace_id }) = self.subject {
            members.insert("tool".to_owned(), tool.into());
            members.insert("effect".to_owned(), effect.word().into());
            members.insert("caller".to_owned(), caller.word().into());
            members.insert("request_id".to_owned(), request_id.into());
            members.extend(trace_id.map(|trace_id| ("trace_id".to_owned(), String::from(trace_id).into())));
        }
        let said = match self.event {
            Event::Start { program } => json!({ "program": program }),
            Event::Intent { arguments, key, confirmed } => {
                json!({ "key": key, "confirmed": confirmed, "arguments": arguments })
            }
            Event::Outcome { outcome, status, sent, milliseconds, arguments } => {
                let mut said = json!({ "outcome": outcome, "sent": sent, "milliseconds": milliseconds });
                if let Some(status) = status {
                    said["status"] = status.into();
                }
                if let Some(arguments) = arguments {
                    said["arguments"] = arguments;
                }
                said
            }
            Event::Denied { outcome, request_id, address } => {
                json!({ "request_id": request_id, "outcome": outcome, "address": address })
            }
            Event::Refusals { caller, outcome, count, since } => {
                let since = humantime::format_rfc3339_millis(since).to_string();
                json!({ "caller": caller.word(), "outcome": outcome, "count": count, "since": since })
            }
            Event::Gap { lost } => json!({ "lost": lost }),
            Event::Checkpoint { signature } => json!({ "signature": signature }),
            Event::Stop => json!({}),
        };
        if let Value::Object(said) = said {
            members.extend(said);
        }
        members
    }
}
