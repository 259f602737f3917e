//! The simulator itself: how it is set up and driven.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use crate::answer::Refusal;
use crate::clock::Clock;
use crate::fault::{Fault, FaultKind, Matching, Script};
use crate::record::{Received, Record};
use crate::seed;
use crate::state::{Pace, Shop};

/// The token that is accepted unless the builder says otherwise.
pub const DEMO_TOKEN: &str = "de30c0de-0000-4000-8000-000000000001";

/// The origin of every `url` in answers unless the builder says otherwise; on purpose not where the client called.
pub const ADVERTISED_ORIGIN: &str = "http://ces.example.invalid:48226";

/// A simulated CES; clones are the same one.
#[derive(Clone, Debug)]
pub struct Simulator {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    clock: Clock,
    token: String,
    shop: Mutex<Shop>,
    record: Mutex<Record>,
    script: Mutex<Script>,
}

impl Simulator {
    /// Begins to set one up.
    pub fn builder() -> Builder {
        Builder {
            clock: Clock::real(),
            token: DEMO_TOKEN.to_owned(),
            pace: Pace { dispatched: Duration::from_secs(1), executing: Duration::from_secs(2) },
            origin: ADVERTISED_ORIGIN.to_owned(),
            most_recorded: 10_000,
        }
    }

    /// The token that is accepted.
    pub fn token(&self) -> &str {
        &self.inner.token
    }

    /// The clock that sets live by.
    pub fn clock(&self) -> &Clock {
        &self.inner.clock
    }

    /// Scripts a fault; faults are played in the order in which they were scripted.
    pub fn fault(&self, fault: Fault) {
        lock(&self.inner.script).add(fault);
    }

    /// Forgets every scripted fault.
    pub fn clear_faults(&self) {
        lock(&self.inner.script).clear();
    }

    /// The requests received so far, oldest first.
    pub fn requests(&self) -> Vec<Received> {
        lock(&self.inner.record).all()
    }

    /// The requests received so far, which are then forgotten.
    pub fn take_requests(&self) -> Vec<Received> {
        lock(&self.inner.record).take()
    }

    /// How many of the recorded requests match.
    pub fn count(&self, matching: &Matching) -> usize {
        lock(&self.inner.record).iter().filter(|received| matching.takes(received)).count()
    }

    pub(crate) fn next_fault(&self, received: &Received) -> Option<FaultKind> {
        lock(&self.inner.script).next(received)
    }

    pub(crate) fn record(&self, received: Received) {
        lock(&self.inner.record).add(received);
    }

    /// Lets the clock do its part, then the operation.
    pub(crate) fn with_shop<T>(
        &self,
        operation: impl FnOnce(&mut Shop) -> Result<T, Refusal>,
    ) -> Result<T, Refusal> {
        let mut shop = lock(&self.inner.shop);
        shop.settle();
        operation(&mut shop)
    }
}

/// A panic in one request must not take the simulator from all the others.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The settings of a simulator.
#[derive(Debug)]
pub struct Builder {
    clock: Clock,
    token: String,
    pace: Pace,
    origin: String,
    most_recorded: usize,
}

impl Builder {
    /// The clock that sets live by; the real one unless given.
    pub fn clock(mut self, clock: Clock) -> Self {
        self.clock = clock;
        self
    }

    /// The token to accept.
    pub fn token(mut self, token: impl Into<String>) -> Self {
        self.token = token.into();
        self
    }

    /// How long a set stays Dispatched, and then how long Executing; 1 s and 2 s unless given.
    pub fn pace(mut self, dispatched: Duration, executing: Duration) -> Self {
        self.pace = Pace { dispatched, executing };
        self
    }

    /// Where the API believes it is: scheme, host and port that every `url` in answers begins with.
    pub fn advertised_origin(mut self, origin: impl Into<String>) -> Self {
        self.origin = origin.into();
        self
    }

    /// How many requests the record keeps; the oldest make room.
    pub fn most_recorded(mut self, most: usize) -> Self {
        self.most_recorded = most;
        self
    }

    /// The simulator, with the demo shop in it.
    pub fn build(self) -> Simulator {
        let mut shop = Shop::empty(self.clock.clone(), self.pace, self.origin);
        seed::stock(&mut shop);
        Simulator {
            inner: Arc::new(Inner {
                clock: self.clock,
                token: self.token,
                shop: Mutex::new(shop),
                record: Mutex::new(Record::new(self.most_recorded)),
                script: Mutex::new(Script::default()),
            }),
        }
    }
}
