//! Calls that go to the API with each caller's own credential: who has none is refused, and nobody gets what was shown to another.

use std::sync::Arc;
use std::time::Duration;

use server::call::{Call, CallError, Caller, NoAccount, Reply};
use server::catalog::{Api, Tool};
use server::engine::Engine;
use server::generated::serde_json::{Value, json};
use server::identity::{Identity, Principal};
use server::replicas;
use server::upstream::account::own::{Entry, Key, List, Owner, Settings, Shared};
use server::upstream::account::{self};

use crate::fake_upstream::{self, FakeUpstream, answer, json as json_answer};
use crate::redis_server::RedisServer;
use crate::sample::{self, DEPLOY, OPEN, READ, call_of, deploying, options, reading};
use crate::scratch::Scratch;

static KEPT: Tool = Tool { name: "kept", cache: Some(Duration::from_secs(60)), ..READ };
static API: Api = Api { tools: &[&DEPLOY, &KEPT, &OPEN], ..sample::API };

const ISSUER: &str = "https://issuer.example";
const KEY: &str = "0123456789abcdef0123456789abcdef";

fn caller(provider: &'static str, issuer: &str, subject: &str) -> Caller {
    let (issuer, subject) = (issuer.to_owned(), subject.to_owned());
    Caller::Known(Arc::new(Principal::new(Identity { provider, issuer, subject, ..Identity::default() })))
}

fn alice() -> Caller {
    caller("jwt", ISSUER, "alice")
}

fn subject(issuer: &str, subject: &str) -> Owner {
    Owner::Subject { issuer: issuer.to_owned(), subject: subject.to_owned() }
}

fn entry(owner: Owner, scheme: &str, secret: &str) -> Entry {
    let scheme = API.security_schemes.iter().find(|known| known.name == scheme).unwrap();
    Entry::new(owner, scheme, &secret.into(), &Key::new(&KEY.into()).unwrap()).unwrap()
}

