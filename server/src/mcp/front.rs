//! What stands between HTTP and the protocol library: media types, single protocol headers, strict bodies.
//!
//! The library tells bad bodies as media type errors in plain text, and refuses clients that do not list a media
//! type that it will not send them. Here a body is judged first, and whatever the library refuses outside JSON-RPC
//! becomes a JSON-RPC error.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use ::http::header::{ACCEPT, CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue};
use ::http::request::Parts;
use ::http::{Request as HttpRequest, StatusCode};
use bytes::Bytes;
use http_body::{Body, Frame};
use http_body_util::{BodyExt, Full};
use rmcp::model::ErrorCode;
use rmcp::transport::streamable_http_server::session::never::NeverSessionManager;
use rmcp::transport::streamable_http_server::{StreamableHttpServerConfig, StreamableHttpService};
use serde_json::json;
use tokio_util::sync::{CancellationToken, WaitForCancellationFutureOwned};

use super::VERSIONS;
use super::envelope::{self, Envelope, INVALID_REQUEST, Refused};
use super::handler::Handler;
use super::lane::Direct;
use super::plain;
use super::sessions::Sessions;
use super::shared::Shared;
use crate::call::Caller;
use crate::catalog::Tool;
use crate::http::{
    Answering, Endpoint, Lacking, Options, Refusal, Request, Response, ResponseBody, json_answer,
    unread_body, whole,
};

pub(super) const VERSION: HeaderName = HeaderName::from_static("mcp-protocol-version");

/// Names a session.
const SESSION: HeaderName = HeaderName::from_static("mcp-session-id");

/// Headers of which the library reads the first and another reader perhaps the last.
const SINGLE: [HeaderName; 5] = [
    VERSION,
    HeaderName::from_static("mcp-method"),
    HeaderName::from_static("mcp-name"),
    CONTENT_TYPE,
    SESSION,
];

/// What answers `POST /mcp`.
#[derive(Clone)]
pub struct McpEndpoint {
    shared: Arc<Shared>,
    service: StreamableHttpService<Handler, NeverSessionManager>,
    /// What answers on sessions, where there are any.
    sessions: Option<Arc<Holding>>,
    stop: CancellationToken,
    max_body_bytes: usize,
}

impl McpEndpoint {
    /// The endpoint on a listener at this address.
    pub(super) fn new(shared: &Arc<Shared>, address: SocketAddr, options: &Options) -> Self {
        let stop = CancellationToken::new();
        let config = StreamableHttpServerConfig::default()
            .with_legacy_session_mode(false)
            .with_json_response(true)
            .with_cancellation_token(stop.clone())
            .with_max_request_body_bytes(options.max_body_bytes)
            // Hosts and origins are judged before, and more strictly; the same lists here are a second lock.
            .with_allowed_hosts(options.trusted_hosts(address))
            .with_allowed_origins(options.trusted_origins(address))
            .enforce_origin_validation();
        let sessions = (shared.sessions() > 0).then(|| Arc::new(Holding::new(shared, config.clone())));
        let handler = Handler::alone(shared);
        let service = StreamableHttpService::new(
            move || Ok(handler.clone()),
            Arc::new(NeverSessionManager::default()),
            config,
        );
        Self { shared: Arc::clone(shared), service, sessions, stop, max_body_bytes: options.max_body_bytes }
    }

    /// Ends whatever the library still does for requests that nobody waits for.
    pub fn stop(&self) {
        self.stop.cancel();
    }

    async fn judge(&self, request: Request) -> Result<Judged, Turned> {
        let (mut head, body) = request.into_parts();
        one_of_each(&head.headers)?;
        let streams = media_types(&head.headers)?;
        let body = whole(body).await.map_err(|error| Turned::ByHttp(unread_body(&error)))?;
        debug_assert!(body.len() <= self.max_body_bytes, "the body limit stands before");
        self.show(&mut head)?;
        let session = self.session(&head)?;
        let envelope = match (&session, envelope::judge_either(&body)) {
            // The answer to a question of ours.
            (Some(_), Ok(None)) => Envelope::default(),
            (None, Ok(None)) => envelope::judge(&body).map_err(Turned::ByProtocol)?,
            (_, judged) => judged.map_err(Turned::ByProtocol)?.unwrap_or_default(),
        };
        known_version(&head.headers, &envelope)?;
        // Before anything is done with it, and before an answer can have begun.
        if let Some(lacking) = self.shared.lacking(&head.extensions, &envelope, &body) {
            return Err(Turned::Lacking(lacking));
        }
        // What is said on the way of a session's call needs the library.
        let may_be_direct = self.shared.has_lane() && session.is_none();
        let direct = may_be_direct.then(|| Direct::read(&self.shared, &head, &body, &envelope));
        Ok(match direct.flatten() {
            Some(direct) => Judged::Plain(direct),
            None => {
                // As the library wants it spelled.
                let accepted = HeaderValue::from_static("application/json, text/event-stream");
                head.headers.insert(ACCEPT, accepted);
                head.extensions.insert(TakesStreams(streams));
                let by = match session {
                    Some(holding) => By::Session(holding),
                    None if envelope.method == "initialize" && streams => {
                        self.sessions.clone().map_or(By::Itself, By::NewSession)
                    }
                    None => By::Itself,
                };
                if let By::Session(_) = by {
                    head.extensions.insert(InSession);
                }
                Judged::ForTheLibrary(Box::new((
                    HttpRequest::from_parts(head, Full::new(body)),
                    envelope,
                    by,
                )))
            }
        })
    }
}

