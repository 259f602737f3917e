//! What went wrong, as problem details (RFC 9457): a status that says who can do something about it, a word for programs that never
//! changes, and the sentence that a client of the protocol would read.

use std::time::Duration;

use ::http::StatusCode;
use ::http::header::{CONTENT_TYPE, HeaderValue, RETRY_AFTER};
use serde_json::{Value, json};

use crate::call::CallError;
use crate::http::{Lacking, Refusal, Response, json_answer};
use crate::quota::whole_seconds;

/// Why a request is not answered as it wants.
pub(super) enum Problem {
    /// For this reason.
    Told(Told),
    /// For a reason that the layers before tell in their own form.
    Refused(Refusal),
    /// Since the credential lacks a scope.
    Lacking(Lacking),
}

/// A reason in words.
pub(super) struct Told {
    status: StatusCode,
    /// For programs.
    code: &'static str,
    detail: String,
    request_id: Option<String>,
    retry_after: Option<Duration>,
}

impl Problem {
    fn told(status: StatusCode, code: &'static str, detail: impl Into<String>) -> Self {
        Self::Told(Told { status, code, detail: detail.into(), request_id: None, retry_after: None })
    }

    pub(super) fn malformed(detail: impl Into<String>) -> Self {
        Self::told(StatusCode::BAD_REQUEST, "malformed", detail)
    }

    pub(super) fn no_such_page() -> Self {
        Self::malformed("The cursor is not one that this list gave out; leave it out to begin anew.")
    }

    pub(super) fn nothing_here() -> Self {
        Self::told(
            StatusCode::NOT_FOUND,
            "not_found",
            "There is nothing here: /mcp/capabilities, /mcp/tools, /mcp/tools/{name} and /mcp/resources are served.",
        )
    }

    pub(super) fn no_such_tool() -> Self {
        Self::told(
            StatusCode::NOT_FOUND,
            "unknown_tool",
            "There is no such tool; GET /mcp/tools lists those that there are.",
        )
    }

    pub(super) fn no_such_resource() -> Self {
        Self::told(
            StatusCode::NOT_FOUND,
            "unknown_resource",
            "There is no such resource; GET /mcp/resources lists those that there are.",
        )
    }

    pub(super) fn not_json() -> Self {
        let detail =
            "The body is sent as `Content-Type: application/json`, and is an object with the arguments.";
        Self::told(StatusCode::UNSUPPORTED_MEDIA_TYPE, "unsupported_media_type", detail)
    }

    /// For arguments of a place that is no tool's.
    pub(super) fn arguments(detail: impl Into<String>) -> Self {
        Self::told(StatusCode::UNPROCESSABLE_ENTITY, "arguments", detail)
    }

    pub(super) fn stopping() -> Self {
        Self::told(
            StatusCode::SERVICE_UNAVAILABLE,
            "stopping",
            "The server stopped before the call had ended; what became of it is not known.",
        )
    }

    pub(super) fn unknown_caller() -> Self {
        tracing::error!("a request without a caller reached the plain places");
        Self::told(StatusCode::INTERNAL_SERVER_ERROR, "internal", "The request could not be handled.")
    }

    /// A call that failed, with the words that a client of the protocol would read.
    pub(super) fn of_call(error: &CallError, detail: String, request_id: &str) -> Self {
        Self::Told(Told {
            status: status(error),
            code: error.kind(),
            detail,
            request_id: Some(request_id.to_owned()),
            retry_after: retry_after(error),
        })
    }

    pub(super) fn answer(&self) -> Response {
        match self {
            Self::Told(told) => told.answer(),
            Self::Refused(refusal) => refusal.answer(),
            Self::Lacking(lacking) => {
                let sentence = "The credential does not allow this call.";
                let mut response = Self::told(StatusCode::FORBIDDEN, "insufficient_scope", sentence).answer();
                response.extensions_mut().insert(lacking.clone());
                response
            }
        }
    }
}

impl Told {
    fn answer(&self) -> Response {
        let mut body = json!({
            "title": self.status.canonical_reason(),
            "status": self.status.as_u16(),
            "detail": self.detail,
            "code": self.code,
        });
        if let Some(request_id) = &self.request_id {
            body["requestId"] = Value::from(request_id.as_str());
        }
        let mut response = json_answer(self.status, &body);
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        if let Some(wait) = self.retry_after {
            headers.insert(RETRY_AFTER, whole_seconds(wait).into());
        }
        response
    }
}

/// Who can do something about it: the caller (4xx), the API (502, 504), whoever runs this server or nobody but time (503).
fn status(error: &CallError) -> StatusCode {
    use CallError as E;
    match error {
        E::Unsealed { .. } => StatusCode::BAD_REQUEST,
        E::Denied { hidden: true } => StatusCode::NOT_FOUND,
        E::Denied { .. }
        | E::Unconfirmed { .. }
        | E::Unasked
        | E::Unwanted
        | E::Unanswered
        | E::NoAccount(_) => StatusCode::FORBIDDEN,
        E::Repeated { .. } => StatusCode::CONFLICT,
        E::Arguments(_) | E::KeyTaken | E::Declined { .. } => StatusCode::UNPROCESSABLE_ENTITY,
        E::Limited { .. } => StatusCode::TOO_MANY_REQUESTS,
        E::InputRequired { .. } | E::Incapable { .. } => StatusCode::NOT_IMPLEMENTED,
        E::TimedOut { .. } => StatusCode::GATEWAY_TIMEOUT,
        E::Unreachable { .. }
        | E::Unavailable { .. }
        | E::Busy { .. }
        | E::Crowded { .. }
        | E::Unrecorded { .. }
        | E::Unshared { .. }
        | E::NoCredential { .. }
        | E::CredentialUnavailable { .. } => StatusCode::SERVICE_UNAVAILABLE,
        E::Refused { status: 429, .. } => StatusCode::SERVICE_UNAVAILABLE,
        // What the API says of the arguments is said to whoever gave them; of our credential, not.
        E::Refused { status: status @ (400 | 404 | 409 | 410 | 412 | 422 | 423), .. } => {
            StatusCode::from_u16(*status).unwrap_or(StatusCode::BAD_GATEWAY)
        }
        E::Refused { .. }
        | E::Interrupted { .. }
        | E::NothingDone { .. }
        | E::Redirected { .. }
        | E::TooLarge { .. }
        | E::Oversized { .. }
        | E::Unexpected { .. } => StatusCode::BAD_GATEWAY,
        E::Internal { .. } => StatusCode::INTERNAL_SERVER_ERROR,
    }
}

/// When who asked for one large answer among many may ask again, if nothing says it: the sentence says "in a few seconds".
const LESS_CROWDED: Duration = Duration::from_secs(5);

fn retry_after(error: &CallError) -> Option<Duration> {
    match error {
        CallError::Unavailable { retry_after }
        | CallError::Limited { retry_after }
        | CallError::Busy { retry_after } => Some(*retry_after),
        CallError::Refused { retry_after, .. } => *retry_after,
        CallError::Crowded { .. } => Some(LESS_CROWDED),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_found_no_room_for_the_answer_is_told_when_to_ask_again() {
        let answer =
            Problem::of_call(&CallError::Crowded { after: Duration::from_secs(30) }, String::new(), "")
                .answer();
        assert_eq!(answer.status(), StatusCode::SERVICE_UNAVAILABLE);
        assert_eq!(answer.headers()[RETRY_AFTER], "5");
    }
}
