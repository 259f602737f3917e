//! Calls that go to the API with a token that is got for them: for the caller's own token, or for this program. What a caller
//! shows goes to the one token endpoint and nowhere else.

use std::sync::Arc;
use std::time::Duration;

use server::call::{Call, CallError, Caller, NoAccount, Reply};
use server::catalog::{Api, Effect, Tool};
use server::engine::Engine;
use server::generated::serde_json::{Value, json};
use server::identity::{Identity, Principal};
use server::upstream::account::{self, token};

use crate::fake_upstream::{Act, FakeUpstream, answer, json as json_answer};
use crate::sample::{self, DEPLOY, READ, call_of, deploying, options, reading};

/// What a caller shows. No byte of it may come to the API.
const SHOWN: &str = "canary-token-of-the-client";

static KEPT: Tool = Tool { name: "kept", cache: Some(Duration::from_secs(60)), ..READ };
static API: Api = Api { tools: &[&DEPLOY, &KEPT, &READ], ..sample::API };

const ISSUER: &str = "https://issuer.example";

fn caller(subject: &str, token: Option<&str>) -> Caller {
    of(ISSUER, subject, token)
}

fn of(issuer: &str, subject: &str, token: Option<&str>) -> Caller {
    let (issuer, subject) = (issuer.to_owned(), subject.to_owned());
    let principal = Principal::new(Identity { provider: "jwt", issuer, subject, ..Identity::default() });
    Caller::Known(Arc::new(match token {
        Some(token) => principal.with_token(token.into()),
        None => principal,
    }))
}

fn alice() -> Caller {
    caller("alice", Some(SHOWN))
}

fn by(caller: &Caller, tool: &'static Tool, arguments: Value) -> Call {
    let mut call = call_of(tool, arguments);
    call.caller = caller.clone();
    call
}

/// An answer of the endpoint with this token.
fn token(token: &str, seconds: u64) -> Act {
    let body = json!({
        "access_token": token, "token_type": "Bearer", "expires_in": seconds,
        "issued_token_type": "urn:ietf:params:oauth:token-type:access_token",
    });
    json_answer("200 OK", &body.to_string())
}

/// An API, an endpoint, and an engine between them.
struct Scene {
    endpoint: FakeUpstream,
    upstream: FakeUpstream,
    engine: Engine,
}

impl Scene {
    async fn new(
        tokens: impl IntoIterator<Item = Act>,
        answers: impl IntoIterator<Item = Act>,
        is_exchange: bool,
        issuers: &[&str],
    ) -> Self {
        let (endpoint, upstream) = (FakeUpstream::start(tokens).await, FakeUpstream::start(answers).await);
        let mut options = options(&upstream.base_url());
        options.upstream.credentials.clear();
        options.upstream.authorization_word = Some("Bearer".to_owned());
        let settings = token::Settings {
            endpoint: format!("{}/token", endpoint.base_url()),
            client_id: "mcp:server".to_owned(),
            client_secret: "client secret".into(),
            scheme: "token".to_owned(),
            audience: Some("ces".to_owned()),
            resource: None,
            scopes: vec!["read".to_owned(), "deploy".to_owned()],
            issuers: issuers.iter().map(|&issuer| issuer.to_owned()).collect(),
        };
        options.upstream.account = if is_exchange {
            account::Settings::Exchanged(settings)
        } else {
            account::Settings::Client(settings)
        };
        Self { engine: Engine::new(&API, options).unwrap(), endpoint, upstream }
    }

    async fn exchanging(
        tokens: impl IntoIterator<Item = Act>,
        answers: impl IntoIterator<Item = Act>,
    ) -> Self {
        Self::new(tokens, answers, true, &[ISSUER]).await
    }

    async fn read(&self, caller: &Caller) -> Result<Reply, CallError> {
        self.engine.call(by(caller, &READ, reading("level", "DEV"))).await
    }

    fn authorizations(&self) -> Vec<String> {
        let of = |request: &String| {
            let line = request.lines().find_map(|line| line.strip_prefix("authorization: "));
            line.unwrap_or("none").to_owned()
        };
        self.upstream.requests().iter().map(of).collect()
    }
}

