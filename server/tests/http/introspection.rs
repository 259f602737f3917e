//! Tokens that say nothing themselves: their issuer is asked, once for all, and that it cannot be asked is no bad token.

use std::time::Duration;

use serde_json::{Value, json};
use server::Options;
use server::identity::keys::Source;
use server::identity::{introspection, jwt};

use crate::credentials::{golden, posted, status, with_token};
use crate::http_support::Served;
use crate::identity_provider::{Provider, RESOURCE, now};

/// Asks this provider about tokens.
fn asking(options: &mut Options, provider: &Provider) {
    let client = ("mcp server", "s3cr:et".into());
    let asked = introspection::Options::new(
        format!("{}/introspect", provider.address),
        client,
        provider.address.clone(),
        vec![RESOURCE.to_owned()],
    );
    options.http.identity.introspection = Some(asked);
    options.http.identity.resource = Some(RESOURCE.to_owned());
    options.http.identity.scopes = vec!["cp:read".to_owned()];
}

async fn served(provider: &Provider) -> Served {
    Served::start_with([], |options| asking(options, provider)).await
}

/// A good answer with members changed; null takes one away.
fn answer(provider: &Provider, changed: &Value) -> String {
    let mut answer = json!({
        "active": true, "iss": provider.address, "aud": RESOURCE, "sub": "alice", "client_id": "editor",
        "scope": "cp:read", "token_type": "Bearer", "exp": now() + 600,
    });
    for (name, value) in changed.as_object().unwrap() {
        match value {
            Value::Null => answer.as_object_mut().unwrap().remove(name),
            value => answer.as_object_mut().unwrap().insert(name.clone(), value.clone()),
        };
    }
    answer.to_string()
}

async fn vouching() -> Provider {
    let provider = Provider::start().await;
    provider.say("200 OK", &answer(&provider, &json!({})));
    provider
}

#[tokio::test]
async fn t_2a_a_good_token_is_let_in_and_asked_about_once() {
    let provider = vouching().await;
    let served = served(&provider).await;
    for _ in 0..3 {
        assert_eq!(status(&with_token(&served, "opaque+/token==").await), 200);
    }
    let [request] = &provider.requests()[..] else { panic!("one question: {:?}", provider.requests()) };
    let authority = provider.address.strip_prefix("http://").unwrap();
    let differs = |line: &&str| !line.to_ascii_lowercase().starts_with("user-agent:");
    let request = request.replace(authority, "login.example.com");
    golden("introspection.http", &request.split("\r\n").filter(differs).collect::<Vec<_>>().join("\n"));
    assert_eq!(status(&with_token(&served, "another").await), 200);
    assert_eq!(provider.asked(), 2, "another token is another question");
    let metadata = posted(&served, "GET /.well-known/oauth-protected-resource", &[]).await;
    assert!(
        metadata.contains(&format!("\"authorization_servers\":[\"{}\"]", provider.address)),
        "{metadata}"
    );
}

