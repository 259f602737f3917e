//! Headers that keep browsers from reading, framing, guessing or keeping what we answer.

use ::http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, HeaderName, HeaderValue, REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS,
    X_FRAME_OPTIONS,
};

use super::Request;
use super::layer::{Answering, Layer, Next};

static HEADERS: [(HeaderName, HeaderValue); 6] = [
    (X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
    (CACHE_CONTROL, HeaderValue::from_static("no-store")),
    (CONTENT_SECURITY_POLICY, HeaderValue::from_static("default-src 'none'; frame-ancestors 'none'")),
    (X_FRAME_OPTIONS, HeaderValue::from_static("DENY")),
    (REFERRER_POLICY, HeaderValue::from_static("no-referrer")),
    (HeaderName::from_static("cross-origin-resource-policy"), HeaderValue::from_static("same-origin")),
];

/// What may be kept by anybody for an hour, and read by pages from elsewhere.
static OF_PUBLIC: [(HeaderName, HeaderValue); 2] = [
    (CACHE_CONTROL, HeaderValue::from_static("public, max-age=3600")),
    (HeaderName::from_static("cross-origin-resource-policy"), HeaderValue::from_static("cross-origin")),
];

/// Marks an answer that is the same for everybody and no secret.
#[derive(Clone, Copy)]
pub(super) struct Public;

/// Marks a page for people, which says itself what a browser may do with it, and less than nothing is needed.
#[derive(Clone, Copy)]
pub(crate) struct Page;

/// The layer.
pub(super) struct SecurityHeaders;

impl Layer for SecurityHeaders {
    fn name(&self) -> &'static str {
        "security_headers"
    }

    fn handle<'a>(&'a self, request: Request, next: Next<'a>) -> Answering<'a> {
        Box::pin(async move {
            let mut response = next.run(request).await;
            let is_public = response.extensions().get::<Public>().is_some();
            let of_public = OF_PUBLIC.iter().filter(|_| is_public);
            let is_page = response.extensions().get::<Page>().is_some();
            for (name, value) in HEADERS.iter().chain(of_public) {
                if !(is_page && response.headers().contains_key(name)) {
                    response.headers_mut().insert(name, value.clone());
                }
            }
            response
        })
    }
}
