//! What every request meets before the protocol: host and origin, routes, headers, ids, and a guard against panics.

use std::net::SocketAddr;
use std::sync::Arc;

use http_body_util::{BodyExt, Empty};
use serde_json::json;
use server::engine::Engine;
use server::http::{Answering, App, BodyError, Endpoint, Options, Request, Status};
use server::identity::{self, Gate};
use server::metrics::Metrics;
use tokio_util::sync::CancellationToken;

use crate::http_support::{self, Answer, Served};
use crate::sample;

#[tokio::test]
async fn t20_host_and_origin_are_judged_on_every_route() {
    let served = Served::start([]).await;
    let own = served.address.to_string();
    let port = served.address.port();
    for path in ["GET /health", "GET /ready", "POST /mcp", "GET /mcp", "GET /nowhere", "OPTIONS /mcp"] {
        for (headers, status) in [
            ("Host: evil.example\r\n".to_owned(), 403),
            (format!("Host: evil.example:{port}\r\n"), 403),
            (format!("Host: {own}\r\nHost: evil.example\r\n"), 400),
            (String::new(), 400),
            (format!("Host: {own}\r\nOrigin: http://localhost.evil.com\r\n"), 403),
            (format!("Host: {own}\r\nOrigin: http://127.0.0.1.nip.io:{port}\r\n"), 403),
            (format!("Host: {own}\r\nOrigin: null\r\n"), 403),
            (format!("Host: {own}\r\nOrigin: https://{own}\r\n"), 403),
        ] {
            let raw = served.raw(format!("{path} HTTP/1.1\r\n{headers}Connection: close\r\n\r\n")).await;
            assert_eq!(Answer::parse(&raw).status, status, "{path} {headers}\n{raw}");
        }
    }
    let absolute =
        format!("GET http://evil.example/health HTTP/1.1\r\nHost: {own}\r\nConnection: close\r\n\r\n");
    assert_eq!(Answer::parse(&served.raw(absolute).await).status, 400);
    let own_origin = format!("http://{own}");
    assert_eq!(served.request("GET /health", &[("Origin", &own_origin)], "").await.status, 200);
}

#[tokio::test]
async fn only_exact_paths_and_their_methods_are_answered() {
    let served = Served::start([]).await;
    for (head, status, allow) in [
        ("GET /health", 200, None),
        ("HEAD /health", 200, None),
        ("GET /health?verbose=1", 200, None),
        ("GET /ready", 200, None),
        ("POST /health", 405, Some("GET, HEAD")),
        ("GET /mcp", 405, Some("POST")),
        ("DELETE /mcp", 405, Some("POST")),
        ("PUT /mcp", 405, Some("POST")),
        ("OPTIONS /mcp", 405, Some("POST")),
        ("GET /", 404, None),
        ("POST /mcp/", 404, None),
        ("POST //mcp", 404, None),
        ("POST /MCP", 404, None),
        ("POST /%6dcp", 404, None),
        ("POST /health/../mcp", 404, None),
        ("POST /mcp;/health", 404, None),
        ("GET /healthz", 404, None),
        ("GET /%68ealth", 404, None),
    ] {
        let answer = served.request(head, &[], "").await;
        assert_eq!((answer.status, answer.header("allow")), (status, allow), "{head}");
    }
}

#[tokio::test]
async fn t5b_health_tells_status_and_version_and_nothing_else() {
    let served = Served::start([]).await;
    let health = served.request("GET /health", &[], "").await;
    assert_eq!(health.json(), json!({ "status": "ok", "version": "1.2.3", "contract": "sha256:0" }));
    assert_eq!(served.request("GET /ready", &[], "").await.json(), json!({ "status": "ready" }));
    assert_eq!(served.request("HEAD /health", &[], "").await.body, "");
    assert_eq!(served.upstream.connections(), 0, "the API is not asked");
}

#[tokio::test]
async fn every_answer_carries_the_security_headers_and_an_id() {
    let served = Served::start([]).await;
    for (head, headers) in [
        ("GET /health", vec![]),
        ("GET /nowhere", vec![]),
        ("GET /health", vec![("Origin", "null")]),
        ("POST /mcp", vec![("Content-Type", "text/plain")]),
        ("POST /mcp", vec![("Content-Type", "application/json")]),
    ] {
        let answer = served.request(head, &headers, "").await;
        for (name, value) in [
            ("x-content-type-options", "nosniff"),
            ("cache-control", "no-store"),
            ("content-security-policy", "default-src 'none'; frame-ancestors 'none'"),
            ("x-frame-options", "DENY"),
            ("referrer-policy", "no-referrer"),
            ("cross-origin-resource-policy", "same-origin"),
        ] {
            assert_eq!(answer.header(name), Some(value), "{head} {headers:?}");
        }
        assert_eq!(answer.header("x-request-id").map(str::len), Some(36), "{head} {headers:?}");
        assert_eq!(answer.header("server"), None);
    }
}

