//! What requests to the authorization server have in common: who sends them, the form in them, and the shapes of answers.

use std::net::IpAddr;

use bytes::Bytes;
use http::header::{CONTENT_TYPE, HeaderMap, HeaderValue, LOCATION, RETRY_AFTER};
use http::request::Parts;
use http::{Response as HttpResponse, StatusCode};
use http_body_util::{BodyExt as _, Full, Limited};
use serde_json::json;

use super::redirect;
use crate::http::{Parameters, RequestBody, RequestId, Response, Site, json_answer};

/// The largest form in bytes.
const LARGEST: usize = 32 * 1024;

/// After how many seconds it is worth trying again when there was no room or nobody could be asked.
const AGAIN: u64 = 5;

/// Who sends a request, as far as that is known.
pub(super) struct Sender {
    pub(super) request_id: String,
    pub(super) address: Option<IpAddr>,
}

impl Sender {
    pub(super) fn of(request: &Parts) -> Self {
        let request_id = request.extensions.get::<RequestId>().map_or("", |id| &id.0).to_owned();
        let address = request.extensions.get::<Site>().map(|Site(address)| *address);
        Self { request_id, address }
    }
}

/// An error as the endpoints for programs tell it (RFC 6749, section 5.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Wrong {
    status: StatusCode,
    pub(super) word: &'static str,
    why: &'static str,
}

impl Wrong {
    pub(super) const fn request(why: &'static str) -> Self {
        Self { status: StatusCode::BAD_REQUEST, word: "invalid_request", why }
    }

    pub(super) const fn grant(why: &'static str) -> Self {
        Self { status: StatusCode::BAD_REQUEST, word: "invalid_grant", why }
    }

    pub(super) const fn client(why: &'static str) -> Self {
        Self { status: StatusCode::UNAUTHORIZED, word: "invalid_client", why }
    }

    pub(super) const fn of(word: &'static str, why: &'static str) -> Self {
        Self { status: StatusCode::BAD_REQUEST, word, why }
    }

    /// Later it may go.
    pub(super) const fn later(why: &'static str) -> Self {
        Self { status: StatusCode::SERVICE_UNAVAILABLE, word: "temporarily_unavailable", why }
    }

    pub(super) fn answer(self) -> Response {
        let body = json!({ "error": self.word, "error_description": self.why });
        let mut response = json_answer(self.status, &body);
        if self.status == StatusCode::SERVICE_UNAVAILABLE {
            response.headers_mut().insert(RETRY_AFTER, AGAIN.into());
        }
        response
    }
}

/// The parameters of a form in a request's body.
pub(super) async fn form(headers: &HeaderMap, body: RequestBody) -> Result<Parameters, Wrong> {
    if !is_of_type(headers, "application/x-www-form-urlencoded") {
        return Err(Wrong::request("Send a form: Content-Type: application/x-www-form-urlencoded"));
    }
    let body = whole(body).await?;
    let text = std::str::from_utf8(&body).map_err(|_| Wrong::request("Parameters must be text in UTF-8"))?;
    Parameters::read(text).map_err(Wrong::request)
}

/// The bytes of a request's body.
pub(super) async fn whole(body: RequestBody) -> Result<Bytes, Wrong> {
    let body = crate::http::whole(Limited::new(body, LARGEST)).await;
    body.map_err(|_| Wrong::request("The body must be whole and have at most 32 KiB"))
}

/// Whether the body is said to be of this media type.
pub(super) fn is_of_type(headers: &HeaderMap, expected: &str) -> bool {
    let named = headers.get(CONTENT_TYPE).and_then(|named| named.to_str().ok()).unwrap_or_default();
    named.split(';').next().unwrap_or_default().trim().eq_ignore_ascii_case(expected)
}

/// Sends a browser on.
pub(super) fn to(address: &str) -> Response {
    let mut response = empty(StatusCode::SEE_OTHER);
    let location = HeaderValue::try_from(address).expect("addresses are visible ASCII");
    response.headers_mut().insert(LOCATION, location);
    response
}

/// An answer without a body.
pub(super) fn empty(status: StatusCode) -> Response {
    let mut response = HttpResponse::new(Full::new(Bytes::new()).boxed());
    *response.status_mut() = status;
    response
}

/// The address to which a browser goes back to the program with an answer (RFC 6749, section 4.1.2; RFC 9207).
pub(super) fn back(redirect: &str, state: Option<&str>, issuer: &str, said: &[(&str, &str)]) -> String {
    let state = state.map(|state| ("state", state));
    let all: Vec<(&str, &str)> = said.iter().copied().chain(state).chain([("iss", issuer)]).collect();
    redirect::with(redirect, &all)
}
