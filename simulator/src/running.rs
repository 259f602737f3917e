//! How a simulator is served: on a listener, until it is shut down or dropped.

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::ops::Deref;

use axum::Router;
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use crate::simulator::{Builder, Simulator};
use crate::{connection, service};

impl Simulator {
    /// The routes, to be served by someone else; faults that end a connection are then answered with 502.
    pub fn router(&self) -> Router {
        service::router(self.clone())
    }

    /// Serves on a free port of the loopback interface.
    pub async fn start(&self) -> io::Result<Running> {
        self.start_on(TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?)
    }

    /// Serves on this listener.
    pub fn start_on(&self, listener: TcpListener) -> io::Result<Running> {
        let address = listener.local_addr()?;
        let (stop, stopped) = oneshot::channel();
        let task = tokio::spawn(connection::serve(listener, self.router(), stopped));
        Ok(Running { simulator: self.clone(), address, stop, task })
    }
}

impl Builder {
    /// Builds it and serves it on a free port of the loopback interface.
    pub async fn start(self) -> io::Result<Running> {
        self.build().start().await
    }

    /// Builds it and serves it on this listener.
    pub fn start_on(self, listener: TcpListener) -> io::Result<Running> {
        self.build().start_on(listener)
    }
}

/// A simulator that is being served; dropping it stops the serving.
#[derive(Debug)]
pub struct Running {
    simulator: Simulator,
    address: SocketAddr,
    stop: oneshot::Sender<()>,
    task: JoinHandle<()>,
}

impl Running {
    /// The address it listens on.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The base address for clients, without a slash at its end.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Stops accepting, ends every connection, and returns when both is done.
    pub async fn shutdown(self) {
        let Self { stop, task, .. } = self;
        drop(stop);
        // The serving task ends only by itself; a panic in it has been reported where it happened.
        let _ = task.await;
    }
}

impl Deref for Running {
    type Target = Simulator;

    fn deref(&self) -> &Simulator {
        &self.simulator
    }
}
