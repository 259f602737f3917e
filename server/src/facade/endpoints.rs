//! The places of the authorization server, spelled exactly so, and who answers at each.

use http::Method;

use super::Facade;
use crate::http::{Request, Response, json_answer, method_not_allowed, public};

/// What clients read first (RFC 8414).
const METADATA: &str = "/.well-known/oauth-authorization-server";
/// Where a program sends the browser.
pub(super) const AUTHORIZE: &str = "/authorize";
/// Where the answer of the page goes.
pub(super) const CONSENT: &str = "/consent";
/// Where the provider sends the browser back; the address that is registered there. The Python server has the same.
pub(super) const CALLBACK: &str = "/auth/callback";
/// Where a code becomes tokens.
pub(super) const TOKEN: &str = "/token";
/// Where a token is given up (RFC 7009).
pub(super) const REVOKE: &str = "/revoke";
/// Where programs register (RFC 7591).
pub(super) const REGISTER: &str = "/register";

impl Facade {
    /// Whether this path is one of its places.
    pub(crate) fn is_at(&self, path: &str) -> bool {
        match path {
            METADATA | AUTHORIZE | CONSENT | CALLBACK | TOKEN | REVOKE => true,
            REGISTER => self.options.registers,
            _ => false,
        }
    }

    /// Answers at one of its places.
    pub(crate) async fn answer(&self, request: Request) -> Response {
        let (parts, body) = request.into_parts();
        match (parts.uri.path(), parts.method.clone()) {
            (METADATA, Method::GET | Method::HEAD) => {
                public(json_answer(http::StatusCode::OK, &self.metadata()))
            }
            (METADATA, _) => method_not_allowed("GET, HEAD"),
            (AUTHORIZE, Method::GET) => self.authorize(&parts).await,
            (CALLBACK, Method::GET) => self.callback(&parts).await,
            (AUTHORIZE | CALLBACK, _) => method_not_allowed("GET"),
            (CONSENT, Method::POST) => self.consent(&parts, body).await,
            (TOKEN, Method::POST) => self.token(&parts, body).await,
            (REVOKE, Method::POST) => self.revoke(&parts, body).await,
            (REGISTER, Method::POST) => self.register(&parts, body).await,
            _ => method_not_allowed("POST"),
        }
    }
}
