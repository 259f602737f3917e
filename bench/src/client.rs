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

/// What came of a request on a connection that was kept.
enum Kept {
    /// It was told something, or a part of it.
    Told(io::Result<Response>),
    /// Nothing: the connection was closed.
    Closed(io::Error),
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

    /// Makes a read, and makes it again where the kept connection was closed without a byte of an answer: HTTP/1.1 has no word by
    /// which both sides agree that a connection ends, so that a request may meet the end, and a client repeats what it may (RFC 9112,
    /// section 9.3.1). Whether it was made again.
    pub async fn read(&self, call: ToolCall) -> (Answer, bool) {
        let request = call.request(self.0.address, "");
        match self.over_kept(&request).await {
            Some(Kept::Closed(_)) => (Answer::of(self.over_new(&request).await), true),
            Some(Kept::Told(told)) => (Answer::of(told), false),
            None => (Answer::of(self.over_new(&request).await), false),
        }
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
        match self.over_kept(request).await {
            Some(Kept::Told(told)) => told,
            Some(Kept::Closed(why)) => Err(why),
            None => self.over_new(request).await,
        }
    }

    /// The same over a connection that is kept, if there is one.
    async fn over_kept(&self, request: &[u8]) -> Option<Kept> {
        let idle = || self.idle().pop();
        // The server may have closed some meanwhile.
        let mut connection = std::iter::from_fn(idle).find(Connection::is_open)?;
        let told = connection.exchange(request).await;
        Some(match told {
            Err(why) if connection.is_silent() => Kept::Closed(why),
            told => Kept::Told(self.keep(connection, told)),
        })
    }

    async fn over_new(&self, request: &[u8]) -> io::Result<Response> {
        let mut connection = Connection::open(self.0.address).await?;
        let told = connection.exchange(request).await;
        self.keep(connection, told)
    }

    /// Keeps the connection of an answer that says that it may be kept.
    fn keep(&self, connection: Connection, told: io::Result<Response>) -> io::Result<Response> {
        if told.as_ref().is_ok_and(|response| response.is_kept) {
            self.idle().push(connection);
        }
        told
    }

    fn idle(&self) -> std::sync::MutexGuard<'_, Vec<Connection>> {
        self.0.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    use tokio::net::{TcpListener, TcpStream};

    /// Reads a request, however much of it is there, and writes this.
    async fn answer(stream: &mut TcpStream, text: &str) {
        let _ = stream.read(&mut [0; 8192]).await.expect("a request");
        stream.write_all(text.as_bytes()).await.expect("written");
    }

    #[tokio::test]
    async fn a_read_is_made_again_where_its_connection_was_closed_without_a_word_and_only_there() {
        let body = r#"{"result":{"structuredContent":{},"isError":false}}"#;
        let whole = format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n{body}", body.len());
        for (said, again) in [("", true), (&whole[..20], false)] {
            let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
            let client = Client::new(listener.local_addr().expect("an address"));
            let serving = async {
                let (mut first, _) = listener.accept().await.expect("connected");
                answer(&mut first, &whole).await;
                answer(&mut first, said).await;
                drop(first);
                if again {
                    let (mut second, _) = listener.accept().await.expect("connected");
                    answer(&mut second, &whole).await;
                }
            };
            let calling = async {
                assert!(client.call(ToolCall::read("M1")).await.is_done());
                client.read(ToolCall::read("M2")).await
            };
            let ((), (told, was_again)) = tokio::join!(serving, calling);
            assert_eq!((told.is_done(), was_again), (again, again), "{told:?}");
        }
    }
}
