//! Keeps answers of reads for as long as the overlay and the API allow, asks once for callers who ask the same at the same
//! time, and forgets what a change may have made untrue.

mod flight;
mod forgotten;
mod key;
mod kept;
mod place;
mod seat;
mod shelf;
mod size;
mod tier;
mod unsettled;

use std::future::{poll_fn, ready};
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

use tokio::time::Instant;
use tracing::Instrument;

use super::{Going, Next, Outcome};
use crate::call::{Call, CallError, Heard, Progress, Purpose, Reply};
use crate::catalog::{Effect, Tool, Work};
use crate::changing::Changing;
use crate::metrics::Count;
use crate::replicas::Replicas;
use crate::request::Prepared;
use crate::upstream::{Freshness, NOT_MODIFIED};

use flight::{Flight, Landing};
use forgotten::{Forgotten, Stamp};
use kept::{Kept, Lifetime, Store};
use place::Mark;
use seat::Seat;
use shelf::{Shelf, Turn};
use tier::{Found, Tier};
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
    /// Where answers are kept.
    pub backend: Backend,
    /// Which part of the time that is left an answer is given from memory before Redis is asked again.
    pub memory_share: f64,
}

/// Where answers are kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Backend {
    /// In the memory of each process.
    Memory,
    /// In Redis, for all processes.
    Redis,
    /// In both.
    MultiTier,
}

/// A thousand answers and 64 MiB; only of tools for which the overlay says so, since an old state of a deployment is
/// worse than a slow answer.
impl Default for Settings {
    fn default() -> Self {
        Self {
            enabled: true,
            entries: 1000,
            bytes: 64 << 20,
            default_ttl: Duration::ZERO,
            backend: Backend::Memory,
            memory_share: 0.5,
        }
    }
}

/// What the stage holds.
#[derive(Debug)]
pub struct Options {
    settings: Settings,
    /// For how long, where the overlay says nothing of a tool.
    default_ttl: Changing<Duration>,
    /// Where the API is: what one API answered is no answer of another.
    address: String,
    shelf: Arc<Shelf>,
    tier: Option<Arc<Tier>>,
}

impl Options {
    /// An empty shelf for answers of the API at this address.
    pub fn new(settings: Settings, address: String) -> Self {
        let shelf = Arc::new(Shelf::new(settings.entries, settings.bytes));
        Self { settings, default_ttl: settings.default_ttl.into(), address, shelf, tier: None }
    }

    /// The same, where the time changes for which answers are kept of which the overlay says nothing.
    pub fn lasting(self, default_ttl: Changing<Duration>) -> Self {
        Self { default_ttl, ..self }
    }

    /// The same among other processes, if there are any.
    pub fn among(self, replicas: Option<Replicas>) -> Self {
        let tier = replicas.map(|replicas| Arc::new(Tier::new(replicas, &self.settings)));
        if tier.is_some() {
            // Nothing is certain before others are heard.
            self.shelf.heard_until(Instant::now());
        }
        Self { tier, ..self }
    }

    /// The answer as memory keeps it: for a part of its time where Redis has it too.
    fn in_memory(&self, kept: &Kept) -> Option<Kept> {
        match (self.settings.backend, &self.tier) {
            (Backend::Memory, _) | (_, None) => Some(kept.clone()),
            (Backend::MultiTier, Some(_)) => Some(tier::shortened(kept, self.settings.memory_share)),
            (Backend::Redis, Some(_)) => None,
        }
    }

    /// For how long answers of this tool may be kept; zero where they must not be.
    fn ttl(&self, tool: &Tool) -> Duration {
        let is_kept = tool.effect == Effect::Read && matches!(tool.method, "GET" | "QUERY");
        if is_kept { tool.cache.unwrap_or_else(|| self.default_ttl.now()) } else { Duration::ZERO }
    }
}

/// Answers a read from what is kept or on its way, and lets a change forget.
pub fn cache<'a>(options: &'a Arc<Options>, call: Call, next: &'a Next) -> Going<'a> {
    // What a hand-written tool asks of the API comes through here by itself.
    let is_request = matches!(call.tool.work, Work::Request(_));
    let Some(prepared) = call.prepared.as_ref().filter(|_| is_request && options.settings.enabled) else {
        return next.run(call);
    };
    if let Some(tier) = &options.tier {
        tier.hear(&options.shelf);
    }
    if call.tool.effect != Effect::Read {
        let touched = place::touched(call.tool.segments, &prepared.parts);
        return Box::pin(change(options, touched, call, next));
    }
    let ttl = if call.purpose == Purpose::Watch { Duration::ZERO } else { options.ttl(call.tool) };
    match ttl {
        Duration::ZERO => next.run(call),
        fresh => {
            let allowed = Allowed { fresh, stale: call.tool.stale.unwrap_or_default() };
            read(Question::of(options, prepared, allowed, &call), call, next)
        }
    }
}

