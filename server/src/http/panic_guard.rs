//! Turns a panic into the answer 500, so that one request's fault stays that request's fault.

use std::panic::AssertUnwindSafe;

use ::http::StatusCode;
use futures_util::FutureExt;

use super::layer::{Answering, Layer, Next};
use super::{Refusal, Request};

/// The layer.
pub(super) struct PanicGuard;

impl Layer for PanicGuard {
    fn name(&self) -> &'static str {
        "panic_guard"
    }

    fn handle<'a>(&'a self, request: Request, next: Next<'a>) -> Answering<'a> {
        Box::pin(async move {
            // Unwind safe: what a panic leaves half done belongs to its request alone and is dropped with it.
            match AssertUnwindSafe(next.run(request)).catch_unwind().await {
                Ok(response) => response,
                Err(_) => {
                    // The panic hook has told where; its message may quote the caller and is not repeated.
                    tracing::error!("a request panicked");
                    Refusal::new(
                        StatusCode::INTERNAL_SERVER_ERROR,
                        "internal_error",
                        "The server failed at this request; its log has the cause under the request id.",
                    )
                    .answer()
                }
            }
        })
    }
}
