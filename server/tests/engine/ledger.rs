//! A change happens once: identical changes that come together, one after the other, and after a restart.

use std::sync::Arc;
use std::time::Duration;

use server::call::CallError;
use server::engine::{Engine, Options};
use server::generated::serde_json::json;
use server::journal::{self, Journal};
use server::stages::ledger;
use tokio::sync::Notify;

use crate::fake_upstream::{Act, FakeUpstream, json as json_answer};
use crate::sample::{self, DEPLOY, READ, call, call_of, deploying, options, reading};
use crate::scratch::Scratch;

const DONE: &str = r#"{"setId":"S1"}"#;

fn remembering(base_url: &str) -> Options {
    let mut options = options(base_url);
    options.ledger = ledger::Settings::default();
    options
}

/// The answer to a change, sent when it is released.
fn held(release: &Arc<Notify>) -> Act {
    let head = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n";
    let answer = format!("{head}Content-Length: {}\r\n\r\n{DONE}", DONE.len());
    Act::Hold(Arc::clone(release), answer.into_bytes())
}

fn engine(options: Options) -> Engine {
    Engine::new(&sample::API, options).unwrap()
}

#[tokio::test]
async fn t36_fifty_identical_changes_at_once_are_one() {
    let release = Arc::new(Notify::new());
    let upstream = FakeUpstream::start([held(&release)]).await;
    let engine = Arc::new(engine(remembering(&upstream.base_url())));
    let deploy = || {
        let engine = Arc::clone(&engine);
        tokio::spawn(async move { call(&engine, &DEPLOY, deploying()).await })
    };
    let calls: Vec<_> = (0..50).map(|_| deploy()).collect();
    upstream.arrival().await;
    release.notify_one();
    for call in calls {
        assert_eq!(call.await.unwrap().unwrap().structured, Some(json!({ "setId": "S1" }).into()));
    }
    for _ in 0..50 {
        let again = deploy().await.unwrap().unwrap();
        assert_eq!(again.structured, Some(json!({ "setId": "S1" }).into()));
        assert!(again.notes.iter().any(|note| note.contains("nothing was sent again")), "{:?}", again.notes);
    }
    assert_eq!(upstream.requests().len(), 1);
}

#[tokio::test]
async fn other_arguments_another_key_and_reads_are_other_calls() {
    let upstream = FakeUpstream::start((0..4).map(|_| json_answer("200 OK", DONE))).await;
    let engine = engine(remembering(&upstream.base_url()));
    let keyed = |key: &str, arguments| {
        let mut call = call_of(&DEPLOY, arguments);
        call.idempotency_key = Some(key.to_owned());
        call
    };
    let other = json!({ "srid": "ISPW", "releaseId": "REL2" });
    call(&engine, &DEPLOY, deploying()).await.unwrap();
    call(&engine, &DEPLOY, other.clone()).await.unwrap();
    engine.call(keyed("one", deploying())).await.unwrap();
    engine.call(keyed("one", deploying())).await.unwrap();
    engine.call(keyed("two", deploying())).await.unwrap();
    assert_eq!(upstream.requests().len(), 4);
    let error = engine.call(keyed("one", other)).await.unwrap_err();
    assert!(matches!(error, CallError::KeyTaken), "{error:?}");
    for _ in 0..2 {
        call(&engine, &READ, reading("level", "DEV")).await.unwrap();
    }
    assert_eq!(upstream.requests().len(), 6);
}

#[tokio::test]
async fn t36_a_change_whose_answer_never_came_is_not_made_again() {
    let upstream = FakeUpstream::start([Act::Reset]).await;
    let engine = engine(remembering(&upstream.base_url()));
    let error = call(&engine, &DEPLOY, deploying()).await.unwrap_err();
    assert!(matches!(error, CallError::Interrupted { .. }), "{error:?}");
    for _ in 0..3 {
        let error = call(&engine, &DEPLOY, deploying()).await.unwrap_err();
        assert_eq!(error.kind(), "outcome_unknown");
    }
    assert_eq!(upstream.requests().len(), 1);
}

#[tokio::test]
async fn a_change_that_the_api_refused_may_be_made_again() {
    let upstream =
        FakeUpstream::start([json_answer("409 Conflict", "{}"), json_answer("200 OK", DONE)]).await;
    let engine = engine(remembering(&upstream.base_url()));
    call(&engine, &DEPLOY, deploying()).await.unwrap_err();
    call(&engine, &DEPLOY, deploying()).await.unwrap();
    assert_eq!(upstream.requests().len(), 2);
}

#[tokio::test]
async fn t36_a_client_that_left_and_comes_again_gets_the_same_change() {
    let release = Arc::new(Notify::new());
    let upstream = FakeUpstream::start([held(&release)]).await;
    let engine = engine(remembering(&upstream.base_url()));
    tokio::select! {
        outcome = call(&engine, &DEPLOY, deploying()) => panic!("{outcome:?}"),
        () = upstream.arrival() => {}
    }
    let mut hurried = call_of(&DEPLOY, deploying());
    hurried.deadline = Some(tokio::time::Instant::now() + Duration::from_millis(50));
    let error = engine.call(hurried).await.unwrap_err();
    assert!(matches!(error, CallError::TimedOut { sent: true, .. }), "it is on its way: {error:?}");
    release.notify_one();
    assert_eq!(
        call(&engine, &DEPLOY, deploying()).await.unwrap().structured,
        Some(json!({ "setId": "S1" }).into())
    );
    assert_eq!(upstream.requests().len(), 1);
}

#[tokio::test]
async fn t36_after_a_restart_the_journal_knows_what_was_made_and_what_is_not_known() {
    let folder = Scratch::new("ledger");
    let upstream = FakeUpstream::start([json_answer("200 OK", DONE), Act::Reset]).await;
    let other = json!({ "srid": "ISPW", "releaseId": "REL2" });
    let start = || {
        let journal = Journal::open(&journal::Options::new(folder.path()), "test 1").unwrap();
        let mut options = remembering(&upstream.base_url());
        options.journal = Some(journal.clone());
        (engine(options), journal)
    };
    let (first, journal) = start();
    call(&first, &DEPLOY, deploying()).await.unwrap();
    call(&first, &DEPLOY, other.clone()).await.unwrap_err();
    journal.close();
    drop((first, journal));

    let (second, journal) = start();
    let error = call(&second, &DEPLOY, deploying()).await.unwrap_err();
    assert!(matches!(error, CallError::Repeated { status: Some(200), .. }), "{error:?}");
    let error = call(&second, &DEPLOY, other).await.unwrap_err();
    assert!(matches!(error, CallError::Repeated { status: None, .. }), "{error:?}");
    assert_eq!(upstream.requests().len(), 2, "nothing was sent again");
    let mut on_purpose = call_of(&DEPLOY, deploying());
    on_purpose.idempotency_key = Some("again".to_owned());
    second.call(on_purpose).await.unwrap_err();
    assert_eq!(upstream.requests().len(), 3);
    journal.close();
}
