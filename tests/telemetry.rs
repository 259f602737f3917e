//! What a collector gets of the program by OTLP: spans that hang together with the caller's and the API's, measurements, lines of
//! the log, and no value of an argument; and that a collector in trouble holds nothing up.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

#[path = "../server/tests/fake_upstream/mod.rs"]
mod fake_upstream;
mod program_support;

use std::net::SocketAddr;

use fake_upstream::{FakeUpstream, json};
use program_support::{Running, patiently, run, serve};
use rustix::process::Signal;
use serde_json::Value;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

const TRACE: &str = "4bf92f3577b34da6a3ce929d0e0e4736";
const PARENT: &str = "00f067aa0ba902b7";
/// A value of an argument, and a credential.
const CANARY: &str = "CANARY1";
const TOKEN: &str = "canary-token";
const DONE: &str = r#"{"tasks":[]}"#;

/// A server with these variables besides, its API and its collector.
async fn served(more: &[(&str, &str)]) -> (Running, SocketAddr, FakeUpstream, FakeUpstream) {
    let upstream = FakeUpstream::start([json("200 OK", DONE)]).await;
    let collector = FakeUpstream::start([]).await;
    let (api, at) = (upstream.base_url(), collector.base_url());
    let mut environment = vec![
        ("API_BASE_URL", api.as_str()),
        ("API_TOKEN", TOKEN),
        ("OTEL_EXPORTER_OTLP_ENDPOINT", at.as_str()),
        ("OTEL_EXPORTER_OTLP_HEADERS", "x-key=canary-header"),
    ];
    environment.retain(|(name, _)| more.iter().all(|(other, _)| other != name));
    environment.extend(more.iter().filter(|(_, value)| !value.is_empty()));
    let (running, address) = serve(&environment).await;
    (running, address, upstream, collector)
}

/// Sends a request with these header lines, and gives the whole answer.
async fn ask(address: SocketAddr, line: &str, headers: &str, body: &str) -> String {
    let length = body.len();
    let request = format!(
        "{line} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n{headers}Content-Length: {length}\r\n\r\n{body}"
    );
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    patiently(stream.read_to_string(&mut answer)).await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    answer
}

/// Calls a tool with a traceparent of these flags, in a header.
async fn call(address: SocketAddr, flags: &str) -> String {
    let body = format!(
        r#"{{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{{"name":"get_assignment_tasks","arguments":{{"srid":"{CANARY}","assignmentId":"PLAY000313"}}}}}}"#
    );
    let headers = format!(
        "Content-Type: application/json\r\nAccept: application/json, text/event-stream\r\n\
         MCP-Protocol-Version: 2025-11-25\r\nX-Request-Id: r-1\r\n\
         traceparent: 00-{TRACE}-{PARENT}-{flags}\r\nbaggage: user=canary-baggage\r\n"
    );
    ask(address, "POST /mcp", &headers, &body).await
}

/// Stops the server, so that all is sent, and gives the rest of its log.
async fn stopped(running: Running) -> String {
    running.signal(Signal::TERM);
    running.rest().await
}

/// What was sent to this place, each request as JSON.
fn sent(collector: &FakeUpstream, signal: &str) -> Vec<Value> {
    let start = format!("POST /api/v1/v1/{signal} ");
    let requests = collector.requests();
    let bodies = requests.iter().filter(|request| request.starts_with(&start));
    bodies.map(|request| serde_json::from_str(request.split_once("\r\n\r\n").unwrap().1).unwrap()).collect()
}

/// All things of this kind, of all requests.
fn all(requests: &[Value], names: [&str; 3]) -> Vec<Value> {
    let [resource, scope, list] = names;
    let things = requests.iter().flat_map(|request| request[resource][0][scope][0][list].as_array().unwrap());
    things.cloned().collect()
}

fn spans(collector: &FakeUpstream) -> Vec<Value> {
    all(&sent(collector, "traces"), ["resourceSpans", "scopeSpans", "spans"])
}

