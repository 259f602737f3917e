//! A session of a client of the handshake revisions, and the stream on which it waits to be told something.

use std::io;
use std::net::SocketAddr;

use serde_json::json;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

const REVISION: &str = "2025-11-25";

/// A session with its stream.
#[derive(Debug)]
pub(super) struct Session {
    id: String,
    stream: TcpStream,
}

impl Session {
    /// Begins one, and waits for nothing on its stream.
    pub(super) async fn begin(address: SocketAddr) -> io::Result<Self> {
        let hello = json!({ "jsonrpc": "2.0", "id": 1, "method": "initialize", "params": {
            "protocolVersion": REVISION, "capabilities": {}, "clientInfo": { "name": "bench", "version": "1" },
        }});
        let answer = exchange(address, "POST", "", &hello.to_string()).await?;
        let id = header(&answer, "mcp-session-id").ok_or_else(|| refused(&answer))?;
        let of_session = format!("Mcp-Session-Id: {id}\r\nMCP-Protocol-Version: {REVISION}\r\n");
        let ready = json!({ "jsonrpc": "2.0", "method": "notifications/initialized" });
        exchange(address, "POST", &of_session, &ready.to_string()).await?;
        let mut stream = TcpStream::connect(address).await?;
        let head =
            format!("GET /mcp HTTP/1.1\r\nHost: {address}\r\nAccept: text/event-stream\r\n{of_session}\r\n");
        stream.write_all(head.as_bytes()).await?;
        let mut answer = Vec::new();
        while !answer.ends_with(b"\r\n\r\n") {
            answer.push(stream.read_u8().await?);
        }
        let answer = String::from_utf8_lossy(&answer);
        if answer.starts_with("HTTP/1.1 200 ") { Ok(Self { id, stream }) } else { Err(refused(&answer)) }
    }

    /// Whether the program said that it is still there since this was asked last.
    pub(super) fn heard_a_sign(&mut self) -> bool {
        let mut heard = false;
        while let Ok(1..) = self.stream.try_read(&mut [0; 1024]) {
            heard = true;
        }
        heard
    }

    /// Ends it.
    pub(super) async fn end(self, address: SocketAddr) -> io::Result<()> {
        let of_session = format!("Mcp-Session-Id: {}\r\nMCP-Protocol-Version: {REVISION}\r\n", self.id);
        exchange(address, "DELETE", &of_session, "").await.map(drop)
    }
}

/// Sends a request on a connection of its own, and gives all that is answered.
async fn exchange(address: SocketAddr, method: &str, headers: &str, body: &str) -> io::Result<String> {
    let mut stream = TcpStream::connect(address).await?;
    let request = format!(
        "{method} /mcp HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\nContent-Type: application/json\r\n\
         Accept: application/json, text/event-stream\r\n{headers}Content-Length: {}\r\n\r\n{body}",
        body.len()
    );
    stream.write_all(request.as_bytes()).await?;
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).await?;
    let answer = String::from_utf8_lossy(&answer).into_owned();
    if answer.starts_with("HTTP/1.1 2") { Ok(answer) } else { Err(refused(&answer)) }
}

fn header(answer: &str, name: &str) -> Option<String> {
    answer.lines().find_map(|line| {
        let (found, value) = line.split_once(": ")?;
        found.eq_ignore_ascii_case(name).then(|| value.to_owned())
    })
}

fn refused(answer: &str) -> io::Error {
    io::Error::other(format!("a session was refused: {answer}"))
}
