//! The accept loop: bounded connections, survived errors, and an orderly end.
//!
//! The library's own server has no time limits on heads and no bound on connections; this one has both. At shutdown
//! it accepts nothing more, closes idle connections, and lets requests in flight finish within a bound.

use std::future::Future;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use tokio::net::TcpListener;
use tokio::sync::Semaphore;
use tokio::time::{sleep, timeout};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::connection::Connection;
use super::sites::Sites;
use super::tls::Certificate;
use super::{App, Options, Peer};

/// The first pause after a failed accept, doubled up to the second one.
const PAUSES: (Duration, Duration) = (Duration::from_millis(10), Duration::from_secs(1));

/// Serves `app` on the listener until `shutdown`, by TLS where there is a certificate, and then what is in flight for at most
/// [`Options::drain`].
pub(crate) async fn serve(
    listener: TcpListener,
    app: Arc<App>,
    options: &Options,
    certificate: Option<Arc<Certificate>>,
    shutdown: CancellationToken,
) {
    tracing::debug!(layers = ?app, "serving");
    let places = Arc::new(Semaphore::new(options.max_connections));
    let (sites, connections, abandoned) = (Sites::new(options), TaskTracker::new(), CancellationToken::new());
    // Of all connections half may still agree on TLS, so that those who do not hurry leave room for the others.
    let handshakes = Arc::new(Semaphore::new(options.max_connections.div_ceil(2)));
    let options = Arc::new(options.clone());
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
        let Some(admitted) = sites.admit(address.ip()) else { continue };
        let connection = Connection {
            app: Arc::clone(&app),
            peer: Peer(address.ip()),
            options: Arc::clone(&options),
            certificate: certificate.clone(),
            handshakes: Arc::clone(&handshakes),
            tasks: connections.clone(),
            shutdown: shutdown.clone(),
            abandoned: abandoned.clone(),
        };
        connections.spawn(async move {
            connection.serve(stream).await;
            drop((place, admitted));
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
