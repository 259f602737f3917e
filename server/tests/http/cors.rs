//! Pages of allowed origins, and no others, may call from a browser: it asks first, and without a credential.

use server::Options;
use server::identity::jwt;
use server::identity::keys::Source;

use crate::credentials::{golden, posted, status};
use crate::http_support::Served;
use crate::identity_provider::{Provider, RESOURCE};

const PAGE: (&str, &str) = ("Origin", "https://app.example.com");
const ASKS: (&str, &str) = ("Access-Control-Request-Method", "POST");
const NAMES: (&str, &str) = (
    "Access-Control-Request-Headers",
    "authorization,content-type,mcp-param-level,mcp-protocol-version,x-secret",
);

fn trusting(options: &mut Options, provider: &Provider) {
    let (keys, issuer) = (Source::Address(provider.jwks()), provider.address.clone());
    options.http.identity.tokens = vec![jwt::Options::new(keys, issuer, vec![RESOURCE.to_owned()])];
    options.http.identity.resource = Some(RESOURCE.to_owned());
    options.http.allowed_origins = vec![PAGE.1.to_owned()];
}

async fn served(provider: &Provider) -> Served {
    Served::start_with([], |options| trusting(options, provider)).await
}

fn header<'a>(answer: &'a str, name: &str) -> Option<&'a str> {
    answer.lines().find_map(|line| {
        let (found, value) = line.split_once(": ")?;
        found.eq_ignore_ascii_case(name).then_some(value)
    })
}

#[tokio::test]
async fn the_forms_of_all_answers_to_a_page() {
    let provider = Provider::start().await;
    let served = served(&provider).await;
    let token = format!("Bearer {}", provider.token());
    let authorization = ("Authorization", token.as_str());
    let mut forms = String::new();
    for (title, target, headers) in [
        ("a browser asks for its page", "OPTIONS /mcp", vec![PAGE, ASKS, NAMES]),
        ("the page calls", "POST /mcp", vec![PAGE, authorization]),
        ("the page has no credential", "POST /mcp", vec![PAGE]),
        ("another page", "OPTIONS /mcp", vec![("Origin", "https://evil.example"), ASKS, NAMES]),
        ("no question", "OPTIONS /mcp", vec![PAGE]),
    ] {
        forms += &format!("# {title}\n{}\n\n", posted(&served, target, &headers).await);
    }
    golden("cors.http", &forms.replace(&provider.address, "https://login.example.com"));
}

#[tokio::test]
async fn a_browser_is_answered_on_every_path_without_a_credential_and_learns_nothing_else() {
    let provider = Provider::start().await;
    let served = served(&provider).await;
    let alike = posted(&served, "OPTIONS /mcp", &[PAGE, ASKS]).await;
    assert_eq!(status(&alike), 204);
    for target in ["OPTIONS /health", "OPTIONS /metrics", "OPTIONS /nothing", "OPTIONS /mcp?access_token=x"] {
        assert_eq!(posted(&served, target, &[PAGE, ASKS]).await, alike, "{target}");
    }
    assert_eq!(provider.asked(), 0);
    assert_eq!(header(&alike, "access-control-allow-credentials"), None);
}

#[tokio::test]
async fn a_page_may_end_a_session_where_there_are_any() {
    let provider = Provider::start().await;
    for (sessions, methods) in [(0, "GET, HEAD, POST"), (1, "GET, HEAD, POST, DELETE")] {
        let served = Served::start_with([], |options| {
            trusting(options, &provider);
            options.mcp.sessions = sessions;
        })
        .await;
        let answer = posted(&served, "OPTIONS /mcp", &[PAGE, ASKS]).await;
        assert_eq!(header(&answer, "access-control-allow-methods"), Some(methods), "{sessions}");
    }
}

#[tokio::test]
async fn t_20_a_page_of_another_origin_is_refused_and_told_nothing() {
    let provider = Provider::start().await;
    let served = served(&provider).await;
    for origin in
        ["https://evil.example", "null", "https://app.example.com.evil.example", "http://app.example.com"]
    {
        for headers in [vec![("Origin", origin)], vec![("Origin", origin), ASKS]] {
            for target in
                ["OPTIONS /mcp", "POST /mcp", "GET /health", "POST /.well-known/oauth-protected-resource"]
            {
                let answer = posted(&served, target, &headers).await;
                assert_eq!(status(&answer), 403, "{target} {origin}");
                assert_eq!(header(&answer, "access-control-allow-origin"), None, "{answer}");
            }
        }
    }
}

#[tokio::test]
async fn what_anybody_may_read_stays_so_and_no_page_no_word_of_it() {
    let provider = Provider::start().await;
    let served = served(&provider).await;
    let metadata = "GET /.well-known/oauth-protected-resource";
    for headers in [vec![PAGE], vec![], vec![("Origin", "https://evil.example")], vec![("Origin", "null")]] {
        let answer = posted(&served, metadata, &headers).await;
        assert_eq!(status(&answer), 200, "{headers:?}");
        assert_eq!(header(&answer, "access-control-allow-origin"), Some("*"), "{answer}");
        assert_eq!(header(&answer, "access-control-allow-credentials"), None, "{answer}");
        // What is wrong with a request is read by any page as well, and is no other answer for any.
        let wrong = posted(&served, &format!("{metadata}?access_token=x"), &headers).await;
        assert_eq!(status(&wrong), 400);
    }
    let strange = ("Origin", "https://evil.example");
    let asked =
        posted(&served, "OPTIONS /.well-known/oauth-protected-resource/mcp", &[strange, ASKS, NAMES]).await;
    assert_eq!((status(&asked), header(&asked, "access-control-allow-origin")), (204, Some("*")));
    assert_eq!(header(&asked, "access-control-allow-methods"), Some("GET, HEAD"));
    let may_send = header(&asked, "access-control-allow-headers").unwrap();
    assert!(may_send.contains("mcp-protocol-version") && !may_send.contains("authorization"), "{may_send}");
    let named = posted(&served, metadata, &[strange, ("Host", "evil.example")]).await;
    assert_eq!(status(&named), 400, "a name is judged first: two of them");
    let plain = posted(&served, "POST /mcp", &[]).await;
    assert!(!plain.to_ascii_lowercase().contains("access-control"), "{plain}");
}

#[tokio::test]
async fn where_it_is_off_browsers_are_told_nothing() {
    let provider = Provider::start().await;
    let served = Served::start_with([], |options| {
        trusting(options, &provider);
        options.http.cors = false;
    })
    .await;
    for (target, headers, expected) in
        [("OPTIONS /mcp", vec![PAGE, ASKS], 401), ("GET /health", vec![PAGE], 200)]
    {
        let answer = posted(&served, target, &headers).await;
        assert_eq!(status(&answer), expected);
        assert!(!answer.to_ascii_lowercase().contains("access-control"), "{answer}");
    }
}
