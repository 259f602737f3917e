//! What a server is and the tools that it has, on the lane: both from texts that are written once and sent to many.

use std::borrow::Cow;
use std::sync::Arc;

use ::http::request::Parts;
use serde::Deserialize;

use super::{Meta, era, params};
use crate::call::Caller;
use crate::mcp::envelope::Envelope;
use crate::mcp::shared::Shared;

/// The methods.
pub(super) const TOOLS: &str = "tools/list";
pub(super) const DISCOVER: &str = "server/discover";

/// The parameters of a plain request for either. Equal names were refused before.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Params<'a> {
    #[serde(borrow)]
    cursor: Option<Cow<'a, str>>,
    #[serde(rename = "_meta", default, borrow)]
    meta: Meta<'a>,
}

/// The result of this message as JSON text, if it is a plain one.
pub(super) fn read(shared: &Shared, head: &Parts, body: &[u8], envelope: &Envelope) -> Option<Arc<str>> {
    let Params { cursor, meta } = params(envelope, body)?;
    let stateless = era::is_stateless(&head.headers, &envelope.method, None, &meta)?;
    let caller = head.extensions.get::<Caller>()?;
    if envelope.method == TOOLS {
        let view = shared.view(Some(&head.extensions));
        return shared.listed(caller, &view, cursor.as_deref(), stateless);
    }
    // The handshake says the same in another way.
    (stateless && cursor.is_none()).then(|| shared.discovered())
}