/// The value of an attribute, whatever its type.
fn attribute(thing: &Value, key: &str) -> String {
    let attributes = thing["attributes"].as_array().unwrap();
    let found = attributes.iter().find(|attribute| attribute["key"] == key);
    let value = found.map(|attribute| attribute["value"].as_object().unwrap().values().next().unwrap());
    value.map(|value| value.as_str().map_or_else(|| value.to_string(), str::to_owned)).unwrap_or_default()
}

/// The names of a span and of all above it, from the innermost, as far as they were sent.
fn above(spans: &[Value], name: &str) -> Vec<String> {
    let mut names = Vec::new();
    let mut span = spans.iter().find(|span| span["name"] == name);
    while let Some(found) = span {
        names.push(found["name"].as_str().unwrap().to_owned());
        span = spans.iter().find(|other| other["spanId"] == found["parentSpanId"]);
    }
    names
}

const EXCHANGE: &str = "GET /ispw/{srid}/assignments/{assignmentId}/tasks";

#[tokio::test]
async fn a_call_is_part_of_its_callers_trace_from_the_request_to_the_api() {
    let more = [
        ("OTEL_SERVICE_NAME", "pipelines"),
        ("OTEL_ENVIRONMENT", "test"),
        ("OTEL_RESOURCE_ATTRIBUTES", "host.name=a"),
    ];
    let (running, address, upstream, collector) = served(&more).await;
    call(address, "01").await;
    stopped(running).await;
    let spans = spans(&collector);
    assert!(spans.iter().all(|span| span["traceId"] == TRACE), "{spans:#?}");
    assert_eq!(
        above(&spans, EXCHANGE),
        [
            EXCHANGE,
            "attempt",
            "breaker",
            "bulkhead",
            "retry",
            "intent",
            "cache",
            "ledger",
            "portion",
            "confirm",
            "arguments",
            "quota",
            "policy",
            "deadline",
            "audit",
            "tools/call get_assignment_tasks",
            "POST /mcp"
        ]
    );
    let of = |name: &str| spans.iter().find(|span| span["name"] == name).unwrap();
    let (request, tool, exchange) = (of("POST /mcp"), of("tools/call get_assignment_tasks"), of(EXCHANGE));
    assert_eq!((&request["parentSpanId"], &request["kind"]), (&PARENT.into(), &2.into()));
    assert_eq!(attribute(request, "http.response.status_code"), "200");
    assert_eq!(
        (attribute(tool, "gen_ai.tool.name"), attribute(tool, "enduser.id")),
        ("get_assignment_tasks".into(), "local_owner".into())
    );
    assert_eq!((attribute(tool, "mcp.request.id"), &tool["kind"]), ("r-1".into(), &1.into()));
    assert_eq!(
        (attribute(exchange, "http.response.status_code"), &exchange["kind"]),
        ("200".into(), &3.into())
    );
    assert_eq!(exchange["status"], serde_json::json!({}));
    let told = format!("traceparent: 00-{TRACE}-{}-01\r\n", exchange["spanId"].as_str().unwrap());
    assert!(upstream.requests()[0].contains(&told), "{told}: {}", upstream.requests()[0]);
    let resource = &sent(&collector, "traces")[0]["resourceSpans"][0]["resource"];
    for (key, value) in
        [("service.name", "pipelines"), ("deployment.environment.name", "test"), ("host.name", "a")]
    {
        assert_eq!(attribute(resource, key), value);
    }
}

#[tokio::test]
async fn a_trace_that_the_message_names_is_nearer_than_that_of_the_request() {
    let (running, address, _upstream, collector) = served(&[]).await;
    let own = format!("00-{}-{PARENT}-01", "ab".repeat(16));
    let body = format!(
        r#"{{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{{"name":"get_assignment_tasks","arguments":{{"srid":"{CANARY}","assignmentId":"PLAY000313"}},"_meta":{{"traceparent":"{own}"}}}}}}"#
    );
    let headers = "Content-Type: application/json\r\nAccept: application/json, text/event-stream\r\n\
        MCP-Protocol-Version: 2025-11-25\r\n";
    ask(address, "POST /mcp", headers, &body).await;
    stopped(running).await;
    let spans = spans(&collector);
    let of = |name: &str| spans.iter().find(|span| span["name"] == name).unwrap();
    let (request, tool) = (of("POST /mcp"), of("tools/call get_assignment_tasks"));
    assert_eq!((&tool["parentSpanId"], &tool["kind"]), (&PARENT.into(), &2.into()));
    assert!(own.contains(tool["traceId"].as_str().unwrap()) && of(EXCHANGE)["traceId"] == tool["traceId"]);
    assert!(request.get("parentSpanId").is_none() && request["traceId"] != tool["traceId"], "{request}");
}

