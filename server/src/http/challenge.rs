//! The answers to those who are not let in, as RFC 6750 and RFC 9728 have them. They are the same for every reason of one
//! kind, byte by byte, so that nobody learns from them what is wrong with a token.

use ::http::StatusCode;
use ::http::header::{HeaderValue, RETRY_AFTER, WWW_AUTHENTICATE};
use bytes::Bytes;
use http_body_util::{BodyExt as _, Full};
use serde_json::json;

use super::{Response, json_answer};
use crate::identity::{Denied, Gate};

/// After how many seconds it is worth asking again whoever could not be asked.
const AGAIN: u64 = 5;

const INVALID: &str = "The access token is invalid";
const MALFORMED: &str = "Exactly one bearer credential is required";
const INSUFFICIENT: &str = "This operation needs the listed scopes";
const UNAVAILABLE: &str = "The identity provider cannot be reached; the credential was not looked at";

/// The scopes that a call needs whose caller lacks one of them. In the answer's extensions.
#[derive(Clone, Debug)]
pub(crate) struct Lacking(pub(crate) Vec<String>);

/// What is said to those who are not let in.
pub(super) struct Challenges {
    missing: HeaderValue,
    invalid: HeaderValue,
    malformed: HeaderValue,
    insufficient: HeaderValue,
}

impl Challenges {
    /// The challenges of a gate.
    pub(super) fn of(gate: &Gate) -> Self {
        let (metadata, scope) = (metadata(gate), scope(gate.asked()));
        let said = |name, text: &str| Some((name, text.to_owned()));
        // A challenge says something at least (RFC 6750, section 3).
        let realm = said("realm", "mcp").filter(|_| metadata.is_none() && scope.is_none());
        let (error, why) = (|word| said("error", word), |text| said("error_description", text));
        Self {
            missing: bearer([realm, metadata.clone(), scope.clone(), None]),
            invalid: bearer([error("invalid_token"), why(INVALID), metadata.clone(), scope.clone()]),
            malformed: bearer([error("invalid_request"), why(MALFORMED), None, None]),
            insufficient: insufficient(scope, metadata),
        }
    }

    /// The answer to one who is not let in.
    pub(super) fn answer(&self, denied: Denied) -> Response {
        let (status, challenge, error, why) = match denied {
            Denied::Missing => return self.missing(),
            Denied::Invalid(_) => (StatusCode::UNAUTHORIZED, Some(&self.invalid), "invalid_token", INVALID),
            Denied::Malformed(_) => {
                (StatusCode::BAD_REQUEST, Some(&self.malformed), "invalid_request", MALFORMED)
            }
            Denied::Insufficient => {
                (StatusCode::FORBIDDEN, Some(&self.insufficient), "insufficient_scope", INSUFFICIENT)
            }
            // No challenge: a client that is told to log in again would do so, and all of them at once.
            Denied::Unavailable(_) => {
                (StatusCode::SERVICE_UNAVAILABLE, None, "temporarily_unavailable", UNAVAILABLE)
            }
        };
        let mut response = json_answer(status, &json!({ "error": error, "error_description": why }));
        match challenge {
            Some(challenge) => response.headers_mut().insert(WWW_AUTHENTICATE, challenge.clone()),
            None => response.headers_mut().insert(RETRY_AFTER, AGAIN.into()),
        };
        response
    }

    /// The answer to one who is let in and may not make the call, which names all that it needs.
    pub(super) fn lacking(&self, gate: &Gate, Lacking(scopes): &Lacking) -> Response {
        let mut response = self.answer(Denied::Insufficient);
        let challenge = insufficient(scope(&gate.with(scopes)), metadata(gate));
        response.headers_mut().insert(WWW_AUTHENTICATE, challenge);
        response
    }

    /// Nothing was wrong, so nothing is said but where a token is to be had.
    fn missing(&self) -> Response {
        let mut response = Response::new(Full::new(Bytes::new()).boxed());
        *response.status_mut() = StatusCode::UNAUTHORIZED;
        response.headers_mut().insert(WWW_AUTHENTICATE, self.missing.clone());
        response
    }
}

/// A parameter of a challenge.
type Said = Option<(&'static str, String)>;

fn metadata(gate: &Gate) -> Said {
    gate.metadata().map(|metadata| ("resource_metadata", metadata.address.clone()))
}

fn scope(scopes: &[String]) -> Said {
    (!scopes.is_empty()).then(|| ("scope", scopes.join(" ")))
}

fn insufficient(scope: Said, metadata: Said) -> HeaderValue {
    let said = |name, text: &str| Some((name, text.to_owned()));
    bearer([said("error", "insufficient_scope"), scope, metadata, said("error_description", INSUFFICIENT)])
}

fn bearer(parameters: [Said; 4]) -> HeaderValue {
    let said = parameters.into_iter().flatten().map(|(name, text)| format!("{name}=\"{text}\""));
    let said = said.collect::<Vec<_>>().join(", ");
    HeaderValue::try_from(format!("Bearer {said}")).expect("addresses and scopes were checked at the start")
}
