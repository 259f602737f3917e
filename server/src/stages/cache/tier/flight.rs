//! One process asks for all: whoever takes a question asks the API, the others wait for what it keeps. One that dies is missed
//! after a few seconds, one that keeps nothing leaves the others to ask for themselves.

use std::future::Future;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use tokio::runtime::Handle;
use tokio::time::{Instant, interval_at, sleep};

use super::{Look, Tier, number, script};
use crate::metrics::{Count, Metrics};
use crate::replicas::{Away, Script};
use crate::stages::cache::place::Mark;
use crate::stages::cache::{Kept, Key, Stamp};

/// How long a process that asks is believed to be alive without a word of it, and how often it says one.
const LEASE: Duration = Duration::from_secs(3);
const RENEWED: Duration = Duration::from_secs(1);
/// The pauses between looks for what another process asks for: each twice the one before.
const FIRST_PAUSE: Duration = Duration::from_millis(5);
const LONGEST_PAUSE: Duration = Duration::from_millis(100);

/// What Redis has for a question.
pub(in crate::stages::cache) enum Found {
    /// The answer.
    Fresh(Kept),
    /// Leave to ask the API, and what helps to.
    Leave(Box<Asking>),
}

/// A question on its way to the API, as other processes know it.
#[derive(Default)]
pub(in crate::stages::cache) struct Asking {
    /// What is kept although its time is over.
    before: Option<Kept>,
    /// Nothing where Redis is away, or another process did not keep what it got.
    known: Option<(Arc<Tier>, Look)>,
    held: Option<Held>,
}

impl Tier {
    /// Finds an answer: one that is kept and no older than `fresh`, or one that another process asks for at the moment.
    pub(in crate::stages::cache) async fn find(
        self: &Arc<Self>,
        (key, marks): (Key, &[Mark]),
        stamp: Stamp,
        fresh: Duration,
        deadline: Option<Instant>,
        metrics: &Metrics,
    ) -> Found {
        if !self.keeps {
            return Found::Leave(Box::default());
        }
        let (mut pause, mut has_waited) = (FIRST_PAUSE, false);
        loop {
            let Ok(mut look) = self.look(key, marks, stamp, metrics).await else {
                return Found::Leave(Box::default());
            };
            let now = Instant::now();
            if let Some(kept) = look.kept.take_if(|kept| kept.is_fresh(now) && kept.is_younger(fresh, now)) {
                metrics.count(Count::Borrowed);
                return Found::Fresh(kept);
            }
            let is_late = deadline.is_some_and(|deadline| Instant::now() + pause >= deadline);
            if !look.is_asked_for && !has_waited {
                match self.take(&look).await {
                    Ok(Some(held)) => return self.leave(look, Some(held)),
                    // Another one was faster.
                    Ok(None) => {}
                    Err(_) => return self.leave(look, None),
                }
            }
            if is_late || (has_waited && !look.is_asked_for) {
                return self.leave(look, None);
            }
            has_waited = true;
            sleep(pause).await;
            pause = (2 * pause).min(LONGEST_PAUSE);
        }
    }

    fn leave(self: &Arc<Self>, mut look: Look, held: Option<Held>) -> Found {
        let before = look.kept.take();
        Found::Leave(Box::new(Asking { before, known: Some((Arc::clone(self), look)), held }))
    }

    async fn take(self: &Arc<Self>, look: &Look) -> Result<Option<Held>, Away> {
        let token = fastrand::u64(..).to_string();
        let word = Word { tier: Arc::clone(self), name: look.names.flight.clone(), token };
        let is_taken = word.say(&script::TAKE).await;
        // Without an answer it is let go of as well: nobody knows whether it was taken.
        let held = Held(Some(word));
        match is_taken {
            Ok(true) => Ok(Some(held)),
            Ok(false) => Ok(None),
            Err(why) => Err(why),
        }
    }
}

impl Asking {
    /// What Redis has although its time is over.
    pub(in crate::stages::cache) fn before(&self) -> Option<&Kept> {
        self.before.as_ref()
    }

    /// Waits for the API's answer, and tells others meanwhile that it does.
    pub(in crate::stages::cache) async fn wait<T>(&self, answer: impl Future<Output = T>) -> T {
        if self.held.is_none() {
            return answer.await;
        }
        let mut answer = pin!(answer);
        let mut renewed = interval_at(Instant::now() + RENEWED, RENEWED);
        loop {
            tokio::select! {
                answer = &mut answer => return answer,
                _ = renewed.tick() => {
                    if let Some(held) = &self.held {
                        held.renew().await;
                    }
                }
            }
        }
    }

    /// Keeps the answer for others, if it may be kept.
    pub(in crate::stages::cache) async fn keep(&self, kept: Option<&Kept>) {
        if let (Some((tier, look)), Some(kept)) = (&self.known, kept) {
            tier.keep(look, kept).await;
        }
    }
}

/// The word of a process that asks for all.
struct Word {
    tier: Arc<Tier>,
    name: String,
    token: String,
}

impl Word {
    /// Says so, or that it goes on, or that it ends. Whether Redis did it.
    async fn say(&self, what: &Script) -> Result<bool, Away> {
        let arguments = [self.token.clone().into_bytes(), number(LEASE)];
        let within = self.tier.replicas.timeout();
        let done: u64 = self.tier.replicas.link().run(what, &[&self.name], &arguments, within).await?;
        Ok(done == 1)
    }
}

/// A question that this process asks for all; let go of when dropped.
struct Held(Option<Word>);

impl Held {
    async fn renew(&self) {
        if let Some(word) = &self.0 {
            // Not said, the others take it for gone, and ask for themselves.
            let _ = word.say(&script::RENEW).await;
        }
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        if let (Some(word), Ok(runtime)) = (self.0.take(), Handle::try_current()) {
            // Ends within the time of one question to Redis; not said, the word ends by itself.
            runtime.spawn(async move { word.say(&script::LEAVE).await });
        }
    }
}