/// Makes a change, and forgets the reads that it may touch before it is sent and after it has ended.
async fn change(options: &Options, touched: Vec<Mark>, call: Call, next: &Next) -> Outcome {
    options.shelf.forget(&touched);
    let (shelf, progress) = (Arc::clone(&options.shelf), call.progress.clone());
    let others = options.tier.as_ref().map(|tier| (Arc::clone(tier), tier.change(&touched)));
    if let Some((tier, change)) = &others {
        tier.tell(change).await;
    }
    let mut forgetting = Forgetting { shelf, others, touched, progress, is_settled: false };
    let outcome = next.run(call).await;
    forgetting.is_settled = outcome.as_ref().map_or_else(CallError::says_unchanged, |_| true);
    forgetting.tell_others().await;
    outcome
}

/// Forgets when it is dropped, so also when time ran out while the API was still at work. Then nothing is kept of these
/// places for a while, since the change may still be made.
struct Forgetting {
    shelf: Arc<Shelf>,
    /// The change as other processes know it, until they are told of its end.
    others: Option<(Arc<Tier>, tier::Change)>,
    touched: Vec<Mark>,
    progress: Progress,
    /// Whether it is known what became of the change.
    is_settled: bool,
}

impl Forgetting {
    /// Tells of the end before the caller hears of it: what it asks of another process then must not be from before.
    async fn tell_others(&mut self) {
        if let Some((tier, change)) = &self.others {
            tier.tell(&change.clone().ended(self.is_settled || !self.progress.sent())).await;
            self.others = None;
        }
    }
}

impl Drop for Forgetting {
    fn drop(&mut self) {
        if let Some((tier, change)) = self.others.take() {
            tier.owe(change.ended(!self.progress.sent()));
        }
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

/// Answers a read: from the shelf, or with whoever asks the same already, or by asking for it.
fn read<'a>(question: Question<'a>, call: Call, next: &'a Next) -> Going<'a> {
    match question.turn(&call) {
        Turn::Kept(reply) => Box::pin(ready(Ok(kept(&call, reply)))),
        turn => Box::pin(question.wait(turn, call, next)),
    }
}

fn kept(call: &Call, reply: Reply) -> Reply {
    call.metrics.count(Count::Kept);
    tracing::debug!(tool = call.tool.name, request_id = &*call.request_id, "answered from what is kept");
    reply
}

/// A question to the API, whoever puts it.
struct Question<'a> {
    options: &'a Arc<Options>,
    key: Key,
    marks: Vec<Mark>,
    allowed: Allowed,
}

impl<'a> Question<'a> {
    /// The question that a call puts.
    fn of(options: &'a Arc<Options>, prepared: &Prepared, allowed: Allowed, call: &Call) -> Self {
        let key = Key::of(&options.address, call.tool.name, &prepared.arguments, &call.caller, &call.account);
        Self { options, key, marks: place::seen(call.tool.segments, &prepared.parts), allowed }
    }

    /// The answer as it is kept, or what is to be done for it.
    fn turn(&self, call: &Call) -> Turn {
        self.options.shelf.turn(self.key, &self.marks, self.allowed.fresh, Instant::now(), call.deadline)
    }

    /// Asks for all who will wait, in a task that outlives this caller. It takes its first steps here: as a task it would wait
    /// for its turn behind those who are to wait for it.
    async fn depart(&self, flight: &Arc<Flight>, landing: Landing, call: &Call, next: &Next) {
        let mut request = call.again();
        (request.progress, request.heard) = (Progress::default(), Heard::default());
        let asked = Asked {
            options: Arc::clone(self.options),
            flight: Arc::clone(flight),
            allowed: self.allowed,
            marks: self.marks.clone(),
        };
        let mut flown = Box::pin(fly(asked, landing, request, next.clone()).in_current_span());
        let first = poll_fn(|context| Poll::Ready(flown.as_mut().poll(context))).await;
        if first.is_pending() {
            // Owned by those who wait for it: the last one who leaves ends it.
            flight.started(tokio::spawn(flown).abort_handle());
        }
    }

