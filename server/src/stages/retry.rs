//! Repeats what is safe to repeat: reads, operations marked idempotent, and anything of which no byte has left. Bounded by a number of requests, by the
//! call's deadline, and by a budget that all calls share, so that an API in trouble is not buried under repetitions.

mod backoff;
mod budget;
mod rule;

use std::time::Duration;

use tokio::time::{Instant, sleep};

use super::{Going, Next, Outcome};
use crate::call::Call;
use crate::metrics::Count;

pub use backoff::Backoff;
pub use budget::Budget;
pub use rule::{Repetition, of};

/// How calls are repeated.
#[derive(Clone, Copy, Debug)]
pub struct Settings {
    /// Requests of one call in all; 1 repeats nothing.
    pub attempts: usize,
    /// The longest wait before the first repetition; it doubles with each.
    pub base_delay: Duration,
}

/// Three requests, a fifth of a second.
impl Default for Settings {
    fn default() -> Self {
        Self { attempts: 3, base_delay: Duration::from_millis(200) }
    }
}

/// What the stage holds.
#[derive(Debug)]
pub struct Options {
    attempts: usize,
    backoff: Backoff,
    budget: Budget,
}

impl Options {
    /// Repetitions as these settings say, with a full budget.
    pub fn new(settings: Settings) -> Self {
        let Settings { attempts, base_delay } = settings;
        Self { attempts, backoff: Backoff::new(base_delay), budget: Budget::default() }
    }
}

/// Makes the call, and makes it again while that is safe, sensible and in time.
pub fn retry<'a>(options: &'a Options, call: Call, next: &'a Next) -> Going<'a> {
    Box::pin(repeated(options, call, next))
}

async fn repeated(options: &Options, call: Call, next: &Next) -> Outcome {
    options.budget.deposit();
    let mut made = 0;
    loop {
        made += 1;
        let outcome = next.run(call.again()).await;
        let Err(error) = &outcome else { return outcome };
        let Some(repetition) = of(call.tool, error).filter(|_| made < options.attempts) else {
            return outcome;
        };
        let wait = repetition.wait.unwrap_or_else(|| options.backoff.delay(made, fastrand::f64()));
        let is_in_time = call.deadline.is_none_or(|deadline| Instant::now() + wait < deadline);
        // The budget is asked last: what is not repeated for another reason costs nothing of it.
        if !is_in_time {
            return outcome;
        }
        if !options.budget.withdraw() {
            call.metrics.count(Count::OverBudget);
            return outcome;
        }
        call.metrics.count(Count::Repeated);
        let (tool, request_id, kind) = (call.tool.name, &*call.request_id, error.kind());
        let milliseconds = u64::try_from(wait.as_millis()).unwrap_or(u64::MAX);
        tracing::warn!(tool, request_id, made, kind, milliseconds, "repeating after a wait");
        sleep(wait).await;
    }
}
