//! Requests that two readers could read differently are refused with 400 and a closed connection (T-45).

use tokio::io::AsyncWriteExt as _;

use crate::http_support::{Answer, Served, read_to_close};

const BODY: &str = r#"{"jsonrpc":"2.0","id":1,"method":"ping"}"#;

/// A ping with these header lines in place of its length.
fn ping(host: &str, framing: &str, body: &str) -> String {
    format!(
        "POST /mcp HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\nContent-Type: application/json\r\n{framing}\r\n{body}"
    )
}

#[tokio::test]
async fn t_45_ambiguous_framing_is_refused_and_the_connection_closed() {
    let served = Served::start([]).await;
    let host = served.address.to_string();
    let length = format!("Content-Length: {}\r\n", BODY.len());
    let chunk = format!("{:x}\r\n{BODY}\r\n0\r\n\r\n", BODY.len());
    let chunked = "Transfer-Encoding: chunked\r\n";
    let good = [ping(&host, &length, BODY), ping(&host, chunked, &chunk)];
    for text in &good {
        assert_eq!(Answer::parse(&served.raw(text).await).status, 200, "{text}");
    }
    for text in [
        ping(&host, &format!("{length}{chunked}"), &chunk),
        ping(&host, &format!("{chunked}{length}"), &chunk),
        ping(&host, &format!("{length}{length}"), BODY),
        ping(&host, &format!("{length}Content-Length: 0\r\n"), BODY),
        ping(&host, &format!("{length}X-A: b\r\n c\r\n"), BODY),
        ping(&host, &format!("{length}X-A: b\n"), BODY),
        ping(&host, "Transfer-Encoding: gzip, chunked\r\n", &chunk),
        ping(&host, "Transfer-Encoding: identity\r\n", BODY),
        ping(&host, &format!("Content-Length : {}\r\n", BODY.len()), BODY),
        ping(&host, &format!("{length}Host: {host}\r\n"), BODY),
        ping(&format!("user@{host}"), &length, BODY),
        good[0].replace("\r\n", "\n"),
        good[0].replace("Host:", "Host :"),
        good[0].replacen("POST", "CONNECT", 1),
        good[1].replace(&format!("{:x}\r\n", BODY.len()), &format!("{:x};a=b\r\n", BODY.len())),
        good[1].replace(&format!("{:x}\r\n", BODY.len()), &format!("{:x}\n", BODY.len())),
    ] {
        let raw = served.raw(&text).await;
        assert_eq!(Answer::parse(&raw).status, 400, "{text}\n{raw}");
        assert_eq!(raw.matches("HTTP/1.1 ").count(), 1, "one answer, then the end: {text}\n{raw}");
    }
    assert_eq!(served.upstream.requests().len(), 0);
}

#[tokio::test]
async fn t_45_a_head_that_comes_in_parts_is_refused_in_words_too() {
    let served = Served::start([]).await;
    let host = served.address.to_string();
    let text = ping(&host, "Content-Length: 40\r\nTransfer-Encoding: chunked\r\n", BODY);
    let mut stream = served.connect().await;
    stream.set_nodelay(true).unwrap();
    for part in text.as_bytes().chunks(16) {
        // Whoever refuses a request need not read it to its end.
        let _ = stream.write_all(part).await;
        tokio::task::yield_now().await;
    }
    let raw = read_to_close(&mut stream).await;
    assert_eq!(Answer::parse(&raw).status, 400, "{raw}");
}

#[tokio::test]
async fn a_request_hidden_behind_another_is_never_answered() {
    let served = Served::start([]).await;
    let host = served.address.to_string();
    let hidden = format!("GET /health HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n");
    let outer = format!(
        "POST /mcp HTTP/1.1\r\nHost: {host}\r\nContent-Type: application/json\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n{hidden}"
    );
    let raw = served.raw(&outer).await;
    assert!(raw.starts_with("HTTP/1.1 400") && !raw.contains("\"status\""), "{raw}");
}

#[tokio::test]
async fn honest_pipelined_requests_are_all_answered_in_order() {
    let served = Served::start([]).await;
    let host = served.address.to_string();
    let get = |path: &str| format!("GET {path} HTTP/1.1\r\nHost: {host}\r\n\r\n");
    let post = ping(&host, &format!("Content-Length: {}\r\n", BODY.len()), BODY);
    let raw = served.raw(format!("{}{}{post}", get("/health"), get("/nowhere"))).await;
    let statuses: Vec<_> = raw.match_indices("HTTP/1.1 ").map(|(at, _)| &raw[at + 9..at + 12]).collect();
    assert_eq!(statuses, ["200", "404", "200"]);
}
