//! The spans there are. Each is a span of `tracing` that says its own numbers, so that whoever collects them needs no other
//! knowledge, and that holds words of this program, names of the document and the caller's own, and no value of an argument.

use std::fmt::Display;

use tracing::field::Empty;
use tracing::{Instrument as _, Span, info_span};

use super::trace::Trace;
use crate::call::{Call, CallError};
use crate::catalog::Tool;
use crate::stages::Outcome;
use crate::upstream::{Part, Received};

/// The target of these spans, by which they are told from all others.
pub const SPANS: &str = "server::telemetry::spans";

/// What a span is to others, by the numbers of OTLP.
const INTERNAL: u64 = 1;
const SERVER: u64 = 2;
const CLIENT: u64 = 3;

/// A span that has begun.
#[derive(Debug)]
pub(crate) struct Open {
    below: Trace,
    span: Span,
}

impl Open {
    /// Where what is done within it stands.
    pub(crate) fn below(&self) -> Trace {
        self.below
    }

    /// The span itself.
    pub(super) fn span(&self) -> &Span {
        &self.span
    }

    /// Notes the status of an answer.
    pub(crate) fn status(&self, status: u16) {
        self.span.record("http.response.status_code", status);
    }

    /// Notes that it went wrong, in a word.
    pub(crate) fn fail(&self, word: &str) {
        self.span.record("error", word);
    }

    /// Asks the API within the span, which ends with it.
    pub(crate) async fn exchange(
        self,
        work: impl Future<Output = Result<(Received, Part), CallError>>,
    ) -> Result<(Received, Part), CallError> {
        let outcome = work.instrument(self.span.clone()).await;
        match &outcome {
            Ok((received, _)) => {
                self.status(received.status);
                if received.status >= 400 {
                    self.fail("refused");
                }
            }
            Err(error) => {
                error.status().into_iter().for_each(|status| self.status(status));
                self.fail(error.kind());
            }
        }
        outcome
    }

    /// Makes a call or a part of it within the span, which ends with it.
    pub(crate) async fn during(self, work: impl Future<Output = Outcome>) -> Outcome {
        let outcome = work.instrument(self.span.clone()).await;
        if let Err(error) = &outcome {
            self.fail(error.kind());
        }
        outcome
    }
}

/// Makes a call within its span, where it has one.
pub(crate) async fn during(open: Option<Open>, work: impl Future<Output = Outcome>) -> Outcome {
    match open {
        Some(open) => open.during(work).await,
        None => work.await,
    }
}

impl Trace {
    /// A request over HTTP. Whether it is traced may be known at its end only, which `traced` says then.
    pub(super) fn request(self, method: &'static str, route: &'static str, request_id: &str) -> Open {
        let below = self.next();
        let span = info_span!(
            target: SPANS, parent: None, "request",
            trace.id = self.id, trace.span = below.span, trace.parent = self.span, trace.kind = SERVER,
            trace.name = %Two(method, route),
            http.request.method = method, http.route = route, mcp.request.id = request_id,
            http.response.status_code = Empty, traced = Empty, error = Empty,
        );
        Open { below, span }
    }

    /// A call of a tool. Where it came by no request over HTTP, it is what a client asked for.
    pub(super) fn call(self, call: &Call) -> Open {
        let below = self.next();
        let kind = if self.is_own { INTERNAL } else { SERVER };
        let tool = call.tool;
        let span = info_span!(
            target: SPANS, parent: None, "call",
            trace.id = self.id, trace.span = below.span, trace.parent = self.span, trace.kind = kind,
            trace.name = %Two("tools/call", tool.name),
            mcp.method.name = "tools/call", gen_ai.operation.name = "execute_tool", gen_ai.tool.name = tool.name,
            mcp.tool.effect = tool.effect.word(), mcp.request.id = &*call.request_id, enduser.id = call.caller.word(),
            error = Empty,
        );
        Open { below, span }
    }

    /// A stage of a call.
    pub(crate) fn stage(self, name: &'static str) -> Open {
        let below = self.next();
        let span = info_span!(
            target: SPANS, parent: None, "stage",
            trace.id = self.id, trace.span = below.span, trace.parent = self.span, trace.kind = INTERNAL,
            trace.name = name, error = Empty,
        );
        Open { below, span }
    }

    /// A request to the API.
    pub(crate) fn exchange(self, tool: &Tool) -> Open {
        let below = self.next();
        let span = info_span!(
            target: SPANS, parent: None, "exchange",
            trace.id = self.id, trace.span = below.span, trace.parent = self.span, trace.kind = CLIENT,
            trace.name = %Two(tool.method, tool.template),
            http.request.method = tool.method, url.template = tool.template,
            http.response.status_code = Empty, error = Empty,
        );
        Open { below, span }
    }
}

/// Two words with a blank between.
struct Two(&'static str, &'static str);

impl Display for Two {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(out, "{} {}", self.0, self.1)
    }
}
