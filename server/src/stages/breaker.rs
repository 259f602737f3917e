//! Leaves an API alone that fails: calls are answered at once instead of each waiting for the same failure, and one call
//! at a time finds out whether it is back.

mod circuit;

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

use super::{Going, Next, Outcome};
use crate::call::{Call, CallError};
use crate::metrics::{self, Count, Metrics};

pub use circuit::{Admission, Circuit, Judgement, State};

/// When the circuit opens, and for how long.
#[derive(Clone, Copy, Debug)]
pub struct Settings {
    /// Connections that fail in a row.
    pub connect_failures: usize,
    /// How long calls are refused at first; it doubles with each probe that fails, up to a minute or to this.
    pub recovery: Duration,
}

/// Five connections, five seconds.
impl Default for Settings {
    fn default() -> Self {
        Self { connect_failures: 5, recovery: Duration::from_secs(5) }
    }
}

/// The circuit of one API.
#[derive(Debug)]
pub struct Options {
    circuit: Mutex<Circuit>,
}

impl Options {
    /// A closed circuit.
    pub fn new(settings: Settings) -> Self {
        Self { circuit: Mutex::new(Circuit::new(settings, Instant::now())) }
    }

    fn circuit(&self) -> MutexGuard<'_, Circuit> {
        self.circuit.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Lets the call through, or says when it may come again.
pub fn breaker<'a>(options: &'a Options, call: Call, next: &'a Next) -> Going<'a> {
    Box::pin(admitted(options, call, next))
}

async fn admitted(options: &Options, call: Call, next: &Next) -> Outcome {
    let admission = options.circuit().admit(Instant::now());
    if let Admission::Refused { retry_after } = admission {
        return Err(CallError::Unavailable { retry_after });
    }
    let (is_probe, metrics) = (admission == Admission::Probe, call.metrics.clone());
    if is_probe {
        metrics.breaker(metrics::Breaker::HalfOpen);
    }
    let mut turn = Turn { options, is_probe, metrics, is_over: false };
    let outcome = next.run(call).await;
    turn.end(judge(&outcome));
    outcome
}

/// What an outcome says of the API: an answer of any kind is a sign of life.
fn judge(outcome: &Outcome) -> Judgement {
    match outcome {
        Err(CallError::Unreachable { .. } | CallError::TimedOut { sent: false, .. }) => {
            Judgement::Unconnected
        }
        Err(CallError::TimedOut { .. } | CallError::Interrupted { .. }) => Judgement::Failed,
        Err(CallError::Refused { status: 408 | 429 | 500.., .. }) => Judgement::Failed,
        // Nothing was asked of the API.
        Err(
            CallError::Internal { .. }
            | CallError::NoCredential { .. }
            | CallError::NoAccount(_)
            | CallError::CredentialUnavailable { .. }
            | CallError::Arguments(_),
        ) => Judgement::Nothing,
        Ok(_) | Err(_) => Judgement::Answered,
    }
}

/// A call that was let through. Dropped before its end it says nothing, and a probe's place is free again.
struct Turn<'o> {
    options: &'o Options,
    is_probe: bool,
    metrics: Metrics,
    is_over: bool,
}

impl Turn<'_> {
    fn end(&mut self, judgement: Judgement) {
        self.is_over = true;
        let changed =
            self.options.circuit().record(judgement, self.is_probe, Instant::now(), fastrand::f64());
        if let Some(state) = changed {
            tracing::warn!(state = state.word(), "the circuit of the API changed");
            tell(state, &self.metrics);
        }
    }
}

fn tell(state: State, metrics: &Metrics) {
    metrics.breaker(match state {
        State::Closed => metrics::Breaker::Closed,
        State::Open => metrics::Breaker::Open,
        State::HalfOpen => metrics::Breaker::HalfOpen,
    });
    if state == State::Open {
        metrics.count(Count::BreakerOpened);
    }
}

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        if !self.is_over {
            self.options.circuit().record(Judgement::Nothing, self.is_probe, Instant::now(), 0.0);
        }
    }
}
