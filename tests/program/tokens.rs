//! Every provider of tokens from its settings to a request that is served, in the built program.

use std::net::SocketAddr;

use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

use crate::identity_provider::{Provider, RESOURCE, RSA, now};
use crate::program_support::{patiently, serve};

const ADDRESS: (&str, &str) = ("API_BASE_URL", "http://127.0.0.1:9");

/// The whole answer to a request with these header lines.
async fn asked(address: SocketAddr, target: &str, headers: &str, body: &str) -> String {
    let request = format!(
        "{target} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\nContent-Type: application/json\r\n\
         Accept: application/json, text/event-stream\r\nMCP-Protocol-Version: 2025-11-25\r\n{headers}Content-Length: {}\r\n\r\n{body}",
        body.len()
    );
    let mut stream = tokio::net::TcpStream::connect(address).await.expect("the server listens");
    stream.write_all(request.as_bytes()).await.expect("the server reads");
    let mut answer = String::new();
    patiently(stream.read_to_string(&mut answer)).await.expect("the server answers");
    answer
}

/// Asks who the caller with this token is; the status, and who it is.
async fn whoami(address: SocketAddr, token: Option<&str>) -> (String, Value) {
    let body = r#"{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"whoami","arguments":{}}}"#;
    let headers = token.map(|token| format!("Authorization: Bearer {token}\r\n")).unwrap_or_default();
    let answer = asked(address, "POST /mcp", &headers, body).await;
    let (head, body) = answer.split_once("\r\n\r\n").expect("a head and a body");
    let status = head.split(' ').nth(1).expect("a status").to_owned();
    let answer: Value = serde_json::from_str(body).unwrap_or_default();
    (status, answer["result"]["structuredContent"].clone())
}

/// Serves with these settings: nobody is let in but who has the good token, who is known as this provider says.
async fn check(environment: &[(&str, &str)], provider: &str, issuer: &str, good: &str, bad: &[&str]) {
    let environment = [&[ADDRESS, ("MCP_RESOURCE_URL", RESOURCE)], environment].concat();
    let (running, address) = serve(&environment).await;
    assert_eq!(whoami(address, None).await.0, "401", "{environment:?}");
    for token in bad {
        assert_eq!(whoami(address, Some(token)).await.0, "401", "{environment:?}: {token}");
    }
    let (status, who) = whoami(address, Some(good)).await;
    assert_eq!(status, "200", "{environment:?}");
    assert_eq!(
        (&who["provider"], &who["issuer"], &who["subject"]),
        (&provider.into(), &issuer.into(), &"alice".into())
    );
    let metadata = asked(address, "GET /.well-known/oauth-protected-resource/mcp", "", "").await;
    let named = json!({ "authorization_servers": [issuer] }).to_string();
    assert!(metadata.contains(named.trim_matches(['{', '}'])), "{metadata}");
    running.signal(rustix::process::Signal::TERM);
    assert_eq!(running.exit_code().await, 0);
}

#[tokio::test]
async fn jwt_by_the_address_of_the_keys_in_all_three_schemes_of_names() {
    let provider = Provider::start().await;
    let (issuer, keys) = (provider.address.clone(), provider.jwks());
    let expired = provider.token_of(&json!({ "exp": now() - 60 }));
    let elsewhere = provider.token_of(&json!({ "aud": "https://other.example.com" }));
    let bad = [expired.as_str(), elsewhere.as_str(), "x"];
    for environment in [
        [
            ("AUTH_PROVIDER", "jwt"),
            ("AUTH_ISSUER", &*issuer),
            ("AUTH_JWKS_URI", &*keys),
            ("AUTH_AUDIENCE", RESOURCE),
        ],
        [
            ("FASTMCP_AUTH_PROVIDER", "fastmcp.server.auth.providers.jwt.JWTVerifier"),
            ("FASTMCP_AUTH_ISSUER", &*issuer),
            ("FASTMCP_AUTH_JWKS_URI", &*keys),
            ("FASTMCP_AUTH_AUDIENCE", RESOURCE),
        ],
        [
            ("FASTMCP_SERVER_AUTH", "JWT"),
            ("FASTMCP_SERVER_AUTH_JWT_ISSUER", &*issuer),
            ("FASTMCP_SERVER_AUTH_JWT_JWKS_URI", &*keys),
            ("FASTMCP_SERVER_AUTH_JWT_AUDIENCE", RESOURCE),
        ],
    ] {
        check(&environment, "jwt", &issuer, &provider.token(), &bad).await;
    }
}

#[tokio::test]
async fn oidc_by_what_the_issuer_says_of_itself() {
    let provider = Provider::start().await;
    let issuer = provider.address.clone();
    let document = json!({ "issuer": issuer, "jwks_uri": provider.jwks() });
    provider.document("/.well-known/openid-configuration", "200 OK", &document);
    let posing = provider.token_of(&json!({ "iss": "https://login.example.com" }));
    let environment = [("AUTH_PROVIDER", "oidc"), ("AUTH_ISSUER", &*issuer)];
    check(&environment, "oidc", &issuer, &provider.token(), &[&posing]).await;
}

