//! A listener of its own for what is counted, beside whatever a command serves.

use std::net::SocketAddr;

use server::{Server, StartError};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use crate::commands::listener::bound;
use crate::refusal::Refusal;
use crate::settings::Config;

/// The listener, where one is wanted.
pub(crate) struct Counted {
    address: Option<SocketAddr>,
    path: String,
    scheme: &'static str,
}

impl Counted {
    /// What settings want.
    pub(crate) fn of(config: &Config) -> Self {
        let (counting, scheme) = (&config.counting, config.tls.scheme());
        Self { address: counting.listener(), path: counting.path.clone(), scheme }
    }

    /// Binds it, and says where what is counted is told.
    pub(crate) async fn listen(self) -> Result<Listening, Refusal> {
        let Self { address, path, scheme } = self;
        let Some(address) = address else { return Ok(Listening { listener: None, path }) };
        let listener = TcpListener::bind(address).await.map_err(|error| {
            Refusal::failure(format!("cannot listen on {address} for metrics (METRICS_ADDRESS): {error}"))
        })?;
        let address = bound(&listener)?;
        if !address.ip().is_loopback() {
            tracing::warn!(%address, "whoever reaches this address is told what is counted (METRICS_ADDRESS)");
        }
        tracing::info!(at = format!("{scheme}://{address}{path}"), "what is counted is told");
        Ok(Listening { listener: Some(listener), path })
    }

    /// The same for a program that somebody's client starts, perhaps several times: one that finds the address taken does its work
    /// all the same.
    pub(crate) async fn listen_if_free(self) -> Listening {
        let path = self.path.clone();
        self.listen().await.unwrap_or_else(|refusal| {
            tracing::warn!("what is counted is told nowhere: {refusal}");
            Listening { listener: None, path }
        })
    }
}

/// The same, bound.
pub(crate) struct Listening {
    listener: Option<TcpListener>,
    path: String,
}

impl Listening {
    /// Tells what this server counts until `shutdown`; where nothing is to be told there is nothing to wait for.
    pub(crate) async fn tell(self, server: &Server, shutdown: CancellationToken) -> Result<(), StartError> {
        match self.listener {
            Some(listener) => server.serve_metrics(listener, self.path, shutdown).await,
            None => Ok(()),
        }
    }
}
