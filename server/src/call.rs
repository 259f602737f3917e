//! A tool call on its way: what enters the stages, what comes back, and how it can fail.

use std::time::Duration;

use serde_json::{Map, Value};
use tokio::time::Instant;

use crate::catalog::{Prepared, Tool};
use crate::decode::Problems;

/// A tool call on its way through the stages.
#[derive(Debug)]
pub struct Call {
    /// The tool.
    pub tool: &'static Tool,
    /// The arguments as given; taken by the `arguments` stage.
    pub arguments: Map<String, Value>,
    /// What the `arguments` stage made of them; `None` before it.
    pub prepared: Option<Prepared>,
    /// Who calls.
    pub caller: Caller,
    /// Names this request in answers and logs: 1 to 64 characters of `[A-Za-z0-9._-]`.
    pub request_id: String,
    /// W3C `traceparent` to pass on, already checked.
    pub traceparent: Option<String>,
    /// When the whole call must be answered; set by the `deadline` stage, which only ever brings it nearer.
    pub deadline: Option<Instant>,
}

/// Who calls.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Caller {
    /// Whoever can reach the loopback address, or holds the process's standard input.
    LocalOwner,
}

/// A successful answer.
#[derive(Clone, Debug, PartialEq)]
pub struct Reply {
    /// The API's HTTP status.
    pub status: u16,
    /// The answer in the shape of the tool's output schema; absent when the tool has none.
    pub structured: Option<Value>,
    /// The answer as text: the same JSON, or a sentence when there is no content.
    pub text: String,
    /// What the caller should know besides: values that did not match the document, characters made visible.
    pub notes: Vec<String>,
}

/// Why a call got no successful answer. Variants are what a caller or a stage can act on.
#[derive(Debug)]
pub enum CallError {
    /// The arguments were refused; nothing was sent.
    Arguments(Problems),
    /// Time ran out. `sent` tells whether the request may have reached the API.
    TimedOut {
        /// What was allowed.
        after: Duration,
        /// Whether the request may have reached the API.
        sent: bool,
    },
    /// The API could not be reached; nothing was sent.
    Unreachable {
        /// For the log, never for callers.
        cause: String,
    },
    /// The connection broke after the request was sent, or while the answer was read: a mutation's outcome is unknown.
    Interrupted {
        /// For the log, never for callers.
        cause: String,
    },
    /// The API answered with an error status.
    Refused {
        /// The HTTP status.
        status: u16,
        /// The API's own message, cleaned and bounded; empty when it gave none.
        message: String,
        /// When the API asks to come back.
        retry_after: Option<Duration>,
    },
    /// The API answered with success but its answer lacks the member that proves that something was done.
    NothingDone {
        /// The API's own message, cleaned and bounded.
        message: String,
    },
    /// The API tried to send us elsewhere; the address was not followed.
    Redirected {
        /// The HTTP status.
        status: u16,
    },
    /// The answer was larger than what is allowed.
    TooLarge {
        /// The limit in bytes.
        limit: usize,
        /// The HTTP status.
        status: u16,
    },
    /// The answer was not what the document promises (an HTML page, broken JSON, a required member of a wrong type).
    Unexpected {
        /// The HTTP status.
        status: u16,
        /// What was expected and what came, without the content.
        what: String,
    },
    /// No credential is configured for what the operation needs.
    NoCredential {
        /// The scheme names that would do, alternatives joined by `or`.
        schemes: String,
    },
    /// A fault of ours. The cause is for the log, never for callers.
    Internal {
        /// For the log, never for callers.
        cause: String,
    },
}
