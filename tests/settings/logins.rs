//! Logins at GitHub or Google, for tokens of this server's own.

use std::path::Path;

use serde_json::{Value, json};

use crate::identity_provider::{Provider, now};
use crate::program_support::run;
use crate::scratch::Scratch;
use crate::wire::Answer;
use crate::world::{NOWHERE, World};

const RESOURCE: (&str, &str) = ("MCP_RESOURCE_URL", "https://mcp.example.com/mcp");
const REDIRECT: &str = "http://127.0.0.1:33418/callback";
/// What the program keeps, and what it shows of it (RFC 7636, appendix B).
const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

/// Pairs as a form has them; no value here has other characters that mean something there.
fn form(pairs: &[(&str, &str)]) -> String {
    let encoded = |text: &str| {
        text.replace('%', "%25")
            .replace(':', "%3A")
            .replace('/', "%2F")
            .replace('=', "%3D")
            .replace('+', "%2B")
            .replace('&', "%26")
    };
    pairs.iter().map(|(name, value)| format!("{name}={}", encoded(value))).collect::<Vec<_>>().join("&")
}

/// A parameter of an address.
fn parameter(address: &str, name: &str) -> Option<String> {
    let (_, query) = address.split_once('?')?;
    let value = query.split('&').filter_map(|pair| pair.split_once('=')).find(|(known, _)| *known == name)?.1;
    Some(value.replace("%3A", ":").replace("%2F", "/").replace("%3D", "=").replace("%2B", "+"))
}

async fn post(world: &World, path: &str, fields: &[(&str, &str)], cookie: &str) -> Answer {
    let headers = [("Content-Type", "application/x-www-form-urlencoded"), ("Cookie", cookie)];
    world.request(&format!("POST {path}"), &headers, &form(fields)).await
}

async fn register(world: &World) -> Answer {
    let said = json!({ "client_name": "Editor", "redirect_uris": [REDIRECT] }).to_string();
    world.request("POST /register", &[("Content-Type", "application/json")], &said).await
}

/// A browser on its way to the provider: its cookie, and the address to which it goes.
async fn away(world: &World, client: &str) -> (String, String) {
    let query = form(&[
        ("response_type", "code"),
        ("client_id", client),
        ("redirect_uri", REDIRECT),
        ("code_challenge", CHALLENGE),
        ("code_challenge_method", "S256"),
        ("state", "s"),
        ("resource", RESOURCE.1),
    ]);
    let page = world.get(&format!("/authorize?{query}")).await;
    let cookie = page.header("set-cookie").unwrap_or_else(|| panic!("{page:?}")).split(';').next().unwrap();
    let question = page.body.split("name=\"question\" value=\"").nth(1).unwrap().split('"').next().unwrap();
    let agreed = post(world, "/consent", &[("question", question), ("answer", "yes")], cookie).await;
    let onwards = agreed.header("refresh").unwrap_or_else(|| panic!("{agreed:?}"));
    (cookie.to_owned(), onwards.strip_prefix("0;url=").unwrap().to_owned())
}

/// The browser comes back; gives the address to which it goes in the end.
async fn back(world: &World, cookie: &str, upstream: &str) -> String {
    let state = parameter(upstream, "state").unwrap();
    let query = form(&[("code", "upstream"), ("state", &state)]);
    let headers = [("Cookie", cookie)];
    let answer = world.request(&format!("GET /auth/callback?{query}"), &headers, "").await;
    answer.header("location").unwrap_or_else(|| panic!("{answer:?}")).to_owned()
}

/// What comes of a whole login of a new program: the answer with the tokens, or why there are none.
async fn log_in(world: &World) -> Result<Value, String> {
    let client = register(world).await.json()["client_id"].as_str().unwrap().to_owned();
    let (cookie, upstream) = away(world, &client).await;
    let end = back(world, &cookie, &upstream).await;
    let Some(code) = parameter(&end, "code") else { return Err(parameter(&end, "error").unwrap()) };
    let fields = [
        ("grant_type", "authorization_code"),
        ("code", &*code),
        ("client_id", &*client),
        ("redirect_uri", REDIRECT),
        ("code_verifier", VERIFIER),
        ("resource", RESOURCE.1),
    ];
    let answer = post(world, "/token", &fields, "").await;
    assert_eq!(answer.status, 200, "{answer:?}");
    Ok(answer.json())
}

