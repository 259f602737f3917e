//! A served sample API on a loopback port of the system's choice, and a client that writes HTTP by hand.
#![allow(dead_code, reason = "each test program uses its own part of it")]

use std::net::SocketAddr;
use std::sync::Arc;

use serde_json::{Value, json};
use server::catalog::Api;
use server::{Options, Server, StartError};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use crate::fake_upstream::{Act, FakeUpstream};
use crate::sample;

/// A running server and the stand-in for its API.
pub(crate) struct Served {
    pub(crate) address: SocketAddr,
    pub(crate) upstream: FakeUpstream,
    pub(crate) shutdown: CancellationToken,
    pub(crate) task: JoinHandle<Result<(), StartError>>,
}

/// The usual options for an API at this address.
pub(crate) fn options(upstream: &FakeUpstream) -> Options {
    Options {
        engine: sample::options(&upstream.base_url()),
        http: server::http::Options::default(),
        mcp: server::mcp::Options {
            name: "sample-server".into(),
            version: "1.2.3".into(),
            ..Default::default()
        },
    }
}

impl Served {
    /// Serves with the usual options.
    pub(crate) async fn start(script: impl IntoIterator<Item = Act>) -> Served {
        Served::start_with(script, |_| {}).await
    }

    /// Serves with changed options.
    pub(crate) async fn start_with(
        script: impl IntoIterator<Item = Act>,
        change: impl FnOnce(&mut Options),
    ) -> Served {
        Served::start_api(&sample::API, script, change).await
    }

    /// Serves another API than the sample, with changed options.
    pub(crate) async fn start_api(
        api: &'static Api,
        script: impl IntoIterator<Item = Act>,
        change: impl FnOnce(&mut Options),
    ) -> Served {
        let upstream = FakeUpstream::start(script).await;
        let mut options = options(&upstream);
        change(&mut options);
        let server = Arc::new(Server::new(api, options).unwrap());
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let shutdown = CancellationToken::new();
        let task = tokio::spawn(server.serve(listener, shutdown.clone()));
        Served { address, upstream, shutdown, task }
    }

    /// A new connection.
    pub(crate) async fn connect(&self) -> TcpStream {
        TcpStream::connect(self.address).await.unwrap()
    }

    /// Writes these bytes on a new connection and reads until the server closes it.
    pub(crate) async fn raw(&self, bytes: impl AsRef<[u8]>) -> String {
        let mut stream = self.connect().await;
        stream.write_all(bytes.as_ref()).await.unwrap();
        read_to_close(&mut stream).await
    }

    /// Sends a request with this head (method, target), header lines and body; `Host` and the length are
    /// added.
    pub(crate) async fn request(&self, head: &str, headers: &[(&str, &str)], body: &str) -> Answer {
        let mut text = format!("{head} HTTP/1.1\r\nHost: {}\r\nConnection: close\r\n", self.address);
        for (name, value) in headers {
            text.push_str(&format!("{name}: {value}\r\n"));
        }
        if !body.is_empty() {
            text.push_str(&format!("Content-Length: {}\r\n", body.len()));
        }
        Answer::parse(&self.raw(format!("{text}\r\n{body}")).await)
    }

    /// Posts a JSON text to `/mcp` with these header lines besides the media types.
    pub(crate) async fn post(&self, headers: &[(&str, &str)], body: &str) -> Answer {
        let all = [&MEDIA_TYPES[..], headers].concat();
        self.request("POST /mcp", &all, body).await
    }

    /// Sends a request of the stateless era as its clients do; `name` is what `Mcp-Name` mirrors.
    pub(crate) async fn modern(&self, method: &str, name: Option<&str>, params: Value) -> Answer {
        let body = modern_body(method, params);
        let mut headers = vec![("MCP-Protocol-Version", "2026-07-28"), ("Mcp-Method", method)];
        headers.extend(name.map(|name| ("Mcp-Name", name)));
        self.post(&headers, &body.to_string()).await
    }

    /// Sends a request of the handshake era as its clients do after the handshake.
    pub(crate) async fn legacy(&self, method: &str, params: Value) -> Answer {
        let body = json!({ "jsonrpc": "2.0", "id": 1, "method": method, "params": params });
        self.post(&[("MCP-Protocol-Version", "2025-11-25")], &body.to_string()).await
    }

    /// Calls a tool in the stateless era.
    pub(crate) async fn call(&self, tool: &str, arguments: Value) -> Answer {
        self.modern("tools/call", Some(tool), json!({ "name": tool, "arguments": arguments })).await
    }
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
