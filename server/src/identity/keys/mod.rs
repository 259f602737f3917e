//! The public keys of a provider: pinned, or fetched from where it publishes them and kept.
//!
//! What it promises: however many tokens name keys that do not exist, the provider is asked rarely; while it cannot be asked,
//! the keys that are known go on being good for a day; and that it cannot be asked is told apart from a key that is not there.

mod algorithm;
mod examine;
mod fetch;
mod key;
mod schedule;
mod set;

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::watch;
use tokio::task::AbortHandle;
use tokio::time::Instant;

use super::Denied;
use crate::metrics::{Count, Metrics};
use crate::start_error::StartError;
use fetch::Fetch;
use schedule::{Advice, Schedule};
use set::Set;

pub use algorithm::Algorithm;
pub use examine::{Published, examine};
pub(super) use key::Key;

/// Where keys are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Source {
    /// At this address, as a set of keys (RFC 7517).
    Address(String),
    /// Where this issuer says that they are.
    Issuer(String),
    /// Here: the text of a set of keys, or a public key in PEM.
    Pinned(String),
}

/// The keys of a provider.
pub(super) struct Keys(Kind);

enum Kind {
    Pinned(Set),
    Fetched(Arc<Fetched>),
}

impl Kind {
    fn fetched(fetch: Fetch, metrics: Metrics) -> Self {
        Self::Fetched(Arc::new(Fetched::new(fetch, metrics)))
    }
}

impl fmt::Debug for Keys {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("Keys")
    }
}

impl Keys {
    /// The keys from there; nothing is fetched before the first is needed.
    pub(super) fn new(source: Source, metrics: Metrics) -> Result<Self, StartError> {
        Ok(Self(match source {
            Source::Pinned(text) => Kind::Pinned(Set::pinned(&text)?),
            Source::Address(address) => Kind::fetched(Fetch::keys(&address)?, metrics),
            Source::Issuer(name) => Kind::fetched(Fetch::issuer(&name)?, metrics),
        }))
    }

    /// The key of this name for this algorithm.
    pub(super) async fn find(&self, kid: Option<&str>, algorithm: Algorithm) -> Result<Arc<Key>, Denied> {
        match &self.0 {
            Kind::Pinned(set) => set.find(kid, algorithm).ok_or(Denied::Invalid("unknown_key")),
            Kind::Fetched(fetched) => fetched.find(kid, algorithm).await,
        }
    }
}

impl Drop for Keys {
    fn drop(&mut self) {
        if let Kind::Fetched(fetched) = &self.0 {
            fetched.end();
        }
    }
}

/// Keys that are fetched.
struct Fetched {
    fetch: Fetch,
    began: Instant,
    state: Mutex<State>,
    metrics: Metrics,
}

#[derive(Default)]
struct State {
    set: Set,
    schedule: Schedule,
    flight: Option<Flight>,
}

/// A fetch on its way. It is nobody's: whoever waits for it may leave, and the others still get its keys.
struct Flight {
    landed: watch::Receiver<()>,
    task: AbortHandle,
}

impl Fetched {
    fn new(fetch: Fetch, metrics: Metrics) -> Self {
        Self { fetch, began: Instant::now(), state: Mutex::default(), metrics }
    }

    async fn find(self: &Arc<Self>, kid: Option<&str>, algorithm: Algorithm) -> Result<Arc<Key>, Denied> {
        loop {
            match self.look(kid, algorithm) {
                Look::Answer(answer) => return answer,
                // It never changes: it ends, with the fetch.
                Look::Wait(mut landed) => while landed.changed().await.is_ok() {},
            }
        }
    }

    fn look(self: &Arc<Self>, kid: Option<&str>, algorithm: Algorithm) -> Look {
        let now = self.began.elapsed();
        let mut state = self.state();
        let key = state.set.find(kid, algorithm);
        let advice = state.schedule.advise(key.is_some(), kid, now);
        if advice == Advice::Fetch {
            return Look::Wait(self.depart(&mut state, now));
        }
        if advice == Advice::UseAndFetch {
            self.depart(&mut state, now);
        }
        Look::Answer(match (advice, key) {
            (Advice::Unavailable, _) => Err(Denied::Unavailable("keys_unavailable")),
            (_, Some(key)) => Ok(key),
            (_, None) => Err(Denied::Invalid("unknown_key")),
        })
    }

    /// Starts a fetch, or joins the one that is on its way.
    fn depart(self: &Arc<Self>, state: &mut State, now: Duration) -> watch::Receiver<()> {
        if let Some(flight) = &state.flight {
            return flight.landed.clone();
        }
        let (sender, landed) = watch::channel(());
        let landing = Landing { fetched: Arc::clone(self), outcome: None, _sender: sender };
        state.schedule.departed(now);
        let task = tokio::spawn(landing.fly());
        state.flight = Some(Flight { landed: landed.clone(), task: task.abort_handle() });
        landed
    }

    fn land(&self, outcome: Option<Result<Set, String>>) {
        let mut state = self.state();
        state.flight = None;
        let is_good = matches!(outcome, Some(Ok(_)));
        state.schedule.landed(is_good, self.began.elapsed(), fastrand::f64());
        self.metrics.count(if is_good { Count::KeysFetched } else { Count::KeysAway });
        match outcome {
            Some(Ok(set)) => state.set = set,
            Some(Err(cause)) => {
                tracing::error!(
                    cause,
                    "the keys of the identity provider cannot be fetched; those that are known are kept"
                )
            }
            None => {}
        }
    }

    fn end(&self) {
        if let Some(flight) = &self.state().flight {
            flight.task.abort();
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

enum Look {
    Answer(Result<Arc<Key>, Denied>),
    Wait(watch::Receiver<()>),
}

/// Lands a fetch whatever becomes of it, and only then lets go of those who wait: else they would wait for ever.
struct Landing {
    fetched: Arc<Fetched>,
    outcome: Option<Result<Set, String>>,
    _sender: watch::Sender<()>,
}

impl Landing {
    async fn fly(mut self) {
        let outcome = self.fetched.fetch.get().await;
        self.outcome = Some(outcome);
    }
}

impl Drop for Landing {
    fn drop(&mut self) {
        self.fetched.land(self.outcome.take());
    }
}
