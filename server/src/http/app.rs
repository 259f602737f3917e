//! The application: the layers around the routes, or around what was counted.

use std::net::SocketAddr;
use std::sync::Arc;

use super::counted::Counted;
use super::layer::{Endpoint, Layer, Next, Place};
use super::routes::{Routes, Status};
use super::{Options, Request, Response, SiteRate, layers, layers_of_metrics};
use crate::changing::Changing;
use crate::identity::Gate;

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

    /// A place with nothing around it.
    #[cfg(test)]
    pub(super) fn bare(place: impl Place + 'static) -> App {
        App { layers: Vec::new(), place: Box::new(place) }
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
