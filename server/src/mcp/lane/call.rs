//! A tool call on the lane: the caller may use the tool, which asks nobody, and nothing is told on the way.

use std::borrow::Cow;

use ::http::request::Parts;
use serde::Deserialize;
use serde_json::{Map, Value};
use tokio_util::sync::CancellationToken;

use super::{Meta, echoed, era, in_json, params};
use crate::call::{Call, Caller};
use crate::catalog::Tool;
use crate::http::Response;
use crate::mcp::answer;
use crate::mcp::arrived;
use crate::mcp::asking::shows_forms;
use crate::mcp::became::{Became, unknown};
use crate::mcp::called::Called;
use crate::mcp::calling::is_sound_key;
use crate::mcp::envelope::Envelope;
use crate::mcp::shared::Shared;

/// The method.
pub(super) const METHOD: &str = "tools/call";

/// A call that is made directly.
pub(in crate::mcp) struct PlainCall {
    /// The message's id as JSON text.
    id: String,
    call: Call,
    /// Whether it is of the stateless era.
    stateless: bool,
}

impl PlainCall {
    /// The call of this message, if it is a plain one.
    pub(super) fn read(shared: &Shared, head: &Parts, body: &[u8], envelope: &Envelope) -> Option<Self> {
        let Params { name, arguments, meta } = params(envelope, body)?;
        let stateless = era::is_stateless(&head.headers, METHOD, Some(&name), &meta)?;
        let caller = head.extensions.get::<Caller>()?.clone();
        let view = shared.view(Some(&head.extensions));
        let Called { tool, arguments, .. } =
            shared.called(&caller, &view, name, arguments.unwrap_or_default());
        let tool = tool.filter(|tool| !shared.asks(tool) && shared.may_use(&caller, tool))?;
        if shared.needs_library(tool) || tool.long.is_some() && meta.follows() {
            return None;
        }
        // A person may be asked for what is missing.
        if stateless && shows_forms(meta.capabilities.as_deref()) && shared.lacks(tool, &arguments) {
            return None;
        }
        let mut call =
            arrived::call(tool, arguments, (caller, view), Some(&head.extensions), meta.traceparent);
        call.idempotency_key = match meta.key {
            Some(key) => Some(Some(key.into_owned()).filter(|key| is_sound_key(key))?),
            None => None,
        };
        Some(Self { id: echoed(envelope)?, call, stateless })
    }

    /// Makes the call and answers it; when the server stops before, gives the message's id.
    pub(super) async fn answer(self, shared: &Shared, stop: &CancellationToken) -> Result<Response, String> {
        let Self { id, call, stateless } = self;
        let tool = call.tool;
        let became = tokio::select! {
            became = shared.call(call) => became,
            () = stop.cancelled() => return Err(id),
        };
        if let Became::Hidden(_) = became {
            return Ok(hidden(&id, tool));
        }
        let meta = stateless.then(|| shared.meta_text());
        Ok(answered(&id, became, meta))
    }
}

/// The parameters of a plain call. Equal names were refused before.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Params<'a> {
    #[serde(borrow)]
    name: Cow<'a, str>,
    arguments: Option<Map<String, Value>>,
    #[serde(rename = "_meta", default, borrow)]
    meta: Meta<'a>,
}

/// What stands around a result, in bytes: an id, and what the server says of itself.
const FRAME: usize = 512;

/// The result as the message that answers the request of this id; `meta` is what results of the stateless era carry.
fn answered(id: &str, became: Became, meta: Option<&str>) -> Response {
    let mut body = Vec::with_capacity(FRAME + became.reply().map_or(0, answer::length));
    let mut put = |text: &str| body.extend_from_slice(text.as_bytes());
    put(r#"{"jsonrpc":"2.0","id":"#);
    put(id);
    put(r#","result":{"#);
    if meta.is_some() {
        put(r#""resultType":"complete","#);
    }
    let is_written = became.reply().is_some_and(|reply| answer::write(reply, &mut body));
    if !is_written {
        let mut result = became.into_result();
        result.result_type = None;
        let members = serde_json::to_string(&result).expect("a tool's result is JSON");
        // Without the braces, which stand around all members.
        body.extend_from_slice(&members.as_bytes()[1..members.len() - 1]);
    }
    if let Some(meta) = meta {
        body.extend_from_slice(br#","_meta":"#);
        body.extend_from_slice(meta.as_bytes());
    }
    body.extend_from_slice(b"}}");
    in_json(body)
}

/// The message for a caller from whose list the tool was taken while it was called.
fn hidden(id: &str, tool: &Tool) -> Response {
    let error = serde_json::to_string(&unknown(tool.name)).expect("an error is JSON");
    in_json(format!(r#"{{"jsonrpc":"2.0","id":{id},"error":{error}}}"#).into_bytes())
}
