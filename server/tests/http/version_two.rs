//! HTTP/2: what is refused of HTTP/1 is refused of it too, and every limit of its own is crossed by one.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use futures_util::{StreamExt as _, stream};
use http_body::Frame;
use http_body_util::{BodyExt as _, StreamBody};
use serde_json::json;
use tokio::sync::Notify;
use tokio::time::timeout;

use crate::fake_upstream::Act;
use crate::http_support::{self, MEDIA_TYPES, Served, modern_body};
use crate::sample;
use crate::two::{
    self, Body, ByHand, Client, END_HEADERS, END_STREAM, GOAWAY, HEADERS, PING, RST_STREAM, fields, frame,
    get,
};

const LIMIT: usize = 4096;

/// A ping of exactly so many bytes.
fn ping(length: usize) -> String {
    let frame = r#"{"jsonrpc":"2.0","id":1,"method":"ping","params":{"x":""}}"#;
    frame.replace(r#""x":"""#, &format!(r#""x":"{}""#, "a".repeat(length - frame.len())))
}

async fn small() -> Served {
    Served::start_with([], |options| {
        options.http.max_body_bytes = LIMIT;
        options.http.head_timeout = Duration::from_millis(200);
        options.http.body_idle_timeout = Duration::from_millis(200);
        options.http.body_timeout = Duration::from_millis(500);
        options.http.keep_alive = Duration::from_millis(300);
        options.http.write_timeout = Duration::from_millis(300);
    })
    .await
}

/// A body of these pieces, without a length and without an end.
fn unending(pieces: &'static [&'static str]) -> Body {
    let pieces = stream::iter(pieces).map(|piece| Ok::<_, Infallible>(Frame::data(Bytes::from(*piece))));
    StreamBody::new(pieces.chain(stream::pending())).boxed_unsync()
}

fn held(until: &Arc<Notify>) -> Act {
    let answer =
        b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 15\r\n\r\n{\"setId\":\"S-1\"}";
    Act::Hold(Arc::clone(until), answer.to_vec())
}

/// A call of the tool that reads.
async fn read(client: &Client) -> hyper::Result<http_support::Answer> {
    let params = json!({ "name": "read", "arguments": sample::reading("level", "DEV") });
    let body = modern_body("tools/call", params).to_string();
    let own = [("mcp-protocol-version", "2026-07-28"), ("mcp-method", "tools/call"), ("mcp-name", "read")];
    let headers = [&MEDIA_TYPES[..], &own].concat();
    client.send("POST /mcp", &headers, http_body_util::Full::new(Bytes::from(body)).boxed_unsync()).await
}

#[tokio::test]
async fn a_client_that_begins_with_it_is_answered_as_by_the_version_before() {
    let served = Served::start([]).await;
    let client = Client::connect(served.address).await;
    for (head, body) in [("POST /mcp", &*ping(100)), ("GET /health", ""), ("GET /nothing", "")] {
        let one = served.request(head, &MEDIA_TYPES, body).await;
        let two = client.request(head, &MEDIA_TYPES, body).await;
        assert_eq!((two.status, &two.body), (one.status, &one.body), "{head}");
        for name in ["content-type", "x-content-type-options", "cache-control"] {
            assert_eq!(two.header(name), one.header(name), "{head}: {name}");
        }
    }
    let answer = read(&client).await.unwrap();
    assert_eq!(answer.status, 200, "{answer:?}");
}

#[tokio::test]
async fn t_20_a_host_is_judged_wherever_it_is_said() {
    let served = Served::start([]).await;
    let client = Client::connect(served.address).await;
    let own = served.address.to_string();
    for (headers, status) in [
        (vec![("host", &*own)], 200),
        (vec![("origin", &*format!("http://{own}"))], 200),
        (vec![("origin", "http://evil.example")], 403),
    ] {
        assert_eq!(client.request("GET /health", &headers, "").await.status, status, "{headers:?}");
    }
    let stream = served.connect().await;
    let elsewhere = Client::on(stream, "http://evil.example").await;
    assert_eq!(elsewhere.request("GET /health", &[], "").await.status, 403);
}

#[tokio::test]
async fn t_45_what_two_readers_could_read_differently_is_refused() {
    let served = Served::start([]).await;
    let client = Client::connect(served.address).await;
    let own = served.address.to_string();
    for headers in [
        vec![("host", "evil.example")],
        vec![("host", &*own), ("host", &*own)],
        vec![("host", &*own), ("host", "evil.example")],
    ] {
        assert_eq!(client.request("GET /health", &headers, "").await.status, 400, "{headers:?}");
    }
    let user = Client::on(served.connect().await, &format!("http://user@{own}")).await;
    assert_eq!(user.request("GET /health", &[], "").await.status, 400);
    assert_eq!(client.request(&format!("CONNECT {own}"), &[], "").await.status, 400);
    let body = ping(100);
    let twice = [&MEDIA_TYPES[..], &[("content-length", "100"), ("content-length", "100")]].concat();
    assert_eq!(client.request("POST /mcp", &twice, &body).await.status, 400);
    assert_eq!(served.upstream.requests().len(), 0);
}

#[tokio::test]
async fn t_45_headers_of_a_connection_are_no_part_of_a_request() {
    let served = Served::start([]).await;
    for (name, value) in [("connection", "close"), ("transfer-encoding", "chunked"), ("upgrade", "x")] {
        let mut by_hand = ByHand::connect(served.address, &[]).await;
        let head = [get(served.address, "/health"), fields(&[(name, value)])].concat();
        by_hand.write(&frame(HEADERS, END_HEADERS | END_STREAM, 1, &head)).await.unwrap();
        let found = loop {
            if let kind @ (RST_STREAM | HEADERS) = by_hand.next().await.unwrap().0 {
                break kind;
            }
        };
        assert_eq!(found, RST_STREAM, "{name}");
    }
}

#[tokio::test]
async fn t_40_a_body_is_bounded_to_the_byte_announced_or_not() {
    let served = small().await;
    let client = Client::connect(served.address).await;
    assert_eq!(client.request("POST /mcp", &MEDIA_TYPES, &ping(LIMIT)).await.status, 200);
    assert_eq!(client.request("POST /mcp", &MEDIA_TYPES, &ping(LIMIT + 1)).await.status, 413);
    let over: &'static str = ping(LIMIT + 1).leak();
    let pieces: &'static [&'static str] = vec![&over[..1000], &over[1000..]].leak();
    assert_eq!(client.send("POST /mcp", &MEDIA_TYPES, unending(pieces)).await.unwrap().status, 413);
    assert_eq!(client.request("POST /mcp", &MEDIA_TYPES, &ping(100)).await.status, 200, "others go on");
}

