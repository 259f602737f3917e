//! How the API is reached, and what is asked of it.

use std::net::SocketAddr;

use tokio::io::AsyncReadExt as _;
use tokio::net::{TcpListener, TcpSocket, TcpStream};

use crate::certificates::Authority;
use crate::fake_upstream::{Act, FakeUpstream, json as answer};
use crate::program_support::{patiently, run};
use crate::scratch::Scratch;
use crate::world::{SOON, World, creating, outcome, timed};

const CALL: &[&str] =
    &["call", "get_assignment_tasks", "--arg", "srid=cw09-47623", "--arg", "assignmentId=PLAY000313"];

#[tokio::test]
async fn the_api_is_asked_at_its_address_with_its_token_after_the_word_that_it_wants() {
    let api = FakeUpstream::start([]).await;
    let base = api.base_url();
    for (changed, sent) in
        [(&[][..], "authorization: t0ken"), (&[("API_TOKEN_SCHEME", "Token")], "authorization: Token t0ken")]
    {
        let usual = [("API_BASE_URL", &*base), ("API_TOKEN", "t0ken")];
        assert_eq!(run(CALL, &[&usual, changed].concat()).await.code, 0);
        let request = api.requests().pop().unwrap();
        assert!(
            request.starts_with("GET /api/v1/ispw/") && request.contains(&format!("{sent}\r\n")),
            "{request}"
        );
    }
}

#[tokio::test]
async fn the_version_of_http_is_the_one_that_is_set() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base = format!("http://{}", listener.local_addr().unwrap());
    for (version, begins) in [("1.1", "GET "), ("2", "PRI ")] {
        let environment = [
            ("API_BASE_URL", &*base),
            ("API_TOKEN", "x"),
            ("API_HTTP_VERSION", version),
            ("MAX_RETRY_ATTEMPTS", "1"),
        ];
        let heard = async {
            let (mut stream, _) = listener.accept().await.unwrap();
            let mut first = [0; 4];
            stream.read_exact(&mut first).await.unwrap();
            String::from_utf8(first.to_vec()).unwrap()
        };
        let (_, heard) = tokio::join!(run(CALL, &environment), patiently(heard));
        assert_eq!(heard, begins, "{version}");
    }
}

#[tokio::test]
async fn the_api_may_be_in_these_networks_alone() {
    let world = World::start([], &[("UPSTREAM_ALLOWED_CIDRS", "10.0.0.0/8,127.0.0.0/8")]).await;
    assert_eq!(outcome(&world.read().await).0, 200);
    let elsewhere = [("API_BASE_URL", "http://127.0.0.1:9"), ("UPSTREAM_ALLOWED_CIDRS", "10.0.0.0/8")];
    let refused = run(&["serve", "--listen", "127.0.0.1:0"], &elsewhere).await;
    assert!(refused.code == 78 && refused.stderr.contains("UPSTREAM_ALLOWED_CIDRS"), "{refused:?}");
}

#[tokio::test]
async fn a_request_may_take_so_long() {
    let changed = [("API_TIMEOUT", "0.1"), ("MAX_RETRY_ATTEMPTS", "1")];
    let world = World::start([Act::Silence], &changed).await;
    let (answer, taken) = timed(world.read()).await;
    assert_eq!(outcome(&answer), (504, "timed_out".to_owned()), "{answer:?}");
    assert!(taken < SOON, "{taken:?}");
}

/// An address that takes no connection any more: those that wait for it are as many as may.
async fn full() -> (SocketAddr, Vec<TcpStream>, TcpListener) {
    let socket = TcpSocket::new_v4().unwrap();
    socket.bind("127.0.0.1:0".parse().unwrap()).unwrap();
    let listener = socket.listen(1).unwrap();
    let (address, mut waiting) = (listener.local_addr().unwrap(), Vec::new());
    let patience = std::time::Duration::from_millis(300);
    while let Ok(stream) = tokio::time::timeout(patience, TcpStream::connect(address)).await {
        waiting.push(stream.unwrap());
    }
    (address, waiting, listener)
}

#[tokio::test]
async fn connecting_may_take_so_long() {
    let (address, _waiting, _listener) = full().await;
    let base = format!("http://{address}");
    let environment = [
        ("API_BASE_URL", &*base),
        ("API_TOKEN", "x"),
        ("API_CONNECT_TIMEOUT", "0.1"),
        ("MAX_RETRY_ATTEMPTS", "1"),
    ];
    let (outcome, taken) = timed(run(CALL, &environment)).await;
    assert_eq!(outcome.code, 1, "{outcome:?}");
    assert!(taken < SOON, "{taken:?}");
}

