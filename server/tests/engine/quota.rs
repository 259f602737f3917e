//! Calls over the quota are refused before anything is done for them, and each setting has its effect.

use server::call::{Answer, CallError, Consent};
use server::catalog::{Api, Tool};
use server::engine::Engine;
use server::generated::serde_json::{Value, json};
use server::stages::confirm::Asking;
use server::stages::quota::Settings;

use crate::fake_upstream::{FakeUpstream, json as json_answer};
use crate::sample::{self, DEPLOY, HEAVY, READ, call, call_of, deploying, options, reading};

/// How many of six reads and, before them, one change if asked for, are admitted at once.
async fn admitted(settings: Settings, change_first: bool) -> (usize, usize) {
    let answers = (0..7).map(|_| json_answer("200 OK", r#"{"setId":"S","id":"A"}"#));
    let upstream = FakeUpstream::start(answers).await;
    let mut options = options(&upstream.base_url());
    options.quota = settings;
    options.cache.enabled = false;
    let engine = Engine::new(&sample::API, options).unwrap();
    if change_first {
        call(&engine, &DEPLOY, deploying()).await.unwrap();
    }
    let mut passed = 0;
    for _ in 0..6 {
        match call(&engine, &READ, reading("level", "DEV")).await {
            Err(CallError::Limited { retry_after }) => {
                assert!(retry_after.as_secs() <= 60 && !retry_after.is_zero(), "{retry_after:?}");
            }
            _ => passed += 1,
        }
    }
    (passed, upstream.requests().len())
}

#[tokio::test]
async fn each_setting_of_the_quota_has_its_effect() {
    let none = Settings { burst: 2, ..Settings::default() };
    let (common, caller) = (Settings { per_minute: 1, ..none }, Settings { caller_per_minute: 1, ..none });
    for (settings, change_first, expected) in [
        (none, false, 6),
        (common, false, 2),
        (caller, false, 2),
        (Settings { burst: 3, ..common }, false, 3),
        (Settings { enabled: false, ..common }, false, 6),
        (Settings { caller_enabled: false, ..caller }, false, 6),
        (common, true, 1),
        (Settings { change_weight: 2, ..common }, true, 0),
    ] {
        let (passed, sent) = admitted(settings, change_first).await;
        assert_eq!(passed, expected, "{settings:?}");
        assert_eq!(sent, passed + usize::from(change_first), "what is refused is not sent");
    }
}

static API: Api = Api { tools: &[&HEAVY, &READ], ..sample::API };

#[tokio::test]
async fn t_3c_a_tool_counts_as_many_calls_as_its_entry_says() {
    let upstream = FakeUpstream::start((0..7).map(|_| json_answer("200 OK", r#"{"id":"A"}"#))).await;
    let mut options = options(&upstream.base_url());
    options.quota = Settings { caller_per_minute: 1, burst: 7, change_weight: 99, ..Settings::default() };
    options.cache.enabled = false;
    let engine = Engine::new(&API, options).unwrap();
    for tool in [&HEAVY, &HEAVY, &READ] {
        call(&engine, tool, reading("level", "DEV")).await.unwrap();
    }
    let over = call(&engine, &READ, reading("level", "DEV")).await;
    assert!(matches!(over, Err(CallError::Limited { .. })), "3 + 3 + 1 are all of 7: {over:?}");
}

/// An engine that asks about changes and admits so many calls at once.
async fn asking(burst: usize) -> (FakeUpstream, Engine) {
    let upstream = FakeUpstream::start([json_answer("200 OK", r#"{"setId":"S"}"#)]).await;
    let mut options = options(&upstream.base_url());
    options.quota = Settings { caller_per_minute: 1, burst, ..Settings::default() };
    options.confirm.asking = Asking::Changing;
    let engine = Engine::new(&sample::API, options).unwrap();
    (upstream, engine)
}

/// Calls with what is known of a person's consent, and gives the kind of the error.
async fn with(
    engine: &Engine,
    tool: &'static Tool,
    arguments: Value,
    consent: Consent,
) -> Result<(), CallError> {
    let mut call = call_of(tool, arguments);
    call.consent = consent;
    engine.call(call).await.map(drop)
}

#[tokio::test]
async fn a_call_that_a_person_confirmed_is_charged_once() {
    let (_upstream, engine) = asking(1).await;
    let asked = with(&engine, &DEPLOY, deploying(), Consent::Possible).await;
    let Err(CallError::Unconfirmed { state, .. }) = asked else { panic!("{asked:?}") };
    let yes = Consent::Answered { state, answer: Answer::Yes };
    with(&engine, &DEPLOY, deploying(), yes.clone()).await.unwrap();
    let again = with(&engine, &DEPLOY, deploying(), yes).await;
    assert!(matches!(again, Err(CallError::Limited { .. })), "used before, so it is a call: {again:?}");
}

#[tokio::test]
async fn what_only_looks_like_a_persons_answer_is_charged() {
    let forged = Consent::Answered { state: "forged".to_owned(), answer: Answer::Yes };
    for (tool, arguments) in
        [(&DEPLOY, deploying()), (&DEPLOY, json!({ "srid": 5 })), (&READ, reading("level", "DEV"))]
    {
        let (_upstream, engine) = asking(2).await;
        let mut kinds = Vec::new();
        for _ in 0..3 {
            let outcome = with(&engine, tool, arguments.clone(), forged.clone()).await;
            kinds.push(outcome.map_or_else(|error| error.kind(), |()| "answered"));
        }
        assert!(kinds[..2].iter().all(|kind| *kind != "limited"), "{kinds:?}");
        assert_eq!(kinds[2], "limited", "{} {arguments}", tool.name);
    }
}

#[tokio::test]
async fn a_quota_that_admits_nothing_stops_the_start() {
    for (burst, change_weight) in [(0, 1), (1, 0)] {
        let mut options = options("http://127.0.0.1:9");
        options.quota = Settings { burst, change_weight, ..Settings::default() };
        assert!(Engine::new(&sample::API, options).is_err());
    }
}
