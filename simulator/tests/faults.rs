//! Scripted faults, and the record of what was received.

mod client;

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use client::Client;
use reqwest::Method;
use simulator::{Clock, Fault, FaultKind, Matching, Simulator};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tower::ServiceExt;

const RELEASE: &str = r#"{"stream":"PLAY","application":"PLAY","releaseId":"NEW1","description":"x"}"#;

/// Scripts one fault for the next creation of a release and sends one.
async fn create_release(client: &Client, kind: FaultKind) -> reqwest::Result<reqwest::Response> {
    client.simulator.fault(Fault::once(Matching::operation("createRelease"), kind));
    let request = client.request(Method::POST, "/releases").header("content-type", "application/json");
    request.body(RELEASE).send().await
}

/// Whether the release was made all the same.
async fn was_created(client: &Client) -> bool {
    client.get("/releases/NEW1").await.0 == 200
}

#[tokio::test]
async fn a_status_answers_without_doing_anything() {
    let client = Client::start().await;
    let kind = FaultKind::Status {
        code: 503,
        body: "busy".to_owned(),
        headers: vec![("retry-after".to_owned(), "7".to_owned())],
    };
    let response = create_release(&client, kind).await.unwrap();
    assert_eq!(response.status(), 503);
    assert_eq!(response.headers()["retry-after"], "7");
    assert_eq!(response.text().await.unwrap(), "busy");
    assert!(!was_created(&client).await);
}

#[tokio::test]
async fn a_reset_before_reading_does_nothing_and_leaves_the_body_unread() {
    let client = Client::start().await;
    let error = create_release(&client, FaultKind::ResetBeforeReading).await.unwrap_err();
    assert!(error.is_request(), "{error:?}");
    let received = client.simulator.take_requests();
    assert_eq!((received[0].whole, received[0].body.len()), (false, 0));
    assert!(!was_created(&client).await);
}

#[tokio::test]
async fn a_reset_before_reading_needs_only_the_head() {
    let client = Client::start().await;
    client.simulator.fault(Fault::once(Matching::Any, FaultKind::ResetBeforeReading));
    let head = "POST /ispw/x/releases HTTP/1.1\r\nhost: x\r\ncontent-length: 100\r\n\r\n";
    let error = exchange(&client, head).await.unwrap_err();
    assert_eq!(error.kind(), std::io::ErrorKind::ConnectionReset);
}

#[tokio::test]
async fn a_reset_after_reading_is_a_reset() {
    let client = Client::start().await;
    client.simulator.fault(Fault::once(Matching::Any, FaultKind::ResetAfterReading));
    let request = "POST /ispw/x/releases HTTP/1.1\r\nhost: x\r\ncontent-length: 2\r\n\r\n{}";
    let error = exchange(&client, request).await.unwrap_err();
    assert_eq!(error.kind(), std::io::ErrorKind::ConnectionReset);
    assert_eq!(client.simulator.requests()[0].body, "{}");
}

#[tokio::test]
async fn a_reset_after_reading_has_done_the_work() {
    let client = Client::start().await;
    let error = create_release(&client, FaultKind::ResetAfterReading).await.unwrap_err();
    assert!(error.is_request(), "{error:?}");
    let received = client.simulator.take_requests();
    assert_eq!((received[0].whole, &received[0].body[..]), (true, RELEASE.as_bytes()));
    assert!(was_created(&client).await);
}

#[tokio::test]
async fn half_a_body_breaks_off_after_the_work_was_done() {
    let client = Client::start().await;
    let response = create_release(&client, FaultKind::HalfBody).await.unwrap();
    assert_eq!(response.status(), 201);
    let promised: usize = response.headers()["content-length"].to_str().unwrap().parse().unwrap();
    assert!(promised > 50);
    assert!(response.bytes().await.is_err());
    assert!(was_created(&client).await);
}