async fn whoami(world: &World, token: &Value) -> Answer {
    let bearer = format!("Bearer {}", token.as_str().unwrap());
    world.call_as("whoami", &json!({}), &[("Authorization", &bearer)]).await
}

/// GitHub, where `octocat` is logged in and a member of `acme`.
async fn github() -> Provider {
    let provider = Provider::start().await;
    let tokens = json!({ "access_token": "gho_x", "token_type": "bearer", "scope": "" });
    provider.document("/login/oauth/access_token", "200 OK", &tokens);
    let checked = json!({ "app": { "client_id": "app" }, "user": { "id": 583_231, "login": "octocat" } });
    provider.document("/api/v3/applications/app/token", "200 OK", &checked);
    provider.document("/elsewhere/applications/app/token", "200 OK", &checked);
    provider.document("/api/v3/user/memberships/orgs/acme", "200 OK", &json!({ "state": "active" }));
    provider.document("/api/v3/user/memberships/orgs/other", "404 Not Found", &json!({}));
    provider
}

async fn at_github(provider: &Provider, changed: &[(&str, &str)]) -> World {
    let usual = [
        RESOURCE,
        ("AUTH_PROVIDER", "github"),
        ("AUTH_GITHUB_CLIENT_ID", "app"),
        ("AUTH_GITHUB_CLIENT_SECRET", "s3cret"),
        ("AUTH_GITHUB_URL", &*provider.address),
        ("AUTH_CLIENT_REGISTRATION", "true"),
    ];
    World::start([], &[&usual[..], changed].concat()).await
}

#[tokio::test]
async fn github_is_asked_where_it_is_as_the_app_that_is_registered_there() {
    let provider = github().await;
    let world = at_github(&provider, &[]).await;
    let tokens = log_in(&world).await.unwrap();
    assert_eq!(whoami(&world, &tokens["access_token"]).await.status, 200);
    let [exchange, check] = &provider.requests()[..] else { panic!("{:?}", provider.requests()) };
    for part in ["POST /login/oauth/access_token ", "client_id=app", "client_secret=s3cret"] {
        assert!(exchange.contains(part), "{part}: {exchange}");
    }
    assert!(check.starts_with("POST /api/v3/applications/app/token "), "{check}");
    let api = format!("{}/elsewhere", provider.address);
    log_in(&at_github(&provider, &[("AUTH_GITHUB_API_URL", &api)]).await).await.unwrap();
    let check = provider.requests().pop().unwrap();
    assert!(check.starts_with("POST /elsewhere/applications/app/token "), "{check}");
}

#[tokio::test]
async fn members_of_the_organisations_that_are_named_log_in_and_have_the_roles_that_are_said() {
    let provider = github().await;
    let of = async |organization: &str| {
        let changed = [("AUTH_GITHUB_ORGANIZATIONS", organization), ("AUTH_LOGIN_ROLES", "observer")];
        at_github(&provider, &changed).await
    };
    let world = of("acme").await;
    let tokens = log_in(&world).await.unwrap();
    let who = whoami(&world, &tokens["access_token"]).await.json();
    assert_eq!(who["structuredContent"]["roles"], json!(["observer"]), "{who}");
    assert_eq!(log_in(&of("other").await).await, Err("access_denied".to_owned()));
}

#[tokio::test]
async fn programs_register_and_are_known_by_an_address_where_that_is_allowed() {
    let provider = github().await;
    let metadata = async |world: &World| world.get("/.well-known/oauth-authorization-server").await.json();
    let world = at_github(&provider, &[("AUTH_CLIENT_DOCUMENTS", "off")]).await;
    assert_eq!(register(&world).await.status, 201);
    assert_ne!(metadata(&world).await["client_id_metadata_document_supported"], true);
    let closed = [("AUTH_CLIENT_REGISTRATION", "false"), ("AUTH_CLIENT_DOCUMENTS", "public")];
    let world = at_github(&provider, &closed).await;
    assert_ne!(register(&world).await.status, 201);
    assert_eq!(metadata(&world).await["client_id_metadata_document_supported"], true);
}

#[tokio::test]
async fn a_login_and_its_tokens_last_for_as_long_as_is_said() {
    let provider = github().await;
    let world = at_github(&provider, &[("AUTH_ACCESS_TOKEN_LIFETIME", "123")]).await;
    assert_eq!(log_in(&world).await.unwrap()["expires_in"], 123);
    // The access token ends with the login, which lasts for a minute at least.
    let changed = [("AUTH_ACCESS_TOKEN_LIFETIME", "600"), ("AUTH_LOGIN_LIFETIME", "60")];
    let world = at_github(&provider, &changed).await;
    let lasting = log_in(&world).await.unwrap()["expires_in"].as_u64().unwrap();
    assert!((50..=60).contains(&lasting), "{lasting}");
}

