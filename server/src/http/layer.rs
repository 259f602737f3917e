//! What a layer is, and what stands behind the last one. Pure of sockets: a request goes in, an answer comes out.

use std::future::Future;
use std::pin::Pin;

use super::{Request, Response};

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
    pub(super) layers: &'a [Box<dyn Layer>],
    pub(super) place: &'a dyn Place,
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