#[tokio::test]
async fn t_41_a_content_coding_is_refused() {
    let served = small().await;
    let client = Client::connect(served.address).await;
    let coded = [&MEDIA_TYPES[..], &[("content-encoding", "gzip")]].concat();
    assert_eq!(client.request("POST /mcp", &coded, &ping(100)).await.status, 415);
}

#[tokio::test]
async fn t_44_a_body_that_stops_is_answered_408_and_other_requests_go_on() {
    let served = small().await;
    let client = Client::connect(served.address).await;
    let stopping = client.send("POST /mcp", &MEDIA_TYPES, unending(&["half"]));
    let body = ping(100);
    let going_on = client.request("POST /mcp", &MEDIA_TYPES, &body);
    let (stopped, other) = tokio::join!(stopping, going_on);
    assert_eq!((stopped.unwrap().status, other.status), (408, 200));
}

#[tokio::test]
async fn t_44_a_head_that_stops_and_a_silent_connection_are_closed() {
    let served = small().await;
    let head = get(served.address, "/health");
    for frames in [
        vec![],
        frame(HEADERS, END_STREAM, 1, &head),
        frame(HEADERS, END_HEADERS | END_STREAM, 1, &head)[..12].to_vec(),
    ] {
        let mut by_hand = ByHand::connect(served.address, &[]).await;
        by_hand.write(&frames).await.unwrap();
        let kinds = timeout(Duration::from_secs(10), by_hand.kinds()).await.expect("closed");
        assert!(!kinds.contains(&HEADERS), "{kinds:?}");
    }
}

#[tokio::test]
async fn an_idle_connection_is_told_that_it_ends() {
    let served = small().await;
    let mut by_hand = ByHand::connect(served.address, &[]).await;
    let head = get(served.address, "/health");
    by_hand.write(&frame(HEADERS, END_HEADERS | END_STREAM, 1, &head)).await.unwrap();
    let kinds = timeout(Duration::from_secs(10), by_hand.kinds()).await.expect("closed");
    assert!(kinds.contains(&HEADERS) && kinds.contains(&GOAWAY), "{kinds:?}");
}

#[tokio::test]
async fn t_44_a_head_is_bounded() {
    let served = Served::start([]).await;
    let client = Client::connect(served.address).await;
    let long = "a".repeat(16 * 1024);
    assert_eq!(client.request("GET /health", &[("x", &long)], "").await.status, 431);
    assert_eq!(client.request("GET /health", &[("x", &long[..8000])], "").await.status, 200);
}

#[tokio::test]
async fn t_44_so_many_requests_are_under_way_and_not_one_more() {
    let releases = [Arc::new(Notify::new()), Arc::new(Notify::new())];
    let script = [held(&releases[0]), held(&releases[1])];
    let served = Served::start_with(script, |options| options.http.max_streams = 2).await;
    let client = Client::connect(served.address).await;
    // The client hears of the bound with the first answer.
    assert_eq!(client.request("GET /health", &[], "").await.status, 200);
    let calls: Vec<_> = (0..2)
        .map(|_| {
            let client = client.clone();
            tokio::spawn(async move { read(&client).await.unwrap().status })
        })
        .collect();
    served.upstream.arrivals(2).await;
    let third = client.request("GET /health", &[], "");
    tokio::pin!(third);
    assert!(timeout(Duration::from_millis(200), &mut third).await.is_err(), "both places are taken");
    for release in releases {
        release.notify_one();
    }
    assert_eq!(third.await.status, 200);
    for call in calls {
        assert_eq!(call.await.unwrap(), 200);
    }
}

