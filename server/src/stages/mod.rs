//! Stages of a tool call, each `async fn(options, Call, Next) -> Result<Reply, CallError>` in a file of its
//! own, and the one adaptor that lifts them into tower.
//!
//! Stages are always ready: what limits calls refuses them, since a caller who waits in silence learns
//! nothing.

pub(crate) mod account;
pub mod arguments;
pub mod attempt;
pub mod audit;
pub mod breaker;
pub mod bulkhead;
pub mod cache;
pub mod confirm;
pub mod deadline;
pub mod intent;
pub mod ledger;
pub mod own;
pub mod policy;
pub mod portion;
pub mod quota;
pub mod retry;
pub(crate) mod seal;
pub mod upstream;

use std::future::Future;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::task::{Context, Poll};

use futures_util::FutureExt;
use futures_util::future::{BoxFuture, Either};
use tower::{Layer, Service};

use crate::call::{Call, CallError, Reply};
use crate::digest;

/// What every stage gives back.
pub type Outcome = Result<Reply, CallError>;

/// The rest of the way to the API.
#[derive(Clone)]
pub struct Next(Arc<dyn Way>);

impl Next {
    /// The way through this service, which must be ready whenever it is called.
    pub fn new<S>(service: S) -> Self
    where
        S: Service<Call, Response = Reply, Error = CallError> + Clone + Send + Sync + 'static,
        S::Future: Send + 'static,
    {
        Self(Arc::new(service))
    }

    /// Goes on with the call.
    pub fn run(&self, call: Call) -> BoxFuture<'static, Outcome> {
        self.0.go(call)
    }

    /// Goes on with the call; a panic on the way becomes its error.
    pub async fn guarded(self, call: Call) -> Outcome {
        AssertUnwindSafe(self.run(call)).catch_unwind().await.unwrap_or_else(|panic| {
            // Another message than a fixed text of the program may hold what a caller sent, or a secret.
            let text = panic.downcast_ref::<&'static str>().unwrap_or(&"(message withheld)");
            Err(CallError::Internal { cause: format!("panic: {text}") })
        })
    }
}

/// A service behind a shared pointer; tower's own takes `&mut self`.
trait Way: Send + Sync {
    fn go(&self, call: Call) -> BoxFuture<'static, Outcome>;
}

impl<S> Way for S
where
    S: Service<Call, Response = Reply, Error = CallError> + Clone + Send + Sync + 'static,
    S::Future: Send + 'static,
{
    fn go(&self, call: Call) -> BoxFuture<'static, Outcome> {
        self.clone().call(call).boxed()
    }
}

/// Lifts a stage into a tower layer: the function gets its options, the call, and what comes after it.
pub fn stage<O, F>(options: O, function: F) -> Stage<O, F> {
    Stage { options: Arc::new(options), name: name::<F>(), function }
}

/// The name of a stage: that of its function.
fn name<F>() -> &'static str {
    std::any::type_name::<F>().rsplit("::").next().unwrap_or_default()
}

/// A stage as a tower layer.
pub struct Stage<O, F> {
    options: Arc<O>,
    name: &'static str,
    function: F,
}

impl<S, O, F> Layer<S> for Stage<O, F>
where
    F: Clone,
    S: Service<Call, Response = Reply, Error = CallError> + Clone + Send + Sync + 'static,
    S::Future: Send + 'static,
{
    type Service = Staged<O, F>;

    fn layer(&self, inner: S) -> Staged<O, F> {
        let (options, function, next) = (Arc::clone(&self.options), self.function.clone(), Next::new(inner));
        Staged { options, name: self.name, function, next }
    }
}

/// A stage as a tower service.
pub struct Staged<O, F> {
    options: Arc<O>,
    name: &'static str,
    function: F,
    next: Next,
}

impl<O, F: Clone> Clone for Staged<O, F> {
    fn clone(&self) -> Self {
        let (options, function, next) = (Arc::clone(&self.options), self.function.clone(), self.next.clone());
        Self { options, name: self.name, function, next }
    }
}

impl<O, F, R> Service<Call> for Staged<O, F>
where
    F: Fn(Arc<O>, Call, Next) -> R,
    R: Future<Output = Outcome> + Send + 'static,
{
    type Response = Reply;
    type Error = CallError;
    type Future = Either<R, BoxFuture<'static, Outcome>>;

    fn poll_ready(&mut self, _context: &mut Context<'_>) -> Poll<Result<(), CallError>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, mut call: Call) -> Self::Future {
        let open = call.open_stage(self.name);
        let outcome = (self.function)(Arc::clone(&self.options), call, self.next.clone());
        match open {
            None => Either::Left(outcome),
            Some(open) => Either::Right(open.during(outcome).boxed()),
        }
    }
}
