//! A call as its request brought it: who makes it, by which name, from where, and as a part of which trace. Each way to a call begins
//! here, so that none of them leaves a part out.

use std::borrow::Cow;
use std::sync::Arc;

use ::http::Extensions;
use serde_json::{Map, Value};

use crate::call::{Call, Caller};
use crate::catalog::Tool;
use crate::http::{RequestId, Site, TraceParent, well_formed_traceparent};
use crate::request_id;
use crate::telemetry::Traced;
use crate::view::View;

/// A call of this caller's, who is shown this. Where it came over HTTP, the layers know more of it (`from_http`); `own` is the trace
/// that the message names.
pub(super) fn call(
    tool: &'static Tool,
    arguments: Map<String, Value>,
    (caller, view): (Caller, View),
    from_http: Option<&Extensions>,
    own: Option<Cow<'_, str>>,
) -> Call {
    let mut call = Call::new(tool, arguments, caller, request_id(from_http));
    call.view = view;
    call.address = from_http.and_then(|extensions| extensions.get::<Site>()).map(|Site(address)| *address);
    // The message's own trace is nearer to the caller than the connection's.
    call.traceparent = match own {
        Some(own) => Some(own).filter(|own| well_formed_traceparent(own)).map(Cow::into_owned),
        None => {
            call.traced = from_http.map_or_else(Traced::default, Traced::of);
            let trace = from_http.and_then(|extensions| extensions.get::<TraceParent>());
            trace.map(|trace| trace.0.as_ref().to_owned())
        }
    };
    call
}

/// The name of a request, which its layers gave it, or else a new one.
pub(super) fn request_id(from_http: Option<&Extensions>) -> Arc<str> {
    let id = from_http.and_then(|extensions| extensions.get::<RequestId>());
    id.map_or_else(request_id::fresh, |id| Arc::clone(&id.0))
}
