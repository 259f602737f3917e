//! A caller that makes one call over and over at as little cost as can be: what it spends is taken from the server, which
//! has the same processors.

use std::io;
use std::net::SocketAddr;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use super::ToolCall;

/// Digits of the number that tells one call from another.
const DIGITS: usize = 9;

/// One connection, and a request of which only a number changes.
#[derive(Debug)]
pub struct Steady {
    stream: TcpStream,
    request: Vec<u8>,
    /// Where the number stands in the request.
    number: usize,
    buffer: Vec<u8>,
}

impl Steady {
    /// Connects, for calls that `call` makes of a marker.
    pub async fn open(address: SocketAddr, call: impl Fn(&str) -> ToolCall) -> io::Result<Self> {
        let marker = Self::marker(0);
        let request = call(&marker).request(address, "");
        let number = request.windows(marker.len()).position(|part| part == marker.as_bytes());
        let number = number.ok_or_else(|| io::Error::other("the call does not hold its marker"))? + 1;
        let stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        Ok(Self { stream, request, number, buffer: Vec::with_capacity(4096) })
    }

    /// The marker of the call of this number.
    pub fn marker(number: usize) -> String {
        format!("N{number:0DIGITS$}")
    }

    /// Makes the call of this number; an error unless it is done.
    pub async fn call(&mut self, number: usize) -> io::Result<()> {
        let digits = format!("{number:0DIGITS$}");
        self.request[self.number..self.number + DIGITS].copy_from_slice(digits.as_bytes());
        self.stream.write_all(&self.request).await?;
        self.buffer.clear();
        loop {
            if self.stream.read_buf(&mut self.buffer).await? == 0 {
                return Err(io::Error::new(io::ErrorKind::UnexpectedEof, "the server closed the connection"));
            }
            if let Some(body) = body(&self.buffer)? {
                let is_done = find(body, b"\"isError\":false").is_some();
                return is_done.then_some(()).ok_or_else(|| failed(&self.buffer));
            }
        }
    }
}

/// The body of an answer that has come to its end.
fn body(answer: &[u8]) -> io::Result<Option<&[u8]>> {
    let Some(end) = find(answer, b"\r\n\r\n") else { return Ok(None) };
    let (head, body) = (&answer[..end], &answer[end + 4..]);
    let name = b"content-length: ";
    let length = find(head, name).and_then(|at| {
        let digits = head[at + name.len()..].split(|byte| *byte == b'\r').next()?;
        std::str::from_utf8(digits).ok()?.parse::<usize>().ok()
    });
    match length {
        Some(length) if head.starts_with(b"HTTP/1.1 200 ") => Ok((body.len() >= length).then_some(body)),
        _ => Err(failed(answer)),
    }
}

fn find(text: &[u8], part: &[u8]) -> Option<usize> {
    memchr::memmem::find(text, part)
}

fn failed(answer: &[u8]) -> io::Error {
    io::Error::other(format!("a call failed: {}", String::from_utf8_lossy(answer)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_has_come_when_its_length_is_there() {
        let answer = |body: &str| format!("HTTP/1.1 200 OK\r\ncontent-length: 3\r\n\r\n{body}").into_bytes();
        assert_eq!(body(b"HTTP/1.1 200 OK\r\ncontent-len").ok(), Some(None));
        assert_eq!(body(&answer("ab")).ok(), Some(None));
        assert_eq!(body(&answer("abc")).ok(), Some(Some(&b"abc"[..])));
        assert!(body(b"HTTP/1.1 503 No\r\ncontent-length: 0\r\n\r\n").is_err());
    }
}
