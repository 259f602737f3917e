//! A question that is on its way to the API, for all who wait for its answer.

use std::pin::{Pin, pin};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};

use tokio::sync::Notify;
use tokio::sync::futures::Notified;
use tokio::task::{AbortHandle, yield_now};
use tokio::time::Instant;

use super::{Kept, Key, Outcome, Stamp};
use crate::call::{CallError, Reply};

/// How many wait for one answer; whoever comes then asks the API itself.
const MOST: usize = 1024;

/// How many are woken at once. Who came first is answered first: woken all together they would be answered in any order, and
/// who has waited longest might wait for all others too.
const WOKEN: usize = 32;

/// How a flight ended, for all who waited; `None` where its task is gone and nobody will tell.
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
    landed: OnceLock<Landed>,
    /// Where those who wait are woken, in the order in which they came.
    waking: Notify,
    task: OnceLock<AbortHandle>,
}

/// Where the flight's end is told. Dropped before that, it tells that the flight is lost.
pub(super) struct Landing(Arc<Flight>);

impl Landing {
    /// Tells all who wait, in the order in which they came.
    pub(super) async fn tell(self, outcome: Result<Arc<Reply>, CallError>) {
        let flight = &self.0;
        // Told once: only this tells, and it is gone then.
        let _ = flight.landed.set(Some(outcome));
        let waiting = flight.waiting.load(Ordering::Relaxed);
        for _ in 0..waiting / WOKEN {
            (0..WOKEN).for_each(|_| flight.waking.notify_one());
            yield_now().await;
        }
    }
}

impl Drop for Landing {
    fn drop(&mut self) {
        // Set already, unless the flight is lost.
        let _ = self.0.landed.set(None);
        self.0.waking.notify_waiters();
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
        let flight = Arc::new(Self {
            key,
            stamp,
            since,
            deadline,
            before,
            waiting: AtomicUsize::new(1),
            landed: OnceLock::new(),
            waking: Notify::new(),
            task: OnceLock::new(),
        });
        (Arc::clone(&flight), Landing(flight))
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
        matches!(self.landed.get(), Some(None))
    }

    /// Takes one more, unless too many wait already.
    pub(super) fn join(&self) -> bool {
        let has_room = self.waiting.load(Ordering::Relaxed) < MOST;
        if has_room {
            self.waiting.fetch_add(1, Ordering::Relaxed);
        }
        has_room
    }

    /// How it ended, once this is woken: nobody is before that is told.
    async fn landed_after(&self, woken: Pin<&mut Notified<'_>>) -> &Landed {
        woken.await;
        self.landed.get().unwrap_or(&None)
    }

    /// How it ended, told to one who waits. The caller's own deadline is kept by the stage above.
    pub(super) async fn outcome(&self) -> Outcome {
        let mut woken = pin!(self.waking.notified());
        // In the line before looking, so that nothing is told in between.
        woken.as_mut().enable();
        let landed = match self.landed.get() {
            Some(landed) => landed,
            None => self.landed_after(woken).await,
        };
        let lost =
            || Err(CallError::Internal { cause: "the request for several callers was lost".to_owned() });
        landed.clone().unwrap_or_else(lost).map(|reply| Reply::clone(&reply))
    }

    /// Whether only the time of whoever asked first ran out, and there is some left of one's own.
    pub(super) fn ended_too_early(&self, outcome: &Outcome, deadline: Option<Instant>) -> bool {
        let now = Instant::now();
        matches!(outcome, Err(CallError::TimedOut { .. }))
            && self.deadline.is_some_and(|ended| ended <= now)
            && deadline.is_none_or(|own| now < own)
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

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use serde_json::json;
    use tokio::task::JoinSet;

    use super::super::forgotten::Forgotten;
    use super::super::seat::Seat;
    use super::super::shelf::Shelf;
    use super::*;
    use crate::call::Caller;
    use crate::upstream::account::Account;

    /// A flight with so many who wait, and the order in which they are answered.
    async fn awaited(count: usize) -> (Landing, JoinSet<bool>, Arc<Mutex<Vec<usize>>>) {
        let key = Key::of("http://api", "read", &json!({}), &Caller::LocalOwner, &Account::default());
        let (flight, landing) = Flight::new(key, Forgotten::default().now(), Instant::now(), None, None);
        let (shelf, answered) = (Arc::new(Shelf::new(2, 1 << 20)), Arc::new(Mutex::new(Vec::new())));
        let mut waiting = JoinSet::new();
        for number in 0..count {
            assert!(number == 0 || flight.join());
            let (seat, answered) =
                (Seat::new(Arc::clone(&shelf), Arc::clone(&flight)), Arc::clone(&answered));
            waiting.spawn(async move {
                let is_done = seat.flight().outcome().await.is_ok();
                answered.lock().unwrap().push(number);
                is_done
            });
            tokio::task::yield_now().await;
        }
        (landing, waiting, answered)
    }

    #[tokio::test]
    async fn who_came_first_is_answered_first_and_nobody_is_forgotten() {
        for count in [1, WOKEN - 1, WOKEN, WOKEN + 1, 10 * WOKEN + 7] {
            let (landing, waiting, answered) = awaited(count).await;
            landing.tell(Ok(Arc::new(Reply::text("")))).await;
            assert!(waiting.join_all().await.into_iter().all(|is_done| is_done));
            assert!(answered.lock().unwrap().iter().copied().eq(0..count), "{answered:?}");
        }
    }

    #[tokio::test]
    async fn t34_all_hear_that_a_flight_was_lost() {
        let (landing, waiting, _) = awaited(2 * WOKEN).await;
        drop(landing);
        let told = waiting.join_all().await;
        assert_eq!(told, [false; 2 * WOKEN]);
    }
}
