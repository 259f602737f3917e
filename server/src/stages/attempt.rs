//! Gives one attempt its time: the tool's own, else the configured one, never more than the call has left.

use std::time::Duration;

use tokio::time::{Instant, timeout};

use super::{Going, Next, Outcome};
use crate::call::{Call, CallError};
use crate::changing::Changing;

/// What one attempt may take.
#[derive(Clone, Debug)]
pub struct Options {
    /// For tools that say nothing else.
    pub limit: Changing<Duration>,
}

/// Runs one attempt within its time.
pub fn attempt<'a>(options: &'a Options, call: Call, next: &'a Next) -> Going<'a> {
    Box::pin(once(options, call, next))
}

async fn once(options: &Options, call: Call, next: &Next) -> Outcome {
    let own = call.tool.timeout.unwrap_or_else(|| options.limit.now());
    let left = call.deadline.map_or(own, |deadline| deadline.saturating_duration_since(Instant::now()));
    let limit = own.min(left);
    let progress = call.progress.clone();
    progress.waits_here(false);
    match timeout(limit, next.run(call)).await {
        Ok(outcome) => outcome,
        // The API has done its part, and is not to be held for failing.
        Err(_) if progress.is_here() => Err(CallError::Crowded { after: limit }),
        Err(_) => Err(CallError::TimedOut { after: limit, sent: progress.sent() }),
    }
}

#[cfg(test)]
mod tests {
    use tower::service_fn;

    use super::*;
    use crate::call::Caller;
    use crate::catalog::{Effect, Tool, Work};

    static READ: Tool = Tool::bare(Effect::Read, Work::Rest);

    #[tokio::test(start_paused = true)]
    async fn r15_who_waits_here_for_too_long_is_told_so_and_the_api_is_not_held_for_it() {
        for waits in [false, true] {
            let never = service_fn(move |call: Call| async move {
                call.progress.sending();
                call.progress.waits_here(waits);
                std::future::pending().await
            });
            let options = Options { limit: Duration::from_secs(30).into() };
            let call = Call::new(&READ, serde_json::Map::new(), Caller::LocalOwner, "r".to_owned());
            // What an attempt before left is nothing of this one.
            call.progress.waits_here(!waits);
            let error = attempt(&options, call, &Next::new(never)).await.expect_err("it never ends");
            let is_told =
                matches!(error, CallError::Crowded { after } if waits && after == Duration::from_secs(30));
            assert!(
                is_told || matches!(error, CallError::TimedOut { sent: true, .. } if !waits),
                "{error:?}"
            );
        }
    }
}
