//! Two callers at one engine: what one asked, changed, was asked or was given is nothing to the other.

use std::sync::Arc;
use std::time::Duration;

use server::call::{Answer, Call, CallError, Caller, Consent, Reply};
use server::catalog::{Api, Tool};
use server::engine::{Engine, Options};
use server::generated::serde_json::{Value, json};
use server::identity::{Identity, Principal};
use server::journal::{self, Journal, records};
use server::stages::confirm::Asking;
use server::stages::{ledger, portion, quota};
use tokio::sync::Notify;

use crate::fake_upstream::{Act, FakeUpstream, json as json_answer};
use crate::sample::{self, DEPLOY, READ, call_of, deploying, options, reading};
use crate::scratch::Scratch;

static KEPT: Tool = Tool { name: "kept", cache: Some(Duration::from_secs(60)), ..READ };
static API: Api = Api { tools: &[&DEPLOY, &KEPT], ..sample::API };

fn caller(subject: &str) -> Caller {
    let (issuer, subject) = ("https://issuer.example".to_owned(), subject.to_owned());
    Caller::Known(Arc::new(Principal::new(Identity {
        provider: "jwt",
        issuer,
        subject,
        ..Identity::default()
    })))
}

/// Alice, Bob, somebody, and the owner: as different as callers can be.
fn all() -> [Caller; 4] {
    [caller("alice"), caller("bob"), Caller::Anonymous, Caller::LocalOwner]
}

/// The same without somebody, who can change nothing.
fn known() -> [Caller; 3] {
    [caller("alice"), caller("bob"), Caller::LocalOwner]
}

fn by(caller: &Caller, tool: &'static Tool, arguments: Value) -> Call {
    let mut call = call_of(tool, arguments);
    call.caller = caller.clone();
    call
}

async fn read(engine: &Engine, caller: &Caller) -> Result<Reply, CallError> {
    engine.call(by(caller, &KEPT, reading("level", "DEV"))).await
}

