//! Every limit on connections and bodies, crossed by one.

use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};

use crate::http_support::{Answer, Served, read_to_close};

const LIMIT: usize = 4096;

/// A ping of exactly so many bytes.
fn ping(length: usize) -> String {
    let frame = r#"{"jsonrpc":"2.0","id":1,"method":"ping","params":{"x":""}}"#;
    frame.replace(r#""x":"""#, &format!(r#""x":"{}""#, "a".repeat(length - frame.len())))
}

/// The same in chunks, without a length.
fn chunked(served: &Served, body: &str) -> String {
    let head = format!(
        "POST /mcp HTTP/1.1\r\nHost: {}\r\nConnection: close\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n",
        served.address
    );
    let chunks = body
        .as_bytes()
        .chunks(1000)
        .map(|chunk| format!("{:x}\r\n{}\r\n", chunk.len(), std::str::from_utf8(chunk).unwrap()));
    format!("{head}{}0\r\n\r\n", chunks.collect::<String>())
}

async fn small() -> Served {
    Served::start_with([], |options| {
        options.http.max_body_bytes = LIMIT;
        options.http.head_timeout = Duration::from_millis(200);
        options.http.body_idle_timeout = Duration::from_millis(200);
        options.http.body_timeout = Duration::from_millis(500);
        options.http.keep_alive = Duration::from_millis(300);
    })
    .await
}

#[tokio::test]
async fn t_40_a_body_is_bounded_to_the_byte_announced_or_not() {
    let served = small().await;
    assert_eq!(served.post(&[], &ping(LIMIT)).await.status, 200);
    let over = served.post(&[], &ping(LIMIT + 1)).await;
    assert_eq!((over.status, over.header("connection")), (413, Some("close")));
    assert_eq!(Answer::parse(&served.raw(chunked(&served, &ping(LIMIT))).await).status, 200);
    assert_eq!(Answer::parse(&served.raw(chunked(&served, &ping(LIMIT + 1))).await).status, 413);
}

#[tokio::test]
async fn t_40_ten_gigabytes_are_refused_at_once() {
    let served = small().await;
    let head = format!(
        "POST /mcp HTTP/1.1\r\nHost: {}\r\nContent-Type: application/json\r\nContent-Length: 10737418240\r\n\r\n",
        served.address
    );
    assert_eq!(Answer::parse(&served.raw(head).await).status, 413);
}

#[tokio::test]
async fn t_41_a_content_coding_is_refused() {
    let served = small().await;
    for coding in ["gzip", "gzip, gzip", "deflate", "br", "x"] {
        assert_eq!(served.post(&[("Content-Encoding", coding)], &ping(100)).await.status, 415, "{coding}");
    }
    assert_eq!(served.post(&[("Content-Encoding", "identity")], &ping(100)).await.status, 200);
}

#[tokio::test]
async fn t_44_a_body_that_stops_is_answered_408_and_closed() {
    let served = small().await;
    let head = format!(
        "POST /mcp HTTP/1.1\r\nHost: {}\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\nhalf",
        served.address
    );
    let raw = served.raw(head).await;
    assert_eq!(Answer::parse(&raw).status, 408, "{raw}");
}

#[tokio::test]
async fn t_44_a_head_that_stops_and_a_silent_connection_are_closed() {
    let served = small().await;
    for text in ["", "POST /mcp HTTP/1.1\r\nHost: "] {
        assert_eq!(served.raw(text).await, "");
    }
}

#[tokio::test]
async fn an_idle_connection_is_closed_after_its_time_and_not_before_its_first_answer() {
    let served = small().await;
    let raw = served.raw(format!("GET /health HTTP/1.1\r\nHost: {}\r\n\r\n", served.address)).await;
    assert_eq!(Answer::parse(&raw).status, 200, "{raw}");
}

#[tokio::test]
async fn a_head_is_bounded() {
    let served = small().await;
    let answer = served.request("GET /health", &[("X", &"a".repeat(17 * 1024))], "").await;
    assert!(matches!(answer.status, 400 | 431), "{answer:?}");
}

#[tokio::test]
async fn a_connection_beyond_the_cap_waits_for_a_place() {
    let served = Served::start_with([], |options| options.http.max_connections = 1).await;
    let health = format!("GET /health HTTP/1.1\r\nHost: {}\r\n\r\n", served.address);
    let mut first = served.connect().await;
    first.write_all(health.as_bytes()).await.unwrap();
    let mut byte = [0];
    first.read_exact(&mut byte).await.unwrap();
    let mut second = served.connect().await;
    second.write_all(health.replace("\r\n\r\n", "\r\nConnection: close\r\n\r\n").as_bytes()).await.unwrap();
    let waiting = tokio::time::timeout(Duration::from_millis(200), second.read_exact(&mut byte)).await;
    assert!(waiting.is_err(), "the only place is taken");
    drop(first);
    assert!(read_to_close(&mut second).await.contains("200 OK"));
}

#[tokio::test]
async fn a6_disconnects_and_garbage_leave_the_server_serving() {
    let served = Served::start([]).await;
    let whole = chunked(&served, &ping(600));
    for cut in (0..whole.len()).step_by(7) {
        let mut stream = served.connect().await;
        let _ = stream.write_all(&whole.as_bytes()[..cut]).await;
        drop(stream);
        let mut garbage = served.connect().await;
        let bytes: Vec<u8> = (0..64).map(|index| (cut * 31 + index * 17 + cut / 3) as u8).collect();
        let _ = garbage.write_all(&bytes).await;
    }
    assert_eq!(served.post(&[], &ping(100)).await.status, 200);
}
