//! Which tokens are taken, what is read of them, and what clients are told that have none.

use serde_json::{Value, json};

use crate::identity_provider::{Provider, RESOURCE, RSA, now};
use crate::scratch::Scratch;
use crate::world::World;

/// The settings that take this provider's tokens.
fn taking(provider: &Provider) -> Vec<(&'static str, String)> {
    vec![
        ("AUTH_PROVIDER", "jwt".to_owned()),
        ("AUTH_ISSUER", provider.address.clone()),
        ("AUTH_JWKS_URI", provider.jwks()),
        ("AUTH_AUDIENCE", RESOURCE.to_owned()),
    ]
}

/// A server with some of these settings in the place of others.
async fn with(settings: &[(&'static str, String)], changed: &[(&str, &str)]) -> World {
    let settings: Vec<_> = settings.iter().map(|(name, value)| (*name, value.as_str())).collect();
    World::start([], &[&settings[..], changed].concat()).await
}

/// Who the bearer of this token is; the status where it is nobody.
async fn whoami(world: &World, token: &str) -> Result<Value, u16> {
    let bearer = format!("Bearer {token}");
    let answer = world.call_as("whoami", &json!({}), &[("Authorization", &bearer)]).await;
    if answer.status == 200 { Ok(answer.json()["structuredContent"].take()) } else { Err(answer.status) }
}

async fn is_taken(world: &World, token: &str) -> bool {
    whoami(world, token).await.map_err(|status| assert_eq!(status, 401)).is_ok()
}

#[tokio::test]
async fn callers_are_asked_who_they_are_where_that_is_on() {
    let provider = Provider::start().await;
    let settings = taking(&provider);
    for (changed, status) in
        [(&[][..], 401), (&[("AUTH_ENABLED", "true")], 401), (&[("AUTH_ENABLED", "false")], 200)]
    {
        let world = with(&settings, changed).await;
        assert_eq!(world.get("/mcp/tools").await.status, status, "{changed:?}");
    }
    let world = World::start([], &[("AUTH_PROVIDER", "none")]).await;
    assert_eq!(world.get("/mcp/tools").await.status, 200);
}

#[tokio::test]
async fn a_token_is_of_the_issuer_for_the_audience_by_the_keys_that_are_named() {
    let (provider, other) = (Provider::start().await, Provider::start().await);
    let settings = taking(&provider);
    let token = provider.token();
    assert!(is_taken(&with(&settings, &[]).await, &token).await);
    for (name, value) in [
        ("AUTH_ISSUER", &*other.address),
        ("AUTH_AUDIENCE", "https://else.example.com"),
        ("AUTH_JWKS_URI", &other.jwks()),
    ] {
        assert!(!is_taken(&with(&settings, &[(name, value)]).await, &token).await, "{name}");
    }
    let folder = Scratch::new("settings-public-key");
    let file = folder.path().join("key.pem");
    for (signer, taken) in [(&provider.signer, true), (&other.signer, false)] {
        std::fs::write(&file, signer.pem()).unwrap();
        let changed = [("AUTH_JWKS_URI", ""), ("AUTH_PUBLIC_KEY_FILE", file.to_str().unwrap())];
        assert_eq!(is_taken(&with(&settings, &changed).await, &token).await, taken);
    }
}

#[tokio::test]
async fn a_token_is_signed_and_called_as_is_said() {
    let provider = Provider::start().await;
    let settings = taking(&provider);
    provider.publish(&[provider.signer.jwk("a"), RSA.jwk("r")]);
    let of_rsa =
        RSA.token(&json!({ "alg": "RS256", "typ": "JWT", "kid": "r" }), &provider.claims(&json!({})));
    for (changed, taken) in [
        (&[][..], [true, true]),
        (&[("AUTH_JWT_ALGORITHMS", "ES256")], [true, false]),
        (&[("AUTH_JWT_ALGORITHMS", "RS256")], [false, true]),
        (&[("AUTH_JWT_TYPES", "at+jwt")], [true, false]),
        (&[("AUTH_JWT_TYPES", "JWT")], [false, true]),
    ] {
        let world = with(&settings, changed).await;
        let found = [is_taken(&world, &provider.token()).await, is_taken(&world, &of_rsa).await];
        assert_eq!(found, taken, "{changed:?}");
    }
}

#[tokio::test]
async fn a_token_is_good_within_its_time_and_for_no_longer_than_may_be() {
    let provider = Provider::start().await;
    let settings = taking(&provider);
    let ended = provider.token_of(&json!({ "exp": now() - 10 }));
    for (leeway, taken) in [("0", false), ("30", true)] {
        let world = with(&settings, &[("AUTH_CLOCK_SKEW", leeway)]).await;
        assert_eq!(is_taken(&world, &ended).await, taken, "{leeway}");
    }
    let world = with(&settings, &[("AUTH_MAX_TOKEN_LIFETIME", "300")]).await;
    for (seconds, taken) in [(300, true), (301, false)] {
        let token = provider.token_of(&json!({ "iat": now(), "exp": now() + seconds }));
        assert_eq!(is_taken(&world, &token).await, taken, "{seconds}");
    }
}

#[tokio::test]
async fn claims_are_read_by_the_names_that_are_set() {
    let provider = Provider::start().await;
    let token = provider.token_of(&json!({
        "oid": "o1", "app": "studio", "nick": "Al", "parts": { "roles": ["observer"] }, "teams": ["red"],
        "may": "cp:read cp:write", "org": "acme",
    }));
    let names = [
        ("AUTH_USER_CLAIM", "oid", "subject", json!("o1")),
        ("AUTH_CLIENT_CLAIM", "app", "client", json!("studio")),
        ("AUTH_NAME_CLAIM", "nick", "name", json!("Al")),
        ("AUTH_ROLES_CLAIM", "parts.roles", "roles", json!(["observer"])),
        ("AUTH_GROUPS_CLAIM", "teams", "groups", json!(["red"])),
        ("AUTH_SCOPES_CLAIM", "may", "scopes", json!(["cp:read", "cp:write"])),
        ("AUTH_TENANT_CLAIM", "org", "tenant", json!("acme")),
    ];
    let usual = whoami(&with(&taking(&provider), &[]).await, &token).await.unwrap();
    let changed: Vec<_> = names.iter().map(|(name, claim, ..)| (*name, *claim)).collect();
    let found = whoami(&with(&taking(&provider), &changed).await, &token).await.unwrap();
    for (name, _, member, expected) in names {
        assert_eq!(found[member], expected, "{name}");
        // Roles are those of the usual claim too, which the good token has.
        assert!(member == "roles" || usual[member] != expected, "{name}");
    }
}

#[tokio::test]
async fn clients_without_a_token_are_told_where_they_get_one_and_which_they_need() {
    const METADATA: &str = "/.well-known/oauth-protected-resource/mcp";
    let provider = Provider::start().await;
    let settings = taking(&provider);
    let changed = [
        ("MCP_RESOURCE_URL", "https://changes.example.com/mcp"),
        ("AUTH_AUTHORIZATION_SERVERS", "https://login.example.com"),
        ("AUTH_REQUIRED_SCOPES", "cp:all"),
    ];
    let usual = with(&settings, &[]).await.get(METADATA).await.json();
    assert_eq!(
        (&usual["resource"], &usual["authorization_servers"][0]),
        (&json!(RESOURCE), &json!(provider.address))
    );
    let world = with(&settings, &changed).await;
    let told = world.get(METADATA).await.json();
    assert_eq!(
        (&told["resource"], &told["authorization_servers"]),
        (&json!(changed[0].1), &json!([changed[1].1]))
    );
    assert_eq!(whoami(&world, &provider.token()).await, Err(403), "the token lacks the scope");
    assert!(whoami(&world, &provider.token_of(&json!({ "scope": "cp:all" }))).await.is_ok());
}

#[tokio::test]
async fn scopes_are_needed_for_tools_as_is_said() {
    let provider = Provider::start().await;
    let settings = taking(&provider);
    let bare = provider.token_of(&json!({ "scope": "" }));
    let wide = provider.token_of(&json!({ "scope": "cp:write" }));
    for (changed, status) in [
        (&[][..], [403, 200]),
        (&[("AUTH_SCOPES", "off")], [200, 200]),
        // Whoever writes may read only as the hierarchy has it.
        (&[("AUTH_SCOPE_HIERARCHY", "none")], [403, 403]),
    ] {
        let world = with(&settings, changed).await;
        let mut found = Vec::new();
        for token in [&bare, &wide] {
            let bearer = format!("Bearer {token}");
            let arguments = crate::world::assignment("PLAY000313");
            let headers = [("Authorization", &*bearer)];
            found.push(world.call_as("get_assignment_tasks", &arguments, &headers).await.status);
        }
        assert_eq!(found, status, "{changed:?}");
    }
}

#[tokio::test]
async fn an_issuer_is_asked_about_tokens_as_the_client_that_is_set_and_as_often_as_is_said() {
    let provider = Provider::start().await;
    let asked = format!("{}/introspect", provider.address);
    let answer = json!({
        "active": true, "aud": RESOURCE, "sub": "alice", "client_id": "studio", "roles": ["observer"],
        "exp": now() + 600,
    });
    provider.say("200 OK", &answer.to_string());
    let settings = [
        ("AUTH_PROVIDER", "introspection".to_owned()),
        ("AUTH_INTROSPECTION_URL", asked),
        ("AUTH_INTROSPECTION_CLIENT_ID", "mcp".to_owned()),
        ("AUTH_INTROSPECTION_CLIENT_SECRET", "s3cret".to_owned()),
        ("AUTH_ISSUER", provider.address.clone()),
        ("AUTH_AUDIENCE", RESOURCE.to_owned()),
    ];
    for (changed, taken, times) in [
        (&[][..], true, 1),
        (&[("AUTH_INTROSPECTION_MEMORY", "0")], true, 2),
        (&[("AUTH_INTROSPECTION_CLIENTS", "studio"), ("AUTH_INTROSPECTION_MEMORY", "0")], true, 2),
        (&[("AUTH_INTROSPECTION_CLIENTS", "other"), ("AUTH_INTROSPECTION_MEMORY", "0")], false, 2),
    ] {
        let before = provider.asked();
        let world = with(&settings, changed).await;
        for _ in 0..2 {
            assert_eq!(is_taken(&world, "opaque").await, taken, "{changed:?}");
        }
        assert_eq!(provider.asked() - before, times, "{changed:?}");
    }
    // `mcp:s3cret`.
    let requests = provider.requests();
    let as_client = |request: &String| {
        request.starts_with("POST /introspect ") && request.contains("Basic bWNwOnMzY3JldA==")
    };
    assert!(requests.iter().all(as_client), "{requests:?}");
}

/// A token that AuthKit or Descope could have signed.
fn signed(provider: &Provider, changed: &Value) -> String {
    RSA.token(&json!({ "alg": "RS256", "typ": "JWT", "kid": "r" }), &provider.claims(changed))
}

#[tokio::test]
async fn authkit_is_known_by_its_domain_and_descope_by_its_project_or_document() {
    let provider = Provider::start().await;
    let keys = json!({ "keys": [RSA.jwk("r")] });
    for path in ["/oauth2/jwks", "/P1/.well-known/jwks.json"] {
        provider.document(path, "200 OK", &keys);
    }
    let base = provider.address.clone();
    let of_project = format!("{base}/v1/apps/P1");
    let of_document = format!("{base}/v1/apps/agentic/P1/M2");
    let document = format!("{of_document}/.well-known/openid-configuration");
    let resource = ("MCP_RESOURCE_URL", RESOURCE);
    for (changed, issuer, audience) in [
        (vec![("AUTH_PROVIDER", "workos"), ("AUTH_AUTHKIT_DOMAIN", &*base), resource], &base, RESOURCE),
        (
            vec![
                ("AUTH_PROVIDER", "descope"),
                ("AUTH_DESCOPE_PROJECT_ID", "P1"),
                ("AUTH_DESCOPE_BASE_URL", &*base),
                resource,
            ],
            &of_project,
            "P1",
        ),
        (
            vec![("AUTH_PROVIDER", "descope"), ("AUTH_DESCOPE_CONFIG_URL", &*document), resource],
            &of_document,
            "P1",
        ),
    ] {
        let world = World::start([], &changed).await;
        let good = signed(&provider, &json!({ "iss": issuer, "aud": audience }));
        assert!(is_taken(&world, &good).await, "{changed:?}");
        let other = signed(&provider, &json!({ "iss": format!("{issuer}x"), "aud": audience }));
        assert!(!is_taken(&world, &other).await, "{changed:?}");
    }
}
