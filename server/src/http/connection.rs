//! One connection, from its first byte to its last: TLS where it is spoken, the version of HTTP, and all that ends it.

use std::convert::Infallible;
use std::future::Future;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use ::http::Request as HttpRequest;
use ::http::header::{CONNECTION, HeaderValue};
use http_body_util::BodyExt;
use hyper::body::Incoming;
use hyper::rt::Executor;
use hyper::server::conn::{http1, http2};
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::sync::Semaphore;
use tokio::time::{Instant, sleep, timeout, timeout_at};
use tokio_rustls::server::TlsStream;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::answer_pieces::Pieces;
use super::framing::MAX_HEAD;
use super::idle::Idle;
use super::streams::{Answer, Streams};
use super::tls::Certificate;
use super::version::{self, PutBack, Version};
use super::wire::Wire;
use super::{App, BodyError, Options, Peer};

/// How long a connection of HTTP/1.1 with nothing under way waits for a last request when the server ends: whoever has just sent
/// one must not find the connection closed.
const LINGER: Duration = Duration::from_secs(1);
/// How long a client of HTTP/2 may take to hear that the connection ends, where it has nothing under way.
const FAREWELL: Duration = Duration::from_secs(1);
/// What a connection of HTTP/1.1 reads ahead and holds, in bytes: the library's own bound is six times as large.
const AHEAD: usize = 64 * 1024;
/// What a client of HTTP/2 may send of bodies before they are read: of one, and of all of its connection.
const WINDOW: u32 = 64 * 1024;
const WINDOW_OF_ALL: u32 = 1024 * 1024;
/// How many streams may be opened and abandoned before they are looked at, and how many errors are answered on one connection.
const MOST_ABANDONED: usize = 20;
const MOST_ERRORS: usize = 100;

/// One connection and what ends it. Copies are for others like it.
#[derive(Clone)]
pub(super) struct Connection {
    pub(super) app: Arc<App>,
    pub(super) peer: Peer,
    pub(super) options: Arc<Options>,
    /// What is shown where TLS is spoken.
    pub(super) certificate: Option<Arc<Certificate>>,
    /// Room for those who have not agreed on TLS yet.
    pub(super) handshakes: Arc<Semaphore>,
    /// What works for its streams.
    pub(super) tasks: TaskTracker,
    /// No further request is read.
    pub(super) shutdown: CancellationToken,
    /// Nothing is waited for any more.
    pub(super) abandoned: CancellationToken,
}

impl Connection {
    /// Serves it to its end.
    pub(super) async fn serve(self, stream: TcpStream) {
        // Answers are small and written whole: waiting to fill a segment only adds delay.
        let _ = stream.set_nodelay(true);
        let Some(certificate) = &self.certificate else {
            return self.find_version(stream, None, Instant::now()).await;
        };
        let stream = tokio::select! {
            biased; // As below: what came in time counts.
            stream = self.handshake(certificate, stream) => stream,
            () = self.lingered() => return,
        };
        let Some(stream) = stream else { return };
        let begun = Instant::now();
        match stream.get_ref().1.alpn_protocol().map(Version::agreed) {
            Some(Version::Two) => Box::pin(self.speak(Version::Two, PutBack::nothing(stream), begun)).await,
            agreed => self.find_version(stream, agreed, begun).await,
        }
    }

    /// Agrees on TLS, in the time that a head may take and beside so many others.
    async fn handshake(&self, certificate: &Certificate, stream: TcpStream) -> Option<TlsStream<TcpStream>> {
        let handshake = async {
            let _room = self.handshakes.acquire().await.expect("the semaphore is never closed");
            certificate.acceptor().accept(stream).await
        };
        match timeout(self.options.head_timeout, handshake).await {
            Ok(Ok(stream)) => return Some(stream),
            Ok(Err(error)) => tracing::debug!(%error, "a client and this server did not agree on TLS"),
            Err(_) => tracing::debug!("a client took too long to agree on TLS"),
        }
        None
    }

    /// Waits until whoever has just connected had the time to say something, once the server ends.
    async fn lingered(&self) {
        self.shutdown.cancelled().await;
        tokio::select! {
            () = sleep(LINGER) => {}
            () = self.abandoned.cancelled() => {}
        }
    }

