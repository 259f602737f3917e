//! The accept loop: bounded connections, survived errors, and an orderly end.
//!
//! The library's own server has no time limits on heads and no bound on connections; this one has both. At shutdown
//! it accepts nothing more, closes idle connections, and lets requests in flight finish within a bound.

use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
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
    let begin = |(stream, address): (TcpStream, SocketAddr), place: OwnedSemaphorePermit| {
        let Some(admitted) = sites.admit(address.ip()) else { return };
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
    };
    loop {
        let accepted = async {
            let place = Arc::clone(&places).acquire_owned().await.expect("the semaphore is never closed");
            (accept(|| listener.accept()).await, place)
        };
        let (accepted, place) = tokio::select! {
            // A flood of connections must not hold up the end.
            biased;
            () = shutdown.cancelled() => break,
            accepted = accepted => accepted,
        };
        begin(accepted, place);
    }
    // Whoever has connected already would find the connection reset; who has no place here is left to who listens besides, if anybody.
    for accepted in left_behind(listener, places.available_permits()) {
        let Ok(place) = Arc::clone(&places).try_acquire_owned() else { break };
        begin(accepted, place);
    }
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

/// The connections that wait to be accepted, and the end of the listener. A flood of them has no end, so there are no more than
/// this.
fn left_behind(listener: TcpListener, most: usize) -> Vec<(TcpStream, SocketAddr)> {
    // What the runtime knows of it may be older than they are.
    let Ok(listener) = listener.into_std() else { return Vec::new() };
    let accept = |_| {
        let (stream, address) = listener.accept().ok()?;
        stream.set_nonblocking(true).ok()?;
        Some((TcpStream::from_std(stream).ok()?, address))
    };
    (0..most).map_while(accept).collect()
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

    #[tokio::test]
    async fn r10_who_has_connected_is_served_although_the_listener_ends() {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("an address");
        let mut waiting = Vec::new();
        for _ in 0..3 {
            waiting.push(TcpStream::connect(address).await.expect("connected"));
        }
        let found: Vec<_> = left_behind(listener, 2).into_iter().map(|(_, peer)| peer).collect();
        let connected: Vec<_> =
            waiting.iter().map(|stream| stream.local_addr().expect("an address")).collect();
        assert_eq!(found, connected[..2], "and no more than may be served");
        assert!(TcpStream::connect(address).await.is_err(), "nobody else comes");
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
