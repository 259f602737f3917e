//! `serve` and `stdio`: until a signal, or the end of the input.

use std::sync::Arc;

use server::journal::Stream;
use tokio::net::TcpListener;

use crate::Program;
use crate::commands::counted::Counted;
use crate::commands::listener::{bound, endpoint, listen};
use crate::commands::reread::Reread;
use crate::commands::{Recorded, inherited, prepare};
use crate::memory;
use crate::process::{adjust_log, on_hangup, shutdown_on_signal};
use crate::refusal::Refusal;
use crate::settings::Config;

/// Serves streamable HTTP until a signal, then lets calls in progress come to their end.
pub(crate) async fn http(program: &Program, mut config: Config, reread: &Reread) -> Result<(), Refusal> {
    let inherited = inherited::listener()?;
    if let Some(address) = inherited.as_ref().and_then(|listener| listener.local_addr().ok()) {
        // Whatever HOST and PORT say, that is where clients come from, and who may is judged by it.
        (config.host, config.port) = (address.ip(), address.port());
    }
    over_http(&mut config)?;
    let (address, scheme) = (config.listen(), config.tls.scheme());
    let counted = Counted::of(&config);
    let recorded = prepare(program, config, Stream::Output)?;
    let shutdown = shutdown_on_signal(recorded.journal.clone()).map_err(no_signals)?;
    listen_to_signals(&recorded, reread)?;
    let listener = match inherited {
        Some(listener) => TcpListener::from_std(listener).map_err(|error| {
            Refusal::failure(format!("the socket that was handed over cannot be used: {error}"))
        })?,
        None => listen(address).await?,
    };
    let address = bound(&listener)?;
    let counted = counted.listen().await?;
    warn_unrecorded(&recorded);
    tracing::info!(endpoint = %endpoint(scheme, address), tools = program.api.tools.len(), "serving");
    let server = Arc::clone(&recorded.server);
    let told = counted.tell(&server, shutdown.clone());
    tokio::select! {
        (served, told) = async { tokio::join!(Arc::clone(&server).serve(listener, shutdown.clone()), told) } => {
            served.and(told).map_err(|error| Refusal::configuration(error.to_string()))?;
        }
        never = memory::give_back() => match never {},
    }
    tracing::info!("stopped");
    Ok(())
}

/// Serves one client on standard input and output.
pub(crate) async fn stdio(program: &Program, mut config: Config, reread: &Reread) -> Result<(), Refusal> {
    let counted = Counted::of(&config);
    if config.counting.listener().is_some() {
        // What is counted is told as it would be beside `serve`.
        config.server.http.tls = config.tls.settings()?;
    }
    let recorded = prepare(program, config, Stream::Error)?;
    let shutdown = shutdown_on_signal(recorded.journal.clone()).map_err(no_signals)?;
    listen_to_signals(&recorded, reread)?;
    warn_unrecorded(&recorded);
    tracing::info!(tools = program.api.tools.len(), "serving on standard input and output");
    let counted = counted.listen_if_free().await;
    let server = Arc::clone(&recorded.server);
    let telling = async {
        if let Err(error) = counted.tell(&server, shutdown.clone()).await {
            return Refusal::configuration(error.to_string());
        }
        // The client says when it is over.
        std::future::pending().await
    };
    tokio::select! {
        served = Arc::clone(&server).stdio(shutdown.clone()) => {
            served.map_err(|error| Refusal::failure(format!("standard input or output broke: {error}")))
        }
        refusal = telling => Err(refusal),
    }
}

fn warn_unrecorded(recorded: &Recorded) {
    if recorded.journal.is_none() {
        tracing::warn!("no journal is kept (AUDIT_FOLDER): changes are made without being recorded");
    }
}

/// Puts together what only a listener needs, and refuses, before anything is bound, an address that other machines reach while
/// nobody is asked who they are.
pub(crate) fn over_http(config: &mut Config) -> Result<(), Refusal> {
    config.server.http.tls = config.tls.settings()?;
    config.server.http.metrics = config.counting.path_of_server();
    let (listen, scheme) = (config.listen(), config.tls.scheme());
    config.server.http.identity = config.auth.identity(listen, scheme, config.sharing.is_wanted())?;
    server::http::refuse_open_listener(listen, &config.server.http)
        .map_err(|error| Refusal::configuration(error.to_string()))
}

/// Has a server read again at each SIGHUP what changes while it runs, and the settings too; other signals say how much is logged.
pub(crate) fn listen_to_signals(recorded: &Recorded, reread: &Reread) -> Result<(), Refusal> {
    let volume = reread.volume();
    volume.record_in(recorded.journal.clone());
    adjust_log(volume).map_err(no_signals)?;
    let (server, reread) = (Arc::clone(&recorded.server), reread.clone());
    on_hangup(move || {
        server.reload();
        reread.again(&server);
    })
    .map_err(no_signals)
}

pub(crate) fn no_signals(error: std::io::Error) -> Refusal {
    Refusal::failure(format!("signals cannot be received: {error}"))
}
