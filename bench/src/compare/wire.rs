//! One connection to a subject, and as much of HTTP as all of them speak: bodies of a given length and bodies in chunks.

use std::io::{self, ErrorKind};
use std::net::SocketAddr;
use std::ops::Range;

use memchr::memchr;
use memchr::memmem::find;
use serde_json::Value;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

/// A connection that carries one exchange after another.
#[derive(Debug)]
pub struct Wire {
    stream: TcpStream,
    received: Vec<u8>,
    /// Where chunks are put together.
    joined: Vec<u8>,
}

/// An answer, read to its end.
#[derive(Clone, Copy, Debug)]
pub struct Reply<'a> {
    /// The status.
    pub status: u16,
    /// The session that it names.
    pub session: Option<&'a str>,
    /// The body, put together from its chunks.
    pub body: &'a [u8],
}

impl Wire {
    /// Connects.
    pub async fn open(address: SocketAddr) -> io::Result<Self> {
        let stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        Ok(Self { stream, received: Vec::with_capacity(16 * 1024), joined: Vec::new() })
    }

    /// Sends a request and reads its answer.
    pub async fn exchange(&mut self, request: &[u8]) -> io::Result<Reply<'_>> {
        self.stream.write_all(request).await?;
        self.received.clear();
        let mut head = None;
        let (head, body) = loop {
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
                && let Some(body) = head.body(&self.received, &mut self.joined)?
            {
                break (head, body);
            }
        };
        let session = head.session.clone().and_then(|place| std::str::from_utf8(&self.received[place]).ok());
        let body = match body {
            Body::Received(place) => &self.received[place],
            Body::Joined => &self.joined,
        };
        Ok(Reply { status: head.status, session, body })
    }
}

impl Reply<'_> {
    /// The message in the body, which is JSON or a stream of events with one.
    pub fn message(&self) -> io::Result<Value> {
        let wrong = || io::Error::other(format!("{} {}", self.status, String::from_utf8_lossy(self.body)));
        if self.status != 200 {
            return Err(wrong());
        }
        let texts = self.body.split(|byte| *byte == b'\n').filter_map(|line| line.strip_prefix(b"data:"));
        let mut messages = [self.body]
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
    /// Where the name of the session stands.
    session: Option<Range<usize>>,
    /// None where the body comes in chunks.
    length: Option<usize>,
    /// Where the body begins.
    end: usize,
}

/// Where a body is.
#[derive(Debug)]
enum Body {
    /// As it came.
    Received(Range<usize>),
    /// Put together.
    Joined,
}

impl Head {
    /// Reads it, once it has come to its end. Byte by byte and without a copy: what this costs is taken from whoever is measured.
    fn read(received: &[u8]) -> io::Result<Option<Self>> {
        let Some(end) = find(received, b"\r\n\r\n") else { return Ok(None) };
        let head = &received[..end + 2];
        let wrong = || io::Error::other(format!("no answer: {}", String::from_utf8_lossy(head)));
        let status = head.split(|byte| *byte == b' ').nth(1).and_then(|status| number(status, 10));
        let status = status.and_then(|status| u16::try_from(status).ok()).ok_or_else(wrong)?;
        let (mut session, mut length, mut is_chunked) = (None, None, false);
        let mut at = 0;
        while let Some(line) = memchr(b'\n', &head[at..]).map(|end| &head[at..at + end]) {
            if let Some(colon) = memchr(b':', line) {
                let (name, value) = (&line[..colon], line[colon + 1..].trim_ascii());
                if name.eq_ignore_ascii_case(b"content-length") {
                    length = Some(number(value, 10).ok_or_else(wrong)?);
                } else if name.eq_ignore_ascii_case(b"transfer-encoding") {
                    is_chunked = value.eq_ignore_ascii_case(b"chunked");
                } else if name.eq_ignore_ascii_case(b"mcp-session-id") {
                    let begin = at + line.len() - line[colon + 1..].trim_ascii_start().len();
                    session = Some(begin..begin + value.len());
                }
            }
            at += line.len() + 1;
        }
        if status == 202 || status == 204 {
            length = length.or(Some(0)).filter(|_| !is_chunked);
        } else if length.is_none() && !is_chunked {
            return Err(wrong());
        }
        Ok(Some(Self { status, session, length, end: end + 4 }))
    }

    /// Where the body is, once all of it has come; `joined` is where chunks are put together.
    fn body(&self, received: &[u8], joined: &mut Vec<u8>) -> io::Result<Option<Body>> {
        if let Some(length) = self.length {
            let end = self.end.saturating_add(length);
            return Ok((received.len() >= end).then_some(Body::Received(self.end..end)));
        }
        joined.clear();
        let mut rest = &received[self.end..];
        loop {
            let Some(end) = find(rest, b"\r\n") else { return Ok(None) };
            let digits = rest[..end].split(|byte| *byte == b';').next().unwrap_or_default();
            let size = number(digits.trim_ascii(), 16);
            let size = size.ok_or_else(|| io::Error::other("a chunk without its size"))?;
            let chunk = &rest[end + 2..];
            if chunk.len() < size + 2 {
                return Ok(None);
            }
            if size == 0 {
                return Ok(Some(Body::Joined));
            }
            joined.extend_from_slice(&chunk[..size]);
            rest = &chunk[size + 2..];
        }
    }
}

/// The number that these digits are.
fn number(digits: &[u8], radix: u32) -> Option<usize> {
    std::str::from_utf8(digits).ok().and_then(|digits| usize::from_str_radix(digits, radix).ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn read(text: &str) -> Option<(u16, Option<String>, String)> {
        let head = Head::read(text.as_bytes()).expect("an answer")?;
        let mut joined = Vec::new();
        let body = match head.body(text.as_bytes(), &mut joined).expect("a body")? {
            Body::Received(place) => text[place].to_owned(),
            Body::Joined => String::from_utf8(joined).expect("text"),
        };
        Some((head.status, head.session.map(|place| text[place].to_owned()), body))
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
        let message = |status, body: &str| Reply { status, session: None, body: body.as_bytes() }.message();
        let answer = r#"{"jsonrpc":"2.0","id":1,"result":{}}"#;
        let events = format!("id: 0\nretry: 3000\ndata:\n\nevent: message\r\ndata: {answer}\r\n\r\n");
        for body in [answer, &events] {
            assert_eq!(message(200, body).expect("a message")["id"], 1, "{body}");
        }
        assert!(message(500, answer).is_err() && message(200, "data: 1").is_err());
    }
}
