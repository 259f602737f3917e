//! The innermost stage: sends the request and reads the answer.

use std::sync::Arc;

use super::Outcome;
use crate::answer;
use crate::call::{Call, CallError, Reply};
use crate::upstream::{NOT_MODIFIED, Request, Upstream};

/// Sends what the `arguments` stage prepared and reads what comes back.
pub async fn upstream(upstream: Arc<Upstream>, call: Call) -> Outcome {
    let Some(prepared) = &call.prepared else {
        return Err(CallError::Internal { cause: "the call was not prepared".to_owned() });
    };
    let request = Request {
        tool: call.tool,
        parts: &prepared.parts,
        request_id: &call.request_id,
        traceparent: call.traceparent.as_deref(),
        progress: &call.progress,
        heard: &call.heard,
        validator: call.validator.as_deref(),
    };
    let received = upstream.exchange(request).await?;
    if received.status == NOT_MODIFIED {
        return Ok(Reply::text("").with_status(NOT_MODIFIED));
    }
    answer::read(call.tool, received)
}
