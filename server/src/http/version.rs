//! Which version of HTTP a client speaks: what was agreed with TLS (RFC 7301), or else what its first bytes are.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::{Buf as _, Bytes};
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, ReadBuf};

use super::framing::Framing;

/// What a client of HTTP/2 says first (RFC 9113, section 3.4). No message of HTTP/1 that is served begins so.
pub(super) const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

/// How much is read at first, in bytes: the head of a usual request. Whoever sends one slowly takes this and its last line once more.
const FIRST: usize = 2048;

/// A version of HTTP.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Version {
    /// HTTP/1.0 and HTTP/1.1.
    One,
    /// HTTP/2.
    Two,
}

impl Version {
    /// The version of this name that was agreed on with TLS.
    pub(super) fn agreed(name: &[u8]) -> Self {
        if name == b"h2" { Self::Two } else { Self::One }
    }

    /// The version of the client that sent these bytes first, once they tell.
    fn of(bytes: &[u8]) -> Option<Self> {
        if bytes.len() >= PREFACE.len() && bytes.starts_with(PREFACE) {
            Some(Self::Two)
        } else if PREFACE.starts_with(bytes) {
            None
        } else {
            Some(Self::One)
        }
    }
}

/// Reads until the first bytes tell the version, unless it is agreed, and of HTTP/1 until there is something to do: a head, one that is
/// refused, or one that is larger than usual. Then it puts them back. Of a client that leaves before there is nothing to tell.
pub(super) async fn of_first_bytes<S: AsyncRead + Unpin>(
    mut stream: S,
    agreed: Option<Version>,
) -> io::Result<(Version, PutBack<S>)> {
    let (mut first, mut framing, mut followed) = (Vec::with_capacity(FIRST), Framing::new(), 0);
    let version = loop {
        if let Some(version) = agreed.or_else(|| Version::of(&first)) {
            let is_refused = framing.follow(&first[followed..]).is_err() || is_hopeless(&first);
            followed = first.len();
            if version == Version::Two || is_refused || framing.heads() > 0 || followed >= FIRST {
                break version;
            }
        }
        if stream.read_buf(&mut first).await? == 0 {
            break Version::One;
        }
    };
    Ok((version, PutBack { first: first.into(), stream }))
}

/// Whether the first line has come and asks for nothing in HTTP/1, so that nothing which follows can make a request of it.
fn is_hopeless(first: &[u8]) -> bool {
    let line = memchr::memchr(b'\n', first).map(|end| first[..end].trim_ascii_end());
    line.is_some_and(|line| {
        !line.is_empty() && !line.ends_with(b" HTTP/1.1") && !line.ends_with(b" HTTP/1.0")
    })
}

/// A stream of which some bytes were read and are read again.
#[derive(Debug)]
pub(super) struct PutBack<S> {
    first: Bytes,
    stream: S,
}

impl<S> PutBack<S> {
    /// A stream of which nothing was read.
    pub(super) fn nothing(stream: S) -> Self {
        Self { first: Bytes::new(), stream }
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for PutBack<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        if self.first.is_empty() {
            return Pin::new(&mut self.stream).poll_read(context, buffer);
        }
        let length = self.first.len().min(buffer.remaining());
        buffer.put_slice(&self.first[..length]);
        self.first.advance(length);
        if self.first.is_empty() {
            // What nothing is left of would take its memory for as long as the connection lasts.
            self.first = Bytes::new();
        }
        Poll::Ready(Ok(()))
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for PutBack<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(context, bytes)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffers: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write_vectored(context, buffers)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::io::AsyncWriteExt as _;

    /// The version of a client that sends this, byte by byte, and all that is read afterwards.
    async fn told(text: &[u8]) -> (Version, Vec<u8>) {
        let (mut client, server) = tokio::io::duplex(1);
        let sending = async {
            client.write_all(text).await.expect("written");
            drop(client);
        };
        let reading = async {
            let (version, mut stream) = of_first_bytes(server, None).await.expect("read");
            let mut read = Vec::new();
            stream.read_to_end(&mut read).await.expect("read");
            (version, read)
        };
        tokio::join!(sending, reading).1
    }

    #[tokio::test]
    async fn the_first_bytes_tell_the_version_and_none_is_lost() {
        let two = [PREFACE, b"\0\0\0\x04\0\0\0\0\0"].concat();
        for (text, version) in [
            (&two[..], Version::Two),
            (b"POST /mcp HTTP/1.1\r\n\r\n", Version::One),
            (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r ", Version::One),
            (b"PRI * HTTP/1.1\r\n\r\n", Version::One),
            (b"PRI", Version::One),
            (b"", Version::One),
        ] {
            assert_eq!(told(text).await, (version, text.to_vec()), "{}", String::from_utf8_lossy(text));
        }
    }

    /// What was put back of a client that sends this, so many bytes at once, and then waits; nothing where more is waited for.
    async fn begun(text: &[u8], at_once: usize) -> Option<Vec<u8>> {
        let (mut client, server) = tokio::io::duplex(at_once);
        let sending = async {
            // Whoever goes on does not read what comes after.
            let _ = client.write_all(text).await;
            std::future::pending().await
        };
        let finding = tokio::time::timeout(std::time::Duration::from_secs(1), of_first_bytes(server, None));
        let found = tokio::select! {
            found = finding => found,
            () = sending => unreachable!("it never ends"),
        };
        found.ok().map(|found| found.expect("read").1.first.to_vec())
    }

    #[tokio::test(start_paused = true)]
    async fn r15_a_head_is_waited_for_before_anything_is_made_for_it() {
        let head = b"POST /mcp HTTP/1.1\r\nHost: x\r\n";
        for waits in [&head[..], &head[..5], b"P"] {
            assert_eq!(begun(waits, 2 * FIRST).await, None, "{}", String::from_utf8_lossy(waits));
        }
        let whole = [b"\r\n", &head[..], b"\r\n"].concat();
        let refused = b"GET / HTTP/1.1\n".to_vec();
        let (old, other) = (b"GET /\r\n".to_vec(), b"SSH-2.0-x\r\n".to_vec());
        for goes_on in [whole, refused, old, other] {
            for at_once in [1, 2 * FIRST] {
                assert_eq!(begun(&goes_on, at_once).await.as_ref(), Some(&goes_on), "{at_once} at once");
            }
        }
        let large = |size| [&head[..], b"X: ", &vec![b'x'; size]].concat();
        let room = FIRST - head.len() - 3;
        assert_eq!(begun(&large(room - 1), 2 * FIRST).await, None);
        assert_eq!(begun(&large(room), 2 * FIRST).await, Some(large(room)));
    }

    #[test]
    fn what_was_agreed_with_tls_is_the_version() {
        assert_eq!(Version::agreed(b"h2"), Version::Two);
        assert_eq!(Version::agreed(b"http/1.1"), Version::One);
    }
}
