//! The tools about the server and whoever calls it.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod credentials;
mod fake_upstream;
mod http_support;
mod identity_provider;
mod sample;
mod scratch;

use http_support::{Answer, Served};
use identity_provider::{Provider, RESOURCE, now};
use scratch::Scratch;
use serde_json::{Value, json};
use server::Options;
use server::identity::jwt;
use server::identity::keys::Source;
use server::journal::{self, Journal};

const ALL: [&str; 4] = ["echo", "health_check", "ping", "whoami"];

fn trusting(options: &mut Options, provider: &Provider) {
    let (keys, issuer) = (Source::Address(provider.jwks()), provider.address.clone());
    options.http.identity.tokens = vec![jwt::Options::new(keys, issuer, vec![RESOURCE.to_owned()])];
    options.http.identity.resource = Some(RESOURCE.to_owned());
    options.engine.about = true;
}

async fn call(served: &Served, token: &str, tool: &str, arguments: Value) -> Answer {
    let params = json!({ "name": tool, "arguments": arguments });
    let body = json!({ "jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params });
    let authorization = format!("Bearer {token}");
    let headers = [("Authorization", authorization.as_str()), ("MCP-Protocol-Version", "2025-11-25")];
    served.post(&headers, &body.to_string()).await
}

async fn answered(served: &Served, token: &str, tool: &str, arguments: Value) -> Value {
    let answer = call(served, token, tool, arguments).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    answer.result()["structuredContent"].clone()
}

#[tokio::test]
async fn a_caller_is_told_who_it_is_and_what_it_may_do() {
    let provider = Provider::start().await;
    let served = Served::start_with([], |options| trusting(options, &provider)).await;
    let token = provider.token_of(&json!({
        "exp": now() + 600, "scope": "cp:read", "client_id": "editor", "name": "Alice", "roles": ["developer"],
        "groups": ["payroll"], "tenant": "acme",
    }));
    let mut who = answered(&served, &token, "whoami", json!({})).await;
    let expires = who["expires"].take();
    assert!(is_time(expires.as_str().unwrap()), "{expires}");
    let caller = who["caller"].take();
    assert!(caller.as_str().unwrap().starts_with("jwt:alice#"), "{caller}");
    assert_eq!(
        who,
        json!({
            "caller": null, "provider": "jwt", "issuer": provider.address, "subject": "alice", "client": "editor",
            "name": "Alice", "tenant": "acme", "roles": ["developer"], "groups": ["payroll"], "scopes": ["cp:read"],
            "expires": null,
            "mayCall": {
                "read": [
                    "echo", "elsewhere", "get_rest_of_answer", "health_check", "open", "ping", "read", "text", "whoami"
                ],
                "write": [], "destroy": [],
            },
        })
    );
    let wide = provider.token_of(&json!({ "scope": "cp:deploy" }));
    let who = answered(&served, &wide, "whoami", json!({})).await;
    assert_eq!(who["mayCall"]["write"], json!(["deploy", "silent"]));
    assert!(served.upstream.requests().is_empty());
}

/// As RFC 3339 has a time in seconds.
fn is_time(text: &str) -> bool {
    text.len() == 20 && text.ends_with('Z') && text.as_bytes()[10] == b'T'
}

#[tokio::test]
async fn t_2b_each_has_its_scope() {
    let provider = Provider::start().await;
    let served = Served::start_with([], |options| trusting(options, &provider)).await;
    let token = provider.token_of(&json!({ "scope": "" }));
    for (tool, arguments, expected) in [
        ("whoami", json!({}), 200),
        ("ping", json!({}), 200),
        ("echo", json!({ "message": "x" }), 200),
        ("health_check", json!({}), 403),
    ] {
        assert_eq!(call(&served, &token, tool, arguments).await.status, expected, "{tool}");
    }
    assert_eq!(answered(&served, &provider.token(), "ping", json!({})).await["pong"], true);
    assert_eq!(
        answered(&served, &provider.token(), "echo", json!({ "message": "Grüße" })).await,
        json!({ "message": "Grüße" })
    );
    let most = |length: usize| json!({ "message": "x".repeat(length) });
    let within = call(&served, &provider.token(), "echo", most(4096)).await.result();
    let beyond = call(&served, &provider.token(), "echo", most(4097)).await.result();
    assert_eq!((&within["isError"], &beyond["isError"]), (&json!(false), &json!(true)));
}

#[tokio::test]
async fn t_2b_whoever_is_known_without_a_role_sees_and_calls_what_is_about_oneself_and_nothing_else() {
    let provider = Provider::start().await;
    let served = Served::start_with([], |options| {
        trusting(options, &provider);
        // As a program has it that brings no rules of its own.
        options.engine.policy = server::policy::Settings::default();
    })
    .await;
    let token = provider.token_of(&json!({ "roles": null, "scope": "cp:admin" }));
    let who = answered(&served, &token, "whoami", json!({})).await;
    assert_eq!(who["mayCall"], json!({ "read": ["echo", "ping", "whoami"], "write": [], "destroy": [] }));
    assert_eq!(answered(&served, &token, "ping", json!({})).await["pong"], true);
    assert_eq!(answered(&served, &token, "echo", json!({ "message": "x" })).await["message"], "x");
    for (tool, arguments) in [("health_check", json!({})), ("read", sample::reading("level", "DEV"))] {
        assert_eq!(call(&served, &token, tool, arguments).await.error(), (200, -32602), "{tool}");
    }
    assert!(served.upstream.requests().is_empty());
}

#[tokio::test]
async fn the_servers_health_is_what_it_knows_without_asking() {
    let (provider, folder) = (Provider::start().await, Scratch::new("about"));
    let journal = Journal::open(&journal::Options::new(folder.path()), "test 1").unwrap();
    let with = Served::start_with([], |options| {
        trusting(options, &provider);
        options.engine.journal = Some(journal.clone());
    })
    .await;
    let without = Served::start_with([], |options| trusting(options, &provider)).await;
    for (served, state) in [(&with, "ok"), (&without, "off")] {
        let health = answered(served, &provider.token(), "health_check", json!({})).await;
        assert_eq!(
            health,
            json!({
                "status": "ok", "contract": "sha256:0", "journal": state,
                "api": { "title": "Sample", "version": "1", "breaker": "closed" },
            })
        );
        assert!(served.upstream.requests().is_empty());
    }
}

#[tokio::test]
async fn the_owner_of_the_machine_may_all_and_whoever_does_not_want_them_has_none() {
    let served = Served::start_with([], |options| options.engine.about = true).await;
    let who = served.call("whoami", json!({})).await.result()["structuredContent"].clone();
    assert_eq!((&who["caller"], &who["provider"]), (&json!("local_owner"), &json!("none")));
    assert_eq!(who["mayCall"]["write"], json!(["deploy", "silent"]));
    assert_eq!((who.get("subject"), who.get("expires")), (None, None));
    let listed = |list: Value| -> Vec<String> {
        let tools = list["tools"].as_array().unwrap().iter();
        tools.map(|tool| tool["name"].as_str().unwrap().to_owned()).collect()
    };
    let names = listed(served.modern("tools/list", None, json!({})).await.result());
    assert!(ALL.iter().all(|name| names.iter().any(|listed| listed == name)), "{names:?}");
    let without = Served::start([]).await;
    let names = listed(without.modern("tools/list", None, json!({})).await.result());
    assert!(!ALL.iter().any(|name| names.iter().any(|listed| listed == name)), "{names:?}");
}

#[tokio::test]
async fn all_hints_are_stated_and_what_is_advertised_is_what_is_answered() {
    let served = Served::start_with([], |options| options.engine.about = true).await;
    let list = served.modern("tools/list", None, json!({})).await.result();
    for tool in list["tools"].as_array().unwrap() {
        let name = tool["name"].as_str().unwrap();
        if !ALL.contains(&name) {
            continue;
        }
        assert_eq!(
            tool["annotations"],
            json!({ "readOnlyHint": true, "destructiveHint": false, "idempotentHint": true, "openWorldHint": false })
        );
        assert_eq!(tool["inputSchema"]["additionalProperties"], false, "{name}");
        let arguments = if name == "echo" { json!({ "message": "x" }) } else { json!({}) };
        let answer = served.call(name, arguments).await.result()["structuredContent"].clone();
        assert!(jsonschema::is_valid(&tool["outputSchema"], &answer), "{name}: {answer}");
    }
}
