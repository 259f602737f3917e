//! Answers whose time is over: the API is asked whether they are still right, and while it is down they are given as stale where
//! the overlay allows it.

use std::time::Duration;

use server::call::{CallError, Reply};
use server::engine::Engine;
use server::generated as rt;

use crate::fake_upstream::{Act, FakeUpstream, answer};
use crate::sample::{self, DEPLOY, READ, call, deploying, options, reading};

/// Kept for a day, so that only what the API says counts.
static KEPT: rt::Tool = rt::Tool { name: "kept", cache: Some(Duration::from_secs(86_400)), ..READ };
/// The same, and given for a minute more while the API is down.
static STALE: rt::Tool = rt::Tool { name: "stale", stale: Some(Duration::from_secs(60)), ..KEPT };
/// The change, which says 409 while something else is going on.
static BUSY: rt::Tool = rt::Tool { name: "busy", busy: &[409], ..DEPLOY };
static API: rt::Api = rt::Api { tools: &[&BUSY, &DEPLOY, &KEPT, &READ, &STALE], ..sample::API };

const TAGGED: &str = "Content-Type: application/json\r\nETag: \"v1\"\r\nCache-Control: no-cache\r\n";

async fn engine(script: impl IntoIterator<Item = Act>) -> (FakeUpstream, Engine) {
    let upstream = FakeUpstream::start(script).await;
    let mut options = options(&upstream.base_url());
    options.retry.attempts = 1;
    let engine = Engine::new(&API, options).unwrap();
    (upstream, engine)
}

async fn read(engine: &Engine, tool: &'static rt::Tool) -> Result<Reply, CallError> {
    call(engine, tool, reading("level", "DEV")).await
}

/// What each request asked the API to compare with.
fn conditions(upstream: &FakeUpstream) -> Vec<Option<String>> {
    let condition = |request: String| {
        let line = request.lines().find_map(|line| line.strip_prefix("if-none-match: ").map(str::to_owned));
        line.filter(|line| !line.is_empty())
    };
    upstream.requests().into_iter().map(condition).collect()
}