#[tokio::test]
async fn t_26_what_a_client_shows_goes_to_the_token_endpoint_and_never_to_the_api() {
    let scene = Scene::exchanging([token("exchanged", 300)], []).await;
    scene.read(&alice()).await.unwrap();
    scene.engine.call(by(&alice(), &DEPLOY, deploying())).await.unwrap_err();
    assert_eq!(scene.authorizations(), ["Bearer exchanged", "Bearer exchanged"]);
    assert!(scene.upstream.requests().iter().all(|request| !request.contains("canary")));
    let [asked] = &scene.endpoint.requests()[..] else { panic!("asked once") };
    assert!(asked.starts_with("POST /api/v1/token HTTP/1.1\r\n"), "{asked}");
    // RFC 6749, section 2.3.1: `mcp%3Aserver:client%20secret`.
    assert!(asked.contains("authorization: Basic bWNwJTNBc2VydmVyOmNsaWVudCUyMHNlY3JldA==\r\n"), "{asked}");
    let form = asked.split("\r\n\r\n").nth(1).unwrap();
    assert_eq!(
        form,
        "grant_type=urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Atoken-exchange&subject_token=canary-token-of-the-client\
         &subject_token_type=urn%3Aietf%3Aparams%3Aoauth%3Atoken-type%3Aaccess_token\
         &requested_token_type=urn%3Aietf%3Aparams%3Aoauth%3Atoken-type%3Aaccess_token&audience=ces&scope=read%20deploy"
    );
}

#[tokio::test]
async fn t_26_a_token_of_another_issuer_is_not_shown_to_the_endpoint() {
    let same_host = "http://127.0.0.1:9/realm";
    for (issuers, issuer, is_exchanged) in [
        (&[ISSUER][..], ISSUER, true),
        (&[ISSUER], "https://issuer.example/", false),
        (&[ISSUER], same_host, false),
        (&[], same_host, true),
        (&[], ISSUER, false),
        (&[], "127.0.0.1", false),
        (&[], "", false),
    ] {
        let scene = Scene::new([token("exchanged", 300)], [], true, issuers).await;
        let outcome = scene.read(&of(issuer, "alice", Some(SHOWN))).await;
        assert_eq!(outcome.is_ok(), is_exchanged, "{issuers:?} {issuer}: {outcome:?}");
        let count = usize::from(is_exchanged);
        assert_eq!((scene.endpoint.connections(), scene.upstream.connections()), (count, count), "{issuer}");
    }
}

#[tokio::test]
async fn t_26_a_token_that_comes_back_as_it_went_is_not_used() {
    let scene = Scene::exchanging([token(SHOWN, 300)], []).await;
    let outcome = scene.read(&alice()).await;
    assert!(matches!(outcome, Err(CallError::CredentialUnavailable { .. })), "{outcome:?}");
    assert!(!format!("{outcome:?}").contains(SHOWN));
    assert_eq!(scene.upstream.connections(), 0);
}

#[tokio::test]
async fn all_who_need_the_same_token_at_the_same_time_wait_for_one() {
    let scene = Scene::exchanging([token("exchanged", 300)], []).await;
    let alice = alice();
    let calls = (0..20).map(|_| scene.read(&alice));
    for outcome in futures_util::future::join_all(calls).await {
        outcome.unwrap();
    }
    assert_eq!((scene.endpoint.requests().len(), scene.upstream.requests().len()), (1, 20));
}

#[tokio::test]
async fn each_token_is_exchanged_for_itself_and_a_token_that_is_over_is_got_again() {
    let tokens = [token("first", 300), token("second", 0), token("third", 0)];
    let scene = Scene::exchanging(tokens, []).await;
    let other = caller("alice", Some("another token of hers"));
    for caller in [&alice(), &alice(), &other, &other] {
        scene.read(caller).await.unwrap();
    }
    assert_eq!(scene.authorizations(), ["Bearer first", "Bearer first", "Bearer second", "Bearer third"]);
}

