//! Several processes that serve one API, each an engine of its own here, with a real Redis between them.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod fake_upstream;
mod redis_server;
mod sample;
mod scratch;

use std::time::{Duration, Instant};

use fake_upstream::{FakeUpstream, json as json_answer};
use redis_server::RedisServer;
use sample::{DEPLOY, call_of, deploying, options};
use scratch::Scratch;
use server::call::{Answer, CallError, Consent};
use server::engine::Engine;
use server::replicas::Settings;
use server::stages::confirm::{Asking, Mode};

const SECRET: &str = "0123456789abcdef0123456789abcdef";
const DONE: &str = r#"{"setId":"S1"}"#;

/// How a process shares with the others. A new Redis needs no time to settle where nobody knows anything yet.
fn sharing(redis: &RedisServer) -> Settings {
    let settings = Settings::new(redis.url().into(), SECRET.into());
    Settings { settle: Duration::ZERO, patience: Duration::from_secs(5), ..settings }
}

/// Asks again until something else is the answer than that Redis is away.
async fn once_it_is_back<T>(mut ask: impl AsyncFnMut() -> Result<T, CallError>) -> Result<T, CallError> {
    let begun = Instant::now();
    loop {
        match ask().await {
            Err(CallError::Unshared { .. }) if begun.elapsed() < Duration::from_secs(10) => {
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
            outcome => return outcome,
        }
    }
}

fn asking(upstream: &FakeUpstream, settings: Settings) -> Engine {
    let mut options = options(&upstream.base_url());
    options.confirm.mode = Mode::Required;
    options.confirm.asking = Asking::Changing;
    options.replicas = Some(settings);
    Engine::new(&sample::API, options).unwrap()
}

async fn question(engine: &Engine) -> Result<String, CallError> {
    let mut call = call_of(&DEPLOY, deploying());
    call.consent = Consent::Possible;
    match engine.call(call).await {
        Err(CallError::Unconfirmed { state, .. }) => Ok(state),
        other => Err(other.map(drop).unwrap_err()),
    }
}

async fn yes(engine: &Engine, state: &str) -> Result<(), CallError> {
    let mut call = call_of(&DEPLOY, deploying());
    call.consent = Consent::Answered { state: state.to_owned(), answer: Answer::Yes };
    engine.call(call).await.map(drop)
}

#[tokio::test]
async fn t_2e_a_yes_is_taken_by_any_process_and_by_one_only() {
    let scratch = Scratch::new("replicas-yes");
    let redis = RedisServer::start(scratch.path());
    let upstream = FakeUpstream::start([json_answer("200 OK", DONE)]).await;
    let [one, other] = [(); 2].map(|()| asking(&upstream, sharing(&redis)));
    let state = question(&one).await.unwrap();
    yes(&other, &state).await.unwrap();
    for engine in [&one, &other] {
        let error = yes(engine, &state).await.unwrap_err();
        assert!(matches!(error, CallError::Unsealed { why: "it was used before" }), "{error:?}");
    }
    assert_eq!(upstream.requests().len(), 1);

    let mut stranger = sharing(&redis);
    stranger.secret = SECRET.replace('0', "1").into();
    let state = question(&asking(&upstream, stranger)).await.unwrap();
    let error = yes(&one, &state).await.unwrap_err();
    assert!(matches!(error, CallError::Unsealed { .. }), "another secret: {error:?}");
}

#[tokio::test]
async fn t_2e_a_yes_from_before_redis_forgot_which_were_used_is_not_taken() {
    let scratch = Scratch::new("replicas-forgot");
    let mut redis = RedisServer::start(scratch.path());
    let upstream = FakeUpstream::start([json_answer("200 OK", DONE), json_answer("200 OK", DONE)]).await;
    let [one, other] = [(); 2].map(|()| asking(&upstream, sharing(&redis)));
    let state = question(&one).await.unwrap();
    yes(&one, &state).await.unwrap();
    redis.kill();
    redis.restart();
    let error = once_it_is_back(async || yes(&other, &state).await).await.unwrap_err();
    assert!(matches!(error, CallError::Unsealed { .. }), "{error:?}");
    assert_eq!(upstream.requests().len(), 1);
}

#[tokio::test]
async fn without_redis_nobody_can_say_yes_unless_told_otherwise() {
    let scratch = Scratch::new("replicas-nobody");
    let mut redis = RedisServer::start(scratch.path());
    let upstream = FakeUpstream::start([json_answer("200 OK", DONE)]).await;
    let settings = sharing(&redis);
    redis.kill();
    let error = question(&asking(&upstream, settings.clone())).await.unwrap_err();
    assert!(matches!(error, CallError::Unshared { .. }), "{error:?}");
    let alone = asking(&upstream, Settings { alone: true, ..settings });
    let state = question(&alone).await.unwrap();
    yes(&alone, &state).await.unwrap();
}