    /// Waits for the answer, or asks for it alone.
    async fn wait(self, first: Turn, call: Call, next: &Next) -> Outcome {
        let mut turn = first;
        loop {
            let flight = match turn {
                Turn::Kept(reply) => return Ok(kept(&call, reply)),
                Turn::Alone => {
                    call.metrics.count(Count::Asked);
                    return next.run(call).await;
                }
                // Counted where it turns out whether the API is asked.
                Turn::Departs(flight, landing) => {
                    self.depart(&flight, landing, &call, next).await;
                    flight
                }
                Turn::Waits(flight) => {
                    call.metrics.count(Count::Shared);
                    flight
                }
            };
            let seat = Seat::new(Arc::clone(&self.options.shelf), flight);
            // Whoever gives up meanwhile hears "perhaps" rather than a wrong "no".
            call.progress.sending();
            let outcome = seat.flight().outcome().await;
            if !seat.flight().ended_too_early(&outcome, call.deadline) {
                return outcome;
            }
            drop(seat);
            turn = self.turn(&call);
        }
    }
}

/// What a flight asks for.
struct Asked {
    options: Arc<Options>,
    flight: Arc<Flight>,
    allowed: Allowed,
    marks: Vec<Mark>,
}

/// Finds the answer for all who wait: with other processes, or by asking the API.
async fn fly(asked: Asked, landing: Landing, call: Call, next: Next) {
    let Asked { options, flight, marks, allowed } = &asked;
    let found = match &options.tier {
        // In a box of its own: without Redis a flight carries no room for it.
        Some(tier) => {
            let (question, fresh) = ((flight.key(), marks.as_slice()), allowed.fresh);
            Box::pin(tier.find(question, flight.stamp(), fresh, call.deadline, &call.metrics)).await
        }
        None => Found::Leave(Box::default()),
    };
    match found {
        Found::Fresh(kept) => {
            let now = Instant::now();
            options.shelf.land(flight, marks, options.in_memory(&kept), now);
            landing.tell(Ok(Arc::new(kept.reply(now)))).await;
        }
        Found::Leave(asking) => ask(&asked, &asking, landing, call, next).await,
    }
}

/// Asks the API, and keeps what may be kept.
async fn ask(asked: &Asked, asking: &tier::Asking, landing: Landing, mut call: Call, next: Next) {
    let Asked { options, flight, allowed, marks } = asked;
    let (heard, metrics) = (call.heard.clone(), call.metrics.clone());
    metrics.count(Count::Asked);
    let before = asking.before().or(flight.before());
    call.validator = before.and_then(Kept::validator);
    let mut outcome = asking.wait(next.guarded(call)).await.map(Arc::new);
    let mut lifetime = heard.get().map(|freshness| allowed.lifetime(&freshness)).unwrap_or_default();
    let unchanged = outcome.as_ref().is_ok_and(|reply| reply.status == NOT_MODIFIED);
    if let (true, Some(before), Some(freshness)) = (unchanged, before, heard.get()) {
        metrics.count(Count::Renewed);
        outcome = Ok(before.confirmed());
        lifetime = allowed.renewed(&freshness, before.lifetime());
    }
    let reply = outcome.as_ref().ok().filter(|reply| reply.status == 200);
    let kept = reply.map(|reply| Kept::new(Arc::clone(reply), flight.since(), lifetime, flight.stamp()));
    asking.keep(kept.as_ref()).await;
    let in_memory = kept.as_ref().and_then(|kept| options.in_memory(kept));
    options.shelf.land(flight, marks, in_memory, Instant::now());
    let outcome = outcome.or_else(|error| {
        let instead = instead(error, &options.shelf, before, marks);
        if instead.is_ok() {
            metrics.count(Count::Stale);
        }
        instead
    });
    landing.tell(outcome).await;
}

/// What was kept, where the API is down and the overlay allows that; an answer from before a change is never given.
fn instead(
    error: CallError,
    shelf: &Shelf,
    before: Option<&Kept>,
    marks: &[Mark],
) -> Result<Arc<Reply>, CallError> {
    let now = Instant::now();
    let is_true = |kept: &&Kept| kept.is_good_enough(now) && shelf.is_true(kept.stamp(), marks);
    match before.filter(is_true) {
        Some(kept) if error.is_outage() => Ok(Arc::new(kept.stale(now, &error))),
        _ => Err(error),
    }
}