#[tokio::test]
async fn half_a_body_is_half() {
    let client = Client::start().await;
    client.simulator.fault(Fault::once(Matching::Any, FaultKind::HalfBody));
    let head = "GET /compuware/ws/Config/version HTTP/1.1\r\nhost: x\r\n\r\n";
    let answer = exchange(&client, head).await.unwrap();
    let whole = r#"{"CesVersionResponse":{"productVersion":{"version":"24.02.01"}}}"#;
    assert!(answer.ends_with(&format!(
        "content-length: {}\r\n\r\n{}",
        whole.len(),
        &whole[..whole.len() / 2]
    )));
}

#[tokio::test]
async fn an_endless_body_does_not_end() {
    let client = Client::start().await;
    let mut response = create_release(&client, FaultKind::EndlessBody).await.unwrap();
    assert_eq!(response.headers()["content-type"], "application/json");
    let mut read = 0;
    while read < 4 * 1024 * 1024 {
        read += response.chunk().await.unwrap().expect("the body must go on").len();
    }
    drop(response);
    assert!(!was_created(&client).await);
}

#[tokio::test]
async fn a_delay_comes_after_the_work() {
    let client = Client::start().await;
    client.simulator.fault(Fault::once(
        Matching::operation("createRelease"),
        FaultKind::Delay(Duration::from_secs(3600)),
    ));
    let request = client.request(Method::POST, "/releases").header("content-type", "application/json");
    let created = async { while !was_created(&client).await {} };
    tokio::select! {
        answer = request.body(RELEASE).send() => panic!("an answer came before its time: {answer:?}"),
        () = created => {}
    }
}

#[tokio::test]
async fn a_redirect_names_its_target() {
    let client = Client::start().await;
    let response = create_release(&client, FaultKind::Redirect("http://elsewhere.invalid/".to_owned())).await;
    let response = response.unwrap();
    assert_eq!(response.status(), 302);
    assert_eq!(response.headers()["location"], "http://elsewhere.invalid/");
}

#[tokio::test]
async fn a_login_page_and_garbage_come_with_status_200() {
    let client = Client::start().await;
    let page = create_release(&client, FaultKind::HtmlLogin).await.unwrap();
    assert_eq!(page.status(), 200);
    assert!(page.headers()["content-type"].to_str().unwrap().starts_with("text/html"));
    let garbage = create_release(&client, FaultKind::Garbage).await.unwrap();
    assert_eq!(garbage.status(), 200);
    assert_eq!(garbage.headers()["content-type"], "application/json");
    let garbage = garbage.bytes().await.unwrap();
    assert!(serde_json::from_slice::<serde_json::Value>(&garbage).is_err());
    assert!(!was_created(&client).await);
}

#[tokio::test]
async fn raw_bytes_stand_in_for_the_answer() {
    let client = Client::start().await;
    let raw = Bytes::from_static(b"SSH-2.0-OpenSSH_9.6\r\n");
    client.simulator.fault(Fault::once(Matching::Any, FaultKind::Bytes(raw.clone())));
    let answer = exchange(&client, "GET / HTTP/1.1\r\nhost: x\r\n\r\n").await.unwrap();
    assert_eq!(answer.as_bytes(), raw);
}

#[tokio::test]
async fn faults_meet_only_what_they_match_and_only_so_often() {
    let client = Client::start().await;
    let teapot = || FaultKind::Status { code: 418, body: String::new(), headers: Vec::new() };
    let path = "/ispw/cw09-47623/sets/";
    client.simulator.fault(Fault::once(Matching::Prefix(Some(Method::POST), path.to_owned()), teapot()));
    client.simulator.fault(Fault {
        matching: Matching::When(Arc::new(|_, target| target.ends_with("rtConfig=TPTP"))),
        times: simulator::Times::Exactly(2),
        kind: teapot(),
    });
    assert_eq!(client.get("/sets/S000015218").await.0, 200);
    assert_eq!(client.post("/sets/S000015218/close", "").await.0, 418);
    assert_eq!(client.post("/sets/S000015218/close", "").await.0, 200);
    for status in [418, 418, 200] {
        assert_eq!(client.get("/sets/S000015218?rtConfig=TPTP").await.0, status);
    }
    client.simulator.fault(Fault::always(Matching::prefix(path), teapot()));
    for _ in 0..3 {
        assert_eq!(client.get("/sets/S000015218").await.0, 418);
    }
    client.simulator.clear_faults();
    assert_eq!(client.get("/sets/S000015218").await.0, 200);
}