impl Endpoint for McpEndpoint {
    fn has_sessions(&self) -> bool {
        self.sessions.is_some()
    }

    fn has_plain(&self) -> bool {
        self.shared.has_plain()
    }

    fn plain(&self, request: Request) -> Answering<'_> {
        Box::pin(plain::answer(&self.shared, &self.stop, request))
    }

    fn answer(&self, request: Request) -> Answering<'_> {
        Box::pin(async move {
            if request.method() != ::http::Method::POST {
                return Box::pin(self.of_session(request)).await;
            }
            match self.judge(request).await {
                Ok(Judged::Plain(direct)) => match direct.answer(&self.shared, &self.stop).await {
                    Ok(response) => response,
                    Err(id) => no_answer(StatusCode::INTERNAL_SERVER_ERROR, Some(id)),
                },
                Ok(Judged::ForTheLibrary(boxed)) => {
                    let (request, envelope, by) = *boxed;
                    // Boxed, so that a call of the lane carries no room for it.
                    in_json(Box::pin(self.handle(request, by)).await, envelope)
                }
                Err(turned) => turned.answer(),
            }
        })
    }
}

/// A message that may be answered, and by what.
enum Judged {
    Plain(Direct),
    ForTheLibrary(Box<(HttpRequest<Full<Bytes>>, Envelope, By)>),
}

/// What the library answers a message by.
enum By {
    /// By itself.
    Itself,
    /// As one of a session.
    Session(Arc<Holding>),
    /// As the first of a session, where there is room for one.
    NewSession(Arc<Holding>),
}

/// Why a message is not answered.
enum Turned {
    ByHttp(Refusal),
    ByProtocol(Refused),
    NoSession,
    Lacking(Lacking),
}

impl Turned {
    fn answer(&self) -> Response {
        match self {
            Self::ByHttp(refusal) => refusal.answer(),
            Self::ByProtocol(refused) => json_rpc(StatusCode::BAD_REQUEST, refused),
            Self::NoSession => {
                let message =
                    "Session not found: it has ended, or never was; begin another with `initialize`."
                        .to_owned();
                json_rpc(
                    StatusCode::NOT_FOUND,
                    &Refused { id: None, code: INVALID_REQUEST, message, data: None },
                )
            }
            Self::Lacking(lacking) => {
                let sentence = "The credential does not allow this call.";
                let mut response =
                    Refusal::new(StatusCode::FORBIDDEN, "insufficient_scope", sentence).answer();
                response.extensions_mut().insert(lacking.clone());
                response
            }
        }
    }
}

impl McpEndpoint {
    /// Notes which tools the client is shown, where its address says it.
    fn show(&self, head: &mut Parts) -> Result<(), Turned> {
        let Some(query) = head.uri.query() else { return Ok(()) };
        let caller = head.extensions.get::<Caller>();
        let may_use = |tool: &Tool| caller.is_some_and(|caller| self.shared.may_use(caller, tool));
        let view = self.shared.views().asked_by(query, may_use).map_err(|what| {
            let sentence =
                format!("The address says which tools are shown, and not as it is accepted: {what}.");
            Turned::ByHttp(Refusal::new(StatusCode::BAD_REQUEST, "tools", sentence))
        })?;
        head.extensions.insert(view);
        Ok(())
    }

    /// What answers a message of a session; nothing where it is of none, or of an era that has none.
    fn session(&self, head: &Parts) -> Result<Option<Arc<Holding>>, Turned> {
        let Some(holding) = &self.sessions else { return Ok(None) };
        let version = head.headers.get(VERSION).and_then(|version| version.to_str().ok());
        let spoken = VERSIONS.iter().find(|spoken| Some(spoken.as_str()) == version);
        if spoken.is_some_and(|version| !version.has_initialize()) {
            return Ok(None);
        }
        let Some(id) = head.headers.get(SESSION) else { return Ok(None) };
        let caller = head.extensions.get::<Caller>().ok_or(Turned::NoSession)?;
        let is_theirs = id.to_str().is_ok_and(|id| holding.sessions.is_of(id, caller.key()));
        if is_theirs { Ok(Some(Arc::clone(holding))) } else { Err(Turned::NoSession) }
    }