#[tokio::test]
async fn logins_outlast_the_server_in_the_file_that_is_named() {
    let (provider, folder) = (github().await, Scratch::new("settings-logins"));
    let file = folder.path().join("logins.json").display().to_string();
    let key = "k".repeat(32);
    let kept = [("AUTH_LOGINS_FILE", &*file), ("AUTH_LOGINS_KEY", &*key)];
    for (changed, status) in [(&[][..], 401), (&kept, 200)] {
        let world = at_github(&provider, changed).await;
        let token = log_in(&world).await.unwrap()["access_token"].take();
        world.running.signal(rustix::process::Signal::TERM);
        assert_eq!(world.running.exit_code().await, 0);
        let world = at_github(&provider, changed).await;
        assert_eq!(whoami(&world, &token).await.status, status, "{changed:?}");
    }
    assert!(Path::new(&file).exists());
    let another = "x".repeat(32);
    let environment = [
        NOWHERE,
        RESOURCE,
        ("AUTH_PROVIDER", "github"),
        ("AUTH_GITHUB_CLIENT_ID", "app"),
        ("AUTH_GITHUB_CLIENT_SECRET", "s3cret"),
        ("AUTH_GITHUB_URL", &*provider.address),
        ("AUTH_LOGINS_FILE", &*file),
        ("AUTH_LOGINS_KEY", &*another),
    ];
    let refused = run(&["serve", "--listen", "127.0.0.1:0"], &environment).await;
    assert!(refused.code == 78 && refused.stderr.contains("AUTH_LOGINS_KEY"), "{refused:?}");
}

/// What comes of a login at Google of an account of this domain.
async fn at_google(domain: &str, changed: &[(&str, &str)]) -> Result<Value, String> {
    let provider = Provider::start().await;
    provider.document("/oauth2/v3/certs", "200 OK", &json!({ "keys": [provider.signer.jwk("a")] }));
    let usual = [
        RESOURCE,
        ("AUTH_PROVIDER", "google"),
        ("AUTH_GOOGLE_CLIENT_ID", "client"),
        ("AUTH_GOOGLE_CLIENT_SECRET", "s3cret"),
        ("AUTH_GOOGLE_URL", &*provider.address),
        ("AUTH_CLIENT_REGISTRATION", "true"),
    ];
    let world = World::start([], &[&usual[..], changed].concat()).await;
    let client = register(&world).await.json()["client_id"].as_str().unwrap().to_owned();
    let (cookie, upstream) = away(&world, &client).await;
    assert!(upstream.starts_with(&format!("{}/o/oauth2/v2/auth?", provider.address)), "{upstream}");
    let claims = json!({
        "aud": "client", "sub": "1", "email": "a@example.com", "email_verified": true, "hd": domain,
        "nonce": parameter(&upstream, "nonce"), "iat": now(), "exp": now() + 600,
    });
    let id_token = provider
        .signer
        .token(&json!({ "alg": "ES256", "kid": "a", "typ": "JWT" }), &provider.claims(&claims));
    let tokens = json!({
        "access_token": "ya29", "token_type": "Bearer", "expires_in": 600, "refresh_token": "1//r", "id_token": id_token,
    });
    provider.document("/token", "200 OK", &tokens);
    let end = back(&world, &cookie, &upstream).await;
    let exchange =
        provider.requests().into_iter().find(|request| request.starts_with("POST /token ")).unwrap();
    assert!(exchange.contains("client_id=client") && exchange.contains("client_secret=s3cret"), "{exchange}");
    parameter(&end, "code").map(Value::from).ok_or_else(|| parameter(&end, "error").unwrap())
}

#[tokio::test]
async fn google_is_asked_where_it_is_as_the_client_and_lets_in_accounts_of_the_domains_that_are_named() {
    at_google("example.com", &[]).await.unwrap();
    at_google("example.com", &[("AUTH_GOOGLE_DOMAINS", "example.com")]).await.unwrap();
    let outside = at_google("example.org", &[("AUTH_GOOGLE_DOMAINS", "example.com")]).await;
    assert_eq!(outside, Err("access_denied".to_owned()));
}
