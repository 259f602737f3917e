//! What waits to be sent, and the work of sending it: a bounded number at once, together when there are enough or after a while.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::mpsc;
use tokio::time::{Instant, timeout_at};
use tokio_util::sync::CancellationToken;

use crate::otlp::{Losses, Post};

/// The way to whoever sends. Nobody waits here: what has no room is lost and counted.
#[derive(Debug)]
pub(super) struct Queue<T> {
    sender: mpsc::Sender<T>,
    pub(super) losses: Arc<Losses>,
}

impl<T> Queue<T> {
    /// Passes this on.
    pub(super) fn push(&self, what: T) {
        self.losses.take();
        if self.sender.try_send(what).is_err() {
            // Told by whoever sends, since this may be the log's own doing.
            self.losses.miss(1);
        }
    }
}

/// How much waits and how much is sent together.
#[derive(Clone, Copy, Debug)]
pub struct Batches {
    /// How much may wait.
    pub waiting: usize,
    /// How much is sent together at most.
    pub together: usize,
    /// How long the first waits for others.
    pub delay: Duration,
}

impl Default for Batches {
    fn default() -> Self {
        Self { waiting: 2048, together: 512, delay: Duration::from_secs(5) }
    }
}

/// What waits, written as a request.
type Form<T> = Box<dyn Fn(&[T]) -> String + Send + Sync>;

/// Whoever sends.
pub(super) struct Sending<T> {
    waiting: mpsc::Receiver<T>,
    losses: Arc<Losses>,
    batches: Batches,
    form: Form<T>,
    post: Post,
}

/// A queue, and whoever sends what is in it.
pub(super) fn queue<T>(
    batches: Batches,
    losses: Losses,
    form: Form<T>,
    post: Post,
) -> (Queue<T>, Sending<T>) {
    let (sender, waiting) = mpsc::channel(batches.waiting.max(1));
    let losses = Arc::new(losses);
    (Queue { sender, losses: Arc::clone(&losses) }, Sending { waiting, losses, batches, form, post })
}

impl<T> Sending<T> {
    /// Sends what comes until `ending`, and then what is left.
    pub(super) async fn run(mut self, ending: CancellationToken) {
        while let Some(first) = self.first(&ending).await {
            let together = self.together(first, &ending).await;
            self.send(&together).await;
        }
    }

    async fn first(&mut self, ending: &CancellationToken) -> Option<T> {
        tokio::select! {
            biased;
            first = self.waiting.recv() => first,
            () = ending.cancelled() => {
                self.waiting.close();
                self.waiting.recv().await
            }
        }
    }

    async fn together(&mut self, first: T, ending: &CancellationToken) -> Vec<T> {
        let (mut together, until) = (vec![first], Instant::now() + self.batches.delay);
        while together.len() < self.batches.together {
            let next = tokio::select! {
                biased;
                next = timeout_at(until, self.waiting.recv()) => next.ok().flatten(),
                () = ending.cancelled() => None,
            };
            let Some(next) = next else { break };
            together.push(next);
        }
        together
    }

    async fn send(&self, together: &[T]) {
        let count = together.len() as u64;
        match self.post.deliver((self.form)(together)).await {
            Ok(rejected) => {
                let rejected = rejected.min(count);
                self.losses.arrive(count - rejected);
                self.losses.lose(rejected, "the collector rejected them, or too many waited", Instant::now());
            }
            Err(why) => self.losses.lose(count, &why, Instant::now()),
        }
    }
}
