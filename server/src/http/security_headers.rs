//! Headers that keep browsers from reading, framing, guessing or keeping what we answer.

use ::http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, HeaderName, HeaderValue, REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS,
    X_FRAME_OPTIONS,
};

use super::Request;
use super::layer::{Answering, Layer, Next};

const HEADERS: [(HeaderName, HeaderValue); 6] = [
    (X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
    (CACHE_CONTROL, HeaderValue::from_static("no-store")),
    (CONTENT_SECURITY_POLICY, HeaderValue::from_static("default-src 'none'; frame-ancestors 'none'")),
    (X_FRAME_OPTIONS, HeaderValue::from_static("DENY")),
    (REFERRER_POLICY, HeaderValue::from_static("no-referrer")),
    (HeaderName::from_static("cross-origin-resource-policy"), HeaderValue::from_static("same-origin")),
];

/// The layer.
pub(super) struct SecurityHeaders;

impl Layer for SecurityHeaders {
    fn name(&self) -> &'static str {
        "security_headers"
    }

    fn handle<'a>(&'a self, request: Request, next: Next<'a>) -> Answering<'a> {
        Box::pin(async move {
            let mut response = next.run(request).await;
            for (name, value) in HEADERS {
                response.headers_mut().insert(name, value);
            }
            response
        })
    }
}
