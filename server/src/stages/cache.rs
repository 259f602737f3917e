//! Keeps answers of reads for as long as the overlay and the API allow, asks once for callers who ask the same at the same
//! time, and forgets what a change may have made untrue.

mod flight;
mod forgotten;
mod key;
mod kept;
mod place;
mod shelf;
mod size;
mod unsettled;

use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;
use tracing::Instrument;

use super::{Next, Outcome};
use crate::call::{Call, CallError, Heard, Progress, Purpose, Reply};
use crate::catalog::{Effect, Tool, Work};
use crate::metrics::Count;
use crate::request::Prepared;
use crate::upstream::{Freshness, NOT_MODIFIED};

use flight::{Flight, Landing, Seat};
use forgotten::{Forgotten, Stamp};
use kept::{Kept, Lifetime, Store};
use place::Mark;
use shelf::{Shelf, Turn};
use unsettled::Unsettled;

pub use key::Key;

/// How long nothing is kept of places that a change may still reach.
const UNSETTLED: Duration = Duration::from_secs(120);

/// What is kept of answers.
#[derive(Clone, Copy, Debug)]
pub struct Settings {
    /// Whether anything is.
    pub enabled: bool,
    /// How many answers; two or more.
    pub entries: usize,
    /// How many bytes of memory they may take together; one of them may take an eighth.
    pub bytes: usize,
    /// For how long, where the overlay says nothing of a tool.
    pub default_ttl: Duration,
}

/// A thousand answers and 64 MiB; only of tools for which the overlay says so, since an old state of a deployment is
/// worse than a slow answer.
impl Default for Settings {
    fn default() -> Self {
        Self { enabled: true, entries: 1000, bytes: 64 << 20, default_ttl: Duration::ZERO }
    }
}

/// What the stage holds.
#[derive(Debug)]
pub struct Options {
    settings: Settings,
    /// Where the API is: what one API answered is no answer of another.
    address: String,
    shelf: Arc<Shelf>,
}

impl Options {
    /// An empty shelf for answers of the API at this address.
    pub fn new(settings: Settings, address: String) -> Self {
        Self { settings, address, shelf: Arc::new(Shelf::new(settings.entries, settings.bytes)) }
    }

    /// For how long answers of this tool may be kept; zero where they must not be.
    fn ttl(&self, tool: &Tool) -> Duration {
        let is_kept = tool.effect == Effect::Read && matches!(tool.method, "GET" | "QUERY");
        if is_kept { tool.cache.unwrap_or(self.settings.default_ttl) } else { Duration::ZERO }
    }
}

/// Answers a read from what is kept or on its way, and lets a change forget.
pub async fn cache(options: Arc<Options>, call: Call, next: Next) -> Outcome {
    // What a hand-written tool asks of the API comes through here by itself.
    let is_request = matches!(call.tool.work, Work::Request(_));
    let Some(prepared) = call.prepared.clone().filter(|_| is_request && options.settings.enabled) else {
        return next.run(call).await;
    };
    if call.tool.effect != Effect::Read {
        return change(&options, &prepared, call, next).await;
    }
    let ttl = if call.purpose == Purpose::Watch { Duration::ZERO } else { options.ttl(call.tool) };
    match ttl {
        Duration::ZERO => next.run(call).await,
        fresh => {
            let stale = call.tool.stale.unwrap_or_default();
            read(&options, &prepared, Allowed { fresh, stale }, call, next).await
        }
    }
}

/// Makes a change, and forgets the reads that it may touch before it is sent and after it has ended.
async fn change(options: &Options, prepared: &Prepared, call: Call, next: Next) -> Outcome {
    let touched = place::touched(call.tool.segments, &prepared.parts);
    options.shelf.forget(&touched);
    let (shelf, progress) = (Arc::clone(&options.shelf), call.progress.clone());
    let mut forgetting = Forgetting { shelf, touched, progress, is_settled: false };
    let outcome = next.run(call).await;
    forgetting.is_settled = outcome.as_ref().map_or_else(CallError::says_unchanged, |_| true);
    outcome
}

/// Forgets when it is dropped, so also when time ran out while the API was still at work. Then nothing is kept of these
/// places for a while, since the change may still be made.
struct Forgetting {
    shelf: Arc<Shelf>,
    touched: Vec<Mark>,
    progress: Progress,
    /// Whether it is known what became of the change.
    is_settled: bool,
}

impl Drop for Forgetting {
    fn drop(&mut self) {
        if self.progress.sent() {
            self.shelf.forget(&self.touched);
            if !self.is_settled {
                self.shelf.distrust(&self.touched, Instant::now() + UNSETTLED);
            }
        }
    }
}

