//! What processes tell each other of the changes that they make. A change that this process may make by its own book is made
//! only if no other process makes it or has made it; while that cannot be found out, it is refused.

use std::future::Future;
use std::sync::{Mutex, PoisonError, Weak};
use std::time::Duration;

use tokio::time::{Instant, interval_at, sleep, timeout};

use super::book::{Book, Named};
use super::key::Key;
use super::{Settings, again};
use crate::call::{CallError, Progress};
use crate::replicas::{Away, Became, Begun, Changes, LEASE, Names, Replicas, Told};
use crate::stages::Outcome;

/// Pauses between looks at a change that another process makes: each twice the one before.
const FIRST_PAUSE: Duration = Duration::from_millis(20);
const LONGEST_PAUSE: Duration = Duration::from_millis(500);
/// How soon what could not be told is told again: well before a new epoch has settled.
const AGAIN: Duration = Duration::from_secs(1);
/// How often a new epoch is looked for before Redis counts as away.
const MOST_EPOCHS: usize = 3;

/// What processes know of each other's changes.
#[derive(Clone, Debug)]
pub(super) struct Shared {
    changes: Changes,
    settings: Settings,
}

/// Whether a change may be made, as far as other processes are concerned.
pub(super) enum Leave {
    /// It may, and the others know.
    Given(Box<Lease>),
    /// It may, and the others do not know: this process was told to go on alone.
    Alone,
    /// It may not: this is what the caller gets.
    Not(Outcome),
}

impl Shared {
    pub(super) fn new(replicas: Replicas, settings: Settings) -> Self {
        Self { changes: Changes::new(replicas, settings.unknown), settings }
    }

    /// Asks for a change; waits while another process makes it.
    pub(super) async fn ask(
        &self,
        key: &Key,
        recorded: &str,
        request_id: &str,
        progress: &Progress,
    ) -> Leave {
        let names = self.changes.names(&key.name, recorded, &key.arguments);
        let (mut pause, mut running) = (FIRST_PAUSE, None);
        loop {
            match self.begin(&names, request_id).await {
                Ok(Begun::First) => {
                    let lease =
                        Lease { shared: self.clone(), names, request_id: request_id.to_owned(), open: true };
                    return Leave::Given(Box::new(lease));
                }
                Ok(Begun::Known { is_same: false, .. }) => return Leave::Not(Err(CallError::KeyTaken)),
                Ok(Begun::Known { told, .. }) if told.became == Became::Running => {
                    // Its request is on its way: whoever gives up must not hear that nothing was sent.
                    progress.sending();
                    running = Some(told);
                    sleep(pause).await;
                    pause = (2 * pause).min(LONGEST_PAUSE);
                }
                Ok(Begun::Known { told, .. }) => return Leave::Not(outcome(told)),
                Ok(Begun::Settling(rest)) => sleep(rest.max(FIRST_PAUSE)).await,
                Ok(Begun::OtherEpoch) => sleep(FIRST_PAUSE).await,
                Err(away) => {
                    return match running {
                        // It was being made, and will be, whether or not anybody hears of it.
                        Some(told) => Leave::Not(outcome(Told { became: Became::Unknown, ..told })),
                        None if self.changes.replicas().may_be_alone() => Leave::Alone,
                        None => {
                            self.let_go_later(names.key);
                            Leave::Not(Err(CallError::Unshared { cause: away.to_string() }))
                        }
                    };
                }
            }
        }
    }

    /// Asks once, in the epoch that it is.
    async fn begin(&self, names: &Names, request_id: &str) -> Result<Begun, Away> {
        let (link, patience) = (self.changes.replicas().link(), self.changes.replicas().patience());
        for _ in 0..MOST_EPOCHS {
            let epoch = link.epoch(patience).await?;
            match self.changes.begin(names, request_id, &epoch).await? {
                Begun::OtherEpoch => link.rejoin(&epoch),
                begun => return Ok(begun),
            }
        }
        Err(Away::new("its epoch changes all the time"))
    }

    /// Lets go of a change that was not made as soon as that can be told; without this it would not be known for a while
    /// what became of it.
    fn let_go_later(&self, key: String) {
        let (changes, mut joined) = (self.changes.clone(), self.changes.replicas().link().joined());
        let telling = async move {
            while changes.let_go(&key).await.is_err() {
                if joined.changed().await.is_err() {
                    return;
                }
            }
        };
        tokio::spawn(tokio::time::timeout(LEASE, telling));
    }

