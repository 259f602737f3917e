//! Accepts connections, with a listener that may blink, and holds the conversation on each.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use rustix::net::sockopt::set_socket_send_buffer_size;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep, timeout};

use super::{Act, Blinking, State, request};

/// What the system takes of an answer before it is read, in bytes, which its connections have from the listener. An API elsewhere begins
/// with about that; on loopback the system would take megabytes, and copy them in the time of whoever is measured on the same machine.
const SENT_AHEAD: usize = 64 * 1024;

/// Serves until it is dropped, and every connection with it.
pub(super) async fn run(listener: TcpListener, blinking: Option<Blinking>, state: Arc<State>) {
    let mut conversations = JoinSet::new();
    let Some(Blinking { open, gone }) = blinking else {
        accept(&listener, &state, &mut conversations).await;
        return;
    };
    let address = listener.local_addr().expect("a bound listener has an address");
    let mut listener = Some(listener);
    loop {
        let there = match listener.take() {
            Some(there) => there,
            None => again(address).await,
        };
        let _ = timeout(open, accept(&there, &state, &mut conversations)).await;
        drop(there);
        sleep(gone).await;
    }
}

/// The listener once more; the port may be in use for a moment.
async fn again(address: SocketAddr) -> TcpListener {
    loop {
        match TcpListener::bind(address).await {
            Ok(listener) => return listener,
            Err(_) => sleep(Duration::from_millis(1)).await,
        }
    }
}

async fn accept(listener: &TcpListener, state: &Arc<State>, conversations: &mut JoinSet<()>) {
    // Where the system does not allow it, what is found is only less steady.
    let _ = set_socket_send_buffer_size(listener, SENT_AHEAD);
    loop {
        let Ok((stream, _)) = listener.accept().await else {
            sleep(Duration::from_millis(10)).await;
            continue;
        };
        while conversations.try_join_next().is_some() {}
        let state = Arc::clone(state);
        // A connection that breaks is what the script is about.
        conversations.spawn(async move {
            let _ = converse(stream, &state).await;
        });
    }
}

async fn converse(mut stream: TcpStream, state: &State) -> io::Result<()> {
    stream.set_nodelay(true)?;
    let mut buffer = Vec::with_capacity(4096);
    while let Some(request) = request::read(&mut stream, &mut buffer).await? {
        let since = Instant::now();
        match state.act(&request) {
            Act::Send(after, bytes) => {
                if !after.is_zero() {
                    sleep(after).await;
                }
                stream.write_all(&bytes).await?;
                state.answered(request.marker, since);
            }
            Act::Half(bytes) => return stream.write_all(&bytes[..bytes.len() - bytes.len() / 8]).await,
            Act::Reset => return stream.set_zero_linger(),
            Act::Silence => {
                stream.read_buf(&mut buffer).await?;
                return Ok(());
            }
        }
    }
    Ok(())
}
