//! The paths that are served: `/mcp` and what is plain below it or is asked so, `/health`, `/ready` and metrics, what clients read who look for a token, and the
//! places of the authorization server where there is one, spelled exactly so. Anything else is not found.

use std::sync::Arc;

use ::http::header::{ACCEPT, ACCESS_CONTROL_ALLOW_ORIGIN, ALLOW, CONTENT_TYPE, HeaderMap, HeaderValue};
use ::http::{Method, StatusCode};
use bytes::Bytes;
use http_body_util::{BodyExt as _, Full};
use serde_json::json;
use tokio_util::sync::CancellationToken;

use super::layer::{Answering, Endpoint, Place};
use super::security_headers::Public;
use super::{Refusal, Request, Response, json_answer};
use crate::engine::Engine;
use crate::identity::Gate;
use crate::metrics::Format;

/// What `/health` and `/ready` tell: which tool contract is served, by its hash, and nothing about the API, its address
/// or the machine.
pub struct Status {
    engine: Arc<Engine>,
    shutdown: CancellationToken,
    version: String,
}

impl Status {
    /// The status of a server of this version, which is ready when its engine is, until `shutdown`.
    pub fn new(engine: &Arc<Engine>, shutdown: &CancellationToken, version: &str) -> Status {
        Status { engine: Arc::clone(engine), shutdown: shutdown.clone(), version: version.to_owned() }
    }

    fn health(&self) -> Response {
        let contract = self.engine.api().contract;
        json_answer(StatusCode::OK, &json!({ "status": "ok", "version": self.version, "contract": contract }))
    }

    /// What was counted, in the format that whoever asks reads.
    pub(super) fn metrics(&self, headers: &HeaderMap) -> Response {
        let accepts: Vec<&str> =
            headers.get_all(ACCEPT).iter().filter_map(|value| value.to_str().ok()).collect();
        let format = Format::of(&accepts.join(","));
        let mut response = Response::new(Full::new(Bytes::from(self.engine.metrics_in(format))).boxed());
        response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(format.content_type()));
        response
    }

    fn ready(&self) -> Response {
        let (status, word) = if self.shutdown.is_cancelled() {
            (StatusCode::SERVICE_UNAVAILABLE, "draining")
        } else if self.engine.ready() {
            (StatusCode::OK, "ready")
        } else {
            (StatusCode::SERVICE_UNAVAILABLE, "not_ready")
        };
        json_answer(status, &json!({ "status": word }))
    }
}

/// The routes.
pub(super) struct Routes {
    status: Status,
    gate: Arc<Gate>,
    endpoint: Box<dyn Endpoint>,
    /// Where metrics are told, if here.
    metrics: Option<String>,
}

impl Routes {
    pub(super) fn new(
        status: Status,
        gate: Arc<Gate>,
        endpoint: Box<dyn Endpoint>,
        metrics: Option<String>,
    ) -> Self {
        Self { status, gate, endpoint, metrics }
    }
}

impl Place for Routes {
    fn answer(&self, request: Request) -> Answering<'_> {
        let reading = matches!(*request.method(), Method::GET | Method::HEAD);
        if let Some(metadata) = self.gate.metadata().filter(|metadata| metadata.is_at(request.uri().path())) {
            return at_once(if reading {
                public(json_answer(StatusCode::OK, metadata.body()))
            } else {
                method_not_allowed("GET, HEAD")
            });
        }
        if let Some(facade) = self.gate.facade().filter(|facade| facade.is_at(request.uri().path())) {
            return Box::pin(facade.answer(request));
        }
        match request.uri().path() {
            "/mcp" if request.method() == Method::POST => self.endpoint.answer(request),
            // The stream of a session, and its end.
            "/mcp" if self.endpoint.has_sessions() && of_sessions(&request) => self.endpoint.answer(request),
            "/mcp" => at_once(method_not_allowed("POST")),
            path if is_plain(path) && self.endpoint.has_plain() => self.endpoint.plain(request),
            "/health" if reading => at_once(self.status.health()),
            "/ready" if reading => at_once(self.status.ready()),
            path if self.metrics.as_deref() == Some(path) => at_once(if reading {
                self.status.metrics(request.headers())
            } else {
                method_not_allowed("GET, HEAD")
            }),
            "/health" | "/ready" => at_once(method_not_allowed("GET, HEAD")),
            _ => Refusal::new(
                StatusCode::NOT_FOUND,
                "not_found",
                "There is nothing here. MCP clients connect to /mcp; /health and /ready tell the server's state.",
            )
            .answering(),
        }
    }
}

fn is_plain(path: &str) -> bool {
    matches!(path, "/openapi.json" | "/status" | "/status/log-level") || path.starts_with("/mcp/")
}

fn of_sessions(request: &Request) -> bool {
    let reads_or_ends = matches!(*request.method(), Method::GET | Method::DELETE);
    reads_or_ends && request.headers().contains_key("mcp-session-id")
}

/// An answer that waits for nothing.
pub(super) fn at_once<'a>(response: Response) -> Answering<'a> {
    Box::pin(std::future::ready(response))
}

/// The answer for anybody, whose pages may read it too.
pub(crate) fn public(mut response: Response) -> Response {
    response.headers_mut().insert(ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*"));
    response.extensions_mut().insert(Public);
    response
}

/// The answer at a place that takes other methods only.
pub(crate) fn method_not_allowed(allowed: &'static str) -> Response {
    let sentence = format!("This path answers {allowed} only.");
    let mut response = Refusal::new(StatusCode::METHOD_NOT_ALLOWED, "method_not_allowed", sentence).answer();
    response.headers_mut().insert(ALLOW, HeaderValue::from_static(allowed));
    response
}
