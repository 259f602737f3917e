//! What the simulator says back, with the quirks of the real API on purpose.
//!
//! A list of one becomes the bare object, unset text becomes one blank, and messages carry runs of blanks.

use axum::body::Body;
use http::{HeaderValue, StatusCode, header};
use serde_json::{Map, Value, json};

/// What a handler made: a JSON document or a ZIP file.
pub(crate) enum Content {
    /// A JSON document.
    Json(Value),
    /// A ZIP file with the name that the client is told to save it under.
    Zip { name: String, bytes: Vec<u8> },
}

impl From<Value> for Content {
    fn from(value: Value) -> Self {
        Self::Json(value)
    }
}

/// An answer that carries only a message: an error, or a success that did nothing.
#[derive(Debug)]
pub(crate) struct Refusal {
    pub(crate) status: StatusCode,
    pub(crate) message: String,
}

impl Refusal {
    /// The request cannot be done, or its input is bad: 500, as the real API has it.
    pub(crate) fn impossible(message: impl Into<String>) -> Self {
        Self { status: StatusCode::INTERNAL_SERVER_ERROR, message: message.into() }
    }

    /// The thing named does not exist, in the words of the real API.
    pub(crate) fn unknown(kind: &str, id: &str) -> Self {
        Self::impossible(format!("{kind} {id} is invalid."))
    }

    /// Something else is in progress on the same thing: 409.
    pub(crate) fn in_progress(message: impl Into<String>) -> Self {
        Self { status: StatusCode::CONFLICT, message: message.into() }
    }

    /// A 2xx without `setId`: the request was understood and there was nothing to do.
    pub(crate) fn nothing_done(message: impl Into<String>) -> Self {
        Self { status: StatusCode::OK, message: message.into() }
    }

    /// The HTTP response.
    pub(crate) fn into_response(self) -> http::Response<Body> {
        json_response(self.status, &json!({ "message": self.message }))
    }
}

/// The response of a handler that went well, with the status of its operation.
pub(crate) fn respond(status: StatusCode, content: Content) -> http::Response<Body> {
    match content {
        Content::Json(value) => json_response(status, &value),
        Content::Zip { name, bytes } => {
            let mut response = http::Response::new(Body::from(bytes));
            *response.status_mut() = status;
            response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/zip"));
            let disposition = HeaderValue::from_str(&format!("attachment; filename=\"{name}\""))
                .expect("names of archives are made of ids that exist");
            response.headers_mut().insert(header::CONTENT_DISPOSITION, disposition);
            response
        }
    }
}

fn json_response(status: StatusCode, value: &Value) -> http::Response<Body> {
    let mut response = http::Response::new(Body::from(value.to_string()));
    *response.status_mut() = status;
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response
}

/// A list as the real API writes it: the bare object when it has exactly one element.
pub(crate) fn list(mut elements: Vec<Value>) -> Value {
    if elements.len() == 1 { elements.remove(0) } else { Value::Array(elements) }
}

/// Text as the real API writes it: one blank when it is unset.
pub(crate) fn text(value: &str) -> Value {
    Value::from(if value.is_empty() { " " } else { value })
}

/// An object made of text members, each one blank when unset.
pub(crate) fn texts<const N: usize>(members: [(&str, &str); N]) -> Map<String, Value> {
    members.into_iter().map(|(name, value)| (name.to_owned(), text(value))).collect()
}
