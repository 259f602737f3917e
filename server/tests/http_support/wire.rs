//! HTTP written by hand: one request on a connection of its own, and the answer taken apart.
#![allow(dead_code, reason = "each test program uses its own part of it")]

use std::net::SocketAddr;

use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// Sends a request with this head (method, target), header lines and body; `Host` and the length are added.
pub(crate) async fn send(address: SocketAddr, head: &str, headers: &[(&str, &str)], body: &str) -> Answer {
    let host = if headers.iter().any(|(name, _)| *name == "Host") {
        String::new()
    } else {
        format!("Host: {address}\r\n")
    };
    let mut text = format!("{head} HTTP/1.1\r\n{host}Connection: close\r\n");
    for (name, value) in headers {
        text.push_str(&format!("{name}: {value}\r\n"));
    }
    if !body.is_empty() {
        text.push_str(&format!("Content-Length: {}\r\n", body.len()));
    }
    let mut stream = TcpStream::connect(address).await.unwrap();
    // Whoever refuses a request need not read it to its end.
    let _ = stream.write_all(format!("{text}\r\n{body}").as_bytes()).await;
    Answer::parse(&read_to_close(&mut stream).await)
}

/// The media types every client sends.
pub(crate) const MEDIA_TYPES: [(&str, &str); 2] =
    [("Content-Type", "application/json"), ("Accept", "application/json, text/event-stream")];

/// A request body of the stateless era.
pub(crate) fn modern_body(method: &str, mut params: Value) -> Value {
    params["_meta"] = json!({
        "io.modelcontextprotocol/protocolVersion": "2026-07-28",
        "io.modelcontextprotocol/clientCapabilities": {},
        "io.modelcontextprotocol/clientInfo": { "name": "test", "version": "1" }
    });
    json!({ "jsonrpc": "2.0", "id": 1, "method": method, "params": params })
}

/// Reads until the other side closes or breaks the connection.
pub(crate) async fn read_to_close(stream: &mut TcpStream) -> String {
    let mut bytes = Vec::new();
    let _ = stream.read_to_end(&mut bytes).await;
    String::from_utf8(bytes).unwrap()
}

/// An answer taken apart.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) head: String,
    pub(crate) body: String,
}

impl Answer {
    /// Takes an answer apart; a connection that closed without one has status 0.
    pub(crate) fn parse(text: &str) -> Answer {
        let (head, body) = text.split_once("\r\n\r\n").unwrap_or((text, ""));
        let status = head.split(' ').nth(1).and_then(|status| status.parse().ok()).unwrap_or(0);
        Answer { status, head: head.to_owned(), body: body.to_owned() }
    }

    /// The header's value.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.head.lines().find_map(|line| {
            let (found, value) = line.split_once(':')?;
            found.eq_ignore_ascii_case(name).then_some(value.trim())
        })
    }

    /// The body as JSON.
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }

    /// The JSON-RPC result.
    pub(crate) fn result(&self) -> Value {
        let mut json = self.json();
        assert_eq!(json.get("error"), None, "{json}");
        json["result"].take()
    }

    /// Status and code of a JSON-RPC error.
    pub(crate) fn error(&self) -> (u16, i64) {
        let json = self.json();
        (self.status, json["error"]["code"].as_i64().unwrap_or_else(|| panic!("no error: {json}")))
    }

    /// The text of a tool's result.
    pub(crate) fn text(&self) -> String {
        self.result()["content"][0]["text"].as_str().unwrap().to_owned()
    }
}
