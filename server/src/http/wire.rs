//! A connection's bytes between the socket and the HTTP library: bounded in time, and strict in framing.
//!
//! A head must be complete in time from its first byte; the first one from the connection's start. What we write must
//! be read in time. A message that breaks the framing rules reaches the library cut off by what no reader accepts, so
//! that the library itself answers 400 and closes, or says in HTTP/2 that the connection ends.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::{Instant, Sleep, sleep, sleep_until};

use super::Options;
use super::frames::{self, Frames};
use super::framing::{Framing, Violation};
use super::version::Version;

/// A byte that may stand nowhere in a head or a chunk's frame.
const NEVER_ACCEPTED: [u8; 1] = [0];

/// The watched connection.
pub(super) struct Wire<S> {
    stream: S,
    follower: Follower,
    /// A violation was met: nothing more is read but this.
    cut: Option<&'static [u8]>,
    head_timeout: Duration,
    write_timeout: Duration,
    reading: Option<Pin<Box<Sleep>>>,
    writing: Option<Pin<Box<Sleep>>>,
}

/// What follows the bytes of the version that is spoken.
enum Follower {
    One(Framing),
    Two(Frames),
}

impl Follower {
    fn follow(&mut self, bytes: &[u8]) -> Result<(), Violation> {
        match self {
            Self::One(framing) => framing.follow(bytes),
            Self::Two(frames) => frames.follow(bytes, Instant::now()),
        }
    }

    fn in_head(&self) -> bool {
        match self {
            Self::One(framing) => framing.in_head(),
            Self::Two(frames) => frames.in_head(),
        }
    }

    fn heads(&self) -> u64 {
        match self {
            Self::One(framing) => framing.heads(),
            Self::Two(frames) => frames.heads(),
        }
    }

    /// What no reader accepts where a message is refused.
    fn never_accepted(&self) -> &'static [u8] {
        match self {
            Self::One(_) => &NEVER_ACCEPTED,
            Self::Two(_) => &frames::NEVER_ACCEPTED,
        }
    }

    /// What comes after it: the library looks at the head of HTTP/1 that came in parts once it has its end.
    fn end(&self) -> &'static [u8] {
        match self {
            Self::One(_) => b"\r\n\r\n",
            Self::Two(_) => b"",
        }
    }
}

impl<S> Wire<S> {
    /// Watches `stream` from its first byte, which was waited for since `begun`.
    pub(super) fn new(stream: S, options: &Options, version: Version, begun: Instant) -> Self {
        Self {
            stream,
            follower: match version {
                Version::One => Follower::One(Framing::new()),
                Version::Two => Follower::Two(Frames::new(begun)),
            },
            cut: None,
            head_timeout: options.head_timeout,
            write_timeout: options.write_timeout,
            reading: Some(Box::pin(sleep_until(begun + options.head_timeout))),
            writing: None,
        }
    }

    /// Winds the head's clock after new bytes: it runs for the head that has begun, and before the first one.
    fn wind(&mut self, heads_before: u64) {
        if self.follower.heads() > heads_before {
            self.reading = None;
        }
        if self.follower.in_head() {
            self.reading.get_or_insert_with(|| Box::pin(sleep(self.head_timeout)));
        }
    }

    /// Follows what was read since `before`, and cuts it off at a violation.
    fn inspect(&mut self, buffer: &mut ReadBuf<'_>, before: usize) {
        let heads = self.follower.heads();
        match self.follower.follow(&buffer.filled()[before..]) {
            Ok(()) => self.wind(heads),
            Err(Violation { at, rule }) => {
                tracing::warn!(rule, "refused a request for its framing");
                self.cut = Some(self.follower.end());
                let refused = &mut buffer.filled_mut()[before + at..];
                let never_accepted = self.follower.never_accepted();
                let length = never_accepted.len().min(refused.len());
                refused[..length].copy_from_slice(&never_accepted[..length]);
                buffer.set_filled(before + at + length);
            }
        }
    }

