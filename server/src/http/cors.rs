//! Lets pages of allowed origins read what we answer, and tells browsers so before they send a credential.
//!
//! A browser asks first, without the credential of the request that it is about to make, so that this is answered before
//! anybody is asked who they are. Every page may read what clients read that look for a token, and nothing else; nothing rests on
//! cookies: what a page may send it holds itself.

use std::sync::Arc;

use ::http::header::{
    ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS, ACCESS_CONTROL_ALLOW_ORIGIN,
    ACCESS_CONTROL_EXPOSE_HEADERS, ACCESS_CONTROL_MAX_AGE, ACCESS_CONTROL_REQUEST_HEADERS,
    ACCESS_CONTROL_REQUEST_METHOD, HeaderMap, HeaderName, HeaderValue, ORIGIN, VARY,
};
use ::http::{Method, StatusCode};
use bytes::Bytes;
use http_body_util::{BodyExt as _, Full};

use super::layer::{Answering, Layer, Next};
use super::{Options, Request, Response};
use crate::identity::Gate;

const METHODS: &str = "GET, HEAD, POST";
/// The same where there are sessions, which are ended by the last.
const METHODS_OF_SESSIONS: &str = "GET, HEAD, POST, DELETE";
/// What a page may send besides what any page may.
const ALLOWED: &str = "authorization, content-type, x-api-key, mcp-protocol-version, mcp-method, mcp-name, mcp-session-id, \
    last-event-id, traceparent, tracestate, x-request-id";
/// What a page of any origin may send to read what is there for all: what clients of the protocol send with everything.
const ALLOWED_TO_ANY: &str = "content-type, mcp-protocol-version, traceparent, tracestate, x-request-id";
/// Headers of this family are named after arguments, so that none can be named before it is asked for.
const FAMILY: &str = "mcp-param-";
/// How many of them one question may name.
const MOST: usize = 64;
/// What a page may read besides what any page may.
const EXPOSED: &str = "WWW-Authenticate, Mcp-Session-Id, MCP-Protocol-Version, X-Request-Id, Retry-After, RateLimit, \
    RateLimit-Policy, X-RateLimit-Limit, X-RateLimit-Remaining, X-RateLimit-Reset";
/// For how many seconds a browser need not ask again.
const MAX_AGE: &str = "86400";
const VARIES: &str = "Origin, Access-Control-Request-Method, Access-Control-Request-Headers";

/// The layer.
pub(super) struct Cors {
    is_on: bool,
    methods: &'static str,
    gate: Arc<Gate>,
}

impl Cors {
    /// The layer, which does nothing where that is not wanted.
    pub(super) fn new(options: &Options, has_sessions: bool, gate: &Arc<Gate>) -> Self {
        let methods = if has_sessions { METHODS_OF_SESSIONS } else { METHODS };
        Self { is_on: options.cors, methods, gate: Arc::clone(gate) }
    }
}

impl Layer for Cors {
    fn name(&self) -> &'static str {
        "cors"
    }

    fn handle<'a>(&'a self, request: Request, next: Next<'a>) -> Answering<'a> {
        let Some(origin) = request.headers().get(ORIGIN).filter(|_| self.is_on).cloned() else {
            return next.run(request);
        };
        if self.gate.is_public(request.method(), request.uri().path()) {
            return public(request, next);
        }
        // An origin that came so far is one that is allowed.
        if is_question(&request) {
            let answer = preflight(origin, self.methods, request.headers());
            return Box::pin(std::future::ready(answer));
        }
        Box::pin(async move {
            let mut response = next.run(request).await;
            readable(response.headers_mut(), origin);
            response
        })
    }
}

