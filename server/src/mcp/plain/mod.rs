//! The same tools and resources for programs that are no clients of the protocol: plain requests, plain answers.
//!
//! | request | answer |
//! |---|---|
//! | `GET /mcp/capabilities` | what the server is and can, as `server/discover` says it |
//! | `GET /mcp/tools?cursor=` | a page of the tools, as `tools/list` gives it |
//! | `POST /mcp/tools/{name}` | the result of a call; the body holds the arguments, `Idempotency-Key` names a change |
//! | `GET /mcp/resources?cursor=` | a page of the resources, as `resources/list` gives it |
//! | `GET /openapi.json` | the API's document, for whoever may use every tool |
//! | `GET /status` | how the server stands and what it was set to, for whoever may do everything |
//! | `GET`, `PUT`, `DELETE` `/status/log-level` | how much is logged, and for whom that may read `/status` more or less for a while |
//! | `GET /mcp/resources?uri=`, `GET /mcp/resources/{name}` | what is at an address, or at `server://{name}` |
//!
//! A call goes through every stage that a call of the protocol does. Nobody can be asked here, so a call that needs a person's yes is
//! refused. What goes wrong is told as problem details (RFC 9457).

mod call;
mod log_level;
mod problem;
mod read;

use std::sync::Arc;

use ::http::Method;
use ::http::header::{CONTENT_TYPE, HeaderValue};
use ::http::request::Parts;
use bytes::Bytes;
use http_body_util::{BodyExt as _, Full};
use percent_encoding::percent_decode_str;
use tokio_util::sync::CancellationToken;

use super::shared::Shared;
use crate::call::Caller;
use crate::http::{Parameters, Request, Response, method_not_allowed};
use crate::view::View;
use problem::Problem;

/// What every place begins with.
const ROOT: &str = "/mcp/";

/// A request to one of the places, and what answers it.
struct Asked<'a> {
    shared: &'a Arc<Shared>,
    head: Parts,
    caller: Caller,
    view: View,
    query: Parameters,
}

/// Answers a request to a place below `/mcp`.
pub(super) async fn answer(shared: &Arc<Shared>, stop: &CancellationToken, request: Request) -> Response {
    let (head, body) = request.into_parts();
    let path = head.uri.path();
    let path = path.strip_prefix(ROOT).unwrap_or(path).to_owned();
    let (place, rest) =
        path.split_once('/').map_or((path.as_str(), None), |(place, rest)| (place, Some(rest)));
    let reads = matches!(head.method, Method::GET | Method::HEAD);
    let asked = match Asked::new(shared, head) {
        Ok(asked) => asked,
        Err(problem) => return problem.answer(),
    };
    let answered = match (place, rest) {
        ("capabilities", None) if reads => Ok(in_json(&shared.discovered())),
        ("tools", None) if reads => asked.tools(),
        ("resources", None) if reads => asked.resources().await,
        // Under the name that other servers have it at.
        ("", Some("openapi.json")) if reads => asked.ours("openapi").await,
        ("", Some("status")) if reads => asked.ours("status").await,
        ("", Some("status/log-level")) => match log_level::Wanted::by(&asked.head.method) {
            Some(wanted) => asked.log_level(wanted, body).await,
            None => return method_not_allowed(log_level::METHODS),
        },
        ("resources", Some(name)) if reads => asked.ours(name).await,
        ("tools", Some(name)) if asked.head.method == Method::POST => match decoded(name) {
            Some(name) => tokio::select! {
                answered = asked.call(&name, body) => answered,
                () = stop.cancelled() => Err(Problem::stopping()),
            },
            None => Err(Problem::nothing_here()),
        },
        ("tools", Some(_)) => return method_not_allowed("POST"),
        ("capabilities" | "tools", None) | ("resources", _) | ("", Some("openapi.json" | "status")) => {
            return method_not_allowed("GET, HEAD");
        }
        _ => Err(Problem::nothing_here()),
    };
    answered.unwrap_or_else(|problem| problem.answer())
}

impl<'a> Asked<'a> {
    fn new(shared: &'a Arc<Shared>, head: Parts) -> Result<Self, Problem> {
        let query = Parameters::read(head.uri.query().unwrap_or_default()).map_err(Problem::malformed)?;
        // Whoever comes over HTTP was asked who it is.
        let caller = head.extensions.get::<Caller>().cloned().ok_or_else(Problem::unknown_caller)?;
        let view = shared.view(None);
        Ok(Self { shared, head, caller, view, query })
    }

    fn tools(&self) -> Result<Response, Problem> {
        let list = self.shared.listed(&self.caller, &self.view, self.query.get("cursor"), false);
        list.map(|text| in_json(&text)).ok_or_else(Problem::no_such_page)
    }
}

/// A part of a path as it was meant.
fn decoded(part: &str) -> Option<String> {
    percent_decode_str(part).decode_utf8().ok().map(|part| part.into_owned())
}

fn in_json(text: &str) -> Response {
    answered("application/json", Bytes::from(text.to_owned()))
}

fn answered(media_type: &str, body: Bytes) -> Response {
    let mut response = Response::new(Full::new(body).boxed());
    if let Ok(media_type) = HeaderValue::from_str(media_type) {
        response.headers_mut().insert(CONTENT_TYPE, media_type);
    }
    response
}
