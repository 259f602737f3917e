//! One connection to a subject, and as much of HTTP as all of them speak: bodies of a given length and bodies in chunks.

use std::io::{self, ErrorKind};
use std::net::SocketAddr;

use memchr::memmem::find;
use serde_json::Value;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

/// A connection that carries one exchange after another.
#[derive(Debug)]
pub struct Wire {
    stream: TcpStream,
    received: Vec<u8>,
    reply: Reply,
}

/// An answer, read to its end.
#[derive(Clone, Debug, Default)]
pub struct Reply {
    /// The status.
    pub status: u16,
    /// The session that it names.
    pub session: Option<String>,
    /// The body, put together from its chunks.
    pub body: Vec<u8>,
}

impl Wire {
    /// Connects.
    pub async fn open(address: SocketAddr) -> io::Result<Self> {
        let stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        Ok(Self { stream, received: Vec::with_capacity(16 * 1024), reply: Reply::default() })
    }

    /// Sends a request and reads its answer.
    pub async fn exchange(&mut self, request: &[u8]) -> io::Result<&Reply> {
        self.stream.write_all(request).await?;
        self.received.clear();
        let mut head = None;
        loop {
            if self.stream.read_buf(&mut self.received).await? == 0 {
                return Err(io::Error::new(
                    ErrorKind::UnexpectedEof,
                    "the connection was closed before the answer's end",
                ));
            }
            if head.is_none() {
                head = Head::read(&self.received)?;
            }
            if let Some(head) = &head
                && head.body(&self.received[head.end..], &mut self.reply.body)?
            {
                (self.reply.status, self.reply.session) = (head.status, head.session.clone());
                return Ok(&self.reply);
            }
        }
    }
}

impl Reply {
    /// The message in the body, which is JSON or a stream of events with one.
    pub fn message(&self) -> io::Result<Value> {
        let wrong = || io::Error::other(format!("{} {}", self.status, String::from_utf8_lossy(&self.body)));
        if self.status != 200 {
            return Err(wrong());
        }
        let texts = self.body.split(|byte| *byte == b'\n').filter_map(|line| line.strip_prefix(b"data:"));
        let mut messages = [&*self.body]
            .into_iter()
            .chain(texts)
            .filter_map(|text| serde_json::from_slice::<Value>(text).ok());
        messages.find(|message| message.get("id").is_some()).ok_or_else(wrong)
    }
}

/// What the head of an answer says.
#[derive(Debug)]
struct Head {
    status: u16,
    session: Option<String>,
    /// None where the body comes in chunks.
    length: Option<usize>,
    /// Where the body begins.
    end: usize,
}

impl Head {
    /// Reads it, once it has come to its end.
    fn read(received: &[u8]) -> io::Result<Option<Self>> {
        let Some(end) = find(received, b"\r\n\r\n") else { return Ok(None) };
        let wrong = || io::Error::other(format!("no answer: {}", String::from_utf8_lossy(&received[..end])));
        let text = std::str::from_utf8(&received[..end]).map_err(|_| wrong())?;
        let status = text.split(' ').nth(1).and_then(|status| status.parse().ok()).ok_or_else(wrong)?;
        let (mut session, mut length, mut is_chunked) = (None, None, false);
        for (name, value) in text.lines().filter_map(|line| line.split_once(':')) {
            let value = value.trim();
            if name.eq_ignore_ascii_case("content-length") {
                length = Some(value.parse().map_err(|_| wrong())?);
            } else if name.eq_ignore_ascii_case("transfer-encoding") {
                is_chunked = value.eq_ignore_ascii_case("chunked");
            } else if name.eq_ignore_ascii_case("mcp-session-id") {
                session = Some(value.to_owned());
            }
        }
        if status == 202 || status == 204 {
            length = length.or(Some(0)).filter(|_| !is_chunked);
        } else if length.is_none() && !is_chunked {
            return Err(wrong());
        }
        Ok(Some(Self { status, session, length, end: end + 4 }))
    }

    /// Puts the body together from what came after the head; whether all of it has come.
    fn body(&self, received: &[u8], into: &mut Vec<u8>) -> io::Result<bool> {
        into.clear();
        if let Some(length) = self.length {
            if received.len() < length {
                return Ok(false);
            }
            into.extend_from_slice(&received[..length]);
            return Ok(true);
        }
        let mut rest = received;
        loop {
            let Some(end) = find(rest, b"\r\n") else { return Ok(false) };
            let digits = std::str::from_utf8(&rest[..end]).ok().and_then(|line| line.split(';').next());
            let size = digits.and_then(|digits| usize::from_str_radix(digits.trim(), 16).ok());
            let size = size.ok_or_else(|| io::Error::other("a chunk without its size"))?;
            let chunk = &rest[end + 2..];
            if chunk.len() < size + 2 {
                return Ok(false);
            }
            if size == 0 {
                return Ok(true);
            }
            into.extend_from_slice(&chunk[..size]);
            rest = &chunk[size + 2..];
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn read(text: &str) -> Option<(u16, Option<String>, String)> {
        let head = Head::read(text.as_bytes()).expect("an answer")?;
        let mut body = Vec::new();
        let is_whole = head.body(&text.as_bytes()[head.end..], &mut body).expect("a body");
        is_whole.then(|| (head.status, head.session.clone(), String::from_utf8(body).expect("text")))
    }

    #[test]
    fn an_answer_has_come_when_its_last_byte_is_there() {
        for whole in [
            "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nMcp-Session-Id: s1\r\n\r\nabcde",
            "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\nmcp-session-id: s1\r\n\r\n3\r\nabc\r\n2;x=y\r\nde\r\n0\r\n\r\n",
        ] {
            assert_eq!(read(whole), Some((200, Some("s1".to_owned()), "abcde".to_owned())), "{whole}");
            for end in 0..whole.len() {
                assert_eq!(read(&whole[..end]), None, "{}", &whole[..end]);
            }
        }
        assert_eq!(read("HTTP/1.1 202 Accepted\r\n\r\n"), Some((202, None, String::new())));
        assert!(Head::read(b"HTTP/1.1 200 OK\r\n\r\n").is_err(), "there is no telling where it ends");
    }

    #[test]
    fn a_message_is_json_or_the_data_of_an_event() {
        let message = |status, body: &str| Reply { status, session: None, body: body.into() }.message();
        let answer = r#"{"jsonrpc":"2.0","id":1,"result":{}}"#;
        let events = format!("id: 0\nretry: 3000\ndata:\n\nevent: message\r\ndata: {answer}\r\n\r\n");
        for body in [answer, &events] {
            assert_eq!(message(200, body).expect("a message")["id"], 1, "{body}");
        }
        assert!(message(500, answer).is_err() && message(200, "data: 1").is_err());
    }
}
