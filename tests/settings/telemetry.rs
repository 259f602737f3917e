//! What a collector is sent, where, of what and how often.

use std::collections::BTreeSet;

use rustix::process::Signal;
use serde_json::Value;

use crate::fake_upstream::{Act, FakeUpstream, json};
use crate::program_support::run;
use crate::world::{NOWHERE, SOON, World, timed};

/// The usual address of a collector, and nothing but spans.
const SPANS_ONLY: [(&str, &str); 2] = [("OTEL_METRICS_EXPORTER", "none"), ("OTEL_LOGS_EXPORTER", "none")];

/// What a collector got of a server with these settings, of which something was read.
async fn told(changed: &[(&str, &str)]) -> Vec<String> {
    let collector = FakeUpstream::start([]).await;
    let base = collector.base_url();
    let world = World::start([], &[&[("OTEL_EXPORTER_OTLP_ENDPOINT", &*base)], changed].concat()).await;
    world.read().await;
    world.running.signal(Signal::TERM);
    assert_eq!(world.running.exit_code().await, 0);
    collector.requests()
}

/// The last words of the places where something was sent.
fn places(requests: &[String]) -> BTreeSet<String> {
    let path = |request: &String| request.split(' ').nth(1).unwrap().to_owned();
    requests.iter().map(|request| path(request).rsplit('/').next().unwrap().to_owned()).collect()
}

fn body(request: &str) -> Value {
    serde_json::from_str(request.split_once("\r\n\r\n").unwrap().1).unwrap()
}

fn spans(request: &str) -> usize {
    body(request)["resourceSpans"][0]["scopeSpans"][0]["spans"].as_array().unwrap().len()
}

/// A server whose spans alone go to a collector that answers so, after something was read.
async fn before(script: impl IntoIterator<Item = Act>, changed: &[(&str, &str)]) -> (World, FakeUpstream) {
    let collector = FakeUpstream::start(script).await;
    let base = collector.base_url();
    let at = [("OTEL_EXPORTER_OTLP_ENDPOINT", &*base)];
    let world = World::start([], &[&at, &SPANS_ONLY[..], changed].concat()).await;
    world.read().await;
    (world, collector)
}

/// How many spans are lost, once any are.
async fn lost(world: &World) -> u64 {
    loop {
        let lost = world.counted("mcp_telemetry_lost_total{signal=\"traces\"}").await;
        if lost > 0 {
            return lost;
        }
    }
}

#[tokio::test]
async fn each_signal_is_sent_where_it_is_wanted() {
    for (changed, sent) in [
        (&[][..], "logs metrics traces"),
        (&[("OTEL_SDK_DISABLED", "true")], ""),
        (&[("OTEL_ENABLED", "false")], ""),
        (&[("OTEL_TRACES_EXPORTER", "none")], "logs metrics"),
        (&[("OTEL_TRACING_ENABLED", "false")], "logs metrics"),
        (&[("OTEL_METRICS_EXPORTER", "none")], "logs traces"),
        (&[("OTEL_METRICS_ENABLED", "false")], "logs traces"),
        (&[("OTEL_LOGS_EXPORTER", "none")], "metrics traces"),
    ] {
        let places: Vec<String> = places(&told(changed).await).into_iter().collect();
        assert_eq!(places.join(" "), sent, "{changed:?}");
    }
}

#[tokio::test]
async fn spans_and_numbers_go_to_addresses_of_their_own() {
    let other = FakeUpstream::start([]).await;
    let (spans, numbers) = (format!("{}/spans", other.base_url()), format!("{}/numbers", other.base_url()));
    let changed =
        [("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", &*spans), ("OTEL_EXPORTER_OTLP_METRICS_ENDPOINT", &*numbers)];
    assert_eq!(places(&told(&changed).await), BTreeSet::from(["logs".to_owned()]));
    assert_eq!(places(&other.requests()), BTreeSet::from(["spans".to_owned(), "numbers".to_owned()]));
}

