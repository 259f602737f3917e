//! A request on its way: scripted fault, body, record, admission, operation, answer.

use std::time::Instant;

use axum::body::Body;
use axum::extract::rejection::RawPathParamsRejection;
use axum::extract::{RawPathParams, Request, State};
use axum::routing::{MethodFilter, MethodRouter, on};
use axum::{RequestExt, Router};
use bytes::Bytes;
use http::{HeaderName, HeaderValue, Method, Response, StatusCode, header};
use http_body_util::BodyExt;

use crate::admission::admit;
use crate::answer::{Refusal, respond};
use crate::connection::Ending;
use crate::fault::{Endless, FaultKind};
use crate::inquiry::Inquiry;
use crate::record::Received;
use crate::routes::{Operation, operations, paths};
use crate::simulator::Simulator;

/// The longest body that is read.
const LONGEST_BODY: usize = 1024 * 1024;

const LOGIN_PAGE: &str = "<!DOCTYPE html><html><head><title>Sign in</title></head><body><form method=\"post\">\
                          <input name=\"user\"><input name=\"password\" type=\"password\"></form></body></html>";

/// The router of all operations; anything else is answered with a message too, and recorded.
pub(crate) fn router(simulator: Simulator) -> Router {
    let mut routes: Vec<(String, MethodRouter<Simulator>)> = Vec::new();
    for operation in operations() {
        let filter = if operation.method == "GET" { MethodFilter::GET } else { MethodFilter::POST };
        for path in paths(operation) {
            let handler = on(filter, move |State(simulator): State<Simulator>, request: Request| {
                serve(simulator, Some(operation), request)
            });
            routes.push((path, handler));
        }
    }
    let unknown = |State(simulator): State<Simulator>, request: Request| serve(simulator, None, request);
    routes
        .into_iter()
        .fold(Router::new(), |router, (path, handler)| router.route(&path, handler))
        .method_not_allowed_fallback(unknown)
        .fallback(unknown)
        .with_state(simulator)
}

async fn serve(
    simulator: Simulator,
    operation: Option<&'static Operation>,
    mut request: Request,
) -> Response<Body> {
    // A HEAD request that axum would let a GET route answer is not part of the API.
    let operation = operation.filter(|operation| request.method().as_str() == operation.method);
    let path = request.extract_parts::<RawPathParams>().await;
    let (head, body) = request.into_parts();
    let mut received = Received {
        operation: operation.map(|operation| operation.name),
        method: head.method,
        target: head.uri.path_and_query().map_or_else(|| head.uri.to_string(), ToString::to_string),
        headers: head.headers,
        body: Bytes::new(),
        whole: false,
        at: Instant::now(),
    };
    let fault = simulator.next_fault(&received);
    if matches!(fault, Some(FaultKind::ResetBeforeReading)) {
        simulator.record(received);
        return Ending::Reset.into_response();
    }
    let read = axum::body::to_bytes(body, LONGEST_BODY).await;
    if let Ok(body) = &read {
        received.body = body.clone();
        received.whole = true;
    }
    simulator.record(received.clone());
    let carry_out = || match &read {
        Ok(_) => answer(&simulator, operation, path, &received),
        Err(_) => Refusal { status: StatusCode::PAYLOAD_TOO_LARGE, message: too_long() }.into_response(),
    };
    match fault {
        None => carry_out(),
        Some(fault) => play(fault, carry_out).await,
    }
}

fn too_long() -> String {
    format!("The body   is longer than {LONGEST_BODY} bytes.")
}

/// Carries out the operation, or says why not.
fn answer(
    simulator: &Simulator,
    operation: Option<&Operation>,
    path: Result<RawPathParams, RawPathParamsRejection>,
    received: &Received,
) -> Response<Body> {
    match carry_out(simulator, operation, path, received) {
        Ok(response) => response,
        Err(refusal) => refusal.into_response(),
    }
}

