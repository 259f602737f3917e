//! What vouches for callers.

use super::{api_keys, introspection, jwt};
use crate::facade;
use crate::start_error::StartError;

/// What vouches for callers, and how clients learn of it. Without any provider nobody is asked who they are.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// Whose tokens are taken that say all themselves; no issuer is there twice.
    pub tokens: Vec<jwt::Options>,
    /// Who is asked about tokens that say nothing.
    pub introspection: Option<introspection::Options>,
    /// Who logs people in for tokens of this server's own.
    pub facade: Option<facade::Options>,
    /// Which keys are taken.
    pub keys: Option<api_keys::Options>,
    /// The address under which clients reach this server, as tokens and metadata name it (RFC 8707, RFC 9728). Never taken
    /// from a request, since whoever makes a request writes its `Host`.
    pub resource: Option<String>,
    /// Where clients get tokens; the issuer of the tokens while there is none.
    pub authorization_servers: Vec<String>,
    /// What every caller must be allowed to do; told to clients, so that they ask for it.
    pub scopes: Vec<String>,
    /// Whether a caller's token is kept with the caller, to be exchanged for one that the API takes. Else it goes no further
    /// than the gate.
    pub keeps_tokens: bool,
}

impl Options {
    /// Whether callers are asked who they are.
    pub fn asks(&self) -> bool {
        self.takes_tokens() || self.facade.is_some() || self.keys.is_some()
    }

    /// Whether any tokens are taken that another server gave.
    pub fn takes_tokens(&self) -> bool {
        self.introspection.is_some() || !self.tokens.is_empty()
    }

    /// Refuses what cannot work, in a line that names it.
    pub(super) fn check(&self) -> Result<(), StartError> {
        if let Some(resource) = &self.resource
            && !is_address(resource)
        {
            return Err(StartError::new(format!(
                "MCP_RESOURCE_URL: expected the address under which clients reach the server, such as https://mcp.example.com/mcp, got {resource:?}"
            )));
        }
        if let Some(server) = self.authorization_servers.iter().find(|server| !is_address(server)) {
            return Err(StartError::new(format!(
                "AUTH_AUTHORIZATION_SERVERS: expected addresses such as https://login.example.com, got {server:?}"
            )));
        }
        if let Some(scope) = self.scopes.iter().find(|scope| !is_scope(scope)) {
            return Err(StartError::new(format!(
                "AUTH_REQUIRED_SCOPES: expected visible ASCII characters without blanks, `\"` and `\\`, got {scope:?}"
            )));
        }
        Ok(())
    }
}

/// An address that others can use as it stands: http or https, a host, no user, query or fragment.
fn is_address(text: &str) -> bool {
    let uri = text.parse::<http::Uri>().ok();
    uri.is_some_and(|uri| {
        matches!(uri.scheme_str(), Some("http" | "https")) && uri.host().is_some_and(|host| !host.is_empty())
    }) && !text.contains(['@', '?', '#', '"', '\\'])
}

/// Whether a token can have this scope, as RFC 6749, section 3.3, has it.
pub(crate) fn is_scope(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_graphic() && !matches!(byte, b'"' | b'\\'))
}
