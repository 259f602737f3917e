//! Room for so many requests, half of which may be changes, and for so many calls that wait.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::Settings;
use crate::metrics::{Count, Metrics};

/// What may be asked at once, by one caller or by all.
#[derive(Debug)]
pub(super) struct Room {
    requests: Arc<Semaphore>,
    changes: Arc<Semaphore>,
    waiting: AtomicUsize,
    most_waiting: usize,
}

impl Room {
    /// Room for as many as the settings say; one change at least.
    pub(super) fn new(settings: Settings) -> Self {
        Self {
            requests: Arc::new(Semaphore::new(settings.requests)),
            changes: Arc::new(Semaphore::new(settings.requests.div_ceil(2))),
            waiting: AtomicUsize::new(0),
            most_waiting: settings.waiting,
        }
    }

    /// A turn, at once or as soon as there is one; `None` when too many wait already.
    pub(super) async fn turn(&self, is_change: bool, metrics: &Metrics) -> Option<Turn> {
        let changes = is_change.then_some(&self.changes);
        if let Some(turn) = Turn::at_once(changes, &self.requests) {
            return Some(turn);
        }
        metrics.count(Count::Waited);
        let _place = Place::take(&self.waiting, self.most_waiting)?;
        let _counted = metrics.waiting();
        Turn::wait(changes, &self.requests).await
    }
}

/// The right to make one request, for as long as this lives.
pub(super) struct Turn {
    _change: Option<OwnedSemaphorePermit>,
    _request: OwnedSemaphorePermit,
}

impl Turn {
    fn at_once(changes: Option<&Arc<Semaphore>>, requests: &Arc<Semaphore>) -> Option<Self> {
        let change = changes.map(|changes| Arc::clone(changes).try_acquire_owned()).transpose().ok()?;
        Some(Self { _change: change, _request: Arc::clone(requests).try_acquire_owned().ok()? })
    }

    /// A change waits among changes first, so that those who wait take no place from reads.
    async fn wait(changes: Option<&Arc<Semaphore>>, requests: &Arc<Semaphore>) -> Option<Self> {
        let change = match changes {
            Some(changes) => Some(Arc::clone(changes).acquire_owned().await.ok()?),
            None => None,
        };
        Some(Self { _change: change, _request: Arc::clone(requests).acquire_owned().await.ok()? })
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