    async fn handle(&self, request: HttpRequest<Full<Bytes>>, by: By) -> Response {
        match by {
            By::Itself => self.service.handle(request).await,
            By::Session(holding) => holding.service.handle(request).await,
            By::NewSession(holding) => {
                let caller = request.extensions().get::<Caller>().map(|caller| caller.key().to_owned());
                let (head, body) = request.into_parts();
                let again = HttpRequest::from_parts(head.clone(), body.clone());
                let beginning = async { holding.service.handle(HttpRequest::from_parts(head, body)).await };
                match holding.sessions.beginning(&caller.unwrap_or_default(), beginning).await {
                    Some(response) => response,
                    None => self.service.handle(again).await,
                }
            }
        }
    }

    /// The stream of a session, or its end.
    async fn of_session(&self, request: Request) -> Response {
        let (mut head, _) = request.into_parts();
        if let Err(turned) = self.show(&mut head) {
            return turned.answer();
        }
        let holding = match self.session(&head) {
            Ok(Some(holding)) => holding,
            Ok(None) | Err(_) => return Turned::NoSession.answer(),
        };
        // As the library wants it spelled.
        if takes(&head.headers, &STREAMS) {
            head.headers.insert(ACCEPT, HeaderValue::from_static("text/event-stream"));
        }
        let request = HttpRequest::from_parts(head, Full::new(Bytes::new()));
        let response = holding.service.handle(request).await;
        // Nobody waits for the end of a stream that has none.
        let leaving = self.shared.leaving();
        response.map(|body| Ending { body, leaving: Box::pin(leaving.cancelled_owned()) }.boxed())
    }
}

/// The sessions, and what answers on them.
struct Holding {
    sessions: Arc<Sessions>,
    service: StreamableHttpService<Handler, Sessions>,
}

impl Holding {
    fn new(shared: &Arc<Shared>, config: StreamableHttpServerConfig) -> Self {
        let sessions = Arc::new(Sessions::new(shared.sessions()));
        let shared = Arc::clone(shared);
        let service = StreamableHttpService::new(
            move || Ok(Handler::connected(&shared)),
            Arc::clone(&sessions),
            config.with_legacy_session_mode(true),
        );
        Self { sessions, service }
    }
}

/// A body that ends when nobody shall wait any more.
struct Ending {
    body: ResponseBody,
    leaving: Pin<Box<WaitForCancellationFutureOwned>>,
}

impl Body for Ending {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        match self.leaving.as_mut().poll(context) {
            Poll::Ready(()) => Poll::Ready(None),
            Poll::Pending => Pin::new(&mut self.body).poll_frame(context),
        }
    }
}

fn one_of_each(headers: &HeaderMap) -> Result<(), Turned> {
    for name in &SINGLE {
        if headers.get_all(name).iter().nth(1).is_some() {
            let message = format!("Header mismatch: {name} must be sent once.");
            let refused = Refused { id: None, code: ErrorCode::HEADER_MISMATCH.0, message, data: None };
            return Err(Turned::ByProtocol(refused));
        }
    }
    Ok(())
}

/// Whether the answer to a request may be a stream of events. In the request's extensions.
#[derive(Clone, Copy, Debug)]
pub(super) struct TakesStreams(pub(super) bool);

/// That a request is one of a session. In the request's extensions.
#[derive(Clone, Copy, Debug)]
pub(super) struct InSession;

/// Requires a JSON body and a client that takes JSON. Gives whether the client takes streams of events too.
fn media_types(headers: &HeaderMap) -> Result<bool, Turned> {
    let content_type = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    if !is_json(content_type) {
        return Err(Turned::ByHttp(Refusal::new(
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
            "content_type",
            "The body must be sent as Content-Type: application/json, in UTF-8.",
        )));
    }
    if headers.contains_key(ACCEPT) && !takes(headers, &["application/json", "application/*", "*/*"]) {
        return Err(Turned::ByHttp(Refusal::new(
            StatusCode::NOT_ACCEPTABLE,
            "not_acceptable",
            "Answers are application/json; Accept must allow it.",
        )));
    }
    Ok(takes(headers, &STREAMS))
}

/// The ranges of which one lets an answer be a stream of events.
const STREAMS: [&str; 3] = ["text/event-stream", "text/*", "*/*"];