#[tokio::test]
async fn requests_are_recorded_as_they_were_sent() {
    let client = Client::start().await;
    client.post("/assignments/PLAY000313/tasks/generate?level=DEV2&mname=%23A%40&mtype=COB", "{ }").await;
    client.get("/nothing/here").await;
    let received = client.simulator.requests();
    assert_eq!(received.len(), 2);
    assert_eq!(received[0].operation, Some("generateTasksInAssignment"));
    assert_eq!(received[0].method, Method::POST);
    assert_eq!(received[0].path(), "/ispw/cw09-47623/assignments/PLAY000313/tasks/generate");
    assert_eq!(received[0].query(), "level=DEV2&mname=%23A%40&mtype=COB");
    assert_eq!(received[0].body, "{ }");
    assert_eq!(received[0].header("Authorization"), Some(client.simulator.token()));
    assert!(received[0].whole && received[0].at <= received[1].at);
    assert_eq!((received[1].operation, received[1].query()), (None, ""));
    assert_eq!(client.simulator.count(&Matching::operation("generateTasksInAssignment")), 1);
    assert_eq!(client.simulator.count(&Matching::Any), 2);
    assert_eq!(client.simulator.take_requests().len(), 2);
    assert_eq!(client.simulator.count(&Matching::Any), 0);
}

#[tokio::test]
async fn a_full_record_forgets_the_oldest() {
    let client = Client::of(Simulator::builder().clock(Clock::manual()).most_recorded(2)).await;
    for path in ["/first", "/second", "/third"] {
        client.get(path).await;
    }
    let kept: Vec<String> =
        client.simulator.requests().iter().map(|seen| seen.target[16..].to_owned()).collect();
    assert_eq!(kept, ["/second", "/third"]);
}

#[tokio::test]
async fn another_token_and_another_origin_can_be_set() {
    let builder = Simulator::builder().token("11111111-2222-4333-8444-555555555555");
    let client = Client::of(builder.advertised_origin("https://ces.test")).await;
    let answer = client.post("/sets/S000015218/close", "").await.1;
    assert_eq!(answer["url"], "https://ces.test/ispw/cw09-47623/sets/S000015218");
    let old = client.http.get(client.address("/worklist")).header("authorization", simulator::DEMO_TOKEN);
    assert_eq!(client::reply(old).await.0, 401);
}

#[tokio::test]
async fn shutting_down_ends_every_connection() {
    let client = Client::start().await;
    let address = client.simulator.address();
    let mut idle = TcpStream::connect(address).await.unwrap();
    client.get("/worklist").await;
    client.simulator.shutdown().await;
    assert_eq!(idle.read(&mut [0]).await.unwrap_or(0), 0);
    assert!(TcpStream::connect(address).await.is_err());
}

#[tokio::test]
async fn the_bare_router_answers_and_shows_faults_of_the_connection_as_502() {
    let simulator = Simulator::builder().build();
    let version =
        || http::Request::get("/compuware/ws/Config/version").body(axum::body::Body::empty()).unwrap();
    assert_eq!(simulator.router().oneshot(version()).await.unwrap().status(), 200);
    simulator.fault(Fault::once(Matching::operation("getCesVersion"), FaultKind::ResetAfterReading));
    assert_eq!(simulator.router().oneshot(version()).await.unwrap().status(), 502);
}

/// Sends these bytes on a connection of their own and reads until the other side ends it.
async fn exchange(client: &Client, request: &str) -> std::io::Result<String> {
    let mut connection = TcpStream::connect(client.simulator.address()).await?;
    connection.write_all(request.as_bytes()).await?;
    let mut answer = String::new();
    connection.read_to_string(&mut answer).await?;
    Ok(answer)
}