#[tokio::test]
async fn t_51_nothing_that_is_sent_holds_a_value_of_an_argument_or_a_secret() {
    let (running, address, _upstream, collector) = served(&[("LOG_LEVEL", "trace")]).await;
    call(address, "01").await;
    let log = stopped(running).await;
    let requests = collector.requests();
    assert!(
        requests.len() >= 3 && requests.iter().all(|request| request.contains("x-key: canary-header\r\n"))
    );
    for body in requests.iter().map(|request| request.split_once("\r\n\r\n").unwrap().1).chain([log.as_str()])
    {
        for secret in [CANARY, TOKEN, "canary-header", "canary-baggage"] {
            assert!(!body.contains(secret), "{secret}: {body}");
        }
    }
}

#[tokio::test]
async fn a_collector_gets_more_of_the_log_too_once_somebody_wants_more() {
    for (level, expected) in [("info", 0), ("debug", 2)] {
        let (running, address, _upstream, collector) = served(&[]).await;
        let body = format!(r#"{{"level":"{level}"}}"#);
        ask(address, "PUT /status/log-level", "Content-Type: application/json\r\n", &body).await;
        ask(address, "GET /ready", "", "").await;
        let log = stopped(running).await;
        let is_written = |line: &&str| line.contains("DEBUG") && line.contains("answered");
        assert_eq!(log.lines().filter(is_written).count(), expected, "{log}");
        let lines = all(&sent(&collector, "logs"), ["resourceLogs", "scopeLogs", "logRecords"]);
        let is_sent =
            |line: &&Value| line["severityText"] == "DEBUG" && line["body"]["stringValue"] == "answered";
        assert_eq!(lines.iter().filter(is_sent).count(), expected, "{lines:#?}");
    }
}

#[tokio::test]
async fn lines_of_the_log_name_the_span_in_which_they_were_said() {
    let (running, address, _upstream, collector) = served(&[("LOG_FORMAT", "json")]).await;
    call(address, "01").await;
    let log = stopped(running).await;
    let lines = all(&sent(&collector, "logs"), ["resourceLogs", "scopeLogs", "logRecords"]);
    let called = lines.iter().find(|line| line["body"]["stringValue"] == "called").unwrap();
    let span = |name: &str| spans(&collector).into_iter().find(|span| span["name"] == name).unwrap();
    assert_eq!((&called["traceId"], &called["spanId"]), (&TRACE.into(), &span("POST /mcp")["spanId"]));
    assert_eq!((&called["severityText"], &called["severityNumber"]), (&"INFO".into(), &9.into()));
    let written: Value =
        serde_json::from_str(log.lines().find(|line| line.contains("called")).unwrap()).unwrap();
    for (key, value) in [
        ("tool", "get_assignment_tasks"),
        ("outcome", "answered"),
        ("caller", "local_owner"),
        ("request_id", "r-1"),
        ("trace_id", TRACE),
    ] {
        assert_eq!(attribute(called, key), value);
        assert_eq!(written[key], value, "{written}");
    }
    let said: Vec<&str> = lines.iter().map(|line| line["body"]["stringValue"].as_str().unwrap()).collect();
    assert!(said.contains(&"serving") && said.contains(&"stopped"), "{said:?}");
}

#[tokio::test]
async fn what_a_signal_has_logged_more_is_sent_too_and_no_longer_than_it_is_logged() {
    let (mut running, address, _upstream, collector) = served(&[]).await;
    ask(address, "GET /health", "", "").await;
    for (signal, said) in [(Signal::USR1, "more is logged"), (Signal::USR2, "as much is logged")] {
        running.signal(signal);
        running.log_line(said).await;
        ask(address, "GET /health", "", "").await;
    }
    stopped(running).await;
    let lines = all(&sent(&collector, "logs"), ["resourceLogs", "scopeLogs", "logRecords"]);
    let said: Vec<&str> = lines.iter().map(|line| line["body"]["stringValue"].as_str().unwrap()).collect();
    let from = said.iter().position(|said| said.starts_with("more is logged")).unwrap();
    let to = said.iter().position(|said| said.starts_with("as much is logged")).unwrap();
    let answered: Vec<usize> = (0..said.len()).filter(|line| said[*line] == "answered").collect();
    assert!(
        answered.len() == 1 && (from..to).contains(&answered[0]),
        "of three requests the second: {said:?}"
    );
    let line = &lines[answered[0]];
    assert_eq!((&line["severityText"], &line["severityNumber"]), (&"DEBUG".into(), &5.into()));
}

#[tokio::test]
async fn measurements_are_those_of_the_page_and_name_a_trace() {
    let (running, address, _upstream, collector) = served(&[]).await;
    call(address, "01").await;
    let open =
        ask(address, "GET /metrics", "Accept: application/openmetrics-text; version=1.0.0\r\n", "").await;
    stopped(running).await;
    let example = format!("# {{trace_id=\"{TRACE}\",span_id=\"");
    let times: Vec<&str> = open.lines().filter(|line| line.contains(&example)).collect();
    assert!(
        times.len() == 1 && times[0].starts_with("mcp_call_duration_seconds_bucket{effect=\"read\","),
        "{open}"
    );
    assert!(open.contains("content-type: application/openmetrics-text; version=1.0.0; charset=utf-8\r\n"));
    assert!(open.trim_end().ends_with("# EOF"));
    let metrics = all(&sent(&collector, "metrics"), ["resourceMetrics", "scopeMetrics", "metrics"]);
    let of = |name: &str| metrics.iter().find(|metric| metric["name"] == name).unwrap();
    let calls = &of("fastmcp_tool_executions_total")["sum"];
    assert_eq!((&calls["isMonotonic"], &calls["aggregationTemporality"]), (&true.into(), &2.into()));
    assert_eq!(
        (&calls["dataPoints"][0]["asInt"], attribute(&calls["dataPoints"][0], "outcome")),
        (&"1".into(), "answered".into())
    );
    let took = &of("mcp_call_duration_seconds")["histogram"]["dataPoints"][0];
    assert_eq!((&took["count"], &took["exemplars"][0]["traceId"]), (&"1".into(), &TRACE.into()));
    let (counts, bounds) =
        (took["bucketCounts"].as_array().unwrap(), took["explicitBounds"].as_array().unwrap());
    assert_eq!(counts.len(), bounds.len() + 1);
}

#[tokio::test]
async fn each_request_to_the_api_is_a_span_of_its_own() {
    let upstream = FakeUpstream::start([json("503 Service Unavailable", "{}"), json("200 OK", DONE)]).await;
    let (api, delay) = (upstream.base_url(), [("RETRY_BASE_DELAY", "0.01")]);
    let (running, address, _unused, collector) = served(&[("API_BASE_URL", &api), delay[0]]).await;
    call(address, "01").await;
    stopped(running).await;
    let spans = spans(&collector);
    let exchanges: Vec<&Value> = spans.iter().filter(|span| span["name"] == EXCHANGE).collect();
    let status: Vec<(String, &Value)> = exchanges
        .iter()
        .map(|span| (attribute(span, "http.response.status_code"), &span["status"]["code"]))
        .collect();
    assert_eq!(status, [("503".to_owned(), &2.into()), ("200".to_owned(), &Value::Null)]);
    for (exchange, request) in exchanges.iter().zip(upstream.requests()) {
        assert!(request.contains(&format!("-{}-01\r\n", exchange["spanId"].as_str().unwrap())), "{request}");
    }
}

#[tokio::test]
async fn t_53_a_collector_that_is_away_holds_nothing_up() {
    let more = [
        ("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:9"),
        ("OTEL_BSP_EXPORT_TIMEOUT", "1"),
        ("OTEL_BSP_SCHEDULE_DELAY", "0"),
    ];
    let (mut running, address, upstream, _collector) = served(&more).await;
    call(address, "01").await;
    assert_eq!(upstream.requests().len(), 1);
    let line = running.log_line("did not reach the collector").await;
    assert!(line.contains("WARN") && line.contains("spans") && line.contains("lost="), "{line}");
    let page = ask(address, "GET /metrics", "", "").await;
    let lost =
        page.lines().find_map(|line| line.strip_prefix("mcp_telemetry_lost_total{signal=\"traces\"} "));
    assert!(lost.is_some_and(|lost| lost.parse::<u64>().unwrap() > 0), "{page}");
    running.signal(Signal::TERM);
    assert_eq!(running.exit_code().await, 0);
}

#[tokio::test]
async fn what_is_sent_is_what_is_wanted() {
    let none: [&[(&str, &str)]; 4] = [
        &[("OTEL_SDK_DISABLED", "true")],
        &[("OTEL_ENABLED", "false")],
        &[
            ("OTEL_TRACES_EXPORTER", "none"),
            ("OTEL_METRICS_EXPORTER", "none"),
            ("OTEL_LOGS_EXPORTER", "none"),
        ],
        &[("TRACING_ENABLED", "false"), ("METRICS_ENABLED", "false"), ("OTEL_LOGS_EXPORTER", "none")],
    ];
    for more in none {
        let (running, address, upstream, collector) = served(more).await;
        call(address, "01").await;
        stopped(running).await;
        assert_eq!(collector.requests().len(), 0, "{more:?}");
        let handed_on = format!("traceparent: 00-{TRACE}-{PARENT}-01\r\n");
        assert!(upstream.requests()[0].contains(&handed_on), "as it came: {}", upstream.requests()[0]);
    }
}

#[tokio::test]
async fn samplers_decide_what_is_traced() {
    for (more, flags, is_traced) in [
        (&[("OTEL_TRACES_SAMPLER", "always_off")][..], "01", false),
        (&[("OTEL_TRACES_SAMPLER", "always_on")], "00", true),
        (&[("OTEL_TRACES_SAMPLER", "traceidratio"), ("OTEL_TRACES_SAMPLER_ARG", "0")], "01", false),
        (&[("OTEL_TRACES_SAMPLER", "traceidratio"), ("OTEL_TRACES_SAMPLER_ARG", "1")], "00", true),
        (&[("OTEL_TRACE_SAMPLE_RATE", "0")], "01", true),
        (&[], "00", false),
    ] {
        let (running, address, upstream, collector) = served(more).await;
        call(address, flags).await;
        stopped(running).await;
        assert_eq!(!spans(&collector).is_empty(), is_traced, "{more:?} {flags}");
        let handed_on = format!("traceparent: 00-{TRACE}-{PARENT}-{flags}\r\n");
        assert_eq!(upstream.requests()[0].contains(&handed_on), !is_traced, "{}", upstream.requests()[0]);
        assert!(!sent(&collector, "logs").is_empty() && !sent(&collector, "metrics").is_empty());
    }
}

#[tokio::test]
async fn what_is_not_spoken_is_refused_and_says_what_is() {
    let refused = async |name: &str, value: &str| {
        let outcome = run(
            &["serve", "--listen", "127.0.0.1:0"],
            &[("API_BASE_URL", "http://127.0.0.1:9"), (name, value)],
        )
        .await;
        assert_eq!(outcome.code, 78, "{outcome:?}");
        outcome.stderr
    };
    for protocol in ["grpc", "http/protobuf"] {
        let line = refused("OTEL_EXPORTER_OTLP_PROTOCOL", protocol).await;
        assert!(line.contains("OTEL_EXPORTER_OTLP_PROTOCOL: expected `http/json`"), "{line}");
    }
    let line = refused("OTEL_BSP_MAX_EXPORT_BATCH_SIZE", "2049").await;
    assert!(line.contains("OTEL_BSP_MAX_EXPORT_BATCH_SIZE: expected no more than OTEL_BSP_MAX_QUEUE_SIZE, which is 2048, got 2049"), "{line}");
    let line = refused("OTEL_RESOURCE_ATTRIBUTES", "a").await;
    assert!(line.contains("OTEL_RESOURCE_ATTRIBUTES: expected attributes such as"), "{line}");
}