#[tokio::test]
async fn t_2a_t_21_whatever_is_wrong_with_a_token_is_answered_alike() {
    let provider = vouching().await;
    let served = served(&provider).await;
    provider.say("200 OK", r#"{"active":false}"#);
    let alike = with_token(&served, "x").await;
    assert_eq!(status(&alike), 401);
    for changed in [
        json!({ "active": "true" }),
        json!({ "active": 1 }),
        json!({ "active": null, "Active": true, "active ": true }),
        json!({ "iss": "https://login.example.com" }),
        json!({ "aud": null }),
        json!({ "aud": "https://other.example.com/mcp" }),
        json!({ "exp": now() - 60 }),
        json!({ "nbf": now() + 600 }),
        json!({ "sub": "" }),
        json!({ "token_type": "DPoP" }),
    ] {
        let is_answer = changed.get("active") != Some(&Value::Null);
        provider.say("200 OK", &answer(&provider, &changed));
        let found = with_token(&served, "x").await;
        if is_answer {
            assert_eq!(found, alike, "{changed}");
        } else {
            assert_eq!(status(&found), 503, "{changed}: it says nothing of the token");
        }
    }
    provider.say("200 OK", &answer(&provider, &json!({ "scope": "other" })));
    assert_eq!(status(&with_token(&served, "x").await), 403, "good, and not enough");
}

#[tokio::test]
async fn t_2a_an_issuer_that_cannot_be_asked_is_an_outage_and_never_a_bad_token() {
    let provider = vouching().await;
    let served = served(&provider).await;
    let good = answer(&provider, &json!({}));
    let of_length = |length: usize| format!("{good}{}", " ".repeat(length - good.len()));
    for (status_line, body) in [
        ("500 Internal Server Error", good.clone()),
        ("401 Unauthorized", r#"{"error":"invalid_client"}"#.to_owned()),
        ("429 Too Many Requests", good.clone()),
        // The answer would be good; that it is elsewhere is not followed, and no other status than 200 is one.
        ("302 Found", good.clone()),
        ("307 Temporary Redirect", good.clone()),
        ("203 Non-Authoritative Information", good.clone()),
        ("200 OK", "<html>".to_owned()),
        ("200 OK", "[true]".to_owned()),
        ("200 OK", of_length(16 * 1024 + 1)),
    ] {
        provider.say(status_line, &body);
        let asked = provider.asked();
        let found = with_token(&served, "x").await.to_ascii_lowercase();
        assert_eq!(status(&found), 503, "{status_line} {body}");
        assert!(found.contains("\nretry-after: 5\n") && !found.contains("www-authenticate"), "{found}");
        assert_eq!(provider.asked(), asked + 1, "{status_line}: asked once, and nobody else");
    }
    provider.say("200 OK", &of_length(16 * 1024));
    assert_eq!(status(&with_token(&served, "x").await), 200, "it is back at once");
    drop(provider);
    assert_eq!(status(&with_token(&served, "y").await), 503, "nobody listens there any more");
    assert_eq!(status(&with_token(&served, "x").await), 200, "remembered");
}

#[tokio::test]
async fn t_2a_fifty_who_show_one_token_together_are_one_question() {
    let provider = vouching().await;
    let served = served(&provider).await;
    let answers = futures_util::future::join_all((0..50).map(|_| with_token(&served, "shared"))).await;
    assert!(answers.iter().all(|answer| status(answer) == 200));
    assert_eq!(provider.asked(), 1);
}

#[tokio::test]
async fn t_2a_a_token_that_was_withdrawn_is_heard_of_when_its_memory_ends() {
    let provider = vouching().await;
    let forgetful = Served::start_with([], |options| {
        asking(options, &provider);
        options.http.identity.introspection.as_mut().unwrap().memory = Duration::ZERO;
    })
    .await;
    let remembering = served(&provider).await;
    for served in [&forgetful, &remembering] {
        assert_eq!(status(&with_token(served, "x").await), 200);
    }
    provider.say("200 OK", r#"{"active":false}"#);
    assert_eq!(status(&with_token(&forgetful, "x").await), 401);
    assert_eq!(status(&with_token(&remembering, "x").await), 200, "within the minute");
    // A bad token is not remembered: one that is shown too early is good a moment later.
    provider.say("200 OK", &answer(&provider, &json!({})));
    assert_eq!(status(&with_token(&forgetful, "x").await), 200);
}

#[tokio::test]
async fn a_token_is_judged_by_its_issuer_and_asked_about_where_it_names_none_that_is_known() {
    let (signing, asked) = (Provider::start().await, vouching().await);
    let served = Served::start_with([], |options| {
        asking(options, &asked);
        options.http.identity.tokens = vec![jwt::Options::new(
            Source::Address(signing.jwks()),
            signing.address.clone(),
            vec![RESOURCE.to_owned()],
        )];
    })
    .await;
    assert_eq!(status(&with_token(&served, &signing.token()).await), 200);
    let expired = signing.token_of(&json!({ "exp": now() - 60 }));
    assert_eq!(status(&with_token(&served, &expired).await), 401);
    assert_eq!(asked.asked(), 0, "what its issuer has judged is asked of nobody");
    for token in ["opaque".to_owned(), signing.token_of(&json!({ "iss": "https://elsewhere.example.com" }))] {
        assert_eq!(status(&with_token(&served, &token).await), 200, "{token}");
    }
    assert_eq!(asked.asked(), 2);
}

#[tokio::test]
async fn t_55_questions_are_counted_by_what_was_answered() {
    let provider = vouching().await;
    let served = served(&provider).await;
    for token in ["a", "b", "a"] {
        assert_eq!(status(&with_token(&served, token).await), 200);
    }
    provider.say("200 OK", r#"{"active":false}"#);
    assert_eq!(status(&with_token(&served, "c").await), 401);
    provider.say("500 Internal Server Error", "");
    assert_eq!(status(&with_token(&served, "d").await), 503);
    // The first is remembered.
    let metrics = posted(&served, "GET /metrics", &[("Authorization", "Bearer a")]).await;
    for (result, count) in [("good", 2), ("bad", 1), ("unavailable", 1), ("busy", 0)] {
        let line = format!("mcp_auth_introspections_total{{result=\"{result}\"}} {count}");
        assert!(metrics.lines().any(|found| found == line), "{line}: {metrics}");
    }
}
