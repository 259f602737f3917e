//! Limits of connections, requests and times towards clients, each crossed.

use std::time::Duration;

use rustix::process::Signal;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::fake_upstream::Act;
use crate::program_support::patiently;
use crate::wire::{Answer, MEDIA_TYPES, read_to_close};
use crate::world::{SOON, World, timed};

/// A ping of exactly so many bytes.
fn ping(length: usize) -> String {
    let frame = r#"{"jsonrpc":"2.0","id":1,"method":"ping","params":{"x":""}}"#;
    frame.replace(r#""x":"""#, &format!(r#""x":"{}""#, "a".repeat(length - frame.len())))
}

#[tokio::test]
async fn a_request_is_bounded_to_the_byte() {
    let world = World::start([], &[("SECURITY_MAX_REQUEST_SIZE", "1024")]).await;
    assert_eq!(world.request("POST /mcp", &MEDIA_TYPES, &ping(1024)).await.status, 200);
    assert_eq!(world.request("POST /mcp", &MEDIA_TYPES, &ping(1025)).await.status, 413);
}

/// A connection that has been served once, and is kept.
async fn kept(world: &World) -> TcpStream {
    let mut stream = TcpStream::connect(world.address).await.unwrap();
    stream.write_all(health(world, "keep-alive").as_bytes()).await.unwrap();
    let mut byte = [0];
    patiently(stream.read_exact(&mut byte)).await.unwrap();
    stream
}

fn health(world: &World, connection: &str) -> String {
    format!("GET /health HTTP/1.1\r\nHost: {}\r\nConnection: {connection}\r\n\r\n", world.address)
}

#[tokio::test]
async fn one_connection_more_than_there_may_be_waits() {
    let world = World::start([], &[("SECURITY_MAX_CONNECTIONS", "1")]).await;
    let first = kept(&world).await;
    let mut second = TcpStream::connect(world.address).await.unwrap();
    second.write_all(health(&world, "close").as_bytes()).await.unwrap();
    let mut byte = [0];
    let waiting = tokio::time::timeout(Duration::from_millis(200), second.read_exact(&mut byte)).await;
    assert!(waiting.is_err(), "the only place is taken");
    drop(first);
    assert!(patiently(read_to_close(&mut second)).await.contains("200 OK"));
}

#[tokio::test]
async fn one_connection_more_than_an_address_may_have_is_closed() {
    let world = World::start([], &[("SECURITY_MAX_CONNECTIONS_PER_SITE", "1")]).await;
    let first = kept(&world).await;
    let mut second = TcpStream::connect(world.address).await.unwrap();
    let _ = second.write_all(health(&world, "close").as_bytes()).await;
    assert_eq!(patiently(read_to_close(&mut second)).await, "");
    drop(first);
}

#[tokio::test]
async fn a_connection_of_http_2_is_told_how_many_requests_it_may_have() {
    const SETTINGS: u8 = 4;
    const MAX_CONCURRENT_STREAMS: u16 = 3;
    let world = World::start([], &[("SECURITY_MAX_STREAMS", "7")]).await;
    let mut stream = TcpStream::connect(world.address).await.unwrap();
    stream.write_all(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0").await.unwrap();
    let mut head = [0; 9];
    patiently(stream.read_exact(&mut head)).await.unwrap();
    assert_eq!(head[3], SETTINGS);
    let mut payload = vec![0; usize::from(head[2])];
    patiently(stream.read_exact(&mut payload)).await.unwrap();
    let told = payload.chunks(6).find(|one| u16::from_be_bytes([one[0], one[1]]) == MAX_CONCURRENT_STREAMS);
    assert_eq!(told.map(|one| &one[2..]), Some(&[0, 0, 0, 7][..]), "{payload:?}");
}

#[tokio::test]
async fn whoever_is_slow_is_not_waited_for() {
    let begun = |world: &World| {
        format!(
            "POST /mcp HTTP/1.1\r\nHost: {}\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\nhalf",
            world.address
        )
    };
    for (name, status) in [("SECURITY_BODY_IDLE_TIMEOUT", 408), ("SECURITY_BODY_TIMEOUT", 408)] {
        let world = World::start([], &[(name, "0.2")]).await;
        let (answer, taken) = timed(world.raw(&begun(&world))).await;
        assert_eq!(Answer::parse(&answer).status, status, "{name}");
        assert!(taken < SOON, "{name}: {taken:?}");
    }
    let world = World::start([], &[("SECURITY_HEAD_TIMEOUT", "0.2")]).await;
    let (answer, taken) = timed(world.raw("GET /health HTTP/1.1\r\nHost: ")).await;
    assert!(answer.is_empty() && taken < SOON, "{answer} {taken:?}");
    let world = World::start([], &[("SECURITY_KEEP_ALIVE_TIMEOUT", "0.2")]).await;
    let (answer, taken) = timed(world.raw(&health(&world, "keep-alive"))).await;
    assert!(answer.contains("200 OK") && taken < SOON, "{answer} {taken:?}");
}

#[tokio::test]
async fn whoever_does_not_read_is_let_go() {
    let world = World::start([], &[("SECURITY_WRITE_TIMEOUT", "0.2")]).await;
    let mut stream = TcpStream::connect(world.address).await.unwrap();
    let request = format!("GET /openapi.json HTTP/1.1\r\nHost: {}\r\n\r\n", world.address).repeat(100);
    let asking = async { while stream.write_all(request.as_bytes()).await.is_ok() {} };
    // The usual time is half a minute.
    let ((), taken) = timed(patiently(asking)).await;
    assert!(taken < Duration::from_secs(20), "{taken:?}");
}

#[tokio::test]
async fn calls_go_on_after_a_signal_for_as_long_as_they_may() {
    let world = World::start([Act::Silence], &[("DRAIN_SECONDS", "0.1")]).await;
    let calling = tokio::spawn(crate::program_support::post_call(
        world.address,
        "get_assignment_tasks",
        r#"{"srid":"cw09-47623","assignmentId":"PLAY000313"}"#,
    ));
    world.api.arrival().await;
    world.running.signal(Signal::TERM);
    let (code, taken) = timed(world.running.exit_code()).await;
    assert!(code == 0 && taken < SOON, "{code} after {taken:?}");
    calling.abort();
}
