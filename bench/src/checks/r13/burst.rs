//! Many callers who ask for the same thing at the same moment, round after round, each round for something new.

use std::io;
use std::time::Duration;

use tokio::time::Instant;

use super::{TAKES, requests};
use crate::client::{Steady, ToolCall};
use crate::load::{on_one_thread, percentile, together};
use crate::program::Program;
use crate::upstream::Upstream;

/// All of them from one thread and at little cost: what callers spend is taken from the server, which has the same
/// processors. Each one's time begins when its request leaves: until then it waited for this thread, not for the server.
pub(super) async fn all_at_once(program: &Program, callers: usize, round: usize) -> io::Result<Vec<Waited>> {
    let address = program.address;
    on_one_thread(move || async move {
        let mut waiting = Vec::with_capacity(callers);
        for _ in 0..callers {
            waiting.push(Steady::open(address, ToolCall::kept_read).await?);
        }
        let samples = together(callers, |_| wait(waiting.pop().expect("there is one for each"), round)).await;
        // The connections end with this, after all have their answer: what that takes is no part of one.
        Ok(samples.into_iter().map(|sample| sample.outcome.0).collect())
    })
    .await
}

async fn wait(mut caller: Steady, round: usize) -> (Waited, Steady) {
    let begun = Instant::now();
    let is_done = caller.call(round).await.is_ok();
    (Waited { is_done, took: begun.elapsed() }, caller)
}

/// How one caller fared.
pub(super) struct Waited {
    is_done: bool,
    took: Duration,
}

/// What all rounds brought.
#[derive(Default)]
pub(super) struct Heard {
    pub(super) done: usize,
    pub(super) requests: usize,
    /// The p99 of each round, less what the API took.
    longer: Vec<Duration>,
}

impl Heard {
    /// Adds a round.
    pub(super) fn add(&mut self, waited: &[Waited], upstream: &Upstream, round: usize) {
        let marker = Steady::marker(round);
        self.done += waited.iter().filter(|waited| waited.is_done).count();
        self.requests += requests(upstream, &marker);
        let p99 = percentile(waited.iter().map(|waited| waited.took), 99.0);
        self.longer.push(p99.saturating_sub(upstream.took(&marker).unwrap_or(TAKES)));
    }

    /// How much longer than the API the callers of the middle round waited.
    pub(super) fn middle(mut self) -> Duration {
        self.longer.sort_unstable();
        self.longer[self.longer.len() / 2]
    }
}
