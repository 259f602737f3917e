//! Telemetry and a collector in trouble: queues have bounds, what is lost is counted, and the end has a bound too.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod fake_upstream;
mod http_support;
mod sample;

use std::time::{Duration, Instant, SystemTime};

use bytes::Bytes;
use fake_upstream::{Act, FakeUpstream, json as answer};
use http_body_util::{BodyExt as _, Full};
use http_support::Served;
use serde_json::{Value, json};
use server::Server;
use server::generated::serde_json;
use server::http::Peer;
use server::otlp::{Collector, Patience};
use server::telemetry::{Batches, Sampling, Settings, Span, Telemetry};
use tokio_util::sync::CancellationToken;

/// As many spans as may wait.
const WAITING: usize = 3;

fn telemetry(collector: &FakeUpstream, patience: Patience) -> Telemetry {
    sampled(collector, patience, Sampling::default())
}

fn sampled(collector: &FakeUpstream, patience: Patience, sampling: Sampling) -> Telemetry {
    let address = format!("{}/v1/traces", collector.base_url());
    let collector = Collector { patience, service: "test".to_owned(), ..Collector::at("") };
    Telemetry::start(Settings {
        collector,
        spans: Some((address, sampling)),
        batches: Batches { waiting: WAITING, together: 1, delay: Duration::ZERO },
        spans_patience: patience.whole,
        lines: None,
        measurements: None,
    })
    .unwrap()
}

fn span(number: u64) -> Span {
    let now = SystemTime::now();
    let (name, attributes) = (format!("span {number}"), Vec::new());
    Span { name, trace: 1, id: number, parent: 0, kind: 1, begun: now, ended: now, error: None, attributes }
}

/// The names of all spans that came.
fn names(collector: &FakeUpstream) -> Vec<String> {
    let requests = collector.requests();
    let bodies = requests.iter().map(|request| request.split_once("\r\n\r\n").unwrap().1);
    let spans = bodies.map(|body| serde_json::from_str::<Value>(body).unwrap());
    let spans = spans.map(|body| body["resourceSpans"][0]["scopeSpans"][0]["spans"][0]["name"].clone());
    spans.map(|name| name.as_str().unwrap().to_owned()).collect()
}

async fn end(telemetry: &Telemetry) -> Duration {
    let (telemetry, begun) = (telemetry.clone(), Instant::now());
    tokio::task::spawn_blocking(move || telemetry.end()).await.unwrap();
    begun.elapsed()
}

/// What `/metrics` says of spans: how many were sent, and how many were lost.
async fn told(served: &Served) -> (u64, u64) {
    let page = served.request("GET /metrics", &[], "").await.body;
    let of = |what: &str| {
        let start = format!("mcp_telemetry_{what}_total{{signal=\"traces\"}} ");
        page.lines().find_map(|line| line.strip_prefix(&start)?.parse().ok()).unwrap()
    };
    (of("sent"), of("lost"))
}

