//! Where hand-written tools leave the way to the API: what comes after is about one exchange with it, and they make
//! none themselves. The calls that they make come through the stages from the first.

use std::task::{Context, Poll};

use futures_util::future::{BoxFuture, Either, FutureExt, ready};
use tower::{Layer, Service};

use super::Outcome;
use crate::call::{Call, CallError, Reply};
use crate::catalog::Work;

/// Takes hand-written tools off the way; every other call goes on as if nothing stood here.
#[derive(Clone, Copy, Debug)]
pub struct Fork;

/// The fork as a tower service.
#[derive(Clone, Debug)]
pub struct Forked<S>(S);

impl<S> Layer<S> for Fork {
    type Service = Forked<S>;

    fn layer(&self, inner: S) -> Forked<S> {
        Forked(inner)
    }
}

impl<S> Service<Call> for Forked<S>
where
    S: Service<Call, Response = Reply, Error = CallError>,
{
    type Response = Reply;
    type Error = CallError;
    type Future = Either<S::Future, BoxFuture<'static, Outcome>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), CallError>> {
        self.0.poll_ready(context)
    }

    fn call(&mut self, call: Call) -> Self::Future {
        match call.tool.work {
            Work::Request(_) => Either::Left(self.0.call(call)),
            Work::Own(worker) => Either::Right(worker.work(call).boxed()),
            Work::Rest => Either::Right(ready(Err(unreachable_here())).boxed()),
        }
    }
}

/// What is kept of answers was given before.
fn unreachable_here() -> CallError {
    CallError::Internal { cause: "the rest of an answer was asked of the API".to_owned() }
}
