//! What a layer is, and the application made of the layers around the routes. Pure of sockets: a request goes in, an
//! answer comes out.

use std::future::Future;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;

use super::counted::Counted;
use super::routes::{Routes, Status};
use super::{Options, Request, Response, SiteRate, layers, layers_of_metrics};
use crate::changing::Changing;
use crate::identity::Gate;

/// An answer in the making.
pub type Answering<'a> = Pin<Box<dyn Future<Output = Response> + Send + 'a>>;

/// Something every request passes on its way in and every answer on its way out.
pub(super) trait Layer: Send + Sync {
    /// Its name, for the test that pins the order.
    fn name(&self) -> &'static str;
    /// Answers, or passes the request to `next`.
    fn handle<'a>(&'a self, request: Request, next: Next<'a>) -> Answering<'a>;
}

/// What answers `/mcp`.
pub trait Endpoint: Send + Sync {
    /// Whether it has sessions, and so answers more than `POST`.
    fn has_sessions(&self) -> bool {
        false
    }

    /// Whether plain requests to places below `/mcp` are answered.
    fn has_plain(&self) -> bool {
        false
    }

    /// Answers a plain request that passed every layer; asked only where there are any.
    fn plain(&self, request: Request) -> Answering<'_> {
        self.answer(request)
    }

    /// Answers a request that passed every layer.
    fn answer(&self, request: Request) -> Answering<'_>;
}

/// What answers requests that passed every layer.
pub(super) trait Place: Send + Sync {
    /// Answers by path and method.
    fn answer(&self, request: Request) -> Answering<'_>;
}

/// The rest of the way inwards.
pub(super) struct Next<'a> {
    layers: &'a [Box<dyn Layer>],
    place: &'a dyn Place,
}

impl<'a> Next<'a> {
    /// Passes the request on.
    pub(super) fn run(self, request: Request) -> Answering<'a> {
        match self.layers.split_first() {
            Some((layer, layers)) => layer.handle(request, Next { layers, place: self.place }),
            None => self.place.answer(request),
        }
    }
}

/// The layers around a place. Its debug form names the layers from outside to inside.
pub struct App {
    layers: Vec<Box<dyn Layer>>,
    place: Box<dyn Place>,
}

impl App {
    /// The application as served at `address`.
    pub fn new(
        address: SocketAddr,
        options: &Options,
        site_rate: &Changing<Option<SiteRate>>,
        gate: &Arc<Gate>,
        status: Status,
        endpoint: impl Endpoint + 'static,
    ) -> App {
        let layers = layers(address, options, site_rate, endpoint.has_sessions(), gate);
        let metrics = options.metrics.clone();
        let routes = Routes::new(status, Arc::clone(gate), Box::new(endpoint), metrics);
        App { layers, place: Box::new(routes) }
    }

    /// What was counted, at this path of a listener of its own at `address`.
    pub(crate) fn counted(
        address: SocketAddr,
        options: &Options,
        site_rate: &Changing<Option<SiteRate>>,
        gate: &Arc<Gate>,
        status: Status,
        path: String,
    ) -> App {
        let layers = layers_of_metrics(address, options, site_rate, gate);
        App { layers, place: Box::new(Counted::new(status, path)) }
    }

    /// Answers one request.
    pub async fn handle(&self, request: Request) -> Response {
        Next { layers: &self.layers, place: &*self.place }.run(request).await
    }
}

impl std::fmt::Debug for App {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_list().entries(self.layers.iter().map(|layer| layer.name())).finish()
    }
}
