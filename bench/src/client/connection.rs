//! One connection to the server, and the little HTTP that a call needs.

use std::io;
use std::net::SocketAddr;
use std::os::fd::AsFd as _;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

/// A connection that is not in use, or in use by one call.
#[derive(Debug)]
pub struct Connection {
    stream: TcpStream,
    buffer: Vec<u8>,
}

/// An answer, read to its end.
#[derive(Debug)]
pub struct Response {
    /// The status.
    pub status: u16,
    /// The seconds of `Retry-After`, if it was sent.
    pub retry_after: Option<u64>,
    /// The body.
    pub body: Vec<u8>,
    /// Whether the connection may be used again.
    pub is_kept: bool,
}

impl Connection {
    /// Connects.
    pub async fn open(address: SocketAddr) -> io::Result<Self> {
        let stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        Ok(Self { stream, buffer: Vec::with_capacity(4096) })
    }

    /// Whether the server has not closed it, as far as the system knows: what the runtime knows may be older.
    pub fn is_open(&self) -> bool {
        let asked = self.stream.as_fd().try_clone_to_owned().map(std::net::TcpStream::from);
        let found = asked.and_then(|stream| stream.peek(&mut [0]));
        found.is_err_and(|error| error.kind() == io::ErrorKind::WouldBlock)
    }

    /// Whether nothing came that was not read as an answer.
    pub fn is_silent(&self) -> bool {
        self.buffer.is_empty()
    }

    /// Sends a request and reads its answer.
    pub async fn exchange(&mut self, request: &[u8]) -> io::Result<Response> {
        self.send(request).await?;
        self.receive().await
    }

    /// Sends a request.
    pub async fn send(&mut self, request: &[u8]) -> io::Result<()> {
        self.stream.write_all(request).await
    }

    /// Reads an answer.
    pub async fn receive(&mut self) -> io::Result<Response> {
        let head_end = loop {
            if let Some(end) = self.buffer.windows(4).position(|window| window == b"\r\n\r\n") {
                break end + 4;
            }
            self.more().await?;
        };
        let head = Head::read(&self.buffer[..head_end])?;
        while self.buffer.len() < head_end + head.length {
            self.more().await?;
        }
        let body = self.buffer[head_end..head_end + head.length].to_vec();
        self.buffer.drain(..head_end + head.length);
        Ok(Response { status: head.status, retry_after: head.retry_after, body, is_kept: head.is_kept })
    }

    async fn more(&mut self) -> io::Result<()> {
        if self.stream.read_buf(&mut self.buffer).await? == 0 {
            return Err(io::Error::new(io::ErrorKind::UnexpectedEof, "the server closed the connection"));
        }
        Ok(())
    }
}

/// What the head of an answer says.
struct Head {
    status: u16,
    length: usize,
    retry_after: Option<u64>,
    is_kept: bool,
}

impl Head {
    fn read(bytes: &[u8]) -> io::Result<Self> {
        let text = String::from_utf8_lossy(bytes).to_ascii_lowercase();
        let status = text.split(' ').nth(1).and_then(|status| status.parse().ok());
        let field = |name: &str| {
            let mut lines = text.lines().filter_map(|line| line.split_once(':'));
            lines.find(|(given, _)| *given == name).map(|(_, value)| value.trim().to_owned())
        };
        // The server tells the length of whatever is not a stream, and a call has no stream.
        let length = field("content-length").and_then(|length| length.parse().ok());
        let (Some(status), Some(length)) = (status, length) else {
            return Err(io::Error::other(format!("an answer without status or length: {text:?}")));
        };
        let retry_after = field("retry-after").and_then(|seconds| seconds.parse().ok());
        Ok(Self {
            status,
            length,
            retry_after,
            is_kept: field("connection").is_none_or(|word| word != "close"),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_connection_that_was_closed_is_known_to_be_before_the_runtime_has_heard_of_it() {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
        let connection =
            Connection::open(listener.local_addr().expect("an address")).await.expect("connected");
        let (other, _) = listener.accept().expect("it has connected");
        assert!(connection.is_open());
        // Nothing is waited for here, so that nobody tells the runtime.
        drop(other);
        assert!(!connection.is_open());
    }
}
