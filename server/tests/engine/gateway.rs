//! A gateway before the API: it is connected to and nothing else, and what it is told goes nowhere else.

use server::call::CallError;
use server::engine::{Engine, Options};
use server::secret::Headers;
use server::upstream::Gateway;

use crate::fake_upstream::{FakeUpstream, answer, json as json_answer};
use crate::sample::{self, CANARY, READ, call, options, reading};

fn gateway(url: String, headers: &str, origin_header: Option<&str>) -> Gateway {
    let (headers, origin_header) = (Headers::parse(headers).unwrap(), origin_header.map(str::to_owned));
    Gateway { url, headers, origin_header }
}

fn with(url: String, headers: &str, origin_header: Option<&str>) -> Options {
    let mut options = options("https://ces.example:48226/api/v1");
    options.upstream.gateway = Some(gateway(url, headers, origin_header));
    options
}

#[tokio::test]
async fn a_request_goes_to_the_gateway_with_both_paths_and_its_headers() {
    for (origin_header, told) in
        [(None, None), (Some("X-Target"), Some("x-target: https://ces.example:48226"))]
    {
        let upstream = FakeUpstream::start([]).await;
        let url = format!("http://{}/gate/ces/", upstream.authority());
        let engine =
            Engine::new(&sample::API, with(url, "x-gateway-key=gateway-canary", origin_header)).unwrap();
        call(&engine, &READ, reading("level", "DEV")).await.unwrap();
        let request = &upstream.requests()[0];
        let first = request.lines().next().unwrap();
        assert_eq!(first, "GET /gate/ces/api/v1/ispw/ISPW/assignments/PLAY000313?level=DEV HTTP/1.1");
        for line in [
            "x-gateway-key: gateway-canary",
            &format!("authorization: {CANARY}"),
            &format!("host: {}", upstream.authority()),
        ] {
            assert!(request.contains(&format!("\r\n{line}\r\n")), "{line}: {request}");
        }
        match told {
            Some(line) => assert!(request.contains(&format!("\r\n{line}\r\n")), "{request}"),
            None => assert!(!request.contains("ces.example"), "where the API is, is not told: {request}"),
        }
    }
}

#[tokio::test]
async fn a_gateway_that_leads_elsewhere_is_not_followed_and_what_it_repeats_is_withheld() {
    let elsewhere = FakeUpstream::start([]).await;
    let upstream = FakeUpstream::start([
        answer("307 Temporary Redirect", &format!("Location: {}\r\n", elsewhere.base_url()), ""),
        json_answer("400 Bad Request", r#"{"message":"no such key: gateway-canary"}"#),
    ])
    .await;
    let url = format!("http://{}", upstream.authority());
    let engine = Engine::new(&sample::API, with(url, "x-gateway-key=gateway-canary", None)).unwrap();
    let outcome = call(&engine, &READ, reading("level", "DEV")).await;
    assert!(matches!(outcome, Err(CallError::Redirected { status: 307 })), "{outcome:?}");
    let outcome = call(&engine, &READ, reading("level", "DEV")).await;
    let Err(CallError::Refused { message, .. }) = outcome else { panic!("{outcome:?}") };
    assert_eq!(message, "no such key: [withheld credential]");
    assert_eq!(elsewhere.connections(), 0);
}

#[test]
fn what_would_be_lost_or_mean_two_things_stops_the_start() {
    let line = |options: Options| Engine::new(&sample::API, options).map(drop).unwrap_err().to_string();
    let gate = || "https://gate.example".to_owned();
    for (options, beginning) in [
        (with("https://user:secret-1@gate.example".to_owned(), "", None), "UPSTREAM_GATEWAY_URL: "),
        (with("https://gate.example/a/../b".to_owned(), "", None), "UPSTREAM_GATEWAY_URL: "),
        (with(gate(), "host=secret-1", None), "UPSTREAM_GATEWAY_HEADERS: host"),
        (with(gate(), "Content-Length=secret-1", None), "UPSTREAM_GATEWAY_HEADERS: content-length"),
        (with(gate(), "", Some("cookie")), "UPSTREAM_GATEWAY_HEADERS: cookie"),
        (with(gate(), "", Some("a b")), "UPSTREAM_GATEWAY_ORIGIN_HEADER: "),
        // The token for the API is there.
        (with(gate(), "authorization=secret-1", None), "UPSTREAM_GATEWAY_HEADERS: a credential"),
    ] {
        let line = line(options);
        assert!(line.starts_with(beginning) && !line.contains("secret-1"), "{line}");
    }
    let mut free = with(gate(), "authorization=secret-1", None);
    free.upstream.credentials = vec![("key".to_owned(), "secret-2".into())];
    assert!(Engine::new(&sample::API, free).is_ok(), "another header");
}