/// Answers a page of any origin, as what any page may read. It is the same for everybody, so that nothing of a credential is said.
fn public(request: Request, next: Next<'_>) -> Answering<'_> {
    let any = HeaderValue::from_static("*");
    if is_question(&request) {
        let mut response = no_content();
        for (name, value) in [
            (ACCESS_CONTROL_ALLOW_METHODS, "GET, HEAD"),
            (ACCESS_CONTROL_ALLOW_HEADERS, ALLOWED_TO_ANY),
            (ACCESS_CONTROL_MAX_AGE, MAX_AGE),
        ] {
            response.headers_mut().insert(name, HeaderValue::from_static(value));
        }
        response.headers_mut().insert(ACCESS_CONTROL_ALLOW_ORIGIN, any);
        return Box::pin(std::future::ready(response));
    }
    Box::pin(async move {
        let mut response = next.run(request).await;
        response.headers_mut().insert(ACCESS_CONTROL_ALLOW_ORIGIN, any);
        response
    })
}

/// Whether a browser asks whether it may send another request.
fn is_question(request: &Request) -> bool {
    request.method() == Method::OPTIONS && request.headers().contains_key(ACCESS_CONTROL_REQUEST_METHOD)
}

fn preflight(origin: HeaderValue, methods: &'static str, asked: &HeaderMap) -> Response {
    let mut response = no_content();
    let headers = response.headers_mut();
    headers.insert(ACCESS_CONTROL_ALLOW_ORIGIN, origin);
    headers.insert(ACCESS_CONTROL_ALLOW_METHODS, HeaderValue::from_static(methods));
    headers.insert(ACCESS_CONTROL_ALLOW_HEADERS, allowed(asked));
    headers.insert(ACCESS_CONTROL_MAX_AGE, HeaderValue::from_static(MAX_AGE));
    headers.insert(VARY, HeaderValue::from_static(VARIES));
    response
}

fn no_content() -> Response {
    let mut response = Response::new(Full::new(Bytes::new()).boxed());
    *response.status_mut() = StatusCode::NO_CONTENT;
    response
}

/// The headers that may be sent, with those of the family that are asked for.
fn allowed(asked: &HeaderMap) -> HeaderValue {
    let named = asked.get_all(ACCESS_CONTROL_REQUEST_HEADERS).iter();
    let named = named.filter_map(|names| names.to_str().ok()).flat_map(|names| names.split(','));
    let of_family = named
        .filter_map(|name| HeaderName::from_bytes(name.trim().as_bytes()).ok())
        .filter(|name| name.as_str().starts_with(FAMILY))
        .take(MOST);
    let all = of_family.fold(ALLOWED.to_owned(), |all, name| format!("{all}, {name}"));
    HeaderValue::try_from(all).expect("names of headers are visible ASCII")
}

/// Makes an answer readable for a page of this origin.
fn readable(headers: &mut HeaderMap, origin: HeaderValue) {
    headers.insert(ACCESS_CONTROL_ALLOW_ORIGIN, origin);
    headers.insert(ACCESS_CONTROL_EXPOSE_HEADERS, HeaderValue::from_static(EXPOSED));
    headers.append(VARY, HeaderValue::from_static("Origin"));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headers_that_are_named_after_arguments_are_allowed_when_they_are_asked_for() {
        let asking = |names: &str| {
            let mut asked = HeaderMap::new();
            asked.insert(ACCESS_CONTROL_REQUEST_HEADERS, HeaderValue::from_str(names).unwrap());
            let found = allowed(&asked).to_str().unwrap().to_owned();
            found.strip_prefix(ALLOWED).unwrap().to_owned()
        };
        assert_eq!(
            asking("Mcp-Param-Level,authorization , mcp-param-srid"),
            ", mcp-param-level, mcp-param-srid"
        );
        for names in ["cookie", "x-mcp-param-level", "mcp-param-a b", "", ",,,", "mcp-params"] {
            assert_eq!(asking(names), "", "{names}");
        }
        let many = vec!["mcp-param-x"; MOST + 1].join(",");
        assert_eq!(asking(&many).matches("mcp-param-x").count(), MOST);
    }
}
