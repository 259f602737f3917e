//! Makes a request of HTTP/2 one that everything inside reads as it reads those of HTTP/1, and refuses what would have two meanings:
//! what the framing refuses of HTTP/1 before it is a request.

use ::http::header::{CONTENT_LENGTH, HOST, HeaderValue};
use ::http::{Method, StatusCode, Version};

use super::layer::{Answering, Layer, Next};
use super::{Refusal, Request};

/// The layer.
pub(super) struct WellFormed;

impl Layer for WellFormed {
    fn name(&self) -> &'static str {
        "well_formed"
    }

    fn handle<'a>(&'a self, mut request: Request, next: Next<'a>) -> Answering<'a> {
        if request.version() != Version::HTTP_2 {
            return next.run(request);
        }
        if request.method() == Method::CONNECT {
            return malformed("CONNECT is not served.").answering();
        }
        if request.headers().get_all(CONTENT_LENGTH).iter().count() > 1 {
            return malformed("Content-Length may be given once.").answering();
        }
        // The target carries the host; where both are sent, they are compared with those of the absolute form.
        if !request.headers().contains_key(HOST)
            && let Some(authority) = request.uri().authority()
        {
            let host = HeaderValue::from_str(authority.as_str()).expect("an authority is visible ASCII");
            request.headers_mut().insert(HOST, host);
        }
        next.run(request)
    }
}

fn malformed(sentence: &'static str) -> Refusal {
    Refusal::new(StatusCode::BAD_REQUEST, "malformed_request", sentence)
}
