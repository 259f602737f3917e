//! The line that the log has of each call: who called what, in which request and trace, and how it ended. Never a value of its
//! arguments or of its answer.

use std::sync::Arc;
use std::time::Instant;

use crate::call::{Call, CallError, Caller, Reply};
use crate::journal::ending;

/// A call that has begun. Dropped before its end, whoever waited for it has left.
#[derive(Debug)]
pub(crate) struct Entry<'a> {
    tool: &'static str,
    caller: Caller,
    request_id: Arc<str>,
    trace_id: Option<String>,
    /// The request id of the call that this one is made for.
    within: Option<&'a str>,
    begun: Instant,
    is_open: bool,
}

impl<'a> Entry<'a> {
    /// The entry of this call, which begins now.
    pub(crate) fn of(call: &Call, within: Option<&'a str>) -> Self {
        Self {
            tool: call.tool.name,
            caller: call.caller.clone(),
            request_id: call.request_id.clone(),
            trace_id: call.trace_id(),
            within,
            begun: Instant::now(),
            is_open: true,
        }
    }

    /// Says how it ended.
    pub(crate) fn close(mut self, outcome: &Result<Reply, CallError>) {
        self.is_open = false;
        let (word, status) = ending(outcome);
        self.say(word, status);
    }

    fn say(&self, outcome: &'static str, status: Option<u16>) {
        let Self { tool, within, .. } = self;
        let request_id = &*self.request_id;
        let milliseconds = u64::try_from(self.begun.elapsed().as_millis()).unwrap_or(u64::MAX);
        let (caller, trace_id) = (self.caller.word(), self.trace_id.as_deref());
        tracing::info!(tool, outcome, caller, status, milliseconds, request_id, trace_id, within, "called");
    }
}

impl Drop for Entry<'_> {
    fn drop(&mut self) {
        if self.is_open {
            self.say("caller_left", None);
        }
    }
}