#[tokio::test(flavor = "multi_thread")]
async fn one_more_than_may_wait_is_lost_and_counted() {
    let release = std::sync::Arc::new(tokio::sync::Notify::new());
    let held = Act::Hold(release.clone(), b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n".to_vec());
    let collector = FakeUpstream::start([held]).await;
    let telemetry = telemetry(&collector, Patience::default());
    let counted = telemetry.clone();
    let served = Served::start_with([], |options| options.engine.telemetry = Some(counted)).await;
    telemetry.span(span(0));
    collector.arrival().await;
    for number in 1..=WAITING as u64 {
        telemetry.span(span(number));
    }
    assert_eq!(told(&served).await, (0, 0), "so many may wait");
    telemetry.span(span(99));
    assert_eq!(told(&served).await, (0, 1));
    release.notify_one();
    end(&telemetry).await;
    assert_eq!(names(&collector), ["span 0", "span 1", "span 2", "span 3"]);
    assert_eq!(told(&served).await, (4, 1));
    telemetry.span(span(100));
    assert_eq!(told(&served).await, (4, 2), "what comes after the end is lost");
}

#[tokio::test(flavor = "multi_thread")]
async fn t_53_a_collector_that_never_answers_is_not_waited_for() {
    let collector = FakeUpstream::start([Act::Silence]).await;
    let patience = Patience { end: Duration::from_millis(20), ..Patience::default() };
    let telemetry = telemetry(&collector, patience);
    let counted = telemetry.clone();
    let served = Served::start_with([], |options| options.engine.telemetry = Some(counted)).await;
    telemetry.span(span(0));
    collector.arrival().await;
    for number in 0..1000 {
        telemetry.span(span(number));
    }
    assert!(end(&telemetry).await < patience.attempt, "the end has a bound");
    assert_eq!(told(&served).await, (0, 1001));
}

#[tokio::test(flavor = "multi_thread")]
async fn t_53_a_collector_that_is_down_for_a_while_gets_the_spans_later() {
    let down = || answer("503 Service Unavailable", "{}");
    let refusing = answer("400 Bad Request", "{}");
    let rejecting = answer("200 OK", r#"{"partialSuccess":{"rejectedSpans":"1"}}"#);
    let collector =
        FakeUpstream::start([down(), Act::Reset, answer("200 OK", "{}"), refusing, rejecting]).await;
    let telemetry =
        telemetry(&collector, Patience { pause: Duration::from_millis(1), ..Patience::default() });
    let counted = telemetry.clone();
    let served = Served::start_with([], |options| options.engine.telemetry = Some(counted)).await;
    for number in 0..3 {
        telemetry.span(span(number));
    }
    end(&telemetry).await;
    assert_eq!(names(&collector), ["span 0", "span 0", "span 0", "span 1", "span 2"]);
    assert_eq!(told(&served).await, (1, 2), "one was refused and one rejected");
}

#[tokio::test(flavor = "multi_thread")]
async fn t_56_a_strangers_flag_does_not_have_it_traced() {
    let traceparent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
    let params = json!({ "name": "read", "arguments": sample::reading("level", "DEV") });
    let body = json!({ "jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params }).to_string();
    // Whoever reaches a loopback address is its owner, and whoever reaches another is a stranger.
    for (address, is_traced) in [("127.0.0.1:80", true), ("10.0.0.7:80", false)] {
        let (upstream, collector) = (FakeUpstream::start([]).await, FakeUpstream::start([]).await);
        let never = Sampling { follows_caller: true, part: 0.0 };
        let mut options = http_support::options(&upstream);
        options.http.allow_unauthenticated = true;
        options.engine.telemetry = Some(sampled(&collector, Patience::default(), never));
        let server = Server::new(&sample::API, options).unwrap();
        let app = server.app(address.parse().unwrap(), &CancellationToken::new());
        let request = http::Request::post("/mcp")
            .header("host", address)
            .header("content-type", "application/json")
            .header("accept", "application/json, text/event-stream")
            .header("mcp-protocol-version", "2025-11-25")
            .header("traceparent", traceparent)
            .extension(Peer("10.0.0.8".parse().unwrap()));
        let body = Full::new(Bytes::from(body.clone())).map_err(|never| match never {}).boxed_unsync();
        app.handle(request.body(body).unwrap()).await;
        let sent = upstream.requests();
        assert_eq!(!sent[0].contains(traceparent), is_traced, "{address}: {}", sent[0]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn t_55_what_is_told_has_no_series_of_callers_and_traces() {
    let collector = FakeUpstream::start([]).await;
    let telemetry = telemetry(&collector, Patience::default());
    let served = Served::start_with([], |options| options.engine.telemetry = Some(telemetry)).await;
    let lines = async || {
        let accept = ("Accept", "application/openmetrics-text");
        served.request("GET /metrics", &[accept], "").await.body.lines().count()
    };
    served.call("read", json!({})).await;
    let before = lines().await;
    for number in 1..200 {
        let traceparent = format!("00-{number:032x}-{number:016x}-01");
        let body = json!({
            "jsonrpc": "2.0", "id": number, "method": "tools/call",
            "params": { "name": if number % 2 == 0 { "read".to_owned() } else { format!("tool_{number}") }, "arguments": {} },
        });
        let headers = [
            ("MCP-Protocol-Version", "2025-11-25"),
            ("traceparent", &traceparent),
            ("X-Request-Id", &traceparent),
        ];
        served.post(&headers, &body.to_string()).await;
    }
    assert_eq!(lines().await, before);
}
