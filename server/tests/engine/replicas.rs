//! Several processes that serve one API, each an engine of its own here, with a real Redis between them.

use std::sync::Arc;
use std::time::{Duration, Instant};

use server::call::{Answer, CallError, Consent};
use server::engine::Engine;
use server::generated::serde_json::json;
use server::journal::{self, Journal};
use server::replicas::Settings;
use server::stages::confirm::{Asking, Mode};
use server::stages::ledger;
use tokio::sync::Notify;

use crate::fake_upstream::{Act, FakeUpstream, json as json_answer};
use crate::redis_server::RedisServer;
use crate::sample::{self, DEPLOY, call, call_of, deploying, options};
use crate::scratch::Scratch;

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

fn remembering(upstream: &FakeUpstream, settings: Settings, journal: Option<Journal>) -> Arc<Engine> {
    let mut options = options(&upstream.base_url());
    options.ledger = ledger::Settings::default();
    options.replicas = Some(settings);
    options.journal = journal;
    Arc::new(Engine::new(&sample::API, options).unwrap())
}

async fn deploy(engine: &Engine) -> Result<server::call::Reply, CallError> {
    call(engine, &DEPLOY, deploying()).await
}

/// The answer to a change, sent when it is released.
fn held(release: &Arc<Notify>) -> Act {
    let head = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n";
    let answer = format!("{head}Content-Length: {}\r\n\r\n{DONE}", DONE.len());
    Act::Hold(Arc::clone(release), answer.into_bytes())
}

#[tokio::test]
async fn t36_identical_changes_at_three_processes_are_one() {
    let scratch = Scratch::new("replicas-one");
    let redis = RedisServer::start(scratch.path());
    let release = Arc::new(Notify::new());
    let upstream = FakeUpstream::start([held(&release)]).await;
    let engines = [(); 3].map(|()| remembering(&upstream, sharing(&redis), None));
    let calls: Vec<_> = (0..30)
        .map(|number| Arc::clone(&engines[number % 3]))
        .map(|engine| tokio::spawn(async move { deploy(&engine).await }))
        .collect();
    upstream.arrival().await;
    release.notify_one();
    for call in calls {
        assert_eq!(call.await.unwrap().unwrap().structured, Some(json!({ "setId": "S1" }).into()));
    }
    for engine in &engines {
        let again = deploy(engine).await.unwrap();
        assert!(again.notes.iter().any(|note| note.contains("nothing was sent again")), "{:?}", again.notes);
    }
    assert_eq!(upstream.requests().len(), 1);
}

#[tokio::test]
async fn a_key_belongs_to_one_set_of_arguments_at_every_process() {
    let scratch = Scratch::new("replicas-key");
    let redis = RedisServer::start(scratch.path());
    let upstream = FakeUpstream::start([json_answer("200 OK", DONE)]).await;
    let [one, other] = [(); 2].map(|()| remembering(&upstream, sharing(&redis), None));
    let keyed = |arguments| {
        let mut call = call_of(&DEPLOY, arguments);
        call.idempotency_key = Some("one".to_owned());
        call
    };
    one.call(keyed(deploying())).await.unwrap();
    let error = other.call(keyed(json!({ "srid": "ISPW", "releaseId": "REL2" }))).await.unwrap_err();
    assert!(matches!(error, CallError::KeyTaken), "{error:?}");
    other.call(keyed(deploying())).await.unwrap();
    assert_eq!(upstream.requests().len(), 1);
}

#[tokio::test]
async fn t36_what_one_process_does_not_know_another_does_not_do_and_what_was_not_made_it_may() {
    let scratch = Scratch::new("replicas-unknown");
    let redis = RedisServer::start(scratch.path());
    let refused = json_answer("400 Bad Request", "{}");
    let upstream = FakeUpstream::start([refused, Act::Reset]).await;
    let [one, other] = [(); 2].map(|()| remembering(&upstream, sharing(&redis), None));
    let error = deploy(&one).await.unwrap_err();
    assert!(matches!(error, CallError::Refused { status: 400, .. }), "{error:?}");
    let error = deploy(&other).await.unwrap_err();
    assert!(matches!(error, CallError::Interrupted { .. }), "{error:?}");
    let error = deploy(&one).await.unwrap_err();
    assert!(matches!(error, CallError::Repeated { status: None, .. }), "{error:?}");
    assert_eq!(upstream.requests().len(), 2);
}

#[tokio::test]
async fn t33_an_outcome_that_none_of_us_wrote_is_no_answer_and_no_leave() {
    let scratch = Scratch::new("replicas-forged");
    let redis = RedisServer::start(scratch.path());
    let upstream = FakeUpstream::start([json_answer("200 OK", DONE)]).await;
    let [one, other] = [(); 2].map(|()| remembering(&upstream, sharing(&redis), None));
    deploy(&one).await.unwrap();
    let key = redis.ask(&["keys", "mcp:change:*"]);
    redis.ask(&["hset", &key, "value", "{\"request_id\":\"r\",\"status\":200}"]);
    let error = deploy(&other).await.unwrap_err();
    assert!(matches!(error, CallError::Repeated { status: None, .. }), "{error:?}");
    assert_eq!(upstream.requests().len(), 1);
}

#[tokio::test]
async fn r12_without_redis_no_change_is_made_unless_told_otherwise() {
    let scratch = Scratch::new("replicas-away");
    let mut redis = RedisServer::start(scratch.path());
    let upstream = FakeUpstream::start([json_answer("200 OK", DONE)]).await;
    let settings = sharing(&redis);
    redis.kill();
    let error = deploy(&remembering(&upstream, settings.clone(), None)).await.unwrap_err();
    assert!(matches!(error, CallError::Unshared { .. }), "{error:?}");
    assert_eq!(upstream.requests().len(), 0);
    let alone = remembering(&upstream, Settings { alone: true, ..settings }, None);
    deploy(&alone).await.unwrap();
    deploy(&alone).await.unwrap();
    assert_eq!(upstream.requests().len(), 1, "its own changes it knows");
}