#[tokio::test]
async fn t31_an_answer_that_the_api_calls_unchanged_is_given_again() {
    let (upstream, engine) = engine([
        answer("200 OK", TAGGED, r#"{"message":"one"}"#),
        answer("304 Not Modified", "", ""),
        answer("200 OK", &TAGGED.replace("v1", "v2"), r#"{"message":"two"}"#),
        answer("304 Not Modified", "ETag: \"v2\"\r\n", ""),
    ])
    .await;
    let mut texts = Vec::new();
    for _ in 0..4 {
        let reply = read(&engine, &KEPT).await.unwrap();
        assert!(reply.status == 200 && reply.notes.is_empty(), "the API has just been asked: {reply:?}");
        texts.push(reply.text.clone());
    }
    assert_eq!(
        texts,
        [r#"{"message":"one"}"#, r#"{"message":"one"}"#, r#"{"message":"two"}"#, r#"{"message":"two"}"#]
    );
    let (v1, v2) = (Some("\"v1\"".to_owned()), Some("\"v2\"".to_owned()));
    assert_eq!(conditions(&upstream), [None, v1.clone(), v1, v2]);
}

#[tokio::test]
async fn t31_what_is_called_unchanged_is_fresh_for_the_time_that_this_answer_says() {
    let (upstream, engine) = engine([
        answer("200 OK", TAGGED, r#"{"message":"one"}"#),
        answer("304 Not Modified", "ETag: \"v1\"\r\nCache-Control: max-age=3600\r\n", ""),
    ])
    .await;
    for _ in 0..5 {
        assert_eq!(read(&engine, &KEPT).await.unwrap().text, r#"{"message":"one"}"#);
    }
    assert_eq!(upstream.requests().len(), 2);
}

#[tokio::test]
async fn t31_what_must_not_be_kept_any_more_is_not_when_it_is_called_unchanged() {
    let (upstream, engine) = engine([
        answer("200 OK", TAGGED, r#"{"message":"one"}"#),
        answer("304 Not Modified", "ETag: \"v1\"\r\nCache-Control: no-store\r\n", ""),
        answer("200 OK", TAGGED, r#"{"message":"two"}"#),
    ])
    .await;
    for expected in ["one", "one", "two"] {
        assert!(read(&engine, &KEPT).await.unwrap().text.contains(expected));
    }
    assert_eq!(conditions(&upstream), [None, Some("\"v1\"".to_owned()), None]);
}

#[tokio::test]
async fn an_answer_of_unchanged_that_nobody_asked_for_is_no_answer() {
    let (upstream, engine) = engine([answer("304 Not Modified", "ETag: \"v1\"\r\n", "")]).await;
    let error = read(&engine, &KEPT).await.unwrap_err();
    assert!(matches!(error, CallError::Redirected { status: 304 }), "{error:?}");
    assert_eq!(conditions(&upstream), [None]);
}

#[tokio::test]
async fn t31_after_a_change_the_api_is_asked_and_its_word_counts() {
    let (upstream, engine) = engine([
        answer("200 OK", &TAGGED.replace("no-cache", "max-age=3600"), r#"{"message":"one"}"#),
        answer("200 OK", "Content-Type: application/json\r\n", r#"{"setId":"S1"}"#),
        answer("304 Not Modified", "ETag: \"v1\"\r\n", ""),
    ])
    .await;
    read(&engine, &KEPT).await.unwrap();
    call(&engine, &DEPLOY, deploying()).await.unwrap();
    assert_eq!(read(&engine, &KEPT).await.unwrap().text, r#"{"message":"one"}"#);
    assert_eq!(conditions(&upstream)[2].as_deref(), Some("\"v1\""));
}

/// An answer whose time was over when it came.
fn aged(more: &str) -> Act {
    let headers = format!("Content-Type: application/json\r\nCache-Control: max-age=5{more}\r\nAge: 5\r\n");
    answer("200 OK", &headers, r#"{"message":"one"}"#)
}

#[tokio::test]
async fn t34_while_the_api_is_down_an_old_answer_is_given_where_the_overlay_allows() {
    for (tool, more, second, is_given) in [
        (&STALE, "", answer("503 Service Unavailable", "", ""), true),
        (&STALE, "", answer("500 Internal Server Error", "", ""), true),
        (&STALE, "", Act::Reset, true),
        (&STALE, "", answer("404 Not Found", "", ""), false),
        (&STALE, "", answer("403 Forbidden", "", ""), false),
        (&STALE, ", must-revalidate", answer("503 Service Unavailable", "", ""), false),
        (&KEPT, "", answer("503 Service Unavailable", "", ""), false),
    ] {
        let (upstream, engine) = engine([aged(more), second]).await;
        read(&engine, tool).await.unwrap();
        let outcome = read(&engine, tool).await;
        assert_eq!(upstream.requests().len(), 2, "the API was asked");
        assert_eq!(outcome.is_ok(), is_given, "{} {more} {outcome:?}", tool.name);
        if let Ok(reply) = outcome {
            assert_eq!(reply.text, r#"{"message":"one"}"#);
            assert!(reply.notes[0].starts_with("This answer is STALE, 0 s old"), "{:?}", reply.notes);
        }
    }
}

#[tokio::test]
async fn t34_an_answer_from_before_a_change_is_not_given_while_the_api_is_down() {
    let (_upstream, engine) = engine([
        aged(""),
        answer("200 OK", "Content-Type: application/json\r\n", r#"{"setId":"S1"}"#),
        answer("503 Service Unavailable", "", ""),
    ])
    .await;
    read(&engine, &STALE).await.unwrap();
    call(&engine, &DEPLOY, deploying()).await.unwrap();
    let error = read(&engine, &STALE).await.unwrap_err();
    assert!(matches!(error, CallError::Refused { status: 503, .. }), "{error:?}");
}

#[tokio::test]
async fn a_change_that_was_refused_as_busy_is_made_once_the_api_is_free() {
    let upstream = FakeUpstream::start([
        answer("409 Conflict", "Retry-After: 0\r\n", ""),
        answer("200 OK", "Content-Type: application/json\r\n", r#"{"setId":"S1"}"#),
        answer("409 Conflict", "Retry-After: 0\r\n", ""),
    ])
    .await;
    let mut options = options(&upstream.base_url());
    options.ledger.window = Duration::ZERO;
    options.retry.attempts = 2;
    let engine = Engine::new(&API, options).unwrap();
    call(&engine, &BUSY, deploying()).await.unwrap();
    assert_eq!(upstream.requests().len(), 2);
    let error = call(&engine, &DEPLOY, deploying()).await.unwrap_err();
    assert!(matches!(error, CallError::Refused { status: 409, .. }), "{error:?}");
    assert_eq!(upstream.requests().len(), 3, "where the overlay says nothing, 409 is an answer");
}

#[tokio::test]
async fn what_became_of_reads_is_counted() {
    let fresh = TAGGED.replace("no-cache", "max-age=3600");
    let (_upstream, engine) = engine([
        aged(""),
        answer("503 Service Unavailable", "", ""),
        answer("200 OK", TAGGED, r#"{"message":"one"}"#),
        answer("304 Not Modified", &fresh, ""),
    ])
    .await;
    for _ in 0..2 {
        read(&engine, &STALE).await.unwrap();
    }
    for _ in 0..5 {
        read(&engine, &KEPT).await.unwrap();
    }
    let text = engine.metrics();
    for (series, expected) in [
        ("mcp_cache_hits_total", "3"),
        ("mcp_cache_joins_total", "0"),
        ("mcp_cache_misses_total", "4"),
        ("mcp_cache_renewals_total", "1"),
        ("mcp_cache_stale_total", "1"),
    ] {
        let value = text.lines().find_map(|line| line.strip_prefix(series)?.strip_prefix(' '));
        assert_eq!(value, Some(expected), "{series}");
    }
}