#[tokio::test]
async fn a_client_that_ignores_the_bound_is_refused_what_is_over() {
    let served = Served::start_with([], |options| options.http.max_streams = 1).await;
    let mut by_hand = ByHand::connect(served.address, &[]).await;
    let head = fields(&[
        (":method", "POST"),
        (":scheme", "http"),
        (":authority", &served.address.to_string()),
        (":path", "/mcp"),
    ]);
    // The first one's body does not come.
    by_hand.write(&frame(HEADERS, END_HEADERS, 1, &head)).await.unwrap();
    by_hand
        .write(&frame(HEADERS, END_HEADERS | END_STREAM, 3, &get(served.address, "/health")))
        .await
        .unwrap();
    let (kind, payload) = loop {
        if let found @ (RST_STREAM | HEADERS, _) = by_hand.next().await.unwrap() {
            break found;
        }
    };
    assert_eq!((kind, payload), (RST_STREAM, vec![0, 0, 0, 7]), "REFUSED_STREAM");
}

/// The frames that say which is the end of a connection that sends this over and over.
async fn flooded(served: &Served, each: impl Fn(u32) -> Vec<u8>) -> Vec<u8> {
    let mut by_hand = ByHand::connect(served.address, &[]).await;
    for number in 0..1100 {
        if by_hand.write(&each(number)).await.is_err() {
            break;
        }
        // What comes one by one is looked at one by one.
        tokio::task::yield_now().await;
    }
    timeout(Duration::from_secs(10), by_hand.kinds()).await.expect("closed")
}

#[tokio::test]
async fn t_44_a_client_that_opens_and_abandons_without_end_is_told_that_the_connection_ends() {
    let served = Served::start([]).await;
    let head = get(served.address, "/health");
    let kinds = flooded(&served, |number| {
        let stream = number * 2 + 1;
        let reset = frame(RST_STREAM, 0, stream, &8_u32.to_be_bytes());
        [frame(HEADERS, END_HEADERS | END_STREAM, stream, &head), reset].concat()
    })
    .await;
    assert_eq!(kinds.last(), Some(&GOAWAY), "{kinds:?}");
    let other = Client::connect(served.address).await;
    assert_eq!(other.request("GET /health", &[], "").await.status, 200, "others are served");
}

#[tokio::test]
async fn t_44_a_client_that_asks_for_echoes_without_end_is_told_that_the_connection_ends() {
    let served = Served::start([]).await;
    let kinds = flooded(&served, |_| frame(PING, 0, 0, &[7; 8])).await;
    assert_eq!(kinds.last(), Some(&GOAWAY), "{kinds:?}");
    assert!(kinds.iter().filter(|kind| **kind == PING).count() <= 1000, "no more echoes than are allowed");
}

#[tokio::test]
async fn t_44_a_client_that_makes_no_room_for_its_answer_is_dropped() {
    let served = small().await;
    // Room for no byte of any answer.
    let mut by_hand = ByHand::connect(served.address, &[0, 4, 0, 0, 0, 0]).await;
    let head = get(served.address, "/health");
    by_hand.write(&frame(HEADERS, END_HEADERS | END_STREAM, 1, &head)).await.unwrap();
    let kinds = timeout(Duration::from_secs(10), by_hand.kinds()).await.expect("closed");
    assert!(kinds.contains(&HEADERS) && !kinds.contains(&two::DATA), "{kinds:?}");
}

#[tokio::test]
async fn t_37_a_caller_that_leaves_cancels_its_read() {
    let served = Served::start([Act::Silence]).await;
    let client = Client::connect(served.address).await;
    {
        let mut leaving = Box::pin(read(&client));
        tokio::select! {
            _ = &mut leaving => panic!("the API never answers"),
            () = served.upstream.arrival() => {}
        }
    }
    served.upstream.departure().await;
    assert_eq!(client.request("GET /health", &[], "").await.status, 200, "the connection goes on");
}

#[tokio::test]
async fn shutdown_answers_what_is_in_flight_and_takes_nothing_more() {
    let release = Arc::new(Notify::new());
    let served = Served::start([held(&release)]).await;
    let client = Client::connect(served.address).await;
    let calling = {
        let client = client.clone();
        tokio::spawn(async move { read(&client).await.unwrap().status })
    };
    served.upstream.arrival().await;
    served.shutdown.cancel();
    timeout(Duration::from_secs(10), client.closed()).await.expect("told that the connection ends");
    release.notify_one();
    assert_eq!(calling.await.unwrap(), 200);
    served.task.await.unwrap().unwrap();
}
