//! The innermost stage: sends the request and reads the answer.

use super::{Going, Outcome};
use crate::call::{Call, CallError, Reply};
use crate::catalog::Effect;
use crate::telemetry::Traced;
use crate::upstream::{Credential, NOT_MODIFIED, Part, Received, Request, Upstream};

/// The status of an answer to whom the API does not know (RFC 9110, section 15.5.2).
const UNAUTHORIZED: u16 = 401;

/// Sends what the `arguments` stage prepared and reads what comes back.
pub fn upstream(upstream: &Upstream, call: Call) -> Going<'_> {
    Box::pin(send(upstream, call))
}

async fn send(upstream: &Upstream, call: Call) -> Outcome {
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
    let own = call.account.credentials().await?;
    let (mut received, mut part) = exchange(upstream, &request, call.traced, own.as_deref()).await?;
    if received.status == UNAUTHORIZED
        && let Some(own) = own
    {
        // The token may have been withdrawn before its time. What may have changed something is not made again all the same:
        // whoever answered may not have been the first to read it.
        let is_worth_it = call.account.refused(&own);
        if is_worth_it && call.tool.effect == Effect::Read {
            let own = call.account.credentials().await?;
            // Who waits for a part of the room must not hold another.
            drop(part);
            (received, part) = exchange(upstream, &request, call.traced, own.as_deref()).await?;
        }
    }
    if received.status == NOT_MODIFIED {
        return Ok(Reply::text("").with_status(NOT_MODIFIED));
    }
    call.progress.waits_here(true);
    Upstream::read(call.tool, received, part).await
}

/// Sends a request. Where the call is traced, each has a span of its own, which the API is told.
async fn exchange(
    upstream: &Upstream,
    request: &Request<'_>,
    traced: Traced,
    own: Option<&[Credential]>,
) -> Result<(Received, Part), CallError> {
    let Some(trace) = traced.trace() else { return upstream.exchange(request, own).await };
    let open = trace.exchange(request.tool);
    let traceparent = open.below().traceparent();
    let request = Request { traceparent: Some(&traceparent), ..*request };
    open.exchange(upstream.exchange(&request, own)).await
}
