//! The load: connections that are kept busy, which finds what a subject can do; and calls that leave when they are due, which finds
//! how long they take when it has little to do.

use std::io;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use tokio::time::{Instant, timeout};

use super::session::Caller;
use crate::load::{open_loop, percentile};

/// Connections that are kept busy.
pub const CONNECTIONS: usize = 32;

/// Whoever waits longer for an answer waits for ever.
const LONGEST: Duration = Duration::from_secs(20);

/// What came of a load.
#[derive(Clone, Debug, Default)]
pub struct Driven {
    /// How long each call took that was answered right.
    pub times: Vec<Duration>,
    /// The first of the others, and how many there are; each ends its connection.
    pub failed: Option<(String, usize)>,
    /// How long all of it took.
    pub lasted: Duration,
    /// Bytes of all answers.
    pub bytes: usize,
}

impl Driven {
    /// Calls a second.
    pub fn rate(&self) -> f64 {
        self.times.len() as f64 / self.lasted.as_secs_f64()
    }

    /// Milliseconds that this share of the calls, in percent, did not exceed.
    pub fn millis(&self, share: f64) -> f64 {
        percentile(self.times.iter().copied(), share).as_secs_f64() * 1e3
    }

    fn add(&mut self, took: Duration, outcome: io::Result<usize>) -> bool {
        match outcome {
            Ok(bytes) => {
                self.times.push(took);
                self.bytes += bytes;
                true
            }
            Err(error) => {
                let (_, count) = self.failed.get_or_insert_with(|| (error.to_string(), 0));
                *count += 1;
                false
            }
        }
    }

    /// With a load that came after it.
    pub fn then(&mut self, next: Self) {
        self.lasted += next.lasted;
        self.join(next);
    }

    /// With a load beside it.
    fn join(&mut self, other: Self) {
        self.times.extend(other.times);
        self.bytes += other.bytes;
        if let Some((error, more)) = other.failed {
            let (_, count) = self.failed.get_or_insert((error, 0));
            *count += more;
        }
    }
}

/// Keeps these callers busy for so long.
pub async fn busy(callers: Vec<Caller>, lasts: Duration, numbers: &Arc<AtomicU64>) -> (Driven, Vec<Caller>) {
    let begun = Instant::now();
    let mut running = JoinSet::new();
    for mut caller in callers {
        let numbers = Arc::clone(numbers);
        running.spawn(async move {
            let mut driven = Driven::default();
            let calls = async {
                let mut last = Instant::now();
                while last.duration_since(begun) < lasts {
                    let outcome = caller.call(numbers.fetch_add(1, Ordering::Relaxed)).await;
                    let now = Instant::now();
                    let outcome = if now - last > LONGEST { Err(no_answer()) } else { outcome };
                    if !driven.add(now - last, outcome) {
                        return false;
                    }
                    last = now;
                }
                true
            };
            // One clock for all calls: one for each would be taken from whoever is measured.
            let is_good = timeout(lasts + LONGEST, calls).await;
            if is_good.is_err() {
                driven.add(LONGEST, Err(no_answer()));
            }
            (driven, is_good.is_ok_and(|is_good| is_good).then_some(caller))
        });
    }
    let (mut all, mut callers) = (Driven::default(), Vec::new());
    for (driven, caller) in running.join_all().await {
        all.join(driven);
        callers.extend(caller);
    }
    all.lasted = begun.elapsed();
    (all, callers)
}

/// Makes so many calls, each when it is due, and times it from then.
pub async fn due(callers: Vec<Caller>, rate: f64, count: usize, numbers: &Arc<AtomicU64>) -> Driven {
    let begun = Instant::now();
    let idle = Arc::new((Semaphore::new(callers.len()), Mutex::new(callers)));
    let samples = open_loop("calls", rate, count, |_| {
        let (idle, numbers) = (Arc::clone(&idle), Arc::clone(numbers));
        async move {
            let (room, callers) = &*idle;
            let _room = room.acquire().await.map_err(io::Error::other)?;
            let caller = callers.lock().unwrap_or_else(PoisonError::into_inner).pop();
            let mut caller = caller.ok_or_else(|| io::Error::other("every connection broke"))?;
            let outcome = patient(&mut caller, numbers.fetch_add(1, Ordering::Relaxed)).await;
            if outcome.is_ok() {
                callers.lock().unwrap_or_else(PoisonError::into_inner).push(caller);
            }
            outcome
        }
    })
    .await;
    let mut driven = Driven { lasted: begun.elapsed(), ..Driven::default() };
    for sample in samples {
        driven.add(sample.took, sample.outcome);
    }
    driven
}

async fn patient(caller: &mut Caller, number: u64) -> io::Result<usize> {
    timeout(LONGEST, caller.call(number)).await.map_err(|_| no_answer())?
}

fn no_answer() -> io::Error {
    io::Error::other("no answer came")
}
