//! Bounds how many requests are at the API at once, and how many of them are changes: however many slow changes are asked
//! for, reads get through. A few calls may wait for a moment; the others are told to come again.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use tokio::sync::{Semaphore, SemaphorePermit};
use tokio::time::timeout;

use super::{Next, Outcome};
use crate::call::{Call, CallError};
use crate::catalog::Effect;

/// How long a call waits for its turn at most, and when it is worth coming again.
const PATIENCE: Duration = Duration::from_secs(1);

/// How much may be asked of the API at once.
#[derive(Clone, Copy, Debug)]
pub struct Settings {
    /// Requests; half of them may be changes.
    pub requests: usize,
    /// Calls that may wait for their turn.
    pub waiting: usize,
}

/// Sixty-four requests, and twice as many that wait.
impl Default for Settings {
    fn default() -> Self {
        Self { requests: 64, waiting: 128 }
    }
}

/// What the stage holds.
#[derive(Debug)]
pub struct Options {
    requests: Semaphore,
    changes: Semaphore,
    waiting: AtomicUsize,
    most_waiting: usize,
}

impl Options {
    /// Room for as many as the settings say; one change at least.
    pub fn new(settings: Settings) -> Self {
        Self {
            requests: Semaphore::new(settings.requests),
            changes: Semaphore::new(settings.requests.div_ceil(2)),
            waiting: AtomicUsize::new(0),
            most_waiting: settings.waiting,
        }
    }

    /// A turn, at once or after a short wait; `None` when there is none.
    async fn turn(&self, effect: Effect) -> Option<Turn<'_>> {
        let changes = (effect != Effect::Read).then_some(&self.changes);
        if let Some(turn) = Turn::at_once(changes, &self.requests) {
            return Some(turn);
        }
        let _place = Place::take(&self.waiting, self.most_waiting)?;
        timeout(PATIENCE, Turn::wait(changes, &self.requests)).await.ok().flatten()
    }
}

/// Makes the call when it is its turn.
pub async fn bulkhead(options: Arc<Options>, call: Call, next: Next) -> Outcome {
    let _turn = options.turn(call.tool.effect).await.ok_or(CallError::Busy { retry_after: PATIENCE })?;
    next.run(call).await
}

/// The right to make one request, for as long as this lives.
struct Turn<'o> {
    _change: Option<SemaphorePermit<'o>>,
    _request: SemaphorePermit<'o>,
}

impl<'o> Turn<'o> {
    fn at_once(changes: Option<&'o Semaphore>, requests: &'o Semaphore) -> Option<Self> {
        let change = changes.map(Semaphore::try_acquire).transpose().ok()?;
        Some(Self { _change: change, _request: requests.try_acquire().ok()? })
    }

    /// A change waits among changes first, so that those who wait take no place from reads.
    async fn wait(changes: Option<&'o Semaphore>, requests: &'o Semaphore) -> Option<Self> {
        let change = match changes {
            Some(changes) => Some(changes.acquire().await.ok()?),
            None => None,
        };
        Some(Self { _change: change, _request: requests.acquire().await.ok()? })
    }
}

/// A place among those who wait.
struct Place<'o>(&'o AtomicUsize);

impl<'o> Place<'o> {
    fn take(waiting: &'o AtomicUsize, most: usize) -> Option<Self> {
        let place = Self(waiting);
        // Counted first, and given back by the drop when there was none left.
        (waiting.fetch_add(1, Ordering::AcqRel) < most).then_some(place)
    }
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::AcqRel);
    }
}
