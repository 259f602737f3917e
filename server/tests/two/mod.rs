//! HTTP/2 spoken by a client of a library, and frame by frame by hand.
#![allow(dead_code, reason = "each test program uses its own part of it")]

use std::convert::Infallible;
use std::net::SocketAddr;

use bytes::Bytes;
use http::{Method, Request};
use http_body_util::combinators::UnsyncBoxBody;
use http_body_util::{BodyExt as _, Full};
use hyper::client::conn::http2;
use hyper_util::rt::{TokioExecutor, TokioIo};
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::http_support::Answer;

/// What a request carries.
pub(crate) type Body = UnsyncBoxBody<Bytes, Infallible>;

/// A connection that carries requests, as many at once as there are.
#[derive(Clone)]
pub(crate) struct Client {
    sender: http2::SendRequest<Body>,
    origin: String,
}

impl Client {
    /// Connects without TLS.
    pub(crate) async fn connect(address: SocketAddr) -> Self {
        let stream = TcpStream::connect(address).await.unwrap();
        Self::on(stream, &format!("http://{address}")).await
    }

    /// Speaks on this connection to this origin.
    pub(crate) async fn on<S>(stream: S, origin: &str) -> Self
    where
        S: AsyncRead + AsyncWrite + Send + Unpin + 'static,
    {
        let handshake = http2::handshake(TokioExecutor::new(), TokioIo::new(stream));
        let (sender, connection) = handshake.await.unwrap();
        tokio::spawn(connection);
        Self { sender, origin: origin.to_owned() }
    }

    /// Sends a request with this head (method, target), header lines and body.
    pub(crate) async fn request(&self, head: &str, headers: &[(&str, &str)], body: &str) -> Answer {
        let body = Full::new(Bytes::from(body.to_owned())).boxed_unsync();
        self.send(head, headers, body).await.unwrap_or_else(|error| panic!("{head}: {error}"))
    }

    /// The same with a body that need not come at once, or an error where there is no answer.
    pub(crate) async fn send(
        &self,
        head: &str,
        headers: &[(&str, &str)],
        body: Body,
    ) -> hyper::Result<Answer> {
        let (method, target) = head.split_once(' ').unwrap();
        let method = Method::from_bytes(method.as_bytes()).unwrap();
        let uri =
            if method == Method::CONNECT { target.to_owned() } else { format!("{}{target}", self.origin) };
        let mut request = Request::builder().method(method).uri(uri);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let response = self.sender.clone().send_request(request.body(body).unwrap()).await?;
        let status = response.status().as_u16();
        let mut text = format!("HTTP/2 {status}\r\n");
        for (name, value) in response.headers() {
            text.push_str(&format!("{name}: {}\r\n", value.to_str().unwrap()));
        }
        let body = response.into_body().collect().await?.to_bytes();
        Ok(Answer { status, head: text, body: String::from_utf8(body.to_vec()).unwrap() })
    }

    /// Waits until no further request is taken.
    pub(crate) async fn closed(&self) {
        let empty = || Full::new(Bytes::new()).boxed_unsync();
        while self.send("GET /health", &[], empty()).await.is_ok() {}
    }
}

/// Kinds of frames.
pub(crate) const DATA: u8 = 0;
pub(crate) const HEADERS: u8 = 1;
pub(crate) const RST_STREAM: u8 = 3;
pub(crate) const SETTINGS: u8 = 4;
pub(crate) const PING: u8 = 6;
pub(crate) const GOAWAY: u8 = 7;
/// Marks of heads.
pub(crate) const END_STREAM: u8 = 1;
pub(crate) const END_HEADERS: u8 = 4;

/// A frame.
pub(crate) fn frame(kind: u8, flags: u8, stream: u32, payload: &[u8]) -> Vec<u8> {
    let length = u32::try_from(payload.len()).unwrap().to_be_bytes();
    let mut frame = vec![length[1], length[2], length[3], kind, flags];
    frame.extend(stream.to_be_bytes());
    frame.extend(payload);
    frame
}

/// Fields as a head has them, none of them remembered (RFC 7541, section 6.2.2).
pub(crate) fn fields(fields: &[(&str, &str)]) -> Vec<u8> {
    let mut block = Vec::new();
    for (name, value) in fields {
        block.push(0);
        for text in [name, value] {
            // Shorter ones have their length in one byte, which is all that is needed here.
            assert!(text.len() < 127, "{text}");
            block.push(u8::try_from(text.len()).unwrap());
            block.extend(text.as_bytes());
        }
    }
    block
}

/// The fields of a GET of this path.
pub(crate) fn get(authority: SocketAddr, path: &str) -> Vec<u8> {
    fields(&[
        (":method", "GET"),
        (":scheme", "http"),
        (":authority", &authority.to_string()),
        (":path", path),
    ])
}

/// A connection on which frames are written and read by hand.
pub(crate) struct ByHand(TcpStream);

impl ByHand {
    /// Connects, and says first what every client says, with these settings.
    pub(crate) async fn connect(address: SocketAddr, settings: &[u8]) -> Self {
        let mut stream = TcpStream::connect(address).await.unwrap();
        stream.write_all(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n").await.unwrap();
        stream.write_all(&frame(SETTINGS, 0, 0, settings)).await.unwrap();
        Self(stream)
    }

    /// Writes these frames, as far as the other side takes them.
    pub(crate) async fn write(&mut self, frames: &[u8]) -> std::io::Result<()> {
        self.0.write_all(frames).await
    }

    /// The kind and the payload of the next frame; nothing at the end.
    pub(crate) async fn next(&mut self) -> Option<(u8, Vec<u8>)> {
        let mut introduction = [0; 9];
        self.0.read_exact(&mut introduction).await.ok()?;
        let [high, middle, low, kind, ..] = introduction;
        let mut payload = vec![0; u32::from_be_bytes([0, high, middle, low]) as usize];
        self.0.read_exact(&mut payload).await.ok()?;
        Some((kind, payload))
    }

    /// The kinds of all frames to the end.
    pub(crate) async fn kinds(&mut self) -> Vec<u8> {
        let mut kinds = Vec::new();
        while let Some((kind, _)) = self.next().await {
            kinds.push(kind);
        }
        kinds
    }
}
