//! The direct lane: a tool call in its plainest form is read once, made, and answered without the protocol library.
//!
//! The library spends tens of microseconds on tasks, channels and copies of a message that needs none of them. Only what
//! leaves nothing to decide comes here: the headers and the message agree on the era, the caller may use the tool, which
//! asks nobody, and nothing is told on the way. All else, and everything with a fault in it, goes to the library, so that
//! there is one place that refuses. What is answered here is what the library would answer, to the byte; a test holds them together.

use std::borrow::Cow;

use ::http::header::{CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue};
use ::http::request::Parts;
use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use rmcp::model::{ClientCapabilities, RequestId as MessageId};
use serde::de::IgnoredAny;
use serde::{Deserialize, Deserializer};
use serde_json::{Map, Value};
use tokio_util::sync::CancellationToken;

use super::asking::shows_forms;
use super::calling::is_sound_key;
use super::envelope::Envelope;
use super::front::VERSION;
use super::handler::{Became, Shared, unknown};
use super::{VERSIONS, answer};
use crate::call::{Call, Caller};
use crate::catalog::Tool;
use crate::http::{RequestId, Response, Site, TraceParent, well_formed_traceparent};
use crate::metrics::Count;

/// The one method that is taken.
const METHOD: &str = "tools/call";

const MCP_METHOD: HeaderName = HeaderName::from_static("mcp-method");
const MCP_NAME: HeaderName = HeaderName::from_static("mcp-name");

/// A call that is made directly.
pub(super) struct Direct {
    /// The message's id as JSON text.
    id: String,
    call: Call,
    /// Whether it is of the stateless era.
    stateless: bool,
}

impl Direct {
    /// The call of this message, if it is a plain one. Its headers stand once each and its version is spoken.
    pub(super) fn read(shared: &Shared, head: &Parts, body: &[u8], envelope: &Envelope) -> Option<Self> {
        if envelope.method != METHOD || !envelope.is_plain {
            return None;
        }
        let params = std::str::from_utf8(body).ok()?.get(envelope.params.clone()?)?;
        let Params { name, arguments, meta } = serde_json::from_str(params).ok()?;
        let stateless = is_stateless(&head.headers, &name, &meta)?;
        let caller = head.extensions.get::<Caller>()?.clone();
        let tool = shared.find(&name).filter(|tool| !shared.asks(tool) && shared.may_use(&caller, tool))?;
        if shared.needs_library(tool) || tool.long.is_some() && meta.progress.is_some() {
            return None;
        }
        // A person may be asked for what is missing.
        let arguments = arguments.unwrap_or_default();
        if stateless && shows_forms(meta.capabilities.as_ref()) && shared.lacks(tool, &arguments) {
            return None;
        }
        let request_id = head.extensions.get::<RequestId>()?.0.as_ref().to_owned();
        let mut call = Call::new(tool, arguments, caller, request_id);
        call.address = head.extensions.get::<Site>().map(|Site(address)| *address);
        call.traceparent = match meta.traceparent {
            Some(own) => Some(own.into_owned()).filter(|own| well_formed_traceparent(own)),
            None => head.extensions.get::<TraceParent>().map(|trace| trace.0.as_ref().to_owned()),
        };
        call.idempotency_key = match meta.key {
            Some(key) => Some(Some(key.into_owned()).filter(|key| is_sound_key(key))?),
            None => None,
        };
        Some(Self { id: envelope.id.as_deref().map(echoed)??, call, stateless })
    }

    /// Makes the call and answers it; when the server stops before, gives the message's id.
    pub(super) async fn answer(self, shared: &Shared, stop: &CancellationToken) -> Result<Response, String> {
        let Self { id, call, stateless } = self;
        shared.count(Count::Direct);
        let tool = call.tool;
        let waiting = Waiting(Some((tool, call.caller.clone())));
        let became = tokio::select! {
            became = shared.call(call) => became,
            () = stop.cancelled() => return Err(id),
        };
        waiting.answered();
        if let Became::Hidden(_) = became {
            return Ok(hidden(&id, tool));
        }
        let meta = stateless.then(|| shared.meta_text());
        Ok(answered(&id, became, meta))
    }
}

