//! The accept loop: bounded connections, survived errors, and an orderly end.
//!
//! The library's own server has no time limits on heads and no bound on connections; this one has both. At shutdown
//! it accepts nothing more, closes idle connections, and lets requests in flight finish within a bound.

use std::convert::Infallible;
use std::future::Future;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use ::http::Request as HttpRequest;
use http_body_util::BodyExt;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio::time::{sleep, timeout};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::framing::MAX_HEAD;
use super::wire::Wire;
use super::{App, BodyError, Options, Peer, Response};

/// The first pause after a failed accept, doubled up to the second one.
const PAUSES: (Duration, Duration) = (Duration::from_millis(10), Duration::from_secs(1));

/// Serves `app` on the listener until `shutdown`, and then what is in flight for at most [`Options::drain`].
pub async fn serve(listener: TcpListener, app: Arc<App>, options: &Options, shutdown: CancellationToken) {
    tracing::debug!(layers = ?app, "serving");
    let places = Arc::new(Semaphore::new(options.max_connections));
    let connections = TaskTracker::new();
    let abandoned = CancellationToken::new();
    loop {
        let accepted = async {
            let place = Arc::clone(&places).acquire_owned().await.expect("the semaphore is never closed");
            (accept(|| listener.accept()).await, place)
        };
        let ((stream, address), place) = tokio::select! {
            // A flood of connections must not hold up the end.
            biased;
            () = shutdown.cancelled() => break,
            accepted = accepted => accepted,
        };
        let connection = Connection {
            app: Arc::clone(&app),
            peer: Peer(address.ip()),
            options: options.clone(),
            shutdown: shutdown.clone(),
            abandoned: abandoned.clone(),
        };
        connections.spawn(async move {
            connection.serve(stream).await;
            drop(place);
        });
    }
    drop(listener);
    connections.close();
    if timeout(options.drain, connections.wait()).await.is_err() {
        tracing::warn!(connections = connections.len(), "stopped before every request was answered");
        abandoned.cancel();
        connections.wait().await;
    }
}

/// Accepts a connection, however often it takes. Running out of descriptors passes; a server that gave up would not.
async fn accept<T, F: Future<Output = io::Result<T>>>(mut attempt: impl FnMut() -> F) -> T {
    let mut pause = PAUSES.0;
    loop {
        match attempt().await {
            Ok(accepted) => return accepted,
            // The peer was gone before we looked: nothing is wrong with us.
            Err(error) if peer_left(&error) => {}
            Err(error) => {
                tracing::error!(%error, "could not accept a connection");
                sleep(pause).await;
                pause = (pause * 2).min(PAUSES.1);
            }
        }
    }
}

fn peer_left(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::ConnectionAborted | io::ErrorKind::ConnectionReset | io::ErrorKind::ConnectionRefused
    )
}

/// One connection and what ends it.
struct Connection {
    app: Arc<App>,
    peer: Peer,
    options: Options,
    /// No further request is read.
    shutdown: CancellationToken,
    /// Nothing is waited for any more.
    abandoned: CancellationToken,
}

impl Connection {
    async fn serve(self, stream: TcpStream) {
        // Answers are small and written whole: waiting to fill a segment only adds delay.
        let _ = stream.set_nodelay(true);
        let io = TokioIo::new(Wire::new(stream, &self.options));
        let (app, peer) = (Arc::clone(&self.app), self.peer);
        let service = service_fn(move |request| answer(Arc::clone(&app), peer, request));
        let connection = http1::Builder::new()
            .timer(TokioTimer::new())
            // Runs while the next request is waited for; a head that has begun has the wire's shorter time.
            .header_read_timeout(self.options.keep_alive)
            .max_header_size(MAX_HEAD)
            // Answers are small: copied together they cost less than a list of parts.
            .writev(false)
            .serve_connection(io, service);
        let mut connection = std::pin::pin!(connection);
        let outcome = tokio::select! {
            outcome = connection.as_mut() => outcome,
            () = self.shutdown.cancelled() => {
                connection.as_mut().graceful_shutdown();
                tokio::select! {
                    outcome = connection.as_mut() => outcome,
                    () = self.abandoned.cancelled() => Ok(()),
                }
            }
        };
        if let Err(error) = outcome {
            tracing::debug!(%error, "a connection ended early");
        }
    }
}

fn answer(
    app: Arc<App>,
    peer: Peer,
    request: HttpRequest<Incoming>,
) -> impl Future<Output = Result<Response, Infallible>> {
    let mut request =
        request.map(|body| body.map_err(|error| BodyError::Broken(error.to_string())).boxed_unsync());
    request.extensions_mut().insert(peer);
    async move { Ok(app.handle(request).await) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::time::Instant;

    #[tokio::test(start_paused = true)]
    async fn accepting_survives_a_shortage_of_descriptors() {
        let begun = Instant::now();
        let mut failures = 0;
        accept(|| {
            failures += 1;
            std::future::ready(if failures < 10 { Err(io::Error::from_raw_os_error(24)) } else { Ok(()) })
        })
        .await;
        // 10, 20, .. 640 ms, then 1 s twice: no busy loop, and no pause without bound.
        assert_eq!(begun.elapsed().as_millis(), 10 * 127 + 2000);
    }

    #[tokio::test(start_paused = true)]
    async fn a_peer_that_left_costs_no_pause() {
        let begun = Instant::now();
        let mut failures = 0;
        accept(|| {
            failures += 1;
            std::future::ready(if failures < 10 {
                Err(io::ErrorKind::ConnectionAborted.into())
            } else {
                Ok(())
            })
        })
        .await;
        assert_eq!(begun.elapsed().as_millis(), 0);
    }
}