fn carry_out(
    simulator: &Simulator,
    operation: Option<&Operation>,
    path: Result<RawPathParams, RawPathParamsRejection>,
    received: &Received,
) -> Result<Response<Body>, Refusal> {
    let Some(operation) = operation else {
        let (method, path) = (&received.method, received.path());
        let message = format!("Nothing   is served for {method} {path}.");
        return Err(Refusal { status: StatusCode::NOT_FOUND, message });
    };
    if operation.needs_token {
        admit(&received.headers, simulator.token())?;
    }
    expect_json(received)?;
    let path = path.map_err(|_| Refusal::impossible("The path   is not UTF-8."))?;
    let path = path.iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
    let inquiry = Inquiry::new(path, received.query(), &received.body)?;
    let content = simulator.with_shop(|shop| (operation.handler)(shop, &inquiry))?;
    let status = StatusCode::from_u16(operation.status).expect("the statuses of operations are valid");
    Ok(respond(status, content))
}

/// A body that says it is something else than JSON is refused.
fn expect_json(received: &Received) -> Result<(), Refusal> {
    if received.method != Method::POST || received.body.is_empty() {
        return Ok(());
    }
    let kind = received.header("content-type").unwrap_or_default();
    let essence = kind.split(';').next().unwrap_or_default().trim();
    if essence.eq_ignore_ascii_case("application/json") {
        return Ok(());
    }
    let message = format!("Content type   {kind} is not accepted: application/json.");
    Err(Refusal { status: StatusCode::UNSUPPORTED_MEDIA_TYPE, message })
}

/// Plays a fault; `carry_out` runs only in those that let the request through.
async fn play(fault: FaultKind, carry_out: impl FnOnce() -> Response<Body>) -> Response<Body> {
    match fault {
        FaultKind::Delay(wait) => {
            let response = carry_out();
            tokio::time::sleep(wait).await;
            response
        }
        FaultKind::ResetAfterReading => {
            carry_out();
            Ending::Reset.into_response()
        }
        FaultKind::HalfBody => half(carry_out()).await,
        FaultKind::Status { code, body, headers } => canned(code, body, &headers),
        FaultKind::Redirect(to) => canned(302, String::new(), &[("location".to_owned(), to)]),
        FaultKind::HtmlLogin => canned(200, LOGIN_PAGE.to_owned(), &typed("text/html;charset=UTF-8")),
        FaultKind::Garbage => canned(200, "{\"setId\": S0000, <".to_owned(), &typed("application/json")),
        FaultKind::EndlessBody => {
            let mut response = canned(200, String::new(), &typed("application/json"));
            *response.body_mut() = Body::new(Endless::default());
            response
        }
        FaultKind::ResetBeforeReading => Ending::Reset.into_response(),
        FaultKind::Bytes(bytes) => Ending::Raw(bytes).into_response(),
    }
}

fn typed(kind: &str) -> [(String, String); 1] {
    [("content-type".to_owned(), kind.to_owned())]
}

fn canned(code: u16, body: String, headers: &[(String, String)]) -> Response<Body> {
    let mut response = Response::new(Body::from(body));
    *response.status_mut() = StatusCode::from_u16(code).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    for (name, value) in headers {
        let pair = (HeaderName::try_from(name.as_str()), HeaderValue::try_from(value.as_str()));
        if let (Ok(name), Ok(value)) = pair {
            response.headers_mut().append(name, value);
        }
    }
    response
}

/// The head of the answer with its true length, and half of its body.
async fn half(response: Response<Body>) -> Response<Body> {
    let (head, body) = response.into_parts();
    let body = body.collect().await.map(http_body_util::Collected::to_bytes).unwrap_or_default();
    let kind = head.headers.get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    let mut raw =
        format!("HTTP/1.1 {}\r\ncontent-type: {kind}\r\ncontent-length: {}\r\n\r\n", head.status, body.len())
            .into_bytes();
    raw.extend_from_slice(&body[..body.len() / 2]);
    Ending::Raw(raw.into()).into_response()
}
