//! The form of answers that are made before the protocol is reached: a JSON object with a stable word and a sentence.

use std::borrow::Cow;

use ::http::header::{CONNECTION, CONTENT_TYPE, HeaderValue};
use ::http::{Response as HttpResponse, StatusCode};
use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use serde_json::{Value, json};

use super::Response;
use super::layer::Answering;

/// Why a request is not passed on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Refusal {
    status: StatusCode,
    word: &'static str,
    sentence: Cow<'static, str>,
    close: bool,
}

impl Refusal {
    /// A refusal: `word` is for programs and never changes, `sentence` says what would be accepted.
    pub(crate) fn new(
        status: StatusCode,
        word: &'static str,
        sentence: impl Into<Cow<'static, str>>,
    ) -> Self {
        Self { status, word, sentence: sentence.into(), close: false }
    }

    /// The same, and the connection closes, because the rest of the request will not be read.
    pub(crate) fn closing(self) -> Self {
        Self { close: true, ..self }
    }

    /// The answer that says so.
    pub(crate) fn answer(&self) -> Response {
        let mut response = json_answer(self.status, &json!({ "error": self.word, "message": self.sentence }));
        if self.close {
            response.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
        }
        response
    }

    /// The answer of a layer.
    pub(super) fn answering<'a>(&self) -> Answering<'a> {
        Box::pin(std::future::ready(self.answer()))
    }

    /// The status of the answer.
    #[cfg(test)]
    pub(super) fn status(&self) -> u16 {
        self.status.as_u16()
    }
}

/// An answer with a JSON body.
pub(crate) fn json_answer(status: StatusCode, body: &Value) -> Response {
    let mut response = HttpResponse::new(Full::new(Bytes::from(body.to_string())).boxed());
    *response.status_mut() = status;
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response
}