/// An API that answers each of so many requests with a number, and an engine in front of it.
async fn numbered(count: usize, change: impl FnOnce(&mut Options)) -> (FakeUpstream, Engine) {
    let answers = (0..count).map(|number| json_answer("200 OK", &format!(r#"{{"setId":"S{number}"}}"#)));
    let upstream = FakeUpstream::start(answers).await;
    let mut options = options(&upstream.base_url());
    change(&mut options);
    let engine = Engine::new(&API, options).unwrap();
    (upstream, engine)
}

fn set(reply: &Reply) -> Value {
    reply.structured.as_ref().unwrap()["setId"].clone()
}

#[tokio::test]
async fn t_30_what_one_caller_was_answered_is_not_given_to_another() {
    let (upstream, engine) = numbered(4, |_| {}).await;
    for _ in 0..2 {
        for (number, caller) in all().iter().enumerate() {
            assert_eq!(set(&read(&engine, caller).await.unwrap()), format!("S{number}"));
        }
    }
    assert_eq!(upstream.requests().len(), 4, "the second time all was kept");
}

#[tokio::test]
async fn t_30_one_who_asks_at_the_same_time_does_not_wait_for_the_answer_of_another() {
    let release = Arc::new(Notify::new());
    let body = r#"{"setId":"S"}"#;
    let answer = format!(
        "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    );
    let held = Act::Hold(Arc::clone(&release), answer.into_bytes());
    let upstream = FakeUpstream::start([held, json_answer("200 OK", body)]).await;
    let engine = Engine::new(&API, options(&upstream.base_url())).unwrap();
    let (alice, bob) = (caller("alice"), caller("bob"));
    let waiting = read(&engine, &alice);
    let other = async {
        upstream.arrival().await;
        read(&engine, &bob).await.unwrap();
        release.notify_one();
    };
    let (first, ()) = tokio::join!(waiting, other);
    first.unwrap();
    assert_eq!(upstream.requests().len(), 2);
}

#[tokio::test]
async fn t_36_the_same_change_by_another_caller_is_another_change() {
    let (upstream, engine) = numbered(3, |options| options.ledger = ledger::Settings::default()).await;
    for _ in 0..2 {
        for (number, caller) in known().iter().enumerate() {
            let made = engine.call(by(caller, &DEPLOY, deploying())).await.unwrap();
            assert_eq!(set(&made), format!("S{number}"));
        }
    }
    assert_eq!(upstream.requests().len(), 3, "the second time nothing was sent");
}

#[tokio::test]
async fn t_36_after_a_restart_a_change_is_still_that_callers() {
    let folder = Scratch::new("callers-restart");
    let open = || Journal::open(&journal::Options::new(folder.path()), "test 1").unwrap();
    let remembering = |options: &mut Options, journal: &Journal| {
        options.ledger = ledger::Settings::default();
        options.journal = Some(journal.clone());
    };
    let journal = open();
    let (_upstream, engine) = numbered(1, |options| remembering(options, &journal)).await;
    engine.call(by(&caller("alice"), &DEPLOY, deploying())).await.unwrap();
    drop(engine);
    journal.close();
    let journal = open();
    let (upstream, engine) = numbered(1, |options| remembering(options, &journal)).await;
    let again = engine.call(by(&caller("alice"), &DEPLOY, deploying())).await;
    assert!(matches!(again, Err(CallError::Repeated { .. })), "{again:?}");
    engine.call(by(&caller("bob"), &DEPLOY, deploying())).await.unwrap();
    assert_eq!(upstream.requests().len(), 1);
    journal.close();
}

#[tokio::test]
async fn t_2e_a_question_put_to_one_caller_is_not_answered_by_another() {
    let (upstream, engine) = numbered(1, |options| options.confirm.asking = Asking::Changing).await;
    let deploy = |caller: &Caller, consent| {
        let mut call = by(caller, &DEPLOY, deploying());
        call.consent = consent;
        call
    };
    let [alice, others @ ..] = known();
    let asked = engine.call(deploy(&alice, Consent::Possible)).await;
    let Err(CallError::Unconfirmed { state, .. }) = asked else { panic!("{asked:?}") };
    let yes = || Consent::Answered { state: state.clone(), answer: Answer::Yes };
    for other in others {
        let refused = engine.call(deploy(&other, yes())).await;
        assert!(matches!(refused, Err(CallError::Unsealed { .. })), "{other:?}: {refused:?}");
    }
    engine.call(deploy(&alice, yes())).await.expect("what was refused has used nothing up");
    assert_eq!(upstream.requests().len(), 1);
}

#[tokio::test]
async fn t_46_the_rest_of_an_answer_is_for_whoever_got_its_beginning() {
    let tasks: Vec<Value> = (0..500).map(|id| json!({ "id": id, "name": "a task" })).collect();
    let answer = json_answer("200 OK", &json!({ "setId": "S", "tasks": tasks }).to_string());
    let upstream = FakeUpstream::start([answer]).await;
    let mut options = options(&upstream.base_url());
    options.portion.bytes = 4096;
    let engine = Engine::new(&API, options).unwrap();
    let [alice, others @ ..] = all();
    let first = read(&engine, &alice).await.unwrap();
    let cursor = first.structured.as_ref().unwrap()["truncated"]["cursor"].clone();
    let rest = |caller: &Caller| by(caller, &portion::REST, json!({ "cursor": cursor }));
    for other in others {
        let refused = engine.call(rest(&other)).await;
        assert!(matches!(refused, Err(CallError::Arguments(_))), "{other:?}: {refused:?}");
    }
    engine.call(rest(&alice)).await.unwrap();
}

#[tokio::test]
async fn t_3a_a_flood_of_one_caller_uses_up_its_own_quota_and_nobody_elses() {
    let settings = quota::Settings { caller_per_minute: 1, burst: 3, ..quota::Settings::default() };
    let (_upstream, engine) = numbered(4, |options| options.quota = settings).await;
    let [alice, others @ ..] = all();
    for _ in 0..3 {
        read(&engine, &alice).await.unwrap();
    }
    let over = read(&engine, &alice).await;
    assert!(matches!(over, Err(CallError::Limited { .. })), "{over:?}");
    for other in others {
        read(&engine, &other).await.unwrap();
    }
}

#[tokio::test]
async fn the_record_says_who_called() {
    let folder = Scratch::new("callers-record");
    let journal = Journal::open(&journal::Options::new(folder.path()), "test 1").unwrap();
    let (_upstream, engine) = numbered(2, |options| options.journal = Some(journal.clone())).await;
    for caller in [caller("alice\n"), Caller::LocalOwner] {
        engine.call(by(&caller, &DEPLOY, deploying())).await.unwrap();
    }
    journal.close();
    let said =
        records(folder.path()).unwrap().map(Result::unwrap).filter(|record| !record.text("tool").is_empty());
    let said: Vec<_> =
        said.map(|record| (record.text("kind").to_owned(), record.text("caller").to_owned())).collect();
    let alice = caller("alice\n").word().to_owned();
    assert!(alice.starts_with(r"jwt:alice\n#"), "{alice}");
    let [kinds, callers] = [["intent", "outcome"], [alice.as_str(), "local_owner"]];
    let expected =
        callers.iter().flat_map(|caller| kinds.map(|kind| (kind.to_owned(), (*caller).to_owned())));
    assert_eq!(said, expected.collect::<Vec<_>>());
}

#[tokio::test]
async fn t_3a_each_api_key_has_the_quota_of_keys_and_one_takes_nothing_from_another() {
    let settings = quota::Settings { key_per_minute: 1, burst: 2, ..quota::Settings::default() };
    let (_upstream, engine) = numbered(8, |options| options.quota = settings).await;
    let key = |id: &str| {
        let (issuer, subject, client) = ("api_key".to_owned(), "jenkins".to_owned(), Some(id.to_owned()));
        let provider = "api_key";
        Caller::Known(Arc::new(Principal::new(Identity {
            provider,
            issuer,
            subject,
            client,
            ..Identity::default()
        })))
    };
    for key in [key("one"), key("two")] {
        for _ in 0..2 {
            read(&engine, &key).await.unwrap();
        }
        let over = read(&engine, &key).await;
        assert!(matches!(over, Err(CallError::Limited { .. })), "{over:?}");
    }
    for _ in 0..5 {
        read(&engine, &caller("alice")).await.expect("others have no bound");
    }
}