#[tokio::test]
async fn r12_a_redis_that_comes_back_empty_is_told_what_was_made() {
    let scratch = Scratch::new("replicas-empty");
    let mut redis = RedisServer::start(scratch.path());
    let upstream = FakeUpstream::start([json_answer("200 OK", DONE)]).await;
    let settings = Settings { settle: Duration::from_secs(3), ..sharing(&redis) };
    // The first epoch settles as well.
    let [one, other] = [(); 2].map(|()| remembering(&upstream, settings.clone(), None));
    deploy(&one).await.unwrap();
    redis.kill();
    redis.restart();
    let again = once_it_is_back(async || deploy(&other).await).await.unwrap();
    assert!(again.notes.iter().any(|note| note.contains("nothing was sent again")), "{:?}", again.notes);
    assert_eq!(redis.ask(&["flushall"]), "OK");
    let third = remembering(&upstream, settings, None);
    once_it_is_back(async || deploy(&third).await).await.unwrap();
    assert_eq!(upstream.requests().len(), 1);
}

/// One question that fails is no reason for Redis to be left alone, nor for the others never to be told.
#[tokio::test]
async fn r12_what_could_not_be_told_is_told_again_to_the_same_redis() {
    let scratch = Scratch::new("replicas-again");
    // This Redis lets nobody tell anything of changes until it is told to.
    let rights = ["--user", "default", "on", "nopass", "~mcp:epoch", "+@all"];
    let mut redis = RedisServer::with(scratch.path(), &rights);
    assert_eq!(redis.ask(&["acl", "setuser", "default", "~*"]), "OK");
    let upstream = FakeUpstream::start([json_answer("200 OK", DONE)]).await;
    let settings = Settings { settle: Duration::from_secs(5), ..sharing(&redis) };
    let one = remembering(&upstream, settings.clone(), None);
    deploy(&one).await.unwrap();
    redis.kill();
    redis.restart();
    let begun = Instant::now();
    while !redis.ask(&["acl", "log"]).contains("mcp:change") {
        assert!(begun.elapsed() < Duration::from_secs(10), "nobody tells anything");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert_eq!(redis.ask(&["acl", "setuser", "default", "~*"]), "OK");
    let other = remembering(&upstream, settings, None);
    let again = once_it_is_back(async || deploy(&other).await).await.unwrap();
    assert!(again.notes.iter().any(|note| note.contains("nothing was sent again")), "{:?}", again.notes);
    assert_eq!(upstream.requests().len(), 1);
}

#[tokio::test]
async fn r12_a_process_tells_what_its_journal_knows() {
    let (scratch, folder) = (Scratch::new("replicas-journal"), Scratch::new("replicas-records"));
    let mut redis = RedisServer::start(scratch.path());
    let upstream = FakeUpstream::start([json_answer("200 OK", DONE)]).await;
    let settings = Settings { settle: Duration::from_secs(3), ..sharing(&redis) };
    let open = || Journal::open(&journal::Options::new(folder.path()), "test").unwrap();
    let first = open();
    deploy(&remembering(&upstream, settings.clone(), Some(first.clone()))).await.unwrap();
    first.close();
    redis.kill();
    redis.restart();
    let second = open();
    let _again = remembering(&upstream, settings.clone(), Some(second.clone()));
    let other = remembering(&upstream, settings, None);
    let error = once_it_is_back(async || deploy(&other).await).await.unwrap_err();
    assert!(matches!(error, CallError::Repeated { status: Some(200), .. }), "{error:?}");
    assert_eq!(upstream.requests().len(), 1);
    second.close();
}

#[tokio::test]
async fn r12_a_redis_without_room_refuses_changes_and_is_not_away() {
    let scratch = Scratch::new("replicas-full");
    let redis = RedisServer::start(scratch.path());
    let upstream = FakeUpstream::start((0..2).map(|_| json_answer("200 OK", DONE))).await;
    let engine = remembering(&upstream, sharing(&redis), None);
    deploy(&engine).await.unwrap();
    assert_eq!(redis.ask(&["config", "set", "maxmemory", "1"]), "OK");
    let other = json!({ "srid": "ISPW", "releaseId": "REL2" });
    for _ in 0..5 {
        let error = call(&engine, &DEPLOY, other.clone()).await.unwrap_err();
        assert!(matches!(error, CallError::Unshared { .. }), "{error:?}");
    }
    assert!(engine.metrics().contains("mcp_redis_up 1\n"), "{}", engine.metrics());
    assert_eq!(redis.ask(&["config", "set", "maxmemory", "0"]), "OK");
    call(&engine, &DEPLOY, other).await.unwrap();
    assert_eq!(upstream.requests().len(), 2);
}

#[tokio::test]
async fn r12_whether_redis_can_be_asked_is_told_to_who_watches() {
    let scratch = Scratch::new("replicas-metrics");
    let mut redis = RedisServer::start(scratch.path());
    let upstream = FakeUpstream::start([json_answer("200 OK", DONE)]).await;
    let engine = remembering(&upstream, sharing(&redis), None);
    deploy(&engine).await.unwrap();
    let metrics = engine.metrics();
    assert!(
        metrics.contains("mcp_redis_up 1\n") && metrics.contains("mcp_redis_failures_total 0\n"),
        "{metrics}"
    );
    redis.kill();
    let begun = Instant::now();
    while !engine.metrics().contains("mcp_redis_up 0\n") {
        assert!(begun.elapsed() < Duration::from_secs(10), "{}", engine.metrics());
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}
