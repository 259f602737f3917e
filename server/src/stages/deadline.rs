//! Gives the whole call its time, whatever the stages below do with it.

use std::time::Duration;

use tokio::time::{Instant, timeout_at};

use super::{Going, Next, Outcome};
use crate::call::{Call, CallError};
use crate::changing::Changing;

/// What a call may take.
#[derive(Clone, Debug)]
pub struct Options {
    /// The whole call; a tool whose one attempt may take longer gets that instead.
    pub limit: Changing<Duration>,
}

/// Sets the call's deadline, or brings it nearer, and answers when it has passed.
pub fn deadline<'a>(options: &'a Options, call: Call, next: &'a Next) -> Going<'a> {
    Box::pin(in_time(options, call, next))
}

async fn in_time(options: &Options, mut call: Call, next: &Next) -> Outcome {
    let limit = options.limit.now().max(call.tool.timeout.unwrap_or_default());
    let now = Instant::now();
    let deadline = call.deadline.map_or(now + limit, |given| given.min(now + limit));
    call.deadline = Some(deadline);
    let progress = call.progress.clone();
    match timeout_at(deadline, next.run(call)).await {
        Ok(outcome) => outcome,
        Err(_) => {
            Err(CallError::TimedOut { after: deadline.saturating_duration_since(now), sent: progress.sent() })
        }
    }
}
