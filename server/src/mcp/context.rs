//! What is known of a request that came to the protocol library: who makes it, by which name, and of which era it is.

use std::sync::Arc;

use rmcp::RoleServer;
use rmcp::model::ErrorData;
use rmcp::service::RequestContext;

use super::arrived;
use crate::call::Caller;

/// What the layers of HTTP know of a request that came through them.
pub(super) fn from_http(context: &RequestContext<RoleServer>) -> Option<&::http::Extensions> {
    context.extensions.get::<::http::request::Parts>().map(|parts| &parts.extensions)
}

pub(super) fn request_id(context: &RequestContext<RoleServer>) -> Arc<str> {
    arrived::request_id(from_http(context))
}

/// Who makes a request.
pub(super) fn caller(context: &RequestContext<RoleServer>) -> Result<Caller, ErrorData> {
    let Some(extensions) = from_http(context) else { return Ok(Caller::LocalOwner) };
    // Whoever comes over HTTP was asked who it is; that nobody asked must not make an owner of a stranger.
    extensions.get::<Caller>().cloned().ok_or_else(|| {
        tracing::error!(
            request_id = &*request_id(context),
            "a request without a caller reached the protocol"
        );
        ErrorData::internal_error("The request could not be handled", None)
    })
}

/// Whether a request is of the stateless era.
pub(super) fn stateless(context: &RequestContext<RoleServer>) -> bool {
    context.protocol_version().is_some_and(|version| !version.has_initialize())
}
