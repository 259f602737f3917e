//! The accept loop and the single connection, which an answer may end in ways that HTTP has no word for.

use std::convert::Infallible;
use std::io;
use std::pin::Pin;
use std::sync::{Arc, OnceLock};
use std::task::{Context, Poll};

use axum::Router;
use axum::body::Body;
use bytes::Bytes;
use http::{Request, Response, StatusCode};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;
use tokio::task::JoinSet;
use tower::ServiceExt;

use crate::answer::Refusal;

/// How a connection ends in place of an answer.
#[derive(Clone, Debug)]
pub(crate) enum Ending {
    /// With a reset.
    Reset,
    /// With these bytes, then closed.
    Raw(Bytes),
}

impl Ending {
    /// A response that tells the connection how to end. Whoever serves the router without these connections sees a
    /// 502 in its place.
    pub(crate) fn into_response(self) -> Response<Body> {
        let message = "This fault   needs a connection of the simulator's own.".to_owned();
        let mut response = Refusal { status: StatusCode::BAD_GATEWAY, message }.into_response();
        response.extensions_mut().insert(self);
        response
    }
}

/// Accepts and serves connections until told to stop, then ends those that are left.
pub(crate) async fn serve(listener: TcpListener, router: Router, mut stop: oneshot::Receiver<()>) {
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            _ = &mut stop => break,
            accepted = listener.accept() => {
                // A connection that could not be accepted is the client's to try again.
                if let Ok((stream, _)) = accepted {
                    connections.spawn(serve_one(stream, router.clone()));
                }
            }
            Some(_) = connections.join_next(), if !connections.is_empty() => {}
        }
    }
    connections.shutdown().await;
}

async fn serve_one(stream: TcpStream, router: Router) {
    // Without it small answers would wait for the client's acknowledgement; losing it costs only speed.
    let _ = stream.set_nodelay(true);
    let ending = Arc::new(OnceLock::new());
    let line = Line { stream, ending: Arc::clone(&ending) };
    let service = service_fn(move |request: Request<Incoming>| {
        let (router, ending) = (router.clone(), Arc::clone(&ending));
        async move {
            let Ok(mut response): Result<_, Infallible> = router.oneshot(request).await;
            match response.extensions_mut().remove::<Ending>() {
                None => Ok(response),
                Some(how) => {
                    let _ = ending.set(how);
                    Err(Ended)
                }
            }
        }
    });
    // An error here is a client that left or a connection that a fault ended.
    let _ = http1::Builder::new().serve_connection(TokioIo::new(line), service).await;
}

/// The error that makes hyper drop the connection at once.
#[derive(Debug)]
struct Ended;

impl std::fmt::Display for Ended {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("a scripted fault ended the connection")
    }
}

impl std::error::Error for Ended {}

/// A connection that ends as told when it is dropped.
struct Line {
    stream: TcpStream,
    ending: Arc<OnceLock<Ending>>,
}

impl Drop for Line {
    fn drop(&mut self) {
        match self.ending.get() {
            None => {}
            Some(Ending::Reset) => {
                let _ = self.stream.set_zero_linger();
            }
            Some(Ending::Raw(bytes)) => {
                let mut rest = &bytes[..];
                while let Ok(written @ 1..) = self.stream.try_write(rest) {
                    rest = &rest[written..];
                }
            }
        }
    }
}

impl AsyncRead for Line {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(context, buffer)
    }
}

impl AsyncWrite for Line {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write_vectored(context, bytes)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }
}
