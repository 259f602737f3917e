//! Who may too little for a tool is told what it takes, all at once and before anything is done.

use secrecy::ExposeSecret as _;
use serde_json::{Value, json};
use server::Options;
use server::catalog::Api;
use server::generated as rt;
use server::identity::keys::Source;
use server::identity::{api_keys, jwt};
use server::journal::{self, Journal, records};
use server::scopes::{self, Hierarchy};
use server::stages::confirm::Mode;

use crate::credentials::{golden, status};
use crate::fake_upstream::{Act, json as json_answer};
use crate::http_support::{self, MEDIA_TYPES, Served};
use crate::identity_provider::{Provider, RESOURCE};
use crate::sample;
use crate::scratch::Scratch;

fn trusting(options: &mut Options, provider: &Provider) {
    let (keys, issuer) = (Source::Address(provider.jwks()), provider.address.clone());
    options.http.identity.tokens = vec![jwt::Options::new(keys, issuer, vec![RESOURCE.to_owned()])];
    options.http.identity.resource = Some(RESOURCE.to_owned());
    options.http.identity.scopes = vec!["cp:read".to_owned()];
    options.engine.confirm.mode = Mode::Off;
}

fn call(tool: &str, arguments: &Value) -> String {
    let params = json!({ "name": tool, "arguments": arguments });
    json!({ "jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params }).to_string()
}

fn deploying() -> String {
    call("deploy", &sample::deploying())
}

/// Posts this body with this credential, without what differs each time.
async fn posted(served: &Served, credential: (&str, &str), body: &str) -> String {
    let mut text = format!("POST /mcp HTTP/1.1\r\nHost: {}\r\nConnection: close\r\n", served.address);
    for (name, value) in MEDIA_TYPES.iter().chain(&[credential, ("MCP-Protocol-Version", "2025-11-25")]) {
        text.push_str(&format!("{name}: {value}\r\n"));
    }
    let answer = served.raw(format!("{text}Content-Length: {}\r\n\r\n{body}", body.len())).await;
    let differs = |line: &&str| {
        let line = line.to_ascii_lowercase();
        !line.starts_with("date:") && !line.starts_with("x-request-id:")
    };
    answer.split("\r\n").filter(differs).collect::<Vec<_>>().join("\n")
}

async fn with_scope(served: &Served, provider: &Provider, scope: &str, body: &str) -> String {
    let token = provider.token_of(&json!({ "scope": scope }));
    posted(served, ("Authorization", &format!("Bearer {token}")), body).await
}

async fn served(provider: &Provider, answers: impl IntoIterator<Item = Act>) -> Served {
    Served::start_with(answers, |options| trusting(options, provider)).await
}

#[tokio::test]
async fn t_2b_what_a_call_needs_is_told_all_at_once_and_nothing_is_sent() {
    let provider = Provider::start().await;
    let served = served(&provider, [json_answer("200 OK", r#"{"id":"A"}"#)]).await;
    let refused = with_scope(&served, &provider, "cp:read", &deploying()).await;
    golden("step-up.http", &refused);
    assert!(served.upstream.requests().is_empty());
    let stepped_up = with_scope(&served, &provider, "cp:read cp:deploy", &deploying()).await;
    assert_eq!(status(&stepped_up), 200, "{stepped_up}");
    assert_eq!(served.upstream.requests().len(), 1, "{stepped_up}");
}

#[tokio::test]
async fn t_2b_scopes_are_taken_as_they_are_written_and_wider_ones_include_narrower() {
    let provider = Provider::start().await;
    let answers = std::iter::repeat_with(|| json_answer("200 OK", r#"{"id":"A"}"#)).take(20);
    let served = served(&provider, answers).await;
    let reading = call("read", &sample::reading("level", "DEV"));
    for (claims, body, expected) in [
        (json!({ "scope": "cp:read" }), &reading, 200),
        (json!({ "scope": "\tcp:read  cp:deploy " }), &deploying(), 200),
        (json!({ "scope": null, "scp": ["cp:read", "cp:deploy"] }), &deploying(), 200),
        (json!({ "scope": "cp:deploy" }), &reading, 200),
        (json!({ "scope": "cp:admin" }), &deploying(), 200),
        (json!({ "scope": "cp:write" }), &deploying(), 403),
        (json!({ "scope": "cp:read CP:DEPLOY" }), &deploying(), 403),
        (json!({ "scope": "cp:read cp:deploy\" , error=\"x" }), &deploying(), 403),
        (json!({ "scope": "cp:read,cp:deploy" }), &reading, 403),
    ] {
        let token = format!("Bearer {}", provider.token_of(&claims));
        let answer = posted(&served, ("Authorization", &token), body).await;
        assert_eq!(status(&answer), expected, "{claims}: {answer}");
        assert!(!answer.contains("error=\"x"), "what a token says is never repeated: {answer}");
    }
}

#[tokio::test]
async fn t_2b_in_both_eras_however_the_tool_is_named() {
    let provider = Provider::start().await;
    let served = served(&provider, []).await;
    let token = format!("Bearer {}", provider.token());
    let named = |name: &str| {
        let arguments = sample::deploying();
        format!(
            r#"{{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{{"arguments":{arguments},{name}}}}}"#
        )
    };
    for name in [r#""name":"deploy""#, r#""n\u0061me":"d\u0065ploy""#, r#""_meta":{},"name" : "deploy""#] {
        let answer = posted(&served, ("Authorization", &token), &named(name)).await;
        assert_eq!(status(&answer), 403, "{name}: {answer}");
    }
    let body = http_support::modern_body(
        "tools/call",
        json!({ "name": "deploy", "arguments": sample::deploying() }),
    );
    for mirrored in ["deploy", "read"] {
        let headers = [
            ("Authorization", token.as_str()),
            ("MCP-Protocol-Version", "2026-07-28"),
            ("Mcp-Method", "tools/call"),
            ("Mcp-Name", mirrored),
        ];
        let answer = served.post(&headers, &body.to_string()).await;
        assert_eq!(answer.status, 403, "what the header says does not count: {}", answer.body);
    }
    let unknown = posted(&served, ("Authorization", &token), &call("nothing", &json!({}))).await;
    assert!(unknown.contains("Unknown tool"), "{unknown}");
    let listed = r#"{"jsonrpc":"2.0","id":1,"method":"tools/list","params":{}}"#;
    let listed = posted(&served, ("Authorization", &token), listed).await;
    assert!(listed.contains(r#""name":"deploy""#), "a client must know what to ask for: {listed}");
    assert!(served.upstream.requests().is_empty());
}

#[tokio::test]
async fn t_2b_the_refusal_is_on_the_record_with_who_it_was_and_counted() {
    let (provider, folder) = (Provider::start().await, Scratch::new("scopes"));
    let journal = Journal::open(&journal::Options::new(folder.path()), "test 1").unwrap();
    let served = Served::start_with([], |options| {
        trusting(options, &provider);
        options.engine.journal = Some(journal.clone());
    })
    .await;
    with_scope(&served, &provider, "cp:read", &deploying()).await;
    let token = format!("Bearer {}", provider.token());
    let metrics = served.request("GET /metrics", &[("Authorization", &token)], "").await.body;
    let line = "fastmcp_tool_executions_total{tool_name=\"deploy\",success=\"false\",outcome=\"insufficient_scope\"} 1";
    let is_counted = metrics.lines().any(|found| found == line);
    assert!(is_counted, "{metrics}");
    served.shutdown.cancel();
    served.task.await.unwrap().unwrap();
    journal.close();
    let records: Vec<_> = records(folder.path()).unwrap().map(Result::unwrap).collect();
    let refused = records.iter().find(|record| record.text("outcome") == "insufficient_scope").unwrap();
    assert_eq!((refused.text("kind"), refused.text("tool")), ("outcome", "deploy"));
    assert!(refused.text("caller").starts_with("jwt:alice#"), "{}", refused.text("caller"));
}

#[tokio::test]
async fn t_2b_a_key_may_what_it_was_made_for() {
    let folder = Scratch::new("scoped-keys");
    let file = folder.path().join("keys.json");
    let made = |scopes: &[&str]| {
        let key = api_keys::Key::make();
        let scopes: Vec<String> = scopes.iter().map(|&scope| scope.to_owned()).collect();
        api_keys::List::change(&file, |list| {
            list.add(&key, "pipeline", &[], &scopes, None);
            Ok(())
        })
        .unwrap();
        key.reveal().expose_secret().to_owned()
    };
    let (narrow, wide, none) = (made(&["cp:read"]), made(&["cp:deploy"]), made(&[]));
    let served = Served::start_with([json_answer("200 OK", r#"{"id":"A"}"#)], |options| {
        options.http.identity.keys = Some(api_keys::Options { file: Some(file.clone()) });
        options.engine.confirm.mode = Mode::Off;
    })
    .await;
    for (key, expected) in [(&narrow, 403), (&none, 403), (&wide, 200)] {
        let answer = posted(&served, ("X-API-Key", key), &deploying()).await;
        assert_eq!(status(&answer), expected, "{answer}");
    }
    let challenge = posted(&served, ("X-API-Key", &narrow), &deploying()).await;
    assert!(
        challenge.contains(r#"error="insufficient_scope", scope="cp:deploy", error_description"#),
        "{challenge}"
    );
}

static NARROW: rt::Tool = rt::Tool {
    name: "narrow",
    security: &[&[rt::Need { scheme: "token", scopes: &["repo"] }]],
    ..sample::READ
};
static NARROW_API: Api = Api { tools: &[&NARROW, &sample::READ], ..sample::API };

#[tokio::test]
async fn t_2b_where_scopes_come_from_is_the_deployments_choice() {
    let provider = Provider::start().await;
    for (source, needs, supported) in [
        (scopes::Source::Off, "", json!(["cp:read"])),
        (scopes::Source::Effect, "", json!(["cp:read"])),
        (scopes::Source::Document, "cp:read repo", json!(["cp:read", "repo"])),
    ] {
        let answers = [json_answer("200 OK", r#"{"id":"A"}"#)];
        let served = Served::start_api(&NARROW_API, answers, |options| {
            trusting(options, &provider);
            options.engine.scopes = scopes::Settings { source, hierarchy: Hierarchy::default() };
        })
        .await;
        let body = call("narrow", &sample::reading("level", "DEV"));
        let answer = with_scope(&served, &provider, "cp:read", &body).await;
        assert_eq!(status(&answer), if needs.is_empty() { 200 } else { 403 }, "{source:?}: {answer}");
        assert!(needs.is_empty() || answer.contains(&format!("scope=\"{needs}\"")), "{answer}");
        let metadata = served.request("GET /.well-known/oauth-protected-resource", &[], "").await.json();
        assert_eq!(metadata["scopes_supported"], supported, "{source:?}");
    }
}

#[tokio::test]
async fn t_2b_where_nobody_is_asked_nobody_lacks_anything() {
    let served = Served::start_with([json_answer("200 OK", r#"{"id":"A"}"#)], |options| {
        options.engine.confirm.mode = Mode::Off;
    })
    .await;
    assert_eq!(status(&posted(&served, ("X-Nothing", "x"), &deploying()).await), 200);
}
