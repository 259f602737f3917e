//! Gives one attempt its time: the tool's own, else the configured one, never more than the call has left.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::{Instant, timeout};

use super::{Next, Outcome};
use crate::call::{Call, CallError};
use crate::changing::Changing;

/// What one attempt may take.
#[derive(Clone, Debug)]
pub struct Options {
    /// For tools that say nothing else.
    pub limit: Changing<Duration>,
}

/// Runs one attempt within its time.
pub async fn attempt(options: Arc<Options>, call: Call, next: Next) -> Outcome {
    let own = call.tool.timeout.unwrap_or_else(|| options.limit.now());
    let left = call.deadline.map_or(own, |deadline| deadline.saturating_duration_since(Instant::now()));
    let limit = own.min(left);
    let progress = call.progress.clone();
    match timeout(limit, next.run(call)).await {
        Ok(outcome) => outcome,
        Err(_) => Err(CallError::TimedOut { after: limit, sent: progress.sent() }),
    }
}
