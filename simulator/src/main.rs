//! `ces-simulator`: the stand-in as a program of its own, for whoever tries the server in containers. It asks nobody but for the token
//! that everybody knows, so it is for trying only.

use std::env;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};

use simulator::Simulator;
use tokio::net::TcpListener;

#[tokio::main(flavor = "current_thread")]
async fn main() -> io::Result<()> {
    let address = address(env::args().nth(1).as_deref())?;
    let running = Simulator::builder().start_on(TcpListener::bind(address).await?)?;
    println!("CES at {} with token {}", running.url(), running.token());
    told_to_stop().await?;
    running.shutdown().await;
    Ok(())
}

/// Waits for SIGTERM or SIGINT. The first process of a container is not ended by a signal that it does not ask for.
#[cfg(unix)]
async fn told_to_stop() -> io::Result<()> {
    use tokio::signal::unix::{SignalKind, signal};

    let (mut terminate, mut interrupt) = (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);
    tokio::select! {
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
    }
    Ok(())
}

/// Waits for Ctrl-C.
#[cfg(not(unix))]
async fn told_to_stop() -> io::Result<()> {
    tokio::signal::ctrl_c().await
}

/// Where to listen: on a free port of the loopback interface unless the command line says otherwise.
fn address(given: Option<&str>) -> io::Result<SocketAddr> {
    let Some(text) = given else { return Ok((Ipv4Addr::LOCALHOST, 0).into()) };
    text.parse().map_err(|_| {
        let what = format!("{text:?}: expected an address to listen on, such as 0.0.0.0:8081");
        io::Error::new(io::ErrorKind::InvalidInput, what)
    })
}
