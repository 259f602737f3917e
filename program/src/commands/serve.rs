//! `serve` and `stdio`: until a signal, or the end of the input.

use std::io::ErrorKind;
use std::net::SocketAddr;
use std::sync::Arc;

use server::journal::Stream;
use tokio::net::TcpListener;

use crate::Program;
use crate::commands::{Recorded, prepare};
use crate::process::{reload_on_signal, shutdown_on_signal};
use crate::refusal::Refusal;
use crate::settings::Config;

/// Serves streamable HTTP until a signal, then lets calls in progress come to their end.
pub(crate) async fn http(program: &Program, mut config: Config) -> Result<(), Refusal> {
    config.server.http.identity = config.auth.identity(config.listen(), config.sharing.is_wanted())?;
    refuse_open_address(&config)?;
    let address = config.listen();
    let recorded = prepare(program, config, Stream::Output)?;
    let shutdown = shutdown_on_signal(recorded.journal.clone()).map_err(no_signals)?;
    reload_on_signal(recorded.server.engine().reload()).map_err(no_signals)?;
    let listener = listen(address).await?;
    let address = bound(&listener)?;
    warn_unrecorded(&recorded);
    tracing::info!(endpoint = %endpoint(address), tools = program.api.tools.len(), "serving");
    let server = Arc::clone(&recorded.server);
    server.serve(listener, shutdown).await.map_err(|error| Refusal::configuration(error.to_string()))?;
    tracing::info!("stopped");
    Ok(())
}

/// Serves one client on standard input and output.
pub(crate) async fn stdio(program: &Program, config: Config) -> Result<(), Refusal> {
    let recorded = prepare(program, config, Stream::Error)?;
    let shutdown = shutdown_on_signal(recorded.journal.clone()).map_err(no_signals)?;
    reload_on_signal(recorded.server.engine().reload()).map_err(no_signals)?;
    warn_unrecorded(&recorded);
    tracing::info!(tools = program.api.tools.len(), "serving on standard input and output");
    let server = Arc::clone(&recorded.server);
    server
        .stdio(shutdown)
        .await
        .map_err(|error| Refusal::failure(format!("standard input or output broke: {error}")))
}

fn warn_unrecorded(recorded: &Recorded) {
    if recorded.journal.is_none() {
        tracing::warn!("no journal is kept (AUDIT_FOLDER): changes are made without being recorded");
    }
}

/// Refuses, before anything is bound, an address that other machines reach while nobody is asked who they
/// are.
pub(crate) fn refuse_open_address(config: &Config) -> Result<(), Refusal> {
    server::http::refuse_open_listener(config.listen(), &config.server.http)
        .map_err(|error| Refusal::configuration(error.to_string()))
}

/// Binds the address.
pub(crate) async fn listen(address: SocketAddr) -> Result<TcpListener, Refusal> {
    TcpListener::bind(address).await.map_err(|error| match error.kind() {
        ErrorKind::AddrInUse => Refusal::failure(format!(
            "{address} is taken by another program: stop that one, or choose another address with --listen, such as \
             --listen 127.0.0.1:0 for any free port"
        )),
        _ => Refusal::failure(format!("cannot listen on {address} (--listen, HOST, PORT): {error}")),
    })
}

/// The address that was bound, with the port that the system chose.
pub(crate) fn bound(listener: &TcpListener) -> Result<SocketAddr, Refusal> {
    listener.local_addr().map_err(|error| Refusal::failure(format!("the listener has no address: {error}")))
}

/// Where clients on this machine connect.
pub(crate) fn endpoint(address: SocketAddr) -> String {
    format!("http://{}/mcp", from_here(address))
}

/// An address to connect to for one that was listened on: "any address" is none to connect to.
pub(crate) fn from_here(mut address: SocketAddr) -> SocketAddr {
    if address.ip().is_unspecified() {
        let loopback =
            if address.is_ipv4() { [127, 0, 0, 1].into() } else { std::net::Ipv6Addr::LOCALHOST.into() };
        address.set_ip(loopback);
    }
    address
}

pub(crate) fn no_signals(error: std::io::Error) -> Refusal {
    Refusal::failure(format!("signals cannot be received: {error}"))
}

#[cfg(test)]
mod tests {
    use super::endpoint;

    #[test]
    fn clients_connect_to_an_address_that_exists() {
        assert_eq!(endpoint("0.0.0.0:80".parse().unwrap()), "http://127.0.0.1:80/mcp");
        assert_eq!(endpoint("[::]:80".parse().unwrap()), "http://[::1]:80/mcp");
        assert_eq!(endpoint("10.0.0.7:80".parse().unwrap()), "http://10.0.0.7:80/mcp");
    }
}
