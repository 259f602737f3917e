//! Stages of a tool call, each `fn(&Options, Call, &Next) -> Going` in a file of its own, and the way that they make together.
//!
//! A stage that has nothing to wait for and nothing to do afterwards gives what goes on behind it, so that it costs the call nothing.
//! What limits calls refuses them, since a caller who waits in silence learns nothing.

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

use std::future::{Future, ready};
use std::panic::AssertUnwindSafe;
use std::pin::Pin;
use std::sync::Arc;

use futures_util::FutureExt;
use tower::Service;

use crate::call::{Call, CallError, Reply};
use crate::digest;

/// What every stage gives back.
pub type Outcome = Result<Reply, CallError>;

/// An outcome in the making. Stages may have done a part of their work already, so it is waited for at once or dropped with its call.
pub type Going<'a> = Pin<Box<dyn Future<Output = Outcome> + Send + 'a>>;

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
        Self(Arc::new(ByService(service)))
    }

    /// The way through this function.
    pub(crate) fn through<O, F>(options: O, function: F) -> Self
    where
        O: Send + Sync + 'static,
        F: for<'a> Fn(&'a O, Call) -> Going<'a> + Send + Sync + 'static,
    {
        Self(Arc::new(ByFunction { options, function }))
    }

    /// The way through this stage and then this one.
    pub fn behind(self, stage: Box<dyn Stage>) -> Self {
        Self(Arc::new(Link { stage, next: self }))
    }

    /// Goes on with the call.
    pub fn run(&self, call: Call) -> Going<'_> {
        self.0.go(call)
    }

    /// Goes on with the call; a panic on the way becomes its error.
    pub async fn guarded(&self, call: Call) -> Outcome {
        // Within, since a stage may panic before it waits for anything.
        let going = async { self.run(call).await };
        AssertUnwindSafe(going).catch_unwind().await.unwrap_or_else(|panic| {
            // Another message than a fixed text of the program may hold what a caller sent, or a secret.
            let text = panic.downcast_ref::<&'static str>().unwrap_or(&"(message withheld)");
            Err(CallError::Internal { cause: format!("panic: {text}") })
        })
    }
}

/// Puts stages in front of a way, outermost first.
pub fn way(
    stages: impl IntoIterator<Item = Box<dyn Stage>, IntoIter: DoubleEndedIterator>,
    end: Next,
) -> Next {
    stages.into_iter().rev().fold(end, Next::behind)
}

/// A way, or a part of one.
trait Way: Send + Sync {
    fn go(&self, call: Call) -> Going<'_>;
}

/// The end of a way: a service.
struct ByService<S>(S);

impl<S> Way for ByService<S>
where
    S: Service<Call, Response = Reply, Error = CallError> + Clone + Send + Sync + 'static,
    S::Future: Send + 'static,
{
    fn go(&self, call: Call) -> Going<'_> {
        // Whoever calls a service changes it; this one is shared.
        self.0.clone().call(call).boxed()
    }
}

/// The end of a way: a function.
struct ByFunction<O, F> {
    options: O,
    function: F,
}

impl<O, F> Way for ByFunction<O, F>
where
    O: Send + Sync,
    F: for<'a> Fn(&'a O, Call) -> Going<'a> + Send + Sync,
{
    fn go(&self, call: Call) -> Going<'_> {
        (self.function)(&self.options, call)
    }
}

/// A stage, and the way behind it.
struct Link {
    stage: Box<dyn Stage>,
    next: Next,
}

impl Way for Link {
    fn go(&self, mut call: Call) -> Going<'_> {
        match self.stage.span().and_then(|name| call.open_stage(name)) {
            None => self.stage.handle(call, &self.next),
            // Within it is also what a stage does before it waits for anything.
            Some(open) => Box::pin(open.during(async { self.stage.handle(call, &self.next).await })),
        }
    }
}

/// Something that every call passes on its way to the API.
pub trait Stage: Send + Sync {
    /// What its span is called where a call is traced; one that takes no time has none.
    fn span(&self) -> Option<&'static str>;
    /// Answers, or passes the call on.
    fn handle<'a>(&'a self, call: Call, next: &'a Next) -> Going<'a>;
}

/// Makes a stage of a function, which gets its options, the call, and what comes after it.
pub fn stage<O, F>(options: O, function: F) -> Box<dyn Stage>
where
    O: Send + Sync + 'static,
    F: for<'a> Fn(&'a O, Call, &'a Next) -> Going<'a> + Send + Sync + 'static,
{
    Box::new(Staged { options, name: name::<F>(), function })
}

/// The name of a stage: that of its function.
fn name<F>() -> &'static str {
    std::any::type_name::<F>().rsplit("::").next().unwrap_or_default()
}

/// A function as a stage.
struct Staged<O, F> {
    options: O,
    name: &'static str,
    function: F,
}

impl<O, F> Stage for Staged<O, F>
where
    O: Send + Sync,
    F: for<'a> Fn(&'a O, Call, &'a Next) -> Going<'a> + Send + Sync,
{
    fn span(&self) -> Option<&'static str> {
        Some(self.name)
    }

    fn handle<'a>(&'a self, call: Call, next: &'a Next) -> Going<'a> {
        (self.function)(&self.options, call, next)
    }
}

/// What a stage gives that goes no further.
fn refuse<'a>(error: CallError) -> Going<'a> {
    Box::pin(ready(Err(error)))
}
