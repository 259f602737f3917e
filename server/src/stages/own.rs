//! Where hand-written tools leave the way to the API: what comes after is about one exchange with it, and they make
//! none themselves. The calls that they make come through the stages from the first.

use super::{Going, Next, Stage, refuse};
use crate::call::{Call, CallError};
use crate::catalog::Work;

/// Takes hand-written tools off the way; every other call goes on as if nothing stood here.
#[derive(Clone, Copy, Debug)]
pub struct Fork;

impl Stage for Fork {
    fn span(&self) -> Option<&'static str> {
        None
    }

    fn handle<'a>(&'a self, call: Call, next: &'a Next) -> Going<'a> {
        match call.tool.work {
            Work::Request(_) => next.run(call),
            Work::Own(worker) => Box::pin(worker.work(call)),
            // What is kept of answers was given before.
            Work::Rest => {
                refuse(CallError::Internal { cause: "the rest of an answer was asked of the API".to_owned() })
            }
        }
    }
}
