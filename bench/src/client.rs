//! A client that makes tool calls and reads what callers are told of them.

mod answer;
mod connection;
mod steady;

use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};

use serde_json::{Value, json};

pub use answer::{Answer, Failure};
pub use connection::{Connection, Response};
pub use steady::Steady;

/// The revision that is spoken: stateless, so that a call is one request.
const REVISION: &str = "2026-07-28";

/// A tool call.
#[derive(Clone, Debug)]
pub struct ToolCall {
    /// The tool.
    pub tool: &'static str,
    /// Its arguments.
    pub arguments: Value,
}

impl ToolCall {
    /// A read of which no answer is kept.
    pub fn read(marker: &str) -> Self {
        Self { tool: "get_assignment_tasks", arguments: json!({ "srid": "bench", "assignmentId": marker }) }
    }

    /// A read whose answers are kept.
    pub fn kept_read(marker: &str) -> Self {
        Self { tool: "get_assignment_details", ..Self::read(marker) }
    }

    /// A change, with its marker in the body.
    pub fn change(marker: &str) -> Self {
        let arguments = json!({
            "srid": "bench", "assignmentId": "BENCH1", "level": "DEV2", "runtimeConfiguration": marker,
        });
        Self { tool: "generate_assignment", arguments }
    }

    /// A change that is over with its answer, so that there is nothing to follow.
    pub fn creation(marker: &str) -> Self {
        let arguments = json!({
            "srid": "bench", "stream": "PLAY", "application": "PLAY", "assignmentPrefix": "PLAY",
            "defaultPath": "DEV2", "description": marker,
        });
        Self { tool: "create_assignment", arguments }
    }

    /// A deployment.
    pub fn deployment(marker: &str) -> Self {
        Self { tool: "deploy_assignment", ..Self::change(marker) }
    }

    /// The request for it, with further header lines, each ended by CR LF.
    pub fn request(&self, address: SocketAddr, headers: &str) -> Vec<u8> {
        let meta = json!({
            "io.modelcontextprotocol/protocolVersion": REVISION,
            "io.modelcontextprotocol/clientCapabilities": {},
            "io.modelcontextprotocol/clientInfo": { "name": "bench", "version": "1" },
        });
        let params = json!({ "name": self.tool, "arguments": self.arguments, "_meta": meta });
        let body = json!({ "jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params }).to_string();
        format!(
            "POST /mcp HTTP/1.1\r\nHost: {address}\r\nContent-Type: application/json\r\n\
             Accept: application/json, text/event-stream\r\nMCP-Protocol-Version: {REVISION}\r\n\
             Mcp-Method: tools/call\r\nMcp-Name: {}\r\n{headers}Content-Length: {}\r\n\r\n{body}",
            self.tool,
            body.len()
        )
        .into_bytes()
    }
}

/// Makes calls over connections that it keeps, as many as are in use at once.
#[derive(Clone, Debug)]
pub struct Client(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    address: SocketAddr,
    idle: Mutex<Vec<Connection>>,
}

impl Client {
    /// A client of the server at this address; nothing is connected yet.
    pub fn new(address: SocketAddr) -> Self {
        Self(Arc::new(Shared { address, idle: Mutex::default() }))
    }

    /// A client of the same server that has none of its connections.
    pub fn anew(&self) -> Self {
        Self::new(self.0.address)
    }

    /// Makes a call.
    pub async fn call(&self, call: ToolCall) -> Answer {
        self.call_with(call, "").await
    }

    /// Makes a call with further header lines, each ended by CR LF.
    pub async fn call_with(&self, call: ToolCall, headers: &str) -> Answer {
        let request = call.request(self.0.address, headers);
        Answer::of(self.exchange(&request).await)
    }

    /// Makes a call over a connection of its own, which a balancer may give to any server.
    pub async fn call_anew(&self, call: ToolCall) -> Answer {
        let request = call.request(self.0.address, "Connection: close\r\n");
        let exchange = async { Connection::open(self.0.address).await?.exchange(&request).await };
        Answer::of(exchange.await)
    }

    /// The status that a path answers to a GET.
    pub async fn status(&self, path: &str) -> io::Result<u16> {
        let request = format!("GET {path} HTTP/1.1\r\nHost: {}\r\n\r\n", self.0.address);
        self.exchange(request.as_bytes()).await.map(|response| response.status)
    }

    /// Opens so many connections, for calls that must not wait for one.
    pub async fn connect(&self, count: usize) -> io::Result<()> {
        for _ in 0..count {
            let connection = Connection::open(self.0.address).await?;
            self.idle().push(connection);
        }
        Ok(())
    }

    /// Sends a request that is written already, and gives the answer as it comes.
    pub async fn exchange(&self, request: &[u8]) -> io::Result<Response> {
        let idle = || self.idle().pop();
        // The server may have closed some meanwhile.
        let open = std::iter::from_fn(idle).find(Connection::is_open);
        let mut connection = match open {
            Some(connection) => connection,
            None => Connection::open(self.0.address).await?,
        };
        let response = connection.exchange(request).await?;
        if response.is_kept {
            self.idle().push(connection);
        }
        Ok(response)
    }

    fn idle(&self) -> std::sync::MutexGuard<'_, Vec<Connection>> {
        self.0.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