#[tokio::test]
async fn an_answer_of_the_api_is_bounded_to_the_byte() {
    let body = |length: usize| {
        format!(r#"{{"tasks":[],"x":"{}"}}"#, "a".repeat(length - r#"{"tasks":[],"x":""}"#.len()))
    };
    let script = [answer("200 OK", &body(1024)), answer("200 OK", &body(1025))];
    let world = World::start(script, &[("API_MAX_ANSWER_SIZE", "1024"), ("MAX_RETRY_ATTEMPTS", "1")]).await;
    assert_eq!(world.read().await.status, 200);
    let over = world.read().await;
    assert_eq!(outcome(&over), (502, "too_large".to_owned()), "{over:?}");
}

#[tokio::test]
async fn a_body_for_the_api_is_bounded_to_the_byte() {
    let world = World::start([], &[("API_MAX_BODY_SIZE", "1024")]).await;
    assert_eq!(world.change().await.status, 200);
    let usual = world.api.requests().pop().unwrap();
    let usual = usual.split_once("\r\n\r\n").unwrap().1.len() - "Invoice rounding".len();
    let reference = "\u{20ac}".repeat(255);
    let room = 1024 - usual - r#","refNumber":"""#.len() - reference.len();
    for (length, status) in [(room, 200), (room + 1, 422)] {
        let mut arguments = creating();
        arguments["refNumber"] = reference.as_str().into();
        arguments["description"] = "d".repeat(length).into();
        assert_eq!(world.call("create_assignment", &arguments).await.status, status, "{length}");
    }
}

#[tokio::test]
async fn connections_to_the_api_are_kept_where_that_is_wanted() {
    for (changed, connections) in
        [(&[][..], 1), (&[("FASTMCP_CONNECTION_POOL_SIZE", "0")], 2), (&[("API_IDLE_TIMEOUT", "0")], 2)]
    {
        let world = World::start([], changed).await;
        for _ in 0..2 {
            assert_eq!(world.read().await.status, 200);
        }
        assert_eq!(world.api.connections(), connections, "{changed:?}");
    }
}

#[tokio::test]
async fn the_api_is_trusted_by_its_authority_and_shown_a_certificate() {
    let (authority, upstream, folder) =
        (Authority::new(), FakeUpstream::start([]).await, Scratch::new("settings-tls"));
    let base = format!("{}/api", authority.in_front_of(upstream.authority()).await);
    let file = folder.path().join("authority.pem");
    std::fs::write(&file, authority.pem()).unwrap();
    let (certificate, key) = authority.issue("mcp");
    let (certificate, key) = (certificate.pem(), key.serialize_pem());
    let trusting = ("API_CA_FILE", file.to_str().unwrap());
    let shown = [("API_CLIENT_CERTIFICATE", &*certificate), ("API_CLIENT_KEY", &*key)];
    for (changed, code) in
        [([trusting].to_vec(), 1), (shown.to_vec(), 1), ([&[trusting][..], &shown].concat(), 0)]
    {
        let usual = [("API_BASE_URL", &*base), ("API_TOKEN", "x"), ("MAX_RETRY_ATTEMPTS", "1")];
        let outcome = run(CALL, &[&usual[..], &changed].concat()).await;
        assert_eq!(outcome.code, code, "{changed:?}: {outcome:?}");
    }
    assert_eq!(upstream.requests().len(), 1);
}

#[tokio::test]
async fn a_gateway_is_asked_in_the_place_of_the_api_and_told_whose_it_is() {
    let gateway = FakeUpstream::start([]).await;
    let base = gateway.base_url();
    let environment = [
        ("API_BASE_URL", "https://ces.example.com:48226/base"),
        ("API_TOKEN", "x"),
        ("UPSTREAM_GATEWAY_URL", &*base),
        ("UPSTREAM_GATEWAY_HEADERS", "x-gateway-key=k3y"),
        ("UPSTREAM_GATEWAY_ORIGIN_HEADER", "x-origin"),
    ];
    assert_eq!(run(CALL, &environment).await.code, 0);
    let request = gateway.requests().pop().unwrap();
    for part in
        ["GET /api/v1/base/ispw/", "x-gateway-key: k3y\r\n", "x-origin: https://ces.example.com:48226\r\n"]
    {
        assert!(request.contains(part), "{part}: {request}");
    }
}