    /// Tells all that is known of changes, whenever there is a Redis that may not know it; as long as the book is there.
    pub(super) async fn tell_all(self, book: Weak<Mutex<Book>>) {
        let mut joined = self.changes.replicas().link().joined();
        let mut is_told = true;
        loop {
            // What could not be told is told again, also to the same Redis. One that is away comes back by being joined.
            let waits = is_told || self.changes.replicas().link().is_away();
            let turned = timeout(if waits { Duration::MAX } else { AGAIN }, joined.changed()).await;
            if matches!(turned, Ok(Err(_))) {
                return;
            }
            let Some(book) = book.upgrade() else { return };
            let known = book.lock().unwrap_or_else(PoisonError::into_inner).known(Instant::now());
            drop(book);
            let told = self.tell_each(known).await;
            if let (true, Err(why)) = (is_told, &told) {
                tracing::warn!(%why, "not all changes could be told to other servers; they are told again");
            }
            is_told = told.is_ok();
        }
    }

    /// Tells these, as long as there is somebody to tell them to. The first error, where one could not be told.
    async fn tell_each(&self, known: Vec<(Named, Told)>) -> Result<(), Away> {
        let mut all = Ok(());
        for (named, told) in known {
            let told = self.tell(named, told).await.map(drop);
            all = all.and(told);
            if all.is_err() && self.changes.replicas().link().is_away() {
                break;
            }
        }
        all
    }

    async fn tell(&self, named: Named, told: Told) -> Result<bool, Away> {
        let kept = kept(&told.became, self.settings).saturating_sub(told.age);
        let (name, arguments) = match named {
            Named::Key(key) => {
                let names = self.changes.names(&key.name, "", &key.arguments);
                (names.key, names.arguments)
            }
            Named::Recorded(recorded) => (self.changes.recorded(&recorded), String::new()),
        };
        self.changes.tell(&name, &arguments, &told, kept).await
    }
}

/// A change that this process makes, as others know it. Dropped before its end, its outcome is not known.
#[derive(Debug)]
pub(super) struct Lease {
    shared: Shared,
    names: Names,
    request_id: String,
    open: bool,
}

impl Lease {
    /// Waits for the change, and tells meanwhile that it is being made.
    pub(super) async fn during<T>(&self, change: impl Future<Output = T>) -> T {
        let begun = Instant::now();
        let renewing = async {
            let mut joined = self.shared.changes.replicas().link().joined();
            let mut ticks = interval_at(begun + LEASE / 3, LEASE / 3);
            loop {
                tokio::select! {
                    _ = ticks.tick() => {}
                    changed = joined.changed() => if changed.is_err() { break },
                }
                self.tell(begun.elapsed(), Became::Running).await;
            }
        };
        tokio::select! {
            biased;
            done = change => done,
            () = renewing => unreachable!("the link is held by the lease"),
        }
    }

    /// Tells how it ended: `None` where it was certainly not made.
    pub(super) async fn end(mut self, became: Option<Became>) {
        self.open = false;
        match became {
            Some(became) => self.tell(Duration::ZERO, became).await,
            None => {
                if self.shared.changes.let_go(&self.names.key).await.is_err() {
                    self.shared.let_go_later(std::mem::take(&mut self.names.key));
                }
            }
        }
    }

    async fn tell(&self, age: Duration, became: Became) {
        let kept = kept(&became, self.shared.settings);
        let told = Told { request_id: self.request_id.clone(), age, became };
        match self.shared.changes.tell(&self.names.key, &self.names.arguments, &told, kept).await {
            Ok(true) => {}
            Ok(false) => tracing::error!(
                request_id = self.request_id,
                "another server has told of this change, so it may have been made twice"
            ),
            Err(why) => {
                tracing::warn!(%why, request_id = self.request_id, "a change could not be told to other servers")
            }
        }
    }

    /// Tells how it ended although nobody waits for it any more.
    pub(super) fn end_later(self, became: Option<Became>) {
        if let Ok(runtime) = tokio::runtime::Handle::try_current() {
            runtime.spawn(self.end(became));
        }
    }
}

/// For how long it is remembered what became of a change.
fn kept(became: &Became, settings: Settings) -> Duration {
    match became {
        Became::Made(_) | Became::Answered(_) => settings.window,
        Became::Running | Became::Unknown => settings.unknown,
    }
}

/// What a caller gets of a change that another process has made.
fn outcome(told: Told) -> Outcome {
    let Told { request_id, age, became } = told;
    match became {
        Became::Made(reply) => Ok(again(*reply, age, &request_id)),
        Became::Answered(status) => Err(CallError::Repeated { age, request_id, status: Some(status) }),
        Became::Running | Became::Unknown => Err(CallError::Repeated { age, request_id, status: None }),
    }
}