/// Whether `Accept` lets an answer be one of these.
fn takes(headers: &HeaderMap, names: &[&str]) -> bool {
    let ranges = headers.get_all(ACCEPT).iter();
    ranges.flat_map(|value| value.to_str().unwrap_or_default().split(',')).any(|range| allows(range, names))
}

pub(super) fn is_json(content_type: &str) -> bool {
    let mut parts = content_type.split(';').map(str::trim);
    let essence = parts.next().unwrap_or_default();
    essence.eq_ignore_ascii_case("application/json")
        && parts.filter(|parameter| !parameter.is_empty()).all(|parameter| {
            let (name, value) = parameter.split_once('=').unwrap_or((parameter, ""));
            !name.eq_ignore_ascii_case("charset") || value.trim_matches('"').eq_ignore_ascii_case("utf-8")
        })
}

/// Whether one range of `Accept` lets an answer be one of these.
fn allows(range: &str, names: &[&str]) -> bool {
    let mut parts = range.split(';').map(str::trim);
    let essence = parts.next().unwrap_or_default();
    let named = names.iter().any(|name| essence.eq_ignore_ascii_case(name));
    let weight =
        parts.find_map(|parameter| parameter.strip_prefix("q=").or_else(|| parameter.strip_prefix("Q=")));
    named && weight.is_none_or(|weight| weight.parse::<f32>().is_ok_and(|weight| weight > 0.0))
}

/// Refuses a revision that is not spoken with the ones that are. The library would let a version in `_meta` speak for
/// itself; it is compared with this header there.
fn known_version(headers: &HeaderMap, envelope: &Envelope) -> Result<(), Turned> {
    let Some(value) = headers.get(VERSION) else {
        return Ok(());
    };
    let requested = value.to_str().unwrap_or_default();
    // `initialize` names its version in the body and is answered with one that is spoken.
    if envelope.method == "initialize" || VERSIONS.iter().any(|version| version.as_str() == requested) {
        return Ok(());
    }
    let supported: Vec<_> = VERSIONS.iter().map(|version| version.as_str()).collect();
    let refused = Refused {
        id: envelope.id.clone(),
        code: ErrorCode::UNSUPPORTED_PROTOCOL_VERSION.0,
        message: "Unsupported protocol version".to_owned(),
        data: Some(Box::new(json!({ "supported": supported, "requested": requested }))),
    };
    Err(Turned::ByProtocol(refused))
}

/// Gives what the library refused in plain text the form of a JSON-RPC error; its words stay in our log.
fn in_json(response: Response, envelope: Envelope) -> Response {
    let status = response.status();
    let is_json = response
        .headers()
        .get(CONTENT_TYPE)
        .is_some_and(|value| value.as_bytes().starts_with(b"application/json"));
    if !(status.is_client_error() || status.is_server_error()) || is_json {
        return response;
    }
    tracing::warn!(status = status.as_u16(), "the protocol library refused a message outside JSON-RPC");
    if status.is_server_error() {
        return no_answer(status, envelope.id);
    }
    let message = "Invalid Request: the message is not one of the protocol.".to_owned();
    json_rpc(
        StatusCode::BAD_REQUEST,
        &Refused { id: envelope.id, code: INVALID_REQUEST, message, data: None },
    )
}

fn no_answer(status: StatusCode, id: Option<String>) -> Response {
    let message = "Internal error: the request got no answer.".to_owned();
    json_rpc(status, &Refused { id, code: ErrorCode::INTERNAL_ERROR.0, message, data: None })
}

fn json_rpc(status: StatusCode, refused: &Refused) -> Response {
    json_answer(status, &refused.to_json())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_is_taken_in_utf8_only() {
        for (content_type, taken) in [
            ("application/json", true),
            ("Application/JSON; charset=UTF-8", true),
            ("application/json; charset=\"utf-8\"", true),
            ("application/json;", true),
            ("application/json; charset=utf-16", false),
            ("application/json-rpc", false),
            ("text/plain", false),
            ("text/json", false),
            ("", false),
        ] {
            assert_eq!(is_json(content_type), taken, "{content_type:?}");
        }
    }

    #[test]
    fn a_range_takes_json_unless_its_weight_is_zero() {
        for (range, takes) in [
            ("application/json", true),
            (" */* ", true),
            ("application/*;q=0.1", true),
            ("application/json;q=0", false),
            ("application/json; q=0.0", false),
            ("application/json; q=x", false),
            ("text/event-stream", false),
            ("text/html", false),
            ("", false),
        ] {
            assert_eq!(allows(range, &["application/json", "application/*", "*/*"]), takes, "{range:?}");
        }
    }
}
