//! A listener of its own for what was counted: nothing else is there, and nobody is asked who they are.

use ::http::{Method, StatusCode};

use super::layer::{Answering, Place};
use super::routes::{Status, at_once, method_not_allowed};
use super::{Refusal, Request};

/// The one place.
pub(super) struct Counted {
    status: Status,
    path: String,
}

impl Counted {
    /// At this path.
    pub(super) fn new(status: Status, path: String) -> Self {
        Self { status, path }
    }
}

impl Place for Counted {
    fn answer(&self, request: Request) -> Answering<'_> {
        if request.uri().path() != self.path {
            let sentence = format!("There is nothing here but {}.", self.path);
            return Refusal::new(StatusCode::NOT_FOUND, "not_found", sentence).answering();
        }
        if matches!(*request.method(), Method::GET | Method::HEAD) {
            at_once(self.status.metrics(request.headers()))
        } else {
            at_once(method_not_allowed("GET, HEAD"))
        }
    }
}