/// The credentials of Alice, of whoever has her name elsewhere, of the owner of a key, and of the local owner.
fn everybody() -> [(Caller, Owner, &'static str); 4] {
    [
        (alice(), subject(ISSUER, "alice"), "alice-secret"),
        (
            caller("jwt", "https://other.example", "alice"),
            subject("https://other.example", "alice"),
            "other-secret",
        ),
        (caller("api_key", "api_key", "alice"), Owner::ApiKeys { owner: "alice".to_owned() }, "key-secret"),
        (Caller::LocalOwner, Owner::Local, "local-secret"),
    ]
}

fn by(caller: &Caller, tool: &'static Tool, arguments: Value) -> Call {
    let mut call = call_of(tool, arguments);
    call.caller = caller.clone();
    call
}

async fn read(engine: &Engine, caller: &Caller) -> Result<Reply, CallError> {
    engine.call(by(caller, &KEPT, reading("level", "DEV"))).await
}

/// A file of credentials, and an engine that uses it before an API with these answers.
async fn with_file(
    name: &str,
    entries: impl IntoIterator<Item = Entry>,
    script: impl IntoIterator<Item = fake_upstream::Act>,
) -> (Scratch, FakeUpstream, Engine) {
    let folder = Scratch::new(name);
    let file = folder.path().join("credentials.json");
    List::change(&file, |list| {
        for entry in entries {
            list.add(entry);
        }
        Ok(())
    })
    .unwrap();
    let upstream = FakeUpstream::start(script).await;
    let mut options = options(&upstream.base_url());
    options.upstream.account = account::Settings::Own(Settings { file: Some(file), key: KEY.into() });
    let engine = Engine::new(&API, options).unwrap();
    (folder, upstream, engine)
}

fn authorizations(upstream: &FakeUpstream) -> Vec<String> {
    let of = |request: &String| {
        let line = request.lines().find_map(|line| line.strip_prefix("authorization: "));
        line.unwrap_or("none").to_owned()
    };
    upstream.requests().iter().map(of).collect()
}

#[tokio::test]
async fn t_30_each_caller_is_somebody_else_to_the_api_and_is_given_only_what_that_one_was_shown() {
    let entries = everybody().map(|(_, owner, secret)| entry(owner, "token", secret));
    let answers = (0..4).map(|number| json_answer("200 OK", &format!(r#"{{"setId":"S{number}"}}"#)));
    let (_folder, upstream, engine) = with_file("accounts-each", entries, answers).await;
    for _ in 0..2 {
        for (number, (caller, ..)) in everybody().iter().enumerate() {
            let reply = read(&engine, caller).await.unwrap();
            assert_eq!(reply.structured.as_ref().unwrap()["setId"], format!("S{number}"));
        }
    }
    assert_eq!(authorizations(&upstream), everybody().map(|(_, _, secret)| secret));
}

#[tokio::test]
async fn who_has_no_credential_is_refused_and_the_one_of_everybody_is_not_used_instead() {
    let (_folder, upstream, engine) =
        with_file("accounts-none", [entry(subject(ISSUER, "alice"), "token", "alice-secret")], []).await;
    let tools = || [(&KEPT, reading("level", "DEV")), (&DEPLOY, deploying())];
    // Somebody who names nobody can change nothing anyway.
    for (caller, tools) in [
        (caller("jwt", ISSUER, "bob"), &tools()[..]),
        (caller("jwt", ISSUER, "Alice"), &tools()),
        (Caller::Anonymous, &tools()[..1]),
    ] {
        for (tool, arguments) in tools.iter().cloned() {
            let outcome = engine.call(by(&caller, tool, arguments)).await;
            assert!(matches!(outcome, Err(CallError::NoAccount(NoAccount::Unknown))), "{outcome:?}");
        }
    }
    assert_eq!(upstream.connections(), 0);
    engine.call(by(&caller("jwt", ISSUER, "bob"), &OPEN, reading("level", "DEV"))).await.unwrap();
    assert_eq!(authorizations(&upstream), ["none"], "an operation that needs no credential");
}

#[tokio::test]
async fn a_credential_for_a_scheme_that_the_operation_does_not_take_is_none_for_it() {
    let (_folder, upstream, engine) =
        with_file("accounts-scheme", [entry(subject(ISSUER, "alice"), "cookie", "alice-cookie")], []).await;
    // The one of everybody would do, and is another one's.
    let outcome = read(&engine, &alice()).await;
    assert!(matches!(outcome, Err(CallError::NoCredential { .. })), "{outcome:?}");
    assert_eq!(upstream.connections(), 0);
}

#[tokio::test]
async fn t_51_a_callers_credential_that_the_api_repeats_goes_no_further() {
    let script = [answer(
        "400 Bad Request",
        "Content-Type: application/json\r\n",
        r#"{"message":"bad alice-secret"}"#,
    )];
    let (_folder, _upstream, engine) =
        with_file("accounts-repeat", [entry(subject(ISSUER, "alice"), "token", "alice-secret")], script)
            .await;
    let outcome = read(&engine, &alice()).await;
    let Err(CallError::Refused { message, .. }) = outcome else { panic!("{outcome:?}") };
    assert_eq!(message, "bad [withheld credential]");
}

#[tokio::test]
async fn credentials_in_redis_are_those_of_all_servers_and_work_a_while_without_it() {
    let folder = Scratch::new("accounts-redis");
    let mut redis = RedisServer::start(folder.path());
    let settings = || replicas::Settings::new(redis.url().into(), "f".repeat(32).into());
    let shared = Shared::at(settings()).unwrap();
    assert!(!shared.add(&entry(subject(ISSUER, "alice"), "token", "first-secret")).await.unwrap());
    assert!(shared.add(&entry(subject(ISSUER, "alice"), "token", "alice-secret")).await.unwrap(), "replaced");
    shared.add(&entry(subject(ISSUER, "bob"), "token", "bob-secret")).await.unwrap();
    let owners: Vec<_> =
        shared.entries().await.unwrap().iter().map(|entry| entry.owner().to_string()).collect();
    assert_eq!(owners.len(), 2, "{owners:?}");
    assert!(!redis.ask(&["--raw", "keys", "*"]).contains("alice"), "keys tell nobody's name");
    assert!(!redis.ask(&["hvals", "x"]).contains("secret"));

    let upstream = FakeUpstream::start([]).await;
    let mut options = options(&upstream.base_url());
    options.replicas = Some(settings());
    options.cache.enabled = false;
    options.upstream.account = account::Settings::Own(Settings { file: None, key: KEY.into() });
    let engine = Engine::new(&API, options).unwrap();
    read(&engine, &alice()).await.unwrap();
    let bob = caller("jwt", ISSUER, "bob");
    assert_eq!(shared.remove(&subject(ISSUER, "bob"), Some("key")).await.unwrap(), 0);
    assert_eq!(shared.remove(&subject(ISSUER, "bob"), None).await.unwrap(), 1);
    assert!(matches!(read(&engine, &bob).await, Err(CallError::NoAccount(NoAccount::Unknown))));
    redis.kill();
    read(&engine, &alice()).await.unwrap();
    let carol = caller("jwt", ISSUER, "carol");
    let outcome = read(&engine, &carol).await;
    assert!(matches!(outcome, Err(CallError::CredentialUnavailable { .. })), "{outcome:?}");
    assert_eq!(authorizations(&upstream), ["alice-secret", "alice-secret"]);
}

#[test]
fn what_cannot_be_used_stops_the_start_in_one_line_without_a_secret() {
    let folder = Scratch::new("accounts-start");
    let file = folder.path().join("credentials.json");
    let start = |key: &str| {
        let mut options = options("https://ces.example/api");
        options.upstream.account =
            account::Settings::Own(Settings { file: Some(file.clone()), key: key.into() });
        Engine::new(&API, options).map(drop).map_err(|error| error.to_string())
    };
    assert!(start(KEY).unwrap_err().starts_with("API_CREDENTIALS_FILE: "), "there is no file");
    List::change(&file, |list| Ok(list.add(entry(Owner::Local, "token", "local-secret")))).unwrap();
    assert_eq!(start(KEY), Ok(()));
    assert!(start("too short").unwrap_err().starts_with("API_CREDENTIALS_KEY"), "a short key");
    let other = start(&"f".repeat(32)).unwrap_err();
    assert!(other.starts_with("API_CREDENTIALS_KEY does not open"), "{other}");
    let text = std::fs::read_to_string(&file).unwrap();
    assert!(!text.contains("local-secret"));
    for changed in [
        text.replace(r#""kind": "local""#, r#""kind": "api_keys", "owner": "mallory""#),
        text.replace(r#""scheme": "token""#, r#""scheme": "key""#),
        text.replace(r#""version": 1"#, r#""version": 2"#),
        json!({ "canary": 1 }).to_string(),
    ] {
        assert_ne!(changed, text);
        std::fs::write(&file, &changed).unwrap();
        let line = start(KEY).unwrap_err();
        assert!(line.starts_with("API_CREDENTIALS_") && !line.contains("canary"), "{line}");
    }
}