#[tokio::test]
async fn a_well_formed_request_id_comes_back_and_another_is_replaced() {
    let served = Served::start([]).await;
    let kept = served.request("GET /health", &[("X-Request-Id", "build-42.a_b")], "").await;
    assert_eq!(kept.header("x-request-id"), Some("build-42.a_b"));
    for sent in ["a b", "<script>", &"a".repeat(65)] {
        let replaced = served.request("GET /health", &[("X-Request-Id", sent)], "").await;
        assert_ne!(replaced.header("x-request-id"), Some(sent));
    }
}

#[tokio::test]
async fn t22_a16_credentials_in_odd_places_are_refused() {
    let served = Served::start([]).await;
    let body = r#"{"jsonrpc":"2.0","id":1,"method":"ping"}"#;
    for (target, headers) in [
        ("POST /mcp?access_token=X", vec![]),
        ("POST /mcp?a=b&access%5ftoken=X", vec![]),
        ("POST /mcp", vec![("Authorization", "Bearer a"), ("Authorization", "Bearer b")]),
        ("POST /mcp", vec![("Authorization", "Bearer a, Bearer b")]),
    ] {
        let all = [&http_support::MEDIA_TYPES[..], &headers].concat();
        let answer = served.request(target, &all, body).await;
        assert_eq!((answer.status, &answer.json()["error"]), (400, &json!("invalid_request")), "{target}");
    }
    let one = [&http_support::MEDIA_TYPES[..], &[("Authorization", "Bearer a")]].concat();
    assert_eq!(served.request("POST /mcp", &one, body).await.status, 200);
}

/// An endpoint that panics when asked to.
struct Panicking;

impl Endpoint for Panicking {
    fn answer(&self, _: Request) -> Answering<'_> {
        Box::pin(async { panic!("a fault that the test asks for, with SECRET") })
    }
}

fn app(shutdown: &CancellationToken) -> App {
    let engine = Engine::new(&sample::API, sample::options("http://127.0.0.1:9")).unwrap();
    let status = Status::new(&Arc::new(engine), shutdown, "1");
    let gate =
        Gate::new(&identity::Options::default(), "", Arc::default(), None, Metrics::default(), None).unwrap();
    App::new(
        SocketAddr::from(([127, 0, 0, 1], 8000)),
        &Options::default(),
        &None.into(),
        &Arc::new(gate),
        status,
        Panicking,
    )
}

async fn ask(app: &App, method: &str, path: &str) -> (u16, serde_json::Value) {
    let body = Empty::new().map_err(|_| BodyError::Broken(String::new())).boxed_unsync();
    let request =
        http::Request::builder().method(method).uri(path).header("host", "localhost:8000").body(body);
    let response = app.handle(request.unwrap()).await;
    assert!(response.headers().contains_key("x-request-id"));
    assert!(response.headers().contains_key("x-content-type-options"));
    let status = response.status().as_u16();
    let bytes = response.into_body().collect().await.unwrap().to_bytes();
    (status, serde_json::from_slice(&bytes).unwrap())
}

#[tokio::test]
async fn a_panic_is_one_requests_500_and_nobody_elses_trouble() {
    let app = app(&CancellationToken::new());
    let (status, body) = ask(&app, "POST", "/mcp").await;
    assert_eq!((status, &body["error"]), (500, &json!("internal_error")));
    assert!(!body.to_string().contains("SECRET"));
    assert_eq!(ask(&app, "GET", "/health").await.0, 200);
}

#[tokio::test]
async fn readiness_ends_the_moment_shutdown_begins_while_health_goes_on() {
    let shutdown = CancellationToken::new();
    let app = app(&shutdown);
    assert_eq!(ask(&app, "GET", "/ready").await, (200, json!({ "status": "ready" })));
    shutdown.cancel();
    assert_eq!(ask(&app, "GET", "/ready").await, (503, json!({ "status": "draining" })));
    assert_eq!(ask(&app, "GET", "/health").await.0, 200);
}