    async fn find_version<S>(self, stream: S, agreed: Option<Version>, begun: Instant)
    where
        S: AsyncRead + AsyncWrite + Send + Unpin,
    {
        let finding = version::of_first_bytes(stream, agreed);
        let found = tokio::select! {
            biased; // As below: what came in time counts.
            found = timeout_at(begun + self.options.head_timeout, finding) => found,
            // A head that is not whole by then is no request yet, be it the first of a connection or a later one.
            () = self.lingered() => return,
        };
        match found {
            // Boxed, so that whoever sends a first head slowly carries no room for what comes after.
            Ok(Ok((version, stream))) => Box::pin(self.speak(version, stream, begun)).await,
            Ok(Err(error)) => tracing::debug!(%error, "a connection ended early"),
            Err(_) => tracing::debug!("a client took too long to send a head"),
        }
    }

    async fn speak<S>(self, version: Version, stream: PutBack<S>, begun: Instant)
    where
        S: AsyncRead + AsyncWrite + Send + Unpin,
    {
        let wire = Wire::new(stream, &self.options, version, begun);
        let outcome = match version {
            Version::One => self.one(wire).await,
            // Boxed, so that a connection of HTTP/1.1 carries no room for it.
            Version::Two => Box::pin(self.two(wire)).await,
        };
        if let Err(error) = outcome {
            tracing::debug!(%error, "a connection ended early");
        }
    }

    async fn one<S: AsyncRead + AsyncWrite + Send + Unpin>(self, wire: Wire<S>) -> hyper::Result<()> {
        // One count of owners for each connection: on that of all of them the threads would wait for each other at each request.
        let own = Arc::new((Arc::clone(&self.app), self.shutdown.clone()));
        let peer = self.peer;
        let service = service_fn(move |request| {
            let (own, request) = (Arc::clone(&own), incoming(peer, request));
            async move {
                let (app, ending) = &*own;
                let mut response = app.handle(request).await;
                if ending.is_cancelled() {
                    response.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
                }
                Ok::<_, Infallible>(response.map(Pieces::new))
            }
        });
        let connection = http1::Builder::new()
            .timer(Idle::new(self.options.keep_alive))
            // Runs while the next request is waited for; a head that has begun has the wire's shorter time.
            .header_read_timeout(self.options.keep_alive)
            .max_header_size(MAX_HEAD)
            .max_buf_size(AHEAD)
            // Answers are small: copied together they cost less than a list of parts. The large come in pieces.
            .writev(false)
            .serve_connection(TokioIo::new(wire), service);
        let mut connection = pin!(connection);
        tokio::select! {
            outcome = connection.as_mut() => return outcome,
            () = self.shutdown.cancelled() => {}
        }
        // What comes meanwhile is answered, and its client told that it was the last. On a machine that has other work to do both may
        // be so at once: the time is over, and a request came in time that was not looked at yet. It comes first.
        tokio::select! {
            biased;
            outcome = connection.as_mut() => return outcome,
            () = self.abandoned.cancelled() => return Ok(()),
            () = sleep(LINGER) => connection.as_mut().graceful_shutdown(),
        }
        tokio::select! {
            outcome = connection => outcome,
            () = self.abandoned.cancelled() => Ok(()),
        }
    }

    async fn two<S: AsyncRead + AsyncWrite + Send + Unpin>(self, wire: Wire<S>) -> hyper::Result<()> {
        let (app, peer, streams) = (Arc::clone(&self.app), self.peer, Streams::new());
        let service = {
            let streams = streams.clone();
            service_fn(move |request| {
                let (app, request, streams) = (Arc::clone(&app), incoming(peer, request), streams.clone());
                async move {
                    let stream = streams.begin().await;
                    let response = app.handle(request).await;
                    Ok::<_, Infallible>(response.map(|body| Answer::new(body, stream)))
                }
            })
        };
        let connection = http2::Builder::new(Tasks(self.tasks.clone()))
            .timer(TokioTimer::new())
            .max_concurrent_streams(u32::try_from(self.options.max_streams).unwrap_or(u32::MAX))
            .max_header_list_size(u32::try_from(MAX_HEAD).expect("a head is small"))
            .max_pending_accept_reset_streams(MOST_ABANDONED)
            .max_local_error_reset_streams(MOST_ERRORS)
            .initial_stream_window_size(WINDOW)
            .initial_connection_window_size(WINDOW_OF_ALL)
            .serve_connection(TokioIo::new(wire), service);
        let mut connection = pin!(connection);
        tokio::select! {
            outcome = connection.as_mut() => return outcome,
            () = streams.unread(self.options.write_timeout) => {
                tracing::debug!("a client does not read");
                return Ok(());
            }
            () = streams.idle(self.options.keep_alive) => {}
            () = self.shutdown.cancelled() => {}
        }
        connection.as_mut().graceful_shutdown();
        tokio::select! {
            outcome = connection => outcome,
            () = streams.unread(self.options.write_timeout) => Ok(()),
            () = said_farewell(&streams) => Ok(()),
            () = self.abandoned.cancelled() => Ok(()),
        }
    }
}

