//! The direct lane: the hot requests in their plainest form are read once and answered without the protocol library.
//!
//! The library spends tens of microseconds on tasks, channels and copies of a message that needs none of them. Only what
//! leaves nothing to decide comes here: the headers and the message agree on the era, and the parameters hold what is known and
//! nothing else. All else, and everything with a fault in it, goes to the library, so that there is one place that refuses. What
//! is answered here is what the library would answer, to the byte; a test holds them together.

mod call;
mod era;
mod list;
mod listen;
mod prepared;

use std::borrow::Cow;
use std::sync::Arc;

use ::http::header::{CONTENT_TYPE, HeaderValue};
use ::http::request::Parts;
use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use rmcp::model::{ClientCapabilities, RequestId as MessageId};
use serde::de::IgnoredAny;
use serde::{Deserialize, Deserializer};
use tokio_util::sync::CancellationToken;

use super::envelope::Envelope;
use super::listening;
use super::shared::Shared;
use crate::http::Response;
use crate::metrics::Count;

use call::PlainCall;
use listen::Listen;

pub(super) use prepared::{Page, Prepared};

/// As many headers as an answer has, and a few more.
const HEADERS: usize = 12;

/// A request that is answered directly.
pub(super) enum Direct {
    /// By making a call.
    Call(PlainCall),
    /// By what was prepared.
    Listed {
        /// The message's id as JSON text.
        id: String,
        /// Its result as JSON text.
        result: Arc<str>,
    },
    /// By a stream that stands.
    Listens(Listen),
}

impl Direct {
    /// The request of this message, if it is a plain one. Its headers stand once each and its version is spoken.
    pub(super) fn read(shared: &Shared, head: &Parts, body: &[u8], envelope: &Envelope) -> Option<Self> {
        if !envelope.is_plain {
            return None;
        }
        match envelope.method.as_str() {
            call::METHOD => PlainCall::read(shared, head, body, envelope).map(Self::Call),
            list::TOOLS | list::DISCOVER => {
                let result = list::read(shared, head, body, envelope)?;
                Some(Self::Listed { id: echoed(envelope)?, result })
            }
            listening::METHOD => Listen::read(shared, head, body, envelope).map(Self::Listens),
            _ => None,
        }
    }

    /// Answers it; when the server stops before, gives the message's id.
    pub(super) async fn answer(
        self,
        shared: &Arc<Shared>,
        stop: &CancellationToken,
    ) -> Result<Response, String> {
        shared.count(Count::Direct);
        match self {
            Self::Call(call) => call.answer(shared, stop).await,
            Self::Listed { id, result } => Ok(in_json(message(&id, &result))),
            Self::Listens(listen) => Ok(listen.answer(shared)),
        }
    }
}

/// What is read of `_meta`; a member of another type than the usual one is for the library to judge.
#[derive(Default, Deserialize)]
struct Meta<'a> {
    #[serde(rename = "io.modelcontextprotocol/protocolVersion", default, borrow, deserialize_with = "text")]
    version: Option<Cow<'a, str>>,
    #[serde(rename = "io.modelcontextprotocol/clientCapabilities")]
    capabilities: Option<Box<ClientCapabilities>>,
    #[serde(default, borrow, deserialize_with = "text")]
    traceparent: Option<Cow<'a, str>>,
    #[serde(rename = "idempotencyKey", default, borrow, deserialize_with = "text")]
    key: Option<Cow<'a, str>>,
    #[serde(rename = "progressToken")]
    progress: Option<IgnoredAny>,
}

impl Meta<'_> {
    /// Whether the client wants to be told of work that goes on, or to come back for it.
    fn follows(&self) -> bool {
        self.progress.is_some()
            || self.capabilities.as_deref().is_some_and(ClientCapabilities::supports_tasks)
    }
}

/// A text, and nothing else where a member is present.
fn text<'de: 'a, 'a, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Cow<'a, str>>, D::Error> {
    #[derive(Deserialize)]
    struct Text<'a>(#[serde(borrow)] Cow<'a, str>);
    Text::deserialize(deserializer).map(|text| Some(text.0))
}

/// The parameters of a message, where they are of this form.
fn params<'a, P: Deserialize<'a>>(envelope: &Envelope, body: &'a [u8]) -> Option<P> {
    let text = std::str::from_utf8(body).ok()?.get(envelope.params.clone()?)?;
    serde_json::from_str(text).ok()
}

/// A message's id as it is sent back: as it was written, but for escapes that need not be.
fn echoed(envelope: &Envelope) -> Option<String> {
    let id = envelope.id.as_deref()?;
    if !id.contains('\\') {
        return Some(id.to_owned());
    }
    serde_json::to_string(&serde_json::from_str::<MessageId>(id).ok()?).ok()
}

/// The message that answers the request of this id with this result, as JSON text.
fn message(id: &str, result: &str) -> Vec<u8> {
    [r#"{"jsonrpc":"2.0","id":"#, id, r#","result":"#, result, "}"].concat().into_bytes()
}

fn in_json(body: Vec<u8>) -> Response {
    let mut response = Response::new(Full::new(Bytes::from(body)).boxed());
    // With room for what the layers add, which would otherwise move it twice.
    response.headers_mut().reserve(HEADERS);
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response
}