#[tokio::test]
async fn introspection_by_asking_the_issuer() {
    let provider = Provider::start().await;
    let (issuer, asked) = (provider.address.clone(), format!("{}/introspect", provider.address));
    let answer =
        json!({ "active": true, "aud": RESOURCE, "sub": "alice", "roles": ["observer"], "exp": now() + 600 });
    provider.say("200 OK", &answer.to_string());
    let environment = [
        ("AUTH_PROVIDER", "fastmcp.server.auth.providers.introspection.IntrospectionTokenVerifier"),
        ("FASTMCP_SERVER_AUTH_INTROSPECTION_INTROSPECTION_URL", &*asked),
        ("FASTMCP_SERVER_AUTH_INTROSPECTION_CLIENT_ID", "mcp"),
        ("FASTMCP_SERVER_AUTH_INTROSPECTION_CLIENT_SECRET", "canary"),
        ("AUTH_ISSUER", &*issuer),
    ];
    check(&environment, "introspection", &issuer, "opaque", &[]).await;
    let client = "Basic bWNwOmNhbmFyeQ==";
    assert!(provider.requests().iter().all(|request| request.contains(client)), "{:?}", provider.requests());
}

#[tokio::test]
async fn claims_are_read_by_the_names_that_are_set_and_tokens_are_held_to_them() {
    let provider = Provider::start().await;
    let (issuer, keys) = (provider.address.clone(), provider.jwks());
    let environment = [
        ADDRESS,
        ("AUTH_PROVIDER", "jwt"),
        ("AUTH_ISSUER", &*issuer),
        ("AUTH_JWKS_URI", &*keys),
        ("AUTH_AUDIENCE", RESOURCE),
        ("AUTH_USER_CLAIM", "oid"),
        ("AUTH_CLIENT_CLAIM", "app.id"),
        ("AUTH_NAME_CLAIM", "nick"),
        ("AUTH_ROLES_CLAIM", "realm_access.roles"),
    ];
    let (running, address) = serve(&environment).await;
    let all = json!({
        "oid": "o1", "app": { "id": "studio" }, "nick": "Al", "realm_access": { "roles": ["developer"] },
    });
    let (status, who) = whoami(address, Some(&provider.token_of(&all))).await;
    assert_eq!(status, "200");
    assert_eq!(
        (&who["subject"], &who["client"], &who["name"], &who["roles"]),
        (&json!("o1"), &json!("studio"), &json!("Al"), &json!(["developer"]))
    );
    for (name, value) in [
        ("oid", Value::Null),
        ("oid", json!(1)),
        ("app", Value::Null),
        ("realm_access", json!({ "roles": 1 })),
    ] {
        let mut changed = all.clone();
        changed[name] = value;
        assert_eq!(whoami(address, Some(&provider.token_of(&changed))).await.0, "401", "{changed}");
    }
    running.signal(rustix::process::Signal::TERM);
    assert_eq!(running.exit_code().await, 0);
}

/// A token that AuthKit or Descope could have signed.
fn signed(provider: &Provider, changed: &Value) -> String {
    RSA.token(&json!({ "alg": "RS256", "typ": "JWT", "kid": "r" }), &provider.claims(changed))
}

#[tokio::test]
async fn authkit_by_its_domain() {
    let provider = Provider::start().await;
    provider.document("/oauth2/jwks", "200 OK", &json!({ "keys": [RSA.jwk("r"), provider.signer.jwk("a")] }));
    let domain = provider.address.clone();
    let bad = [signed(&provider, &json!({ "aud": "client_01" })), provider.token()];
    let environment = [
        ("AUTH_PROVIDER", "fastmcp.server.auth.providers.workos.AuthKitProvider"),
        ("FASTMCP_SERVER_AUTH_AUTHKIT_DOMAIN", &*domain),
    ];
    let good = signed(&provider, &json!({}));
    check(&environment, "workos", &domain, &good, &[&bad[0], &bad[1]]).await;
}

#[tokio::test]
async fn descope_by_its_project() {
    let provider = Provider::start().await;
    provider.document("/P1/.well-known/jwks.json", "200 OK", &json!({ "keys": [RSA.jwk("r")] }));
    let (base, issuer) = (provider.address.clone(), format!("{}/v1/apps/P1", provider.address));
    let environment =
        [("AUTH_PROVIDER", "descope"), ("AUTH_DESCOPE_PROJECT_ID", "P1"), ("AUTH_DESCOPE_BASE_URL", &*base)];
    let good = signed(&provider, &json!({ "iss": issuer, "aud": "P1" }));
    let bad = signed(&provider, &json!({ "iss": issuer }));
    check(&environment, "descope", &issuer, &good, &[&bad]).await;
}

#[tokio::test]
async fn two_issuers_at_once_each_by_its_own_keys() {
    let (one, other) = (Provider::start().await, Provider::start().await);
    let (issuers, keys) =
        (format!("{},{}", one.address, other.address), format!("{},{}", one.jwks(), other.jwks()));
    let environment = [
        ADDRESS,
        ("AUTH_PROVIDER", "jwt"),
        ("AUTH_ISSUER", &*issuers),
        ("AUTH_JWKS_URI", &*keys),
        ("AUTH_AUDIENCE", RESOURCE),
    ];
    let (running, address) = serve(&environment).await;
    for issuer in [&one, &other] {
        let (status, who) = whoami(address, Some(&issuer.token())).await;
        assert_eq!((&*status, &who["issuer"]), ("200", &issuer.address.as_str().into()));
    }
    let posing = one.token_of(&json!({ "iss": other.address }));
    assert_eq!(whoami(address, Some(&posing)).await.0, "401");
    running.signal(rustix::process::Signal::TERM);
    assert_eq!(running.exit_code().await, 0);
}
