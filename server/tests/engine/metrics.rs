//! What is counted while calls are made, as Prometheus reads it.

use std::sync::Arc;
use std::time::Duration;

use server::engine::{Engine, Options};
use server::generated::serde_json::json;
use server::journal::{self, Entry, Event, Journal};
use server::stages::{bulkhead, ledger};
use tokio::sync::Notify;

use crate::fake_upstream::{Act, FakeUpstream, json as json_answer};
use crate::http_support::Served;
use crate::sample::{self, DEPLOY, READ, call, deploying, options, reading};
use crate::scratch::Scratch;

const DONE: &str = r#"{"setId":"S1"}"#;

fn engine(base_url: &str, change: impl FnOnce(&mut Options)) -> Engine {
    let mut options = options(base_url);
    options.cache.enabled = false;
    change(&mut options);
    Engine::new(&sample::API, options).unwrap()
}

/// The value of a series.
fn value(text: &str, series: &str) -> u64 {
    let line = text.lines().find_map(|line| line.strip_prefix(series)?.strip_prefix(' '));
    line.unwrap_or_else(|| panic!("no {series}: {text}")).parse().unwrap()
}

fn ended(tool: &str, success: bool, outcome: &str) -> String {
    format!(
        "fastmcp_tool_executions_total{{tool_name=\"{tool}\",success=\"{success}\",outcome=\"{outcome}\"}}"
    )
}

#[tokio::test]
async fn calls_and_repetitions_are_counted() {
    let upstream =
        FakeUpstream::start([json_answer("503 Service Unavailable", "{}"), json_answer("200 OK", DONE)])
            .await;
    let engine = engine(&upstream.base_url(), |options| {
        options.retry.attempts = 2;
        options.retry.base_delay = Duration::ZERO;
    });
    assert_eq!(value(&engine.metrics(), "mcp_retries_total"), 0);
    call(&engine, &READ, reading("level", "DEV")).await.unwrap();
    call(&engine, &READ, json!({})).await.unwrap_err();
    let text = engine.metrics();
    assert_eq!(value(&text, "mcp_retries_total"), 1);
    assert_eq!(value(&text, &ended("read", true, "answered")), 1);
    assert_eq!(value(&text, &ended("read", false, "arguments")), 1);
}

#[tokio::test]
async fn the_circuit_and_its_openings_are_told() {
    let engine = engine("http://127.0.0.1:9", |options| options.breaker.connect_failures = 1);
    assert_eq!(value(&engine.metrics(), "mcp_breaker_state{state=\"closed\"}"), 1);
    for _ in 0..2 {
        call(&engine, &READ, reading("level", "DEV")).await.unwrap_err();
    }
    let text = engine.metrics();
    assert_eq!(value(&text, "mcp_breaker_openings_total"), 1);
    assert_eq!(value(&text, "mcp_breaker_state{state=\"open\"}"), 1);
    assert_eq!(value(&text, "mcp_breaker_state{state=\"closed\"}"), 0);
    assert_eq!(value(&text, &ended("read", false, "unavailable")), 1);
}

#[tokio::test]
async fn changes_that_were_not_made_again_are_counted() {
    let upstream = FakeUpstream::start([json_answer("200 OK", DONE)]).await;
    let window = Duration::from_secs(60);
    let engine =
        engine(&upstream.base_url(), |options| options.ledger = ledger::Settings { window, unknown: window });
    for _ in 0..3 {
        call(&engine, &DEPLOY, deploying()).await.unwrap();
    }
    assert_eq!(value(&engine.metrics(), "mcp_ledger_replays_total"), 2);
    assert_eq!(value(&engine.metrics(), &ended("deploy", true, "answered")), 3);
}

#[tokio::test]
async fn calls_that_waited_and_changes_that_joined_are_counted() {
    let release = Arc::new(Notify::new());
    let answer = format!(
        "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n{DONE}",
        DONE.len()
    );
    let held = Act::Hold(Arc::clone(&release), answer.into_bytes());
    let upstream = FakeUpstream::start([held, json_answer("200 OK", DONE)]).await;
    let engine = engine(&upstream.base_url(), |options| {
        options.bulkhead = bulkhead::Settings { requests: 1, ..bulkhead::Settings::default() };
        options.ledger = ledger::Settings { window: Duration::ZERO, unknown: Duration::from_secs(60) };
    });
    let first = call(&engine, &DEPLOY, deploying());
    let rest = async {
        upstream.arrival().await;
        let release = async {
            while value(&engine.metrics(), "mcp_bulkhead_waits_total") == 0
                || value(&engine.metrics(), "mcp_ledger_joins_total") == 0
            {
                tokio::task::yield_now().await;
            }
            assert_eq!(value(&engine.metrics(), "mcp_bulkhead_waiting"), 1, "it waits");
            assert_eq!(value(&engine.metrics(), "mcp_calls_in_flight"), 3, "all of them are under way");
            release.notify_one();
        };
        tokio::join!(
            call(&engine, &DEPLOY, deploying()),
            call(&engine, &READ, reading("level", "DEV")),
            release
        )
    };
    let (first, (joined, waited, ())) = tokio::join!(first, rest);
    assert!(first.is_ok() && joined.is_ok() && waited.is_ok());
    assert_eq!(value(&engine.metrics(), "mcp_bulkhead_waits_total"), 1);
    assert_eq!(value(&engine.metrics(), "mcp_bulkhead_waiting"), 0, "nobody waits any more");
    assert_eq!(value(&engine.metrics(), "mcp_ledger_joins_total"), 1);
    assert_eq!(value(&engine.metrics(), "mcp_calls_in_flight"), 0, "none is under way any more");
    assert_eq!(value(&engine.metrics(), "mcp_call_duration_seconds_count{effect=\"read\"}"), 1);
    assert_eq!(value(&engine.metrics(), "mcp_call_duration_seconds_count{effect=\"write\"}"), 2);
}

#[tokio::test]
async fn the_journal_tells_how_it_is() {
    let folder = Scratch::new("metrics");
    let journal = Journal::open(&journal::Options::new(folder.path()), "test 1").unwrap();
    let upstream = FakeUpstream::start([json_answer("200 OK", DONE)]).await;
    let engine = engine(&upstream.base_url(), |options| options.journal = Some(journal.clone()));
    call(&engine, &DEPLOY, deploying()).await.unwrap();
    // Written together, or not.
    for _ in 0..50 {
        journal.note(Entry { event: Event::Stop, subject: None });
    }
    journal.close();
    let text = engine.metrics();
    assert_eq!(value(&text, "mcp_journal_records_total"), 54, "start, intent, outcome, the fifty, stop");
    assert_eq!((value(&text, "mcp_journal_failing"), value(&text, "mcp_journal_lost")), (0, 0));
}

#[tokio::test]
async fn t_55_random_tools_callers_and_arguments_make_no_series() {
    let served = Served::start([]).await;
    let metrics = async || served.request("GET /metrics", &[], "").await;
    served.call("read", json!({})).await;
    let before = metrics().await;
    assert_eq!(before.header("content-type"), Some("text/plain; version=0.0.4; charset=utf-8"));
    for number in 0..500 {
        served.call(&format!("tool_{number}"), json!({})).await;
        served.call("read", json!({ format!("argument_{number}"): number })).await;
        served.request("GET /nowhere", &[("X-Request-Id", &format!("id-{number}"))], "").await;
    }
    let after = metrics().await;
    assert_eq!(after.body.lines().count(), before.body.lines().count());
    assert_eq!(value(&after.body, &ended("read", false, "arguments")), 501);
    assert_eq!(served.request("POST /metrics", &[], "").await.status, 405);
}
