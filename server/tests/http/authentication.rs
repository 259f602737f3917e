//! Only those who may are let in: every bad credential is answered alike, byte by byte, and as the standards have it.

use std::time::Duration;

use secrecy::ExposeSecret as _;
use serde_json::json;
use server::Options;
use server::identity::api_keys;
use server::identity::jwt;
use server::identity::keys::{Algorithm, Source};
use server::journal::{self, Journal, records};

use crate::bad_tokens::{Bad, bad_tokens};
use crate::credentials::{PING, golden, posted, status, with_token};
use crate::fake_upstream::{self, json as json_answer};
use crate::http_support::{self, Served};
use crate::identity_provider::{Provider, RESOURCE, RSA, Signer, now};
use crate::sample;
use crate::scratch::Scratch;

/// Takes tokens of this provider.
fn trusting(options: &mut Options, provider: &Provider) {
    let tokens = jwt::Options::new(
        Source::Address(provider.jwks()),
        provider.address.clone(),
        vec![RESOURCE.to_owned()],
    );
    options.http.identity.tokens = vec![tokens];
    options.http.identity.resource = Some(RESOURCE.to_owned());
    options.http.identity.authorization_servers = vec!["https://auth.example.com".to_owned()];
    options.http.identity.scopes = vec!["cp:read".to_owned()];
    options.mcp.title = Some("BMC AMI DevX Code Pipeline MCP Server".to_owned());
}

async fn served(provider: &Provider) -> Served {
    Served::start_with([], |options| trusting(options, provider)).await
}

