//! Streams on which clients wait to be told something, of either era.

use std::io;
use std::net::SocketAddr;

use serde_json::json;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

/// The revisions that are spoken.
const STATELESS: &str = "2026-07-28";
const WITH_SESSIONS: &str = "2025-11-25";

/// What who listens is told when nothing more will be said.
const COMPLETE: &str = r#""resultType":"complete""#;
/// What ends an answer whose length was not known.
const LAST_PIECE: &[u8] = b"0\r\n\r\n";

/// What kind of stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// `subscriptions/listen` of the stateless era.
    Listening,
    /// That of a session of the handshake revisions.
    OfSession,
}

/// A stream that stands.
#[derive(Debug)]
pub struct Stream {
    address: SocketAddr,
    stream: TcpStream,
    /// The session that it is of.
    session: Option<String>,
    /// Header lines that say who it is, each ended by CR LF.
    headers: String,
}

impl Stream {
    /// Opens one with further header lines, each ended by CR LF, and waits for nothing on it.
    pub async fn open(kind: Kind, address: SocketAddr, headers: &str) -> io::Result<Self> {
        match kind {
            Kind::Listening => Self::listen(address, headers.to_owned()).await,
            Kind::OfSession => Self::of_session(address, headers.to_owned()).await,
        }
    }

    async fn listen(address: SocketAddr, headers: String) -> io::Result<Self> {
        let meta = json!({
            "io.modelcontextprotocol/protocolVersion": STATELESS,
            "io.modelcontextprotocol/clientCapabilities": {},
            "io.modelcontextprotocol/clientInfo": { "name": "bench", "version": "1" },
        });
        let params = json!({ "notifications": { "toolsListChanged": true }, "_meta": meta });
        let body = json!({ "jsonrpc": "2.0", "id": 1, "method": "subscriptions/listen", "params": params })
            .to_string();
        let own =
            format!("MCP-Protocol-Version: {STATELESS}\r\nMcp-Method: subscriptions/listen\r\n{headers}");
        let mut stream = TcpStream::connect(address).await?;
        stream.write_all(request(address, "POST", &own, &body).as_bytes()).await?;
        begun(&mut stream, "acknowledged").await?;
        Ok(Self { address, stream, session: None, headers })
    }

    async fn of_session(address: SocketAddr, headers: String) -> io::Result<Self> {
        let hello = json!({ "jsonrpc": "2.0", "id": 1, "method": "initialize", "params": {
            "protocolVersion": WITH_SESSIONS, "capabilities": {}, "clientInfo": { "name": "bench", "version": "1" },
        }});
        let answer = exchange(address, "POST", &headers, &hello.to_string()).await?;
        let session = header(&answer, "mcp-session-id").ok_or_else(|| refused(&answer))?;
        let ready = json!({ "jsonrpc": "2.0", "method": "notifications/initialized" });
        let own = of_session(&session, &headers);
        exchange(address, "POST", &own, &ready.to_string()).await?;
        let mut stream = TcpStream::connect(address).await?;
        stream.write_all(request(address, "GET", &own, "").as_bytes()).await?;
        begun(&mut stream, "\r\n\r\n").await?;
        Ok(Self { address, stream, session: Some(session), headers })
    }

    /// What the program said since this was asked last.
    pub fn heard(&mut self) -> String {
        let (mut heard, mut bytes) = (Vec::new(), [0; 1024]);
        while let Ok(length @ 1..) = self.stream.try_read(&mut bytes) {
            heard.extend_from_slice(&bytes[..length]);
        }
        String::from_utf8_lossy(&heard).into_owned()
    }

    /// Waits until the program ends it, and says whether that was in order: to its last piece, and with a word to who listens.
    pub async fn ended(mut self) -> io::Result<bool> {
        let mut rest = Vec::new();
        // The connection may be there for another moment.
        while !rest.ends_with(LAST_PIECE) {
            if self.stream.read_buf(&mut rest).await? == 0 {
                return Ok(false);
            }
        }
        Ok(self.session.is_some() || String::from_utf8_lossy(&rest).contains(COMPLETE))
    }

    /// Ends it, and the session that it is of.
    pub async fn end(self) -> io::Result<()> {
        let Some(session) = &self.session else { return Ok(()) };
        exchange(self.address, "DELETE", &of_session(session, &self.headers), "").await.map(drop)
    }
}

/// Reads the answer's head and whatever comes up to these words.
async fn begun(stream: &mut TcpStream, words: &str) -> io::Result<()> {
    let mut answer = Vec::new();
    while !String::from_utf8_lossy(&answer).contains(words) {
        if stream.read_buf(&mut answer).await? == 0 {
            return Err(refused(&String::from_utf8_lossy(&answer)));
        }
    }
    if answer.starts_with(b"HTTP/1.1 200 ") {
        Ok(())
    } else {
        Err(refused(&String::from_utf8_lossy(&answer)))
    }
}

/// Sends a request on a connection of its own, and gives all that is answered.
async fn exchange(address: SocketAddr, method: &str, headers: &str, body: &str) -> io::Result<String> {
    let mut stream = TcpStream::connect(address).await?;
    let headers = format!("Connection: close\r\n{headers}");
    stream.write_all(request(address, method, &headers, body).as_bytes()).await?;
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).await?;
    let answer = String::from_utf8_lossy(&answer).into_owned();
    if answer.starts_with("HTTP/1.1 2") { Ok(answer) } else { Err(refused(&answer)) }
}

fn request(address: SocketAddr, method: &str, headers: &str, body: &str) -> String {
    let length = if body.is_empty() {
        String::new()
    } else {
        format!("Content-Type: application/json\r\nContent-Length: {}\r\n", body.len())
    };
    format!(
        "{method} /mcp HTTP/1.1\r\nHost: {address}\r\nAccept: application/json, text/event-stream\r\n\
         {headers}{length}\r\n{body}"
    )
}

fn of_session(id: &str, headers: &str) -> String {
    format!("Mcp-Session-Id: {id}\r\nMCP-Protocol-Version: {WITH_SESSIONS}\r\n{headers}")
}

fn header(answer: &str, name: &str) -> Option<String> {
    answer.lines().find_map(|line| {
        let (found, value) = line.split_once(": ")?;
        found.eq_ignore_ascii_case(name).then(|| value.to_owned())
    })
}

fn refused(answer: &str) -> io::Error {
    io::Error::other(format!("a stream was refused: {answer}"))
}