/// A caller that waits; dropped before its answer, it has left.
struct Waiting(Option<(&'static Tool, Caller)>);

impl Waiting {
    fn answered(mut self) {
        self.0 = None;
    }
}

impl Drop for Waiting {
    fn drop(&mut self) {
        if let Some((tool, caller)) = &self.0 {
            tracing::info!(tool = tool.name, outcome = "caller_left", caller = caller.word(), "called");
        }
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

/// What is read of `_meta`; a member of another type than the usual one is for the library to judge.
#[derive(Default, Deserialize)]
struct Meta<'a> {
    #[serde(rename = "io.modelcontextprotocol/protocolVersion", default, borrow, deserialize_with = "text")]
    version: Option<Cow<'a, str>>,
    #[serde(rename = "io.modelcontextprotocol/clientCapabilities")]
    capabilities: Option<ClientCapabilities>,
    #[serde(default, borrow, deserialize_with = "text")]
    traceparent: Option<Cow<'a, str>>,
    #[serde(rename = "idempotencyKey", default, borrow, deserialize_with = "text")]
    key: Option<Cow<'a, str>>,
    #[serde(rename = "progressToken")]
    progress: Option<IgnoredAny>,
}

/// A text, and nothing else where a member is present.
fn text<'de: 'a, 'a, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Cow<'a, str>>, D::Error> {
    #[derive(Deserialize)]
    struct Text<'a>(#[serde(borrow)] Cow<'a, str>);
    Text::deserialize(deserializer).map(|text| Some(text.0))
}

/// Whether a call of this tool is of the stateless era; nothing where headers and message do not agree on it.
fn is_stateless(headers: &HeaderMap, name: &str, meta: &Meta<'_>) -> Option<bool> {
    let is = |header: &HeaderName, text: &str| headers.get(header).is_some_and(|value| value == text);
    let said = headers.get(VERSION);
    if let Some(version) = &meta.version {
        let agreed = is(&VERSION, version) && !has_handshake(version)?;
        let mirrored = is(&MCP_METHOD, METHOD) && is(&MCP_NAME, name);
        return (agreed && mirrored && meta.capabilities.is_some()).then_some(true);
    }
    let handshake = said.map_or(Some(true), |version| has_handshake(version.to_str().ok()?))?;
    handshake.then_some(false)
}

/// Whether this revision begins with a handshake; nothing for one that is not spoken.
fn has_handshake(version: &str) -> Option<bool> {
    VERSIONS.iter().find(|spoken| spoken.as_str() == version).map(|spoken| spoken.has_initialize())
}

/// An id as it is sent back: as it was written, but for escapes that need not be.
fn echoed(id: &str) -> Option<String> {
    if !id.contains('\\') {
        return Some(id.to_owned());
    }
    serde_json::to_string(&serde_json::from_str::<MessageId>(id).ok()?).ok()
}

/// The result as the message that answers the request of this id; `meta` is what results of the stateless era carry.
fn answered(id: &str, became: Became, meta: Option<&str>) -> Response {
    let mut body = Vec::with_capacity(1024);
    let mut put = |text: &str| body.extend_from_slice(text.as_bytes());
    put(r#"{"jsonrpc":"2.0","id":"#);
    put(id);
    put(r#","result":{"#);
    if meta.is_some() {
        put(r#""resultType":"complete","#);
    }
    let is_written = matches!(&became, Became::Answered(reply) if answer::write(reply, &mut body));
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

fn in_json(body: Vec<u8>) -> Response {
    let mut response = Response::new(Full::new(Bytes::from(body)).boxed());
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response
}