    /// Fails when the peer has left what we wrote unread for too long.
    fn write_clock<T>(
        &mut self,
        context: &mut Context<'_>,
        outcome: Poll<io::Result<T>>,
    ) -> Poll<io::Result<T>> {
        if outcome.is_ready() {
            self.writing = None;
            return outcome;
        }
        let timeout = self.write_timeout;
        ready!(self.writing.get_or_insert_with(|| Box::pin(sleep(timeout))).as_mut().poll(context));
        Poll::Ready(Err(io::Error::new(io::ErrorKind::TimedOut, "the client does not read")))
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Wire<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let this = &mut *self;
        if let Some(end) = &mut this.cut {
            let (now, later) = end.split_at(end.len().min(buffer.remaining()));
            buffer.put_slice(now);
            *end = later;
            return Poll::Ready(Ok(()));
        }
        let before = buffer.filled().len();
        if let Poll::Ready(outcome) = Pin::new(&mut this.stream).poll_read(context, buffer) {
            if outcome.is_ok() {
                this.inspect(buffer, before);
            }
            return Poll::Ready(outcome);
        }
        if let Some(clock) = &mut this.reading
            && clock.as_mut().poll(context).is_ready()
        {
            return Poll::Ready(Err(io::Error::new(
                io::ErrorKind::TimedOut,
                "the request head did not arrive",
            )));
        }
        Poll::Pending
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Wire<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let outcome = Pin::new(&mut self.stream).poll_write(context, bytes);
        self.write_clock(context, outcome)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffers: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let outcome = Pin::new(&mut self.stream).poll_write_vectored(context, buffers);
        self.write_clock(context, outcome)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let outcome = Pin::new(&mut self.stream).poll_flush(context);
        self.write_clock(context, outcome)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        // With TLS the end is written too.
        let outcome = Pin::new(&mut self.stream).poll_shutdown(context);
        self.write_clock(context, outcome)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::io::{AsyncReadExt, AsyncWriteExt};

    fn pair() -> (tokio::io::DuplexStream, Wire<tokio::io::DuplexStream>) {
        let (client, server) = tokio::io::duplex(64);
        (client, Wire::new(server, &Options::default(), Version::One, Instant::now()))
    }

    async fn seconds_until_failure(wire: &mut Wire<tokio::io::DuplexStream>) -> u64 {
        let begun = Instant::now();
        let error = wire.read_to_end(&mut Vec::new()).await.expect_err("the clock ends it");
        assert_eq!(error.kind(), io::ErrorKind::TimedOut);
        begun.elapsed().as_secs()
    }

    #[tokio::test(start_paused = true)]
    async fn t_44_a_head_must_be_whole_in_ten_seconds() {
        let (_client, mut silent) = pair();
        assert_eq!(seconds_until_failure(&mut silent).await, 10);
        let (mut client, mut half) = pair();
        client.write_all(b"GET / HTTP/1.1\r\nHost:").await.expect("written");
        assert_eq!(seconds_until_failure(&mut half).await, 10);
    }

    #[tokio::test(start_paused = true)]
    async fn t_44_a_second_head_has_its_own_ten_seconds_from_its_first_byte() {
        let (mut client, mut wire) = pair();
        let dripping = async {
            client.write_all(b"GET / HTTP/1.1\r\n\r\n").await.expect("written");
            sleep(Duration::from_secs(40)).await;
            client.write_all(b"GET").await.expect("written");
            sleep(Duration::from_secs(60)).await;
        };
        let (_, seconds) = tokio::join!(dripping, seconds_until_failure(&mut wire));
        assert_eq!(seconds, 50);
    }

    #[tokio::test(start_paused = true)]
    async fn a_client_that_does_not_read_is_dropped() {
        let (_client, mut wire) = pair();
        let begun = Instant::now();
        let error = wire.write_all(&[b'x'; 1000]).await.expect_err("the clock ends it");
        assert_eq!((error.kind(), begun.elapsed().as_secs()), (io::ErrorKind::TimedOut, 30));
    }

    #[tokio::test]
    async fn a_violation_cuts_the_bytes_off_at_its_place() {
        let (mut client, mut wire) = pair();
        client.write_all(b"GET / HTTP/1.1\r\nHost: x\nEvil: y\r\n\r\n").await.expect("written");
        let mut read = Vec::new();
        wire.read_to_end(&mut read).await.expect("read to the cut");
        assert_eq!(read, b"GET / HTTP/1.1\r\nHost: x\0\r\n\r\n");
    }
}