/// For how long answers of a tool may be given, whatever the API says.
#[derive(Clone, Copy, Debug)]
struct Allowed {
    /// Without asking.
    fresh: Duration,
    /// After that, while the API is down.
    stale: Duration,
}

impl Allowed {
    /// For how long an answer may be given of which the API says this.
    fn lifetime(self, freshness: &Freshness) -> Lifetime {
        Lifetime {
            fresh: freshness.lifetime(self.fresh),
            stale: freshness.stale(self.stale),
            validator: freshness.validator().cloned(),
        }
    }

    /// For how long an answer may be given again that the API calls unchanged.
    fn renewed(self, freshness: &Freshness, before: &Lifetime) -> Lifetime {
        let now = if freshness.is_said() { self.lifetime(freshness) } else { before.clone() };
        // What forbids keeping has no validator, also where the answer before had one.
        let validator =
            freshness.validator().or(before.validator.as_ref().filter(|_| !freshness.is_forbidden()));
        Lifetime { validator: validator.cloned(), ..now }
    }
}

/// Answers a read: from the shelf, or with whoever asks the same already, or by asking the API.
async fn read(options: &Options, prepared: &Prepared, allowed: Allowed, call: Call, next: Next) -> Outcome {
    let key = Key::of(&options.address, call.tool.name, &prepared.arguments, &call.caller);
    let marks = place::seen(call.tool.segments, &prepared.parts);
    loop {
        let depart = |flight: Arc<Flight>, landing| {
            let shelf = Arc::clone(&options.shelf);
            let request = Call { progress: Progress::default(), heard: Heard::default(), ..call.again() };
            let marks = marks.clone();
            let flown = fly(shelf, Arc::clone(&flight), landing, allowed, marks, request, next.clone());
            // Owned by those who wait for it: the last one who leaves ends it.
            flight.started(tokio::spawn(flown.in_current_span()).abort_handle());
        };
        let turn = options.shelf.turn(key, &marks, Instant::now(), call.deadline, depart);
        let (count, flight) = match turn {
            Turn::Kept(reply) => {
                call.metrics.count(Count::Kept);
                tracing::debug!(tool = call.tool.name, call.request_id, "answered from what is kept");
                return Ok(reply);
            }
            Turn::Alone => {
                call.metrics.count(Count::Asked);
                return next.run(call).await;
            }
            Turn::Departs(flight) => (Count::Asked, flight),
            Turn::Waits(flight) => (Count::Shared, flight),
        };
        call.metrics.count(count);
        let seat = Seat::new(Arc::clone(&options.shelf), flight);
        // Whoever gives up meanwhile hears "perhaps" rather than a wrong "no".
        call.progress.sending();
        let outcome = seat.outcome().await;
        if !seat.ended_too_early(&outcome, call.deadline) {
            return outcome;
        }
    }
}

/// Asks the API for all who wait, and keeps what may be kept.
async fn fly(
    shelf: Arc<Shelf>,
    flight: Arc<Flight>,
    landing: Landing,
    allowed: Allowed,
    marks: Vec<Mark>,
    mut call: Call,
    next: Next,
) {
    let (heard, metrics) = (call.heard.clone(), call.metrics.clone());
    call.validator = flight.before().and_then(Kept::validator);
    let mut outcome = next.guarded(call).await.map(Arc::new);
    let mut lifetime = heard.get().map(|freshness| allowed.lifetime(&freshness)).unwrap_or_default();
    let unchanged = outcome.as_ref().is_ok_and(|reply| reply.status == NOT_MODIFIED);
    if let (true, Some(before), Some(freshness)) = (unchanged, flight.before(), heard.get()) {
        metrics.count(Count::Renewed);
        outcome = Ok(before.confirmed());
        lifetime = allowed.renewed(&freshness, before.lifetime());
    }
    let reply = outcome.as_ref().ok().filter(|reply| reply.status == 200);
    let kept = reply.map(|reply| Kept::new(Arc::clone(reply), flight.since(), lifetime, flight.stamp()));
    shelf.land(&flight, &marks, kept, Instant::now());
    landing.tell(outcome.or_else(|error| {
        let instead = instead(error, &shelf, &flight, &marks);
        if instead.is_ok() {
            metrics.count(Count::Stale);
        }
        instead
    }));
}

/// What was kept, where the API is down and the overlay allows that; an answer from before a change is never given.
fn instead(
    error: CallError,
    shelf: &Shelf,
    flight: &Flight,
    marks: &[Mark],
) -> Result<Arc<Reply>, CallError> {
    let now = Instant::now();
    let is_true = |kept: &&Kept| kept.is_good_enough(now) && shelf.is_true(kept.stamp(), marks);
    match flight.before().filter(is_true) {
        Some(kept) if error.is_outage() => Ok(Arc::new(kept.stale(now, &error))),
        _ => Err(error),
    }
}
