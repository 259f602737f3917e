//! As whom calls go to the API.

use crate::fake_upstream::{FakeUpstream, json as answer};
use crate::identity_provider::{Provider, RESOURCE};
use crate::program_support::{run, run_with_input};
use crate::scratch::Scratch;
use crate::world::{World, assignment};

const CALL: &[&str] =
    &["call", "get_assignment_tasks", "--arg", "srid=cw09-47623", "--arg", "assignmentId=PLAY000313"];

#[tokio::test]
async fn callers_have_credentials_of_their_own_in_the_file_that_is_named_by_the_key_that_is_set() {
    let (folder, api) = (Scratch::new("settings-credentials"), FakeUpstream::start([]).await);
    let (file, base) = (folder.path().join("credentials.json"), api.base_url());
    let key = "0123456789abcdef".repeat(2);
    let own = [
        ("API_BASE_URL", &*base),
        ("API_ACCOUNT", "own"),
        ("API_CREDENTIALS_FILE", file.to_str().unwrap()),
        ("API_CREDENTIALS_KEY", &*key),
    ];
    let added = run_with_input(&["credentials", "add", "--local"], &own, "my-0wn").await;
    assert_eq!(added.code, 0, "{added:?}");
    assert_eq!(run(CALL, &own).await.code, 0);
    assert!(api.requests()[0].contains("authorization: my-0wn\r\n"), "{:?}", api.requests());
    let another = "f".repeat(32);
    let other = [own[0], own[1], own[2], ("API_CREDENTIALS_KEY", &*another)];
    assert_ne!(run(CALL, &other).await.code, 0, "another key opens nothing");
    let service = [own[0], ("API_ACCOUNT", "service"), ("API_TOKEN", "c0mmon")];
    assert_eq!(run(CALL, &service).await.code, 0);
    assert!(api.requests()[1].contains("authorization: c0mmon\r\n"), "{:?}", api.requests());
}

#[tokio::test]
async fn a_token_for_the_api_is_got_as_is_said() {
    let token = r#"{"access_token":"g0t","token_type":"Bearer","expires_in":300}"#;
    let (api, endpoint) = (
        FakeUpstream::start([]).await,
        FakeUpstream::start([answer("200 OK", token), answer("200 OK", token)]).await,
    );
    let (base, address) = (api.base_url(), endpoint.base_url());
    let client = [
        ("API_BASE_URL", &*base),
        ("API_ACCOUNT", "client"),
        ("API_TOKEN_ENDPOINT", &*address),
        ("API_CLIENT_ID", "mcp"),
        ("API_CLIENT_SECRET", "s3cret"),
    ];
    let more = [
        ("API_TOKEN_AUDIENCE", "the-api"),
        ("API_TOKEN_RESOURCE", "https://ces.example.com/"),
        ("API_TOKEN_SCOPES", "read,write"),
        ("API_TOKEN_SECURITY_SCHEME", "accessToken"),
    ];
    assert_eq!(run(CALL, &client).await.code, 0);
    assert_eq!(run(CALL, &[&client[..], &more].concat()).await.code, 0);
    let [usual, told] = &endpoint.requests()[..] else { panic!("{:?}", endpoint.requests()) };
    assert!(usual.contains("Basic bWNwOnMzY3JldA=="), "mcp:s3cret: {usual}");
    for part in ["audience=the-api", "resource=https%3A%2F%2Fces.example.com%2F", "scope=read+write"] {
        let is_there = |request: &str| request.replace("%20", "+").contains(part);
        assert!(!is_there(usual) && is_there(told), "{part}: {told}");
    }
    assert!(api.requests().iter().all(|request| request.contains("g0t")), "{:?}", api.requests());
    let wrong = [&client[..], &[("API_TOKEN_SECURITY_SCHEME", "nothing")]].concat();
    assert_ne!(run(CALL, &wrong).await.code, 0, "the API has no such scheme");
}

#[tokio::test]
async fn tokens_of_callers_are_sent_to_the_endpoint_where_their_issuer_is_named() {
    let token = r#"{"access_token":"g0t","token_type":"Bearer","expires_in":300,"issued_token_type":"urn:ietf:params:oauth:token-type:access_token"}"#;
    let provider = Provider::start().await;
    let (issuer, jwks) = (provider.address.clone(), provider.jwks());
    let bearer = format!("Bearer {}", provider.token());
    for (issuers, status) in [(&*issuer, 200), ("https://login.example.com", 403)] {
        let endpoint = FakeUpstream::start([answer("200 OK", token)]).await;
        let address = endpoint.base_url();
        let changed = [
            ("API_TOKEN", ""),
            ("API_ACCOUNT", "exchange"),
            ("API_TOKEN_ENDPOINT", &*address),
            ("API_CLIENT_ID", "mcp"),
            ("API_CLIENT_SECRET", "s3cret"),
            ("API_TOKEN_ISSUERS", issuers),
            ("AUTH_PROVIDER", "jwt"),
            ("AUTH_ISSUER", &*issuer),
            ("AUTH_JWKS_URI", &*jwks),
            ("AUTH_AUDIENCE", RESOURCE),
        ];
        let world = World::start([], &changed).await;
        let headers = [("Authorization", &*bearer)];
        let answer = world.call_as("get_assignment_tasks", &assignment("PLAY000313"), &headers).await;
        assert_eq!(answer.status, status, "{answer:?}");
        assert_eq!(endpoint.requests().len(), usize::from(status == 200));
    }
}

#[tokio::test]
async fn a_certificate_of_the_mainframe_is_sent_where_its_three_parts_are_set() {
    let api = FakeUpstream::start([]).await;
    let base = api.base_url();
    let parts = [
        ("API_CREDENTIAL_CERTIFICATE_HOST", "cw09"),
        ("API_CREDENTIAL_CERTIFICATE_PORT", "47623"),
        ("API_CREDENTIAL_CERTIFICATE", "TUlJQg=="),
    ];
    let environment = [&[("API_BASE_URL", &*base)][..], &parts].concat();
    assert_eq!(run(CALL, &environment).await.code, 0);
    let request = api.requests().pop().unwrap().to_ascii_lowercase();
    for part in [
        "cpwr_hci_host: cw09\r\n",
        "cpwr_hci_port: 47623\r\n",
        "javax.servlet.request.x509certificate: tuljqg==\r\n",
    ] {
        assert!(request.contains(part), "{part}: {request}");
    }
    assert_ne!(run(CALL, &environment[..3]).await.code, 0, "not without one of them");
}