#[tokio::test]
async fn t_30_what_the_api_showed_for_one_token_is_not_given_for_another() {
    let answers = (0..2).map(|number| json_answer("200 OK", &format!(r#"{{"setId":"S{number}"}}"#)));
    let scene = Scene::exchanging([token("strong", 300), token("weak", 300)], answers).await;
    let weak = caller("alice", Some("a token for less"));
    for (caller, expected) in [(&alice(), "S0"), (&weak, "S1"), (&alice(), "S0"), (&weak, "S1")] {
        let reply = scene.engine.call(by(caller, &KEPT, reading("level", "DEV"))).await.unwrap();
        assert_eq!(reply.structured.as_ref().unwrap()["setId"], expected);
    }
    assert_eq!(scene.authorizations(), ["Bearer strong", "Bearer weak"]);
}

#[tokio::test]
async fn an_endpoint_in_trouble_is_left_alone_and_nothing_is_sent() {
    for (number, trouble) in [
        json_answer("503 Service Unavailable", "{}"),
        json_answer("500 Internal Server Error", r#"{"error":"server_error"}"#),
        json_answer("401 Unauthorized", r#"{"error":"invalid_client"}"#),
        json_answer("302 Found", "{}"),
        answer("307 Temporary Redirect", "Location: http://127.0.0.1:9/\r\n", ""),
        Act::Reset,
    ]
    .into_iter()
    .enumerate()
    {
        let scene = Scene::exchanging([trouble], []).await;
        for _ in 0..3 {
            let outcome = scene.read(&alice()).await;
            assert!(matches!(outcome, Err(CallError::CredentialUnavailable { .. })), "{number}: {outcome:?}");
        }
        assert_eq!((scene.endpoint.requests().len(), scene.upstream.connections()), (1, 0), "{number}");
    }
}

#[tokio::test]
async fn what_is_no_token_that_can_be_sent_is_none() {
    let body = |changed: Value| {
        let mut body = json!({ "access_token": "t", "token_type": "Bearer", "expires_in": 300 });
        body.as_object_mut().unwrap().extend(changed.as_object().unwrap().clone());
        body.to_string()
    };
    let padded = |length: usize| {
        let rest = body(json!({ "x": "" })).len();
        body(json!({ "x": "a".repeat(length - rest) }))
    };
    let dpop = body(json!({ "token_type": "DPoP" }));
    let refresh = body(json!({ "issued_token_type": "urn:ietf:params:oauth:token-type:refresh_token" }));
    let split = body(json!({ "access_token": "a\r\nX: b" }));
    let (empty, html) = (body(json!({ "access_token": "" })), "<html>".to_owned());
    for (body, is_good) in [
        (body(json!({})), true),
        (body(json!({ "token_type": "bearer", "expires_in": null })), true),
        (padded(64 * 1024), true),
        (padded(64 * 1024 + 1), false),
        (dpop, false),
        (refresh, false),
        (split, false),
        (empty, false),
        (html, false),
    ] {
        let scene = Scene::exchanging([json_answer("200 OK", &body)], []).await;
        let outcome = scene.read(&alice()).await;
        let shown: String = body.chars().take(120).collect();
        assert_eq!(outcome.is_ok(), is_good, "{shown}: {outcome:?}");
        assert_eq!(scene.upstream.requests().len(), usize::from(is_good), "{shown}");
    }
}

#[tokio::test]
async fn who_gets_no_token_is_told_so_and_others_are_not_held_up() {
    let refusal = json_answer("400 Bad Request", r#"{"error":"invalid_grant","error_description":"canary"}"#);
    let scene = Scene::exchanging([refusal, token("exchanged", 300)], []).await;
    for _ in 0..3 {
        let outcome = scene.read(&alice()).await;
        assert!(matches!(outcome, Err(CallError::NoAccount(NoAccount::NotExchanged))), "{outcome:?}");
    }
    assert_eq!(scene.endpoint.requests().len(), 1, "asked once");
    scene.read(&caller("bob", Some("the token of Bob"))).await.unwrap();
    for without in [caller("carol", None), Caller::LocalOwner, Caller::Anonymous] {
        let outcome = scene.read(&without).await;
        assert!(matches!(outcome, Err(CallError::NoAccount(NoAccount::NoToken))), "{outcome:?}");
    }
    assert_eq!(scene.authorizations(), ["Bearer exchanged"]);
}

#[tokio::test]
async fn a_token_that_the_api_does_not_take_is_got_anew_once_for_a_read() {
    let no = || json_answer("401 Unauthorized", "{}");
    let scene = Scene::exchanging(
        [token("withdrawn", 300), token("fresh", 300)],
        [no(), json_answer("200 OK", "{}"), no()],
    )
    .await;
    scene.read(&alice()).await.unwrap();
    assert_eq!(scene.authorizations(), ["Bearer withdrawn", "Bearer fresh"]);
    let outcome = scene.read(&alice()).await;
    assert!(matches!(outcome, Err(CallError::Refused { status: 401, .. })), "{outcome:?}");
    assert_eq!((scene.endpoint.requests().len(), scene.upstream.requests().len()), (2, 3), "once in a while");
}

#[tokio::test]
async fn t35_a_change_that_the_api_answers_401_is_not_made_again() {
    let scene = Scene::exchanging(
        [token("withdrawn", 300), token("fresh", 300)],
        [json_answer("401 Unauthorized", "{}"), json_answer("200 OK", "{}")],
    )
    .await;
    assert_eq!(DEPLOY.effect, Effect::Write);
    let outcome = scene.engine.call(by(&alice(), &DEPLOY, deploying())).await;
    assert!(matches!(outcome, Err(CallError::Refused { status: 401, .. })), "{outcome:?}");
    assert_eq!(scene.authorizations(), ["Bearer withdrawn"]);
    scene.read(&alice()).await.unwrap();
    assert_eq!(scene.authorizations(), ["Bearer withdrawn", "Bearer fresh"], "the next call has a new one");
}

#[tokio::test]
async fn a_token_for_this_program_is_the_same_for_everybody() {
    let scene = Scene::new([token("of the program", 300)], [], false, &[]).await;
    let unusable = scene.read(&alice()).await;
    assert!(matches!(unusable, Err(CallError::CredentialUnavailable { .. })), "a token has no blanks");
    let scene = Scene::new([token("of-the-program", 300)], [], false, &[]).await;
    for caller in [alice(), caller("bob", None), Caller::LocalOwner] {
        scene.read(&caller).await.unwrap();
    }
    assert_eq!(scene.authorizations(), ["Bearer of-the-program"; 3]);
    let [asked] = &scene.endpoint.requests()[..] else { panic!("asked once") };
    let form = asked.split("\r\n\r\n").nth(1).unwrap();
    assert_eq!(form, "grant_type=client_credentials&audience=ces&scope=read%20deploy");
}

#[tokio::test]
async fn t_51_a_token_that_the_api_repeats_goes_no_further() {
    let repeated = json_answer("400 Bad Request", r#"{"message":"bad exchanged-canary"}"#);
    let scene = Scene::exchanging([token("exchanged-canary", 300)], [repeated]).await;
    let outcome = scene.read(&alice()).await;
    assert!(!format!("{outcome:?}").contains("exchanged-canary"), "{outcome:?}");
    assert!(!format!("{:?}", alice()).contains(SHOWN));
}

#[tokio::test]
async fn t_55_requests_for_tokens_are_counted_by_what_was_given() {
    let refusal = json_answer("400 Bad Request", r#"{"error":"invalid_grant"}"#);
    let away = json_answer("500 Internal Server Error", "{}");
    let scene =
        Scene::exchanging([token("exchanged", 300), refusal, away], [json_answer("200 OK", "{}")]).await;
    for (subject, shown) in [("alice", SHOWN), ("alice", SHOWN), ("bob", "token-b"), ("carol", "token-c")] {
        let _ = scene.read(&caller(subject, Some(shown))).await;
    }
    let metrics = scene.engine.metrics();
    for (result, count) in [("granted", 1), ("refused", 1), ("unavailable", 1)] {
        let line = format!("mcp_account_tokens_total{{result=\"{result}\"}} {count}");
        assert!(metrics.lines().any(|found| found == line), "{line}: {metrics}");
    }
}
