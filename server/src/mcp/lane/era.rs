//! Which era a message is of, where its headers and its `_meta` say the same.

use ::http::header::{HeaderMap, HeaderName};

use super::Meta;
use crate::mcp::VERSIONS;
use crate::mcp::front::VERSION;

const MCP_METHOD: HeaderName = HeaderName::from_static("mcp-method");
const MCP_NAME: HeaderName = HeaderName::from_static("mcp-name");

/// Whether a request of this method, for what has this name, is of the stateless era; nothing where headers and message do not
/// agree on it.
pub(super) fn is_stateless(
    headers: &HeaderMap,
    method: &str,
    name: Option<&str>,
    meta: &Meta<'_>,
) -> Option<bool> {
    let is = |header: &HeaderName, text: &str| headers.get(header).is_some_and(|value| value == text);
    let said = headers.get(VERSION);
    if let Some(version) = &meta.version {
        let agreed = is(&VERSION, version) && !has_handshake(version)?;
        let named = name.map_or_else(|| !headers.contains_key(MCP_NAME), |name| is(&MCP_NAME, name));
        let mirrored = is(&MCP_METHOD, method) && named;
        return (agreed && mirrored && meta.capabilities.is_some()).then_some(true);
    }
    let handshake = said.map_or(Some(true), |version| has_handshake(version.to_str().ok()?))?;
    handshake.then_some(false)
}

/// Whether this revision begins with a handshake; nothing for one that is not spoken.
fn has_handshake(version: &str) -> Option<bool> {
    VERSIONS.iter().find(|spoken| spoken.as_str() == version).map(|spoken| spoken.has_initialize())
}
