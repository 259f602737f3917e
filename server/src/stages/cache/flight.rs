//! A question that is on its way to the API, for all who wait for its answer.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};

use tokio::sync::watch;
use tokio::task::AbortHandle;
use tokio::time::Instant;

use super::shelf::Shelf;
use super::{Kept, Key, Outcome, Stamp};
use crate::call::{CallError, Reply};

/// How many wait for one answer; whoever comes then asks the API itself.
const MOST: usize = 1024;

/// How a flight ended, for all who waited.
type Landed = Option<Result<Arc<Reply>, CallError>>;

/// A question on its way. It outlives whoever asked first, and ends when nobody waits any more.
pub(super) struct Flight {
    key: Key,
    stamp: Stamp,
    since: Instant,
    deadline: Option<Instant>,
    /// What is kept of the same question although its time is over.
    before: Option<Kept>,
    /// Changed only while the shelf is locked.
    waiting: AtomicUsize,
    landed: watch::Receiver<Landed>,
    task: OnceLock<AbortHandle>,
}

/// Where the flight's end is told.
pub(super) struct Landing(watch::Sender<Landed>);

impl Landing {
    /// Tells all who wait.
    pub(super) fn tell(self, outcome: Result<Arc<Reply>, CallError>) {
        self.0.send_replace(Some(outcome));
    }
}

impl Flight {
    /// A flight with one who waits.
    pub(super) fn new(
        key: Key,
        stamp: Stamp,
        since: Instant,
        deadline: Option<Instant>,
        before: Option<Kept>,
    ) -> (Arc<Self>, Landing) {
        let (sender, landed) = watch::channel(None);
        let (waiting, task) = (AtomicUsize::new(1), OnceLock::new());
        (Arc::new(Self { key, stamp, since, deadline, before, waiting, landed, task }), Landing(sender))
    }

    /// Remembers the task, so that it can be ended.
    pub(super) fn started(&self, task: AbortHandle) {
        // A flight starts once, so that there is no task that this could lose.
        let _ = self.task.set(task);
    }

    /// What it asks.
    pub(super) fn key(&self) -> Key {
        self.key
    }

    /// The point in the order of reads and changes at which it was asked.
    pub(super) fn stamp(&self) -> Stamp {
        self.stamp
    }

    /// What was kept of it before.
    pub(super) fn before(&self) -> Option<&Kept> {
        self.before.as_ref()
    }

    /// When it was asked.
    pub(super) fn since(&self) -> Instant {
        self.since
    }

    /// Whether its end will never be told, since its task is gone.
    pub(super) fn is_lost(&self) -> bool {
        self.landed.has_changed().is_err()
    }

    /// Takes one more, unless too many wait already.
    pub(super) fn join(&self) -> bool {
        let has_room = self.waiting.load(Ordering::Relaxed) < MOST;
        if has_room {
            self.waiting.fetch_add(1, Ordering::Relaxed);
        }
        has_room
    }

    /// Lets one go. The last one ends the flight and hears `true`.
    pub(super) fn leave(&self) -> bool {
        let was_last = self.waiting.fetch_sub(1, Ordering::Relaxed) == 1;
        if let Some(task) = self.task.get().filter(|_| was_last) {
            task.abort();
        }
        was_last
    }
}

/// A place among those who wait for a flight; dropped, it is free again.
pub(super) struct Seat {
    shelf: Arc<Shelf>,
    flight: Arc<Flight>,
}

impl Seat {
    /// The place of one who was let in.
    pub(super) fn new(shelf: Arc<Shelf>, flight: Arc<Flight>) -> Self {
        Self { shelf, flight }
    }

    /// How the flight ended. The caller's own deadline is kept by the stage above.
    pub(super) async fn outcome(&self) -> Outcome {
        let mut landed = self.flight.landed.clone();
        let outcome = landed.wait_for(Option::is_some).await.ok().and_then(|landed| landed.clone());
        let lost =
            || Err(CallError::Internal { cause: "the request for several callers was lost".to_owned() });
        outcome.unwrap_or_else(lost).map(|reply| Reply::clone(&reply))
    }

    /// Whether only the time of whoever asked first ran out, and there is some left of one's own.
    pub(super) fn ended_too_early(&self, outcome: &Outcome, deadline: Option<Instant>) -> bool {
        let now = Instant::now();
        matches!(outcome, Err(CallError::TimedOut { .. }))
            && self.flight.deadline.is_some_and(|ended| ended <= now)
            && deadline.is_none_or(|own| now < own)
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        self.shelf.leave(&self.flight);
    }
}