#[tokio::test]
async fn a_good_token_is_let_in_and_nothing_of_it_goes_further() {
    let provider = Provider::start().await;
    let answers = [json_answer("200 OK", r#"{"id":"A"}"#)];
    let served = Served::start_with(answers, |options| trusting(options, &provider)).await;
    let token = provider.token();
    assert_eq!(status(&with_token(&served, &token).await), 200);
    let read = json!({
        "jsonrpc": "2.0", "id": 1, "method": "tools/call",
        "params": { "name": "read", "arguments": sample::reading("level", "DEV") },
    });
    let authorization = format!("Bearer {token}");
    let headers = [("Authorization", authorization.as_str()), ("MCP-Protocol-Version", "2025-06-18")];
    let answer = served.post(&headers, &read.to_string()).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    let sent = served.upstream.requests();
    assert_eq!(sent.len(), 1, "{}", answer.body);
    // T-26: neither the token nor a part of it reaches the API.
    assert!(token.split('.').all(|part| !sent[0].contains(part)), "{}", sent[0]);
    assert_eq!(provider.asked(), 1, "the keys are fetched once");
}

#[tokio::test]
async fn the_forms_of_all_answers_are_those_of_the_standards() {
    let provider = Provider::start().await;
    let served = served(&provider).await;
    let mut forms = String::new();
    let expired = provider.token_of(&json!({ "exp": now() - 60 }));
    let narrow = provider.token_of(&json!({ "scope": "other" }));
    for (title, target, headers) in [
        ("no credential", "POST /mcp", vec![]),
        ("another kind of credential", "POST /mcp", vec![("Authorization", "Basic eDp5".to_owned())]),
        ("an invalid token", "POST /mcp", vec![("Authorization", format!("Bearer {expired}"))]),
        ("a token that may too little", "POST /mcp", vec![("Authorization", format!("Bearer {narrow}"))]),
        (
            "two credentials",
            "POST /mcp",
            vec![("Authorization", "Bearer a".to_owned()), ("Authorization", "Bearer b".to_owned())],
        ),
        ("a token in the address", "POST /mcp?access_token=a", vec![]),
        ("a broken credential", "POST /mcp", vec![("Authorization", "Bearer  a".to_owned())]),
    ] {
        let headers: Vec<_> = headers.iter().map(|(name, value)| (*name, value.as_str())).collect();
        forms += &format!("# {title}\n{}\n\n", posted(&served, target, &headers).await);
    }
    let silent = Provider::start().await;
    silent.say("500 Internal Server Error", "");
    let unserved = self::served(&silent).await;
    forms += &format!("# the provider cannot be asked\n{}\n", with_token(&unserved, &silent.token()).await);
    golden("challenges.http", &forms);
}

#[tokio::test]
async fn the_metadata_is_at_both_places_for_everybody() {
    let provider = Provider::start().await;
    let served = served(&provider).await;
    let places = ["/.well-known/oauth-protected-resource", "/.well-known/oauth-protected-resource/mcp"];
    let mut found = Vec::new();
    for place in places {
        found.push(posted(&served, &format!("GET {place}"), &[]).await);
        assert_eq!(status(&posted(&served, &format!("POST {place}"), &[]).await), 405);
    }
    assert_eq!(found[0], found[1]);
    golden("metadata.http", &found[0]);
    // O17, RFC 9728 section 3.3: what a request calls the server has no say.
    let host = [("X-Forwarded-Host", "evil.example"), ("Forwarded", "host=evil.example")];
    assert_eq!(posted(&served, &format!("GET {}", places[0]), &host).await, found[0]);
    let unasking = Served::start([]).await;
    assert_eq!(status(&posted(&unasking, &format!("GET {}", places[0]), &[]).await), 404);
}

#[tokio::test]
async fn t_21_t_24_every_bad_token_is_answered_alike_and_the_reason_is_on_the_record_only() {
    let (provider, folder) = (Provider::start().await, Scratch::new("denied"));
    let journal = Journal::open(&journal::Options::new(folder.path()), "test 1").unwrap();
    let served = Served::start_with([], |options| {
        trusting(options, &provider);
        options.engine.journal = Some(journal.clone());
    })
    .await;
    let alike = with_token(&served, &provider.token_of(&json!({ "exp": now() - 60 }))).await;
    assert_eq!(status(&alike), 401);
    let bad = bad_tokens(&provider);
    for Bad { name, token, .. } in &bad {
        assert_eq!(with_token(&served, token).await, alike, "{name}: {token}");
    }
    assert_eq!(status(&with_token(&served, &provider.token()).await), 200, "a good one is still let in");
    assert_eq!(provider.asked(), 1, "one fetch, and nothing from where tokens point");
    served.shutdown.cancel();
    served.task.await.unwrap().unwrap();
    journal.close();
    let records: Vec<_> = records(folder.path()).unwrap().map(Result::unwrap).collect();
    let denied = records.iter().filter(|record| record.text("kind") == "denied");
    let reasons: Vec<_> = denied.map(|record| record.text("outcome")).collect();
    let expected: Vec<_> = std::iter::once("expired").chain(bad.iter().map(|bad| bad.reason)).collect();
    assert_eq!(reasons, expected);
    let denied = records.iter().find(|record| record.text("kind") == "denied").unwrap();
    assert_eq!((denied.text("address"), denied.text("request_id").is_empty()), ("127.0.0.1", false));
    let all: String = std::fs::read_dir(folder.path())
        .unwrap()
        .map(|file| std::fs::read_to_string(file.unwrap().path()).unwrap())
        .collect();
    for Bad { token, .. } in bad.iter().filter(|bad| bad.token.len() > 20) {
        assert!(token.split('.').filter(|part| part.len() > 8).all(|part| !all.contains(part)), "{token}");
    }
}

#[tokio::test]
async fn t_24_each_kind_of_key_signs_in_its_own_ways() {
    let provider = Provider::start().await;
    let (p384, ed25519) = (Signer::p384(), Signer::ed25519());
    let mut only = RSA.jwk("only");
    only["alg"] = "RS256".into();
    let keys = [provider.signer.jwk("a"), p384.jwk("b"), ed25519.jwk("c"), RSA.jwk("d"), only];
    provider.publish(&keys);
    let served = served(&provider).await;
    let claims = provider.claims(&json!({}));
    for (signer, algorithm, kid, expected) in [
        (&provider.signer, "ES256", "a", 200),
        (&p384, "ES384", "b", 200),
        (&ed25519, "EdDSA", "c", 200),
        (&*RSA, "RS256", "d", 200),
        (&*RSA, "PS256", "d", 200),
        (&*RSA, "RS256", "only", 200),
        (&*RSA, "PS256", "only", 401),
        (&p384, "ES256", "b", 401),
        (&p384, "ES384", "a", 401),
        (&ed25519, "EdDSA", "a", 401),
        (&*RSA, "RS256", "a", 401),
    ] {
        let head = json!({ "alg": algorithm, "kid": kid });
        let answer = with_token(&served, &signer.token(&head, &claims)).await;
        assert_eq!(status(&answer), expected, "{algorithm} {kid}");
    }
    let narrow = Served::start_with([], |options| {
        trusting(options, &provider);
        options.http.identity.tokens[0].algorithms = vec![Algorithm::Rs256];
    })
    .await;
    assert_eq!(status(&with_token(&narrow, &provider.token()).await), 401, "configured otherwise");
}

#[tokio::test]
async fn a_pinned_key_needs_no_provider_and_a_token_may_call_it_anything() {
    let provider = Provider::start().await;
    let signers = [&*RSA, &Signer::p256(), &Signer::p384(), &Signer::ed25519()];
    for (signer, algorithm) in signers.into_iter().zip(["RS256", "ES256", "ES384", "EdDSA"]) {
        let set = json!({ "keys": [signer.jwk("k")] }).to_string();
        for pinned in [signer.pem(), set] {
            let is_set = pinned.starts_with('{');
            let served = Served::start_with([], |options| {
                trusting(options, &provider);
                options.http.identity.tokens[0].keys = Source::Pinned(pinned);
            })
            .await;
            for (head, expected) in [
                (json!({ "alg": algorithm, "kid": "k" }), 200),
                (json!({ "alg": algorithm }), if is_set { 401 } else { 200 }),
                (json!({ "alg": algorithm, "kid": "x" }), if is_set { 401 } else { 200 }),
            ] {
                let answer = with_token(&served, &signer.token(&head, &provider.claims(&json!({})))).await;
                assert_eq!(status(&answer), expected, "{algorithm} {head}");
            }
            assert_eq!(status(&with_token(&served, &provider.token()).await), 401, "another's token");
        }
    }
    assert_eq!(provider.asked(), 0);
}

#[tokio::test]
async fn t_28_a_flood_of_names_of_keys_is_one_fetch_and_keeps_nobody_out() {
    let provider = Provider::start().await;
    let served = served(&provider).await;
    let (good, claims) = (provider.token(), provider.claims(&json!({})));
    for number in 0..300 {
        let head = json!({ "alg": "ES256", "kid": format!("k{number}") });
        let flood = provider.signer.token(&head, &claims);
        assert_eq!(status(&with_token(&served, &flood).await), 401);
        if number % 50 == 0 {
            assert_eq!(status(&with_token(&served, &good).await), 200);
        }
    }
    assert_eq!(provider.asked(), 1);
}

#[tokio::test]
async fn t_28_fifty_who_come_together_wait_for_one_fetch() {
    let provider = Provider::start().await;
    let served = served(&provider).await;
    let tokens: Vec<_> = (0..50).map(|who| provider.token_of(&json!({ "sub": format!("u{who}") }))).collect();
    let calls = tokens.iter().map(|token| with_token(&served, token));
    let answers = futures_util::future::join_all(calls).await;
    assert!(answers.iter().all(|answer| status(answer) == 200));
    assert_eq!(provider.asked(), 1);
}

#[tokio::test]
async fn t_28_what_is_no_set_of_keys_is_an_outage_and_never_a_bad_token() {
    let large = format!(r#"{{"keys":[],"x":"{}"}}"#, "x".repeat(64 * 1024));
    let many = json!({ "keys": vec![Signer::p256().jwk("a"); 51] }).to_string();
    let set = |provider: &Provider| json!({ "keys": [provider.signer.jwk("a")] }).to_string();
    for (wrong, body) in [
        ("500 Internal Server Error", None),
        ("404 Not Found", None),
        // The keys would be good; that they are elsewhere is not followed, and no other answer than 200 is one.
        ("302 Found", None),
        ("203 Non-Authoritative Information", None),
        ("200 OK", Some("<html>".to_owned())),
        ("200 OK", Some(large)),
        ("200 OK", Some(many)),
        ("200 OK", Some(r#"{"keys":[]}"#.to_owned())),
    ] {
        let provider = Provider::start().await;
        provider.say(wrong, &body.unwrap_or_else(|| set(&provider)));
        let served = served(&provider).await;
        let answer = with_token(&served, &provider.token()).await;
        assert_eq!(status(&answer), 503, "{wrong}");
        assert!(answer.to_ascii_lowercase().contains("\nretry-after: 5\n"), "{answer}");
        assert!(!answer.to_ascii_lowercase().contains("www-authenticate"), "{answer}");
        with_token(&served, &provider.token()).await;
        assert_eq!(provider.asked(), 1, "{wrong}: not asked again at once, and not elsewhere");
        // What is wrong with a token without asking anybody is still said.
        let expired = provider.token_of(&json!({ "exp": now() - 60 }));
        assert_eq!(status(&with_token(&served, &expired).await), 401);
    }
}

#[tokio::test]
async fn t_2f_a14_only_the_exact_paths_are_served_to_strangers() {
    let provider = Provider::start().await;
    let served = served(&provider).await;
    for path in [
        "/health",
        "/ready",
        "/health?path=/mcp",
        "/.well-known/oauth-protected-resource",
        "/.well-known/oauth-protected-resource/mcp",
    ] {
        assert_eq!(status(&posted(&served, &format!("GET {path}"), &[]).await), 200, "{path}");
        let with_token = format!("GET {path}{}access_token=x", if path.contains('?') { '&' } else { '?' });
        assert_eq!(status(&posted(&served, &with_token, &[]).await), 400, "{with_token}");
    }
    for path in [
        "/mcp",
        "/metrics",
        "/",
        "/nothing",
        "//health",
        "/health/",
        "/health/../mcp",
        "/mcp;/health",
        "/%68ealth",
        "/Health",
        "/mcp?path=/health",
        "/mcp/../health",
        "/.well-known/oauth-protected-resource/",
        "/.well-known/oauth-protected-resource/other",
        "/.well-known/oauth-protected-resource/mcp/x",
        "/.well-known/openid-configuration",
    ] {
        for method in ["GET", "POST", "DELETE", "OPTIONS"] {
            let answer = posted(&served, &format!("{method} {path}"), &[]).await;
            assert_eq!(status(&answer), 401, "{method} {path}");
        }
    }
    for header in [
        ("X-Forwarded-Uri", "/health"),
        ("X_Forwarded_Uri", "/health"),
        ("X-Original-URL", "/health"),
        ("X-Rewrite-URL", "/health"),
        ("User-Agent", "kube-probe/1.0"),
    ] {
        assert_eq!(status(&posted(&served, "POST /mcp", &[header]).await), 401, "{header:?}");
    }
}

#[tokio::test]
async fn t_2d_every_request_shows_its_credential_however_the_one_before_went() {
    let provider = Provider::start().await;
    let served = served(&provider).await;
    let mut stream = served.connect().await;
    let request = |authorization: &str| {
        format!(
            "POST /mcp HTTP/1.1\r\nHost: {}\r\n{authorization}Accept: application/json, text/event-stream\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n{PING}",
            served.address,
            PING.len()
        )
    };
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    let good = format!("Authorization: Bearer {}\r\n", provider.token());
    for (authorization, expected) in [(good.as_str(), "200"), ("", "401"), (good.as_str(), "200")] {
        stream.write_all(request(authorization).as_bytes()).await.unwrap();
        let mut answer = vec![0; 4096];
        let length =
            tokio::time::timeout(Duration::from_secs(10), stream.read(&mut answer)).await.unwrap().unwrap();
        let answer = String::from_utf8_lossy(&answer[..length]).into_owned();
        assert!(answer.starts_with(&format!("HTTP/1.1 {expected} ")), "{answer}");
    }
}

#[tokio::test]
async fn t_55_fetches_of_keys_are_counted_by_how_they_went() {
    let (provider, folder) = (Provider::start().await, Scratch::new("fetches"));
    let (keys, key) = one_key(&folder);
    let served = Served::start_with([], |options| {
        trusting(options, &provider);
        options.http.identity.keys = Some(keys);
    })
    .await;
    let fetches = async || {
        let metrics = served.request("GET /metrics", &[("X-API-Key", &key)], "").await.body;
        let of = |result: &str| {
            let series = format!("mcp_auth_key_fetches_total{{result=\"{result}\"}} ");
            metrics.lines().find_map(|line| line.strip_prefix(&series).map(str::to_owned)).unwrap()
        };
        (of("fetched"), of("failed"))
    };
    assert_eq!(fetches().await, ("0".to_owned(), "0".to_owned()));
    provider.say("500 Internal Server Error", "");
    assert_eq!(status(&with_token(&served, &provider.token()).await), 503);
    assert_eq!(fetches().await, ("0".to_owned(), "1".to_owned()));
    let other = self::served(&provider).await;
    provider.publish(&[provider.signer.jwk("a")]);
    assert_eq!(status(&with_token(&other, &provider.token()).await), 200);
    let metrics =
        posted(&other, "GET /metrics", &[("Authorization", &format!("Bearer {}", provider.token()))]).await;
    assert!(metrics.contains("\nmcp_auth_key_fetches_total{result=\"fetched\"} 1\n"), "{metrics}");
}

#[tokio::test]
async fn t_55_attempts_are_counted_without_a_name() {
    let provider = Provider::start().await;
    let served = served(&provider).await;
    for subject in ["alice", "bob"] {
        with_token(&served, &provider.token_of(&json!({ "sub": subject }))).await;
    }
    with_token(&served, "x").await;
    let metrics =
        posted(&served, "GET /metrics", &[("Authorization", &format!("Bearer {}", provider.token()))]).await;
    for line in [
        "fastmcp_auth_attempts_total{provider=\"jwt\",success=\"true\"} 3",
        "fastmcp_auth_attempts_total{provider=\"none\",success=\"false\"} 1",
    ] {
        assert!(metrics.lines().any(|found| found == line), "{line}: {metrics}");
    }
}

/// A file with one key, and the key.
fn one_key(folder: &Scratch) -> (api_keys::Options, String) {
    let (file, key) = (folder.path().join("keys.json"), api_keys::Key::make());
    api_keys::List::change(&file, |list| {
        list.add(&key, "pipeline", &[], &["cp:read".to_owned()], None);
        Ok(())
    })
    .unwrap();
    (api_keys::Options { file: Some(file) }, key.reveal().expose_secret().to_owned())
}

#[tokio::test]
async fn an_api_key_is_taken_in_either_header_beside_tokens_and_never_in_both() {
    let (provider, folder) = (Provider::start().await, Scratch::new("either"));
    let (keys, key) = one_key(&folder);
    let served = Served::start_with([], |options| {
        trusting(options, &provider);
        options.http.identity.keys = Some(keys);
    })
    .await;
    let bearer = format!("Bearer {key}");
    assert_eq!(status(&with_token(&served, &provider.token()).await), 200);
    assert_eq!(status(&with_token(&served, &key).await), 200);
    assert_eq!(status(&posted(&served, "POST /mcp", &[("X-API-Key", &key)]).await), 200);
    let both = posted(&served, "POST /mcp", &[("X-API-Key", &key), ("Authorization", &bearer)]).await;
    assert_eq!(status(&both), 400);
    let alike = with_token(&served, "x").await;
    let other = api_keys::Key::make().reveal().expose_secret().to_owned();
    assert_eq!(with_token(&served, &other).await, alike);
    assert_eq!(posted(&served, "POST /mcp", &[("X-API-Key", &other)]).await, alike);
    assert_eq!(
        posted(&served, "POST /mcp", &[("X-API-Key", &provider.token())]).await,
        alike,
        "a token is no key"
    );
    assert_eq!(provider.asked(), 1);
}

#[tokio::test]
async fn where_only_keys_are_taken_no_client_is_sent_to_look_for_a_token() {
    let folder = Scratch::new("only-keys");
    let (keys, key) = one_key(&folder);
    let served = Served::start_with([], |options| options.http.identity.keys = Some(keys)).await;
    assert_eq!(status(&with_token(&served, &key).await), 200);
    let missing = posted(&served, "POST /mcp", &[]).await;
    assert!(missing.contains("\nwww-authenticate: Bearer realm=\"mcp\"\n"), "{missing}");
    for place in ["/.well-known/oauth-protected-resource", "/.well-known/oauth-protected-resource/mcp"] {
        assert_eq!(status(&posted(&served, &format!("GET {place}"), &[]).await), 401, "{place}");
    }
    let without = Served::start([]).await;
    assert_eq!(status(&posted(&without, "POST /mcp", &[("X-API-Key", &key)]).await), 200, "nobody is asked");
}

#[tokio::test]
async fn the_keys_of_an_issuer_are_where_its_own_document_says_in_either_form() {
    let openid = "/.well-known/openid-configuration";
    let oauth = "/.well-known/oauth-authorization-server";
    let none = || json!({});
    for (path, first, second) in
        [("", true, false), ("", false, true), ("/tenant", true, false), ("/tenant", false, true)]
    {
        let provider = Provider::start().await;
        let issuer = format!("{}{path}", provider.address);
        let document = json!({ "issuer": issuer, "jwks_uri": provider.jwks() });
        let at = |is_there| if is_there { ("200 OK", document.clone()) } else { ("404 Not Found", none()) };
        let ((status_one, one), (status_two, two)) = (at(first), at(second));
        provider.document(&format!("{path}{openid}"), status_one, &one);
        provider.document(&format!("{oauth}{path}"), status_two, &two);
        let served = discovering(&provider, &issuer).await;
        let token = provider.token_of(&json!({ "iss": issuer }));
        assert_eq!(status(&with_token(&served, &token).await), 200, "{path} {first}");
    }
}

#[tokio::test]
async fn a18_a_document_of_another_issuer_or_one_that_leads_inside_is_an_outage() {
    for (name, value) in [
        ("issuer", json!("https://login.example.com")),
        ("issuer", json!(["http://127.0.0.1"])),
        ("jwks_uri", json!("http://localhost:1/jwks")),
        ("jwks_uri", json!("https://10.0.0.1/jwks")),
        ("jwks_uri", json!("https://169.254.169.254/jwks")),
        ("jwks_uri", json!("file:///etc/passwd")),
        ("jwks_uri", json!(null)),
    ] {
        let provider = Provider::start().await;
        let mut document = json!({ "issuer": provider.address, "jwks_uri": provider.jwks() });
        document[name] = value.clone();
        provider.document("/.well-known/openid-configuration", "200 OK", &document);
        let served = discovering(&provider, &provider.address).await;
        assert_eq!(status(&with_token(&served, &provider.token()).await), 503, "{name}: {value}");
        assert_eq!(provider.asked(), 1, "{name}: {value}: nothing was asked for but the document");
    }
}

async fn discovering(provider: &Provider, issuer: &str) -> Served {
    Served::start_with([], |options| {
        trusting(options, provider);
        let tokens = &mut options.http.identity.tokens[0];
        tokens.keys = Source::Issuer(issuer.to_owned());
        tokens.issuer = issuer.to_owned();
        tokens.provider = "oidc";
    })
    .await
}

#[tokio::test]
async fn tokens_of_two_issuers_are_judged_each_by_its_own() {
    let (one, other) = (Provider::start().await, Provider::start().await);
    let served = Served::start_with([], |options| {
        trusting(options, &one);
        let of_other = jwt::Options::new(
            Source::Address(other.jwks()),
            other.address.clone(),
            vec![RESOURCE.to_owned()],
        );
        options.http.identity.tokens.push(of_other);
        options.http.identity.authorization_servers.clear();
    })
    .await;
    for issuer in [&one, &other] {
        assert_eq!(status(&with_token(&served, &issuer.token()).await), 200);
    }
    // Both call their key `a`: it is the name that decides whose key it is.
    let posing = one.token_of(&json!({ "iss": other.address }));
    let stranger = one.token_of(&json!({ "iss": "https://login.example.com" }));
    for token in [posing, stranger, "x".to_owned(), "x.y.z".to_owned()] {
        assert_eq!(status(&with_token(&served, &token).await), 401, "{token}");
    }
    assert_eq!((one.asked(), other.asked()), (1, 1));
    let metadata = posted(&served, "GET /.well-known/oauth-protected-resource", &[]).await;
    let servers = json!({ "authorization_servers": [one.address, other.address] }).to_string();
    assert!(metadata.contains(servers.trim_matches(['{', '}'])), "{metadata}");
}

#[tokio::test]
async fn two_who_judge_the_tokens_of_one_issuer_stop_the_start() {
    let provider = Provider::start().await;
    let upstream = fake_upstream::FakeUpstream::start([]).await;
    let mut options = http_support::options(&upstream);
    trusting(&mut options, &provider);
    let again = options.http.identity.tokens[0].clone();
    options.http.identity.tokens.push(again);
    let Err(error) = server::Server::new(&sample::API, options) else { panic!("it starts") };
    assert_eq!(error.to_string(), format!("AUTH_ISSUER: {:?} is there twice", provider.address));
}