/// Waits until nothing is under way and the client had the time to hear that the connection ends.
async fn said_farewell(streams: &Streams) {
    sleep(FAREWELL).await;
    streams.idle(FAREWELL).await;
}

/// A request of this peer, as the layers take it.
fn incoming(peer: Peer, request: HttpRequest<Incoming>) -> super::Request {
    let mut request =
        request.map(|body| body.map_err(|error| BodyError::Broken(error.to_string())).boxed_unsync());
    request.extensions_mut().insert(peer);
    request
}

/// Runs what the streams of a connection need, so that the end waits for it.
#[derive(Clone)]
struct Tasks(TaskTracker);

impl<F> Executor<F> for Tasks
where
    F: Future + Send + 'static,
    F::Output: Send + 'static,
{
    fn execute(&self, work: F) {
        self.0.spawn(work);
    }
}

#[cfg(test)]
mod tests {
    use std::io;
    use std::net::{IpAddr, Ipv4Addr};
    use std::pin::Pin;
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::task::{Context, Poll};

    use bytes::Bytes;
    use http_body_util::Full;
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, DuplexStream, ReadBuf, duplex};

    use super::*;
    use crate::http::layer::{Answering, Place};
    use crate::http::{Request, Response};

    const LARGE: usize = 1 << 20;

    /// Answers with much.
    struct Much;

    impl Place for Much {
        fn answer(&self, _: Request) -> Answering<'_> {
            Box::pin(async { Response::new(Full::new(Bytes::from(vec![b'x'; LARGE])).boxed()) })
        }
    }

    /// Takes all that is written, and notes how much that was at most at once.
    struct Noting(DuplexStream, Arc<AtomicUsize>);

    impl AsyncRead for Noting {
        fn poll_read(
            mut self: Pin<&mut Self>,
            context: &mut Context<'_>,
            buffer: &mut ReadBuf<'_>,
        ) -> Poll<io::Result<()>> {
            Pin::new(&mut self.0).poll_read(context, buffer)
        }
    }

    impl AsyncWrite for Noting {
        fn poll_write(
            mut self: Pin<&mut Self>,
            context: &mut Context<'_>,
            bytes: &[u8],
        ) -> Poll<io::Result<usize>> {
            self.1.fetch_max(bytes.len(), Ordering::Relaxed);
            Pin::new(&mut self.0).poll_write(context, bytes)
        }

        fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
            Pin::new(&mut self.0).poll_flush(context)
        }

        fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
            Pin::new(&mut self.0).poll_shutdown(context)
        }
    }

    fn connection() -> Connection {
        Connection {
            app: Arc::new(App::bare(Much)),
            peer: Peer(IpAddr::V4(Ipv4Addr::LOCALHOST)),
            options: Arc::default(),
            certificate: None,
            handshakes: Arc::new(Semaphore::new(1)),
            tasks: TaskTracker::new(),
            shutdown: CancellationToken::new(),
            abandoned: CancellationToken::new(),
        }
    }

    #[tokio::test(start_paused = true)]
    async fn r9_a_head_that_is_half_there_when_the_server_ends_is_no_request_yet() {
        for sent in ["P", "POST /mcp HTTP/1.1\r\nHost: a"] {
            let connection = connection();
            let shutdown = connection.shutdown.clone();
            let (mut client, stream) = duplex(LARGE);
            client.write_all(sent.as_bytes()).await.expect("it is there");
            let begun = Instant::now();
            let serve = connection.find_version(stream, None, begun);
            let end = async {
                sleep(Duration::from_millis(1)).await;
                shutdown.cancel();
            };
            tokio::join!(serve, end);
            assert_eq!(begun.elapsed(), LINGER + Duration::from_millis(1), "{sent}");
        }
    }

    #[tokio::test]
    async fn r15_a_large_answer_is_never_copied_whole_for_a_client_that_takes_it() {
        let connection = connection();
        let (mut client, stream) = duplex(2 * LARGE);
        let most = Arc::new(AtomicUsize::new(0));
        let noting = PutBack::nothing(Noting(stream, Arc::clone(&most)));
        let asked = b"GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n";
        client.write_all(asked).await.expect("it is there");
        connection.speak(Version::One, noting, Instant::now()).await;
        let mut answer = Vec::new();
        client.read_to_end(&mut answer).await.expect("an answer");
        let head = answer.len() - LARGE;
        assert!(answer[..head].ends_with(b"\r\n\r\n") && answer[head..].iter().all(|byte| *byte == b'x'));
        let most = most.load(Ordering::Relaxed);
        assert!(most <= AHEAD, "{most} bytes at once");
    }
}
