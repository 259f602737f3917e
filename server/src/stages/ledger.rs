//! A change happens once: an identical change of the same caller joins the one that is being made, or gets what became of
//! it, and where that is not known it is told so and nothing is sent.
//!
//! Identical are changes with the same tool and the same arguments in canonical form, or with the same idempotency key. To
//! make a change again on purpose, a caller gives another key, or waits until the window is over.

mod book;
mod key;
mod past;
mod shared;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::runtime::Handle;
use tokio::sync::watch;
use tokio::time::Instant;

use super::audit;
use super::{Going, Next, Outcome};
use crate::call::{Call, CallError, Recorded, Reply};
use crate::catalog::{Effect, Work};
use crate::metrics::Count;
use crate::replicas::{Became, Replicas};
use crate::request::Prepared;
use crate::start_error::StartError;
use book::{Book, Turn};
use key::Key;
use shared::{Lease, Leave, Shared};

pub(crate) use key::recorded;

/// For how long changes are remembered.
#[derive(Clone, Copy, Debug)]
pub struct Settings {
    /// How long what became of a change is given again; zero remembers nothing once a change has ended.
    pub window: Duration,
    /// How long a change whose outcome is not known is not made again.
    pub unknown: Duration,
}

/// Two minutes, and a quarter of an hour.
impl Default for Settings {
    fn default() -> Self {
        Self { window: Duration::from_secs(120), unknown: Duration::from_secs(15 * 60) }
    }
}

/// What the stage holds.
#[derive(Debug)]
pub struct Options {
    audit: audit::Options,
    book: Arc<Mutex<Book>>,
    /// What other processes know.
    shared: Option<Shared>,
}

impl Options {
    /// A book with what the journal knows of changes that were made before this process began. Other processes are told of them.
    pub fn new(
        settings: Settings,
        audit: audit::Options,
        replicas: Option<Replicas>,
    ) -> Result<Self, StartError> {
        let mut book = Book::new(settings);
        if let Some(journal) = &audit.journal {
            let found = past::changes(journal, settings).map_err(|error| {
                StartError::new(format!("the journal cannot be read for the changes made last: {error}"))
            })?;
            found.into_iter().for_each(|change| book.recall(change, Instant::now()));
        }
        let book = Arc::new(Mutex::new(book));
        let shared = replicas.map(|replicas| Shared::new(replicas, settings));
        if let (Some(shared), Ok(runtime)) = (&shared, Handle::try_current()) {
            runtime.spawn(shared.clone().tell_all(Arc::downgrade(&book)));
        }
        Ok(Self { audit, book, shared })
    }

    fn book(&self) -> MutexGuard<'_, Book> {
        self.book.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Makes a change unless it has been made, or is being made.
pub fn ledger<'a>(options: &'a Options, call: Call, next: &'a Next) -> Going<'a> {
    let makes_requests = matches!(call.tool.work, Work::Request(_));
    match &call.prepared {
        Some(prepared) if call.tool.effect != Effect::Read && makes_requests => {
            Box::pin(change(options, Arc::clone(prepared), call, next))
        }
        _ => next.run(call),
    }
}

async fn change(options: &Options, prepared: Arc<Prepared>, mut call: Call, next: &Next) -> Outcome {
    let key = Key::of(&call, &prepared);
    let arguments = options.audit.settings.redaction.of(prepared.arguments.clone(), call.tool.secrets);
    let known = key.in_journal(&call, &prepared, &arguments);
    call.recorded = Some(Arc::new(Recorded { arguments, key: known.clone() }));
    // What comes after takes the arguments for itself where nobody else holds them.
    drop(prepared);
    let (ended, _) = watch::channel(None);
    let turn = options.book().begin(&key, &known, &call.request_id, ended.subscribe(), Instant::now());
    match turn {
        Turn::First => first(options, Wanted { key, known }, ended, call, next).await,
        Turn::Join { ended, request_id } => {
            call.metrics.count(Count::Joined);
            // Somebody's request is on its way: a caller who gives up must not hear that nothing was sent.
            call.progress.sending();
            join(ended).await.unwrap_or(Err(CallError::Repeated {
                age: Duration::ZERO,
                request_id,
                status: None,
            }))
        }
        Turn::Made { reply, age, request_id } => {
            call.metrics.count(Count::Replayed);
            Ok(again(reply, age, &request_id))
        }
        Turn::Told { age, request_id, status } => Err(CallError::Repeated { age, request_id, status }),
        Turn::KeyTaken => Err(CallError::KeyTaken),
    }
}

/// A change by both of its names.
struct Wanted {
    key: Key,
    known: String,
}

async fn first(
    options: &Options,
    wanted: Wanted,
    ended: watch::Sender<Option<Outcome>>,
    call: Call,
    next: &Next,
) -> Outcome {
    let Wanted { key, known } = wanted;
    let mut open = Open { options, key: Some(key.clone()), lease: None, progress: call.progress.clone() };
    if let Some(shared) = &options.shared {
        match shared.ask(&key, &known, &call.request_id, &call.progress).await {
            Leave::Given(lease) => open.lease = Some(lease),
            Leave::Alone => {}
            Leave::Not(outcome) => {
                open.let_go();
                ended.send_replace(Some(outcome.clone()));
                return outcome;
            }
        }
    }
    let outcome = match &open.lease {
        Some(lease) => lease.during(next.run(call)).await,
        None => next.run(call).await,
    };
    let (lease, became) = open.end(Some(&outcome));
    if let Some(lease) = lease {
        lease.end(became).await;
    }
    ended.send_replace(Some(outcome.clone()));
    outcome
}

/// What became of the change, or `None` when that will never be known.
async fn join(mut ended: watch::Receiver<Option<Outcome>>) -> Option<Outcome> {
    ended.wait_for(Option::is_some).await.ok()?.clone()
}

/// The reply of a change that was made before, marked as such.
fn again(mut reply: Reply, age: Duration, request_id: &str) -> Reply {
    reply.notes.push(format!(
        "an identical change was made {} s ago (request {request_id}); this is its answer, and nothing was sent again",
        age.as_secs()
    ));
    reply
}

/// A change that is being made. Dropped before its end, its outcome is not known.
struct Open<'o> {
    options: &'o Options,
    key: Option<Key>,
    lease: Option<Box<Lease>>,
    progress: crate::call::Progress,
}

impl Open<'_> {
    /// Notes the end; what is left to be told to others, and to whom.
    fn end(&mut self, outcome: Option<&Outcome>) -> (Option<Box<Lease>>, Option<Became>) {
        let ended = self
            .key
            .take()
            .map(|key| self.options.book().end(&key, outcome, self.progress.sent(), Instant::now()));
        (self.lease.take(), ended.flatten())
    }

    /// The change is another process's.
    fn let_go(&mut self) {
        if let Some(key) = self.key.take() {
            self.options.book().let_go(&key);
        }
    }
}

impl Drop for Open<'_> {
    fn drop(&mut self) {
        if let (Some(lease), became) = self.end(None) {
            lease.end_later(became);
        }
    }
}
