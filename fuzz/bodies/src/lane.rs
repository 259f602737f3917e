//! A message to two servers, of which one answers plain requests without the protocol library: whatever is said comes out the same.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use bytes::Bytes;
use http::header::{CONTENT_TYPE, HOST};
use http::{HeaderName, HeaderValue, StatusCode};
use http_body_util::{BodyExt as _, Full};
use schemars::JsonSchema;
use serde_json::Value;
use server::call::Reply;
use server::catalog::{Api, Confirm, Effect, EffectScopes};
use server::http::{App, Peer, Request};
use server::own::{AsTask, Own, OwnTool};
use server::policy::{self, Source};
use server::{Options, Server, engine, http as served, mcp};
use tokio::runtime::{Builder, Runtime};
use tokio_util::sync::CancellationToken;

const ADDRESS: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 8080);
/// A name that the server makes up where the request brings none would be another each time.
const REQUEST_ID: (&str, &str) = ("x-request-id", "r1");

#[derive(serde::Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Said {
    /// What is said again.
    text: String,
    #[serde(default)]
    times: Option<u8>,
}

static SAY: OwnTool<Said> = OwnTool {
    name: "say",
    title: "Say",
    description: "Says a text again.",
    effect: Effect::Read,
    confirm: Confirm::ByEffect,
    idempotent: true,
    open_world: false,
    talks: false,
    as_task: AsTask::Never,
    timeout: None,
    scopes: None,
    output_schema: None,
    secrets: &[],
    handler: |said, _| {
        let text = said.text.repeat(said.times.unwrap_or(1).into());
        Box::pin(async move { Ok(Reply::text(text)) })
    },
};
static TOOLS: &[&dyn Own] = &[&SAY];
static API: Api = Api {
    title: "Sayings",
    version: "1",
    description: "",
    digest: "d1",
    contract: "c1",
    tools: &[],
    security_schemes: &[],
    effect_scopes: EffectScopes::BY_WORD,
    prompts: &[],
};

/// The two servers, and what drives them.
struct Pair {
    runtime: Runtime,
    with: App,
    without: App,
}

impl Pair {
    fn new() -> Self {
        let runtime = Builder::new_current_thread().enable_all().build().expect("a runtime can be built");
        let api = API.with(TOOLS).expect("the tool can be added");
        let app = |direct_lane: bool| {
            let mut engine = engine::Options::new("http://127.0.0.1:1");
            let everybody = Source::Text("permit (principal, action, resource);");
            engine.policy = policy::Settings { source: everybody, ..policy::Settings::default() };
            let page = std::num::NonZeroUsize::new(2);
            let mcp = mcp::Options { direct_lane, tools_page_size: page, ..mcp::Options::default() };
            let options = Options { engine, http: served::Options::default(), mcp };
            let server = Server::new(api, options).expect("the options are in order");
            server.app(ADDRESS, &CancellationToken::new())
        };
        let (with, without) = {
            let _inside = runtime.enter();
            (app(true), app(false))
        };
        Self { runtime, with, without }
    }
}

thread_local! {
    /// Making servers costs more than asking them.
    static PAIR: Pair = Pair::new();
}

/// Sends a message: `{"headers": [[NAME, VALUE], ...], "body": JSON or, as a string, the bytes themselves}`.
pub fn lane(bytes: &[u8]) {
    let Ok(input) = serde_json::from_slice::<Value>(bytes) else { return };
    let Some((headers, body)) = message(&input) else { return };
    PAIR.with(|pair| {
        let with = pair.runtime.block_on(answer(&pair.with, &headers, &body));
        let without = pair.runtime.block_on(answer(&pair.without, &headers, &body));
        assert_eq!(with, without, "{headers:?} {}", String::from_utf8_lossy(&body));
    });
}

type Headers = Vec<(HeaderName, HeaderValue)>;

/// The message, if HTTP could carry it.
fn message(input: &Value) -> Option<(Headers, Bytes)> {
    let named = |header: &Value| {
        let name = HeaderName::from_bytes(header.get(0)?.as_str()?.as_bytes()).ok()?;
        Some((name, HeaderValue::from_str(header.get(1)?.as_str()?).ok()?))
    };
    let headers = input["headers"].as_array()?.iter().map(named).collect::<Option<Headers>>()?;
    let body = match &input["body"] {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    Some((headers, body.into()))
}

/// Status, headers and body, as they would be sent.
async fn answer(app: &App, headers: &Headers, body: &Bytes) -> (StatusCode, Headers, Bytes) {
    let body = Full::new(body.clone()).map_err(|never| match never {}).boxed_unsync();
    let mut request = Request::new(body);
    *request.method_mut() = http::Method::POST;
    *request.uri_mut() = http::Uri::from_static("/mcp");
    request.extensions_mut().insert(Peer(ADDRESS.ip()));
    let given = request.headers_mut();
    given.insert(HOST, HeaderValue::from_static("127.0.0.1:8080"));
    given.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    for (name, value) in headers {
        given.append(name, value.clone());
    }
    given.insert(REQUEST_ID.0, HeaderValue::from_static(REQUEST_ID.1));
    let (head, body) = app.handle(request).await.into_parts();
    let headers = head.headers.iter().map(|(name, value)| (name.clone(), value.clone())).collect();
    let body = body.collect().await.unwrap_or_else(|never| match never {}).to_bytes();
    (head.status, headers, unsealed(&body))
}

/// A body without its sealed state, which holds the time and a random number.
fn unsealed(body: &Bytes) -> Bytes {
    const MEMBER: &[u8] = br#""requestState":""#;
    let Some(at) = body.windows(MEMBER.len()).position(|part| part == MEMBER) else { return body.clone() };
    let begin = at + MEMBER.len();
    let end = body[begin..].iter().position(|byte| *byte == b'"').map_or(body.len(), |length| begin + length);
    [&body[..begin], &body[end..]].concat().into()
}
