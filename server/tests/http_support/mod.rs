//! A served sample API on a loopback port of the system's choice, and a client that writes HTTP by hand.
#![allow(dead_code, reason = "each test program uses its own part of it")]

pub(crate) mod wire;

use std::net::SocketAddr;
use std::sync::{Arc, Weak};

use serde_json::{Value, json};
use server::catalog::Api;
use server::{Options, Server, StartError};
use tokio::io::AsyncWriteExt;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use crate::fake_upstream::{Act, FakeUpstream};
use crate::sample;

pub(crate) use wire::{Answer, MEDIA_TYPES, modern_body, read_to_close};

/// A running server and the stand-in for its API.
pub(crate) struct Served {
    pub(crate) address: SocketAddr,
    /// The server, for as long as it serves: whoever held it would hold its files too.
    server: Weak<Server>,
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
        let held = Arc::downgrade(&server);
        let task = tokio::spawn(server.serve(listener, shutdown.clone()));
        Served { address, server: held, upstream, shutdown, task }
    }

    /// Has what changes read again.
    pub(crate) fn reload(&self) {
        self.server.upgrade().expect("it serves").reload();
    }

    /// Has options taken that differ so from the usual ones.
    pub(crate) fn take(&self, change: impl FnOnce(&mut Options)) -> Result<(), StartError> {
        let mut options = options(&self.upstream);
        change(&mut options);
        self.server.upgrade().expect("it serves").take(&options)
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
        wire::send(self.address, head, headers, body).await
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