#[tokio::test]
async fn the_collector_is_told_what_the_service_is() {
    let changed = [
        ("OTEL_SERVICE_NAME", "pipelines"),
        ("OTEL_SERVICE_VERSION", "7"),
        ("OTEL_ENVIRONMENT", "test"),
        ("OTEL_RESOURCE_ATTRIBUTES", "host.name=a%20b"),
    ];
    let requests = told(&changed).await;
    let request = requests.iter().find(|request| request.contains("/v1/traces ")).unwrap();
    let attributes = &body(request)["resourceSpans"][0]["resource"]["attributes"];
    for (key, value) in [
        ("service.name", "pipelines"),
        ("service.version", "7"),
        ("deployment.environment.name", "test"),
        ("host.name", "a b"),
    ] {
        let attribute = serde_json::json!({ "key": key, "value": { "stringValue": value } });
        assert!(attributes.as_array().unwrap().contains(&attribute), "{key}: {attributes}");
    }
}

#[tokio::test]
async fn requests_are_traced_as_the_sampler_says() {
    for changed in [("OTEL_TRACES_SAMPLER", "always_off"), ("OTEL_TRACES_SAMPLER_ARG", "0")] {
        assert!(!places(&told(&[changed]).await).contains("traces"), "{changed:?}");
    }
}

#[tokio::test]
async fn what_is_sent_is_json_and_nothing_else() {
    let requests = told(&[("OTEL_EXPORTER_OTLP_PROTOCOL", "http/json")]).await;
    assert!(requests.iter().all(|request| request.contains("content-type: application/json\r\n")));
    let refused = run(&["config"], &[NOWHERE, ("OTEL_EXPORTER_OTLP_PROTOCOL", "grpc")]).await;
    assert!(refused.code == 78 && refused.stderr.contains("expected `http/json`"), "{refused:?}");
}

#[tokio::test]
async fn spans_wait_as_many_and_as_long_as_is_said_and_go_together() {
    let alone = [("OTEL_BSP_MAX_EXPORT_BATCH_SIZE", "1")];
    let requests = told(&[&alone[..], &SPANS_ONLY].concat()).await;
    assert!(requests.len() > 10 && requests.iter().all(|request| spans(request) == 1), "{}", requests.len());
    let requests = told(&SPANS_ONLY).await;
    assert!(requests.len() == 1 && spans(&requests[0]) > 10, "{}", requests.len());
    let ((_world, collector), _) = timed(before([], &[("OTEL_BSP_SCHEDULE_DELAY", "0")])).await;
    let ((), took) = timed(collector.arrivals(1)).await;
    assert!(took < SOON, "{took:?}");
    // The first stays with a collector that says nothing, one more waits, and there is no room for the others.
    let (world, _collector) = before([Act::Silence], &[alone[0], ("OTEL_BSP_MAX_QUEUE_SIZE", "1")]).await;
    assert!(lost(&world).await > 5);
}

#[tokio::test]
async fn a_request_takes_so_long_and_the_same_spans_are_tried_for_so_long() {
    let at_once = ("OTEL_BSP_SCHEDULE_DELAY", "0");
    let (_world, collector) = before([Act::Silence], &[at_once, ("OTEL_EXPORTER_OTLP_TIMEOUT", "20")]).await;
    let ((), took) = timed(collector.arrivals(2)).await;
    assert!(took < SOON, "{took:?}");
    let away = || json("503 Service Unavailable", "{}");
    let script = std::iter::repeat_with(away).take(64);
    let (world, _collector) = before(script, &[at_once, ("OTEL_BSP_EXPORT_TIMEOUT", "1")]).await;
    let (_, took) = timed(lost(&world)).await;
    assert!(took < SOON, "{took:?}");
}

#[tokio::test]
async fn numbers_are_sent_as_often_as_is_said() {
    let collector = FakeUpstream::start([]).await;
    let base = collector.base_url();
    let numbers_only = [("OTEL_TRACES_EXPORTER", "none"), ("OTEL_LOGS_EXPORTER", "none")];
    let changed = [("OTEL_EXPORTER_OTLP_ENDPOINT", &*base), ("OTEL_METRIC_EXPORT_INTERVAL", "100")];
    let _world = World::start([], &[&changed[..], &numbers_only].concat()).await;
    let ((), took) = timed(collector.arrivals(3)).await;
    assert!(took < SOON, "{took:?}");
}
