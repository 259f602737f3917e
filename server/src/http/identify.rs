//! Gives each request its id and its trace, and puts both into the log span and the id into the answer.
//!
//! A caller's `X-Request-Id` is taken over when it is well formed, so that one id runs through all logs; anything
//! else is replaced, never repaired. `traceparent` is read by the W3C grammar or not at all.

use std::sync::Arc;
use std::time::Instant;

use ::http::header::{HeaderMap, HeaderName, HeaderValue};
use tracing::Instrument;

use super::layer::{Answering, Layer, Next};
use super::{Request, Response};
use crate::request_id;
use crate::telemetry::{Pending, Sampling};

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
const TRACEPARENT: HeaderName = HeaderName::from_static("traceparent");

/// Names a request: 1 to 64 characters of `[A-Za-z0-9._-]`. In the request's extensions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RequestId(pub Arc<str>);

/// A `traceparent` that keeps the W3C grammar. In the request's extensions when the caller sent one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TraceParent(pub Arc<str>);

/// The layer.
pub(super) struct Identify {
    /// Which requests are traced; nothing where none is.
    pub(super) sampling: Option<Sampling>,
}

impl Layer for Identify {
    fn name(&self) -> &'static str {
        "identify"
    }

    fn handle<'a>(&'a self, mut request: Request, next: Next<'a>) -> Answering<'a> {
        let id = id_of(request.headers());
        let trace = only(request.headers(), &TRACEPARENT)
            .filter(|value| well_formed_traceparent(value))
            .map(Arc::from);
        let span = tracing::info_span!(
            "request",
            request_id = &*id,
            method = %method_name(&request),
            path = route_name(request.uri().path()),
            traceparent = trace.as_deref().unwrap_or_default(),
        );
        request.extensions_mut().insert(RequestId(Arc::clone(&id)));
        let pending = self.pending(&request, trace.as_deref(), &id);
        if let Some(trace) = trace {
            request.extensions_mut().insert(TraceParent(trace));
        }
        let within = pending.as_ref().map(Pending::span);
        if let Some(pending) = &pending {
            request.extensions_mut().insert(pending.clone());
        }
        let answering = async move {
            let begun = Instant::now();
            let mut response = next.run(request).await;
            let value = HeaderValue::from_str(&id).expect("a request id is visible ASCII");
            response.headers_mut().insert(REQUEST_ID, value);
            report(&response, begun);
            if let Some(pending) = pending {
                pending.end(response.status().as_u16());
            }
            response
        };
        match within {
            // Outside of the log's span, which whoever writes lines looks for first.
            Some(within) => Box::pin(answering.instrument(span).instrument(within)),
            None => Box::pin(answering.instrument(span)),
        }
    }
}

impl Identify {
    /// The span of a request that may be traced: what is asked of the protocol, and nothing that only looks after the server.
    fn pending(&self, request: &Request, traceparent: Option<&str>, id: &str) -> Option<Pending> {
        let route = match request.uri().path() {
            "/mcp" => "/mcp",
            path if path.starts_with("/mcp/") => "/mcp/",
            _ => return None,
        };
        Some(Pending::begin(self.sampling?, traceparent, (method_name(request), route), id))
    }
}

/// Whether this is a `traceparent` of W3C Trace Context: version, trace id, parent id and flags in lower-case hex, ids
/// not all zero. A version above 00 may say more after them.
pub fn well_formed_traceparent(value: &str) -> bool {
    let hex = |part: &str, length: usize| {
        part.len() == length && part.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
    };
    let not_zero = |part: &str| part.bytes().any(|byte| byte != b'0');
    if value.len() > 512 {
        return false;
    }
    let mut parts = value.splitn(5, '-');
    let (Some(version), Some(trace), Some(parent), Some(flags)) =
        (parts.next(), parts.next(), parts.next(), parts.next())
    else {
        return false;
    };
    let more_is_allowed = version != "00";
    hex(version, 2)
        && version != "ff"
        && hex(trace, 32)
        && not_zero(trace)
        && hex(parent, 16)
        && not_zero(parent)
        && hex(flags, 2)
        && parts.next().is_none_or(|more| more_is_allowed && more.bytes().all(|byte| byte.is_ascii_graphic()))
}

fn id_of(headers: &HeaderMap) -> Arc<str> {
    match only(headers, &REQUEST_ID).filter(|id| request_id::is_well_formed(id)) {
        Some(id) => Arc::from(id),
        None => request_id::fresh(),
    }
}

/// The header's value if it was sent exactly once, as text.
fn only<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Option<&'a str> {
    let mut values = headers.get_all(name).iter();
    let first = values.next()?;
    if values.next().is_some() {
        return None;
    }
    first.to_str().ok()
}

/// Paths as they may be logged: ours by name, anything else by one word, so that nobody writes our log.
fn route_name(path: &str) -> &'static str {
    match path {
        "/mcp" => "/mcp",
        "/health" => "/health",
        "/ready" => "/ready",
        _ => "other",
    }
}

fn method_name(request: &Request) -> &'static str {
    match request.method().as_str() {
        "GET" => "GET",
        "HEAD" => "HEAD",
        "POST" => "POST",
        "DELETE" => "DELETE",
        "OPTIONS" => "OPTIONS",
        _ => "other",
    }
}

fn report(response: &Response, begun: Instant) {
    let milliseconds = u64::try_from(begun.elapsed().as_millis()).unwrap_or(u64::MAX);
    tracing::debug!(status = response.status().as_u16(), milliseconds, "answered");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn t56_a_traceparent_is_read_by_the_grammar_or_not_at_all() {
        let good = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
        for (value, well_formed) in [
            (good.to_owned(), true),
            (format!("01{}", &good[2..]), true),
            (format!("01{}-more", &good[2..]), true),
            (format!("{good}-more"), false),
            (format!("{good}-"), false),
            (format!("ff{}", &good[2..]), false),
            (good.to_uppercase(), false),
            (format!("00-{}-b7ad6b7169203331-01", "0".repeat(32)), false),
            (format!("00-0af7651916cd43dd8448eb211c80319c-{}-01", "0".repeat(16)), false),
            (good[..54].to_owned(), false),
            (format!(" {good}"), false),
            (format!("01{}-{}", &good[2..], "x".repeat(10 * 1024)), false),
            (String::new(), false),
            ("garbage".to_owned(), false),
        ] {
            assert_eq!(well_formed_traceparent(&value), well_formed, "{value:?}");
        }
    }

    #[test]
    fn a_well_formed_request_id_is_kept_and_any_other_replaced() {
        let with = |values: &[&[u8]]| {
            let mut headers = HeaderMap::new();
            for value in values {
                headers.append(REQUEST_ID, HeaderValue::from_bytes(value).expect("a header value"));
            }
            id_of(&headers)
        };
        let longest = "a".repeat(64);
        assert_eq!(&*with(&[b"aB9._-"]), "aB9._-");
        assert_eq!(&*with(&[longest.as_bytes()]), longest);
        let too_long = "a".repeat(65);
        let replaced: [&[&[u8]]; 6] =
            [&[], &[b""], &[b"a b"], &[b"a", b"a"], &[too_long.as_bytes()], &[b"\xe9"]];
        for values in replaced {
            assert!(uuid::Uuid::parse_str(&with(values)).is_ok(), "{values:?}");
        }
    }
}
