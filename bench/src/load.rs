//! An open loop: calls leave when they are due, however slowly those before are answered, and each is timed from when it was
//! due. A loop that waits for answers would ask less the slower they are, and so leave out just the times that matter
//! ("coordinated omission").

use std::future::Future;
use std::io;
use std::time::Duration;

use hdrhistogram::Histogram;
use tokio::runtime::Builder;
use tokio::task::{JoinSet, spawn_blocking};
use tokio::time::{Instant, sleep_until};

use crate::progress::Progress;

/// Longer times count as this, in microseconds: an hour.
const LONGEST: u64 = 3_600_000_000;

/// One call.
#[derive(Clone, Debug)]
pub struct Sample<T> {
    /// Its number, from 0.
    pub number: usize,
    /// When it was due.
    pub due: Instant,
    /// How long after that it ended.
    pub took: Duration,
    /// What came of it.
    pub outcome: T,
}

impl<T> Sample<T> {
    /// When it ended.
    pub fn ended(&self) -> Instant {
        self.due + self.took
    }
}

/// Makes `count` calls, `rate` a second, and gives them in the order in which they ended.
pub async fn open_loop<T, R>(what: &str, rate: f64, count: usize, call: impl Fn(usize) -> R) -> Vec<Sample<T>>
where
    T: Send + 'static,
    R: Future<Output = T> + Send + 'static,
{
    let (begun, progress) = (Instant::now(), Progress::new(what, count));
    let (mut running, mut samples) = (JoinSet::new(), Vec::with_capacity(count));
    for number in 0..count {
        let due = begun + Duration::from_secs_f64(number as f64 / rate);
        sleep_until(due).await;
        running.spawn(timed(number, due, call(number)));
        while let Some(ended) = running.try_join_next() {
            samples.push(ended.expect("no call panics"));
            progress.step();
        }
    }
    while let Some(ended) = running.join_next().await {
        samples.push(ended.expect("no call panics"));
        progress.step();
    }
    samples
}

/// Makes `count` calls at the same time.
pub async fn together<T, R>(count: usize, mut call: impl FnMut(usize) -> R) -> Vec<Sample<T>>
where
    T: Send + 'static,
    R: Future<Output = T> + Send + 'static,
{
    let mut running = JoinSet::new();
    for number in 0..count {
        running.spawn(timed(number, Instant::now(), call(number)));
    }
    running.join_all().await
}

/// Does the work on a thread of its own, whose tasks wake no other thread.
pub async fn on_one_thread<T, F>(work: impl FnOnce() -> F + Send + 'static) -> io::Result<T>
where
    T: Send + 'static,
    F: Future<Output = io::Result<T>>,
{
    let alone = move || Builder::new_current_thread().enable_all().build()?.block_on(work());
    spawn_blocking(alone).await.map_err(io::Error::other)?
}

async fn timed<T>(number: usize, due: Instant, call: impl Future<Output = T>) -> Sample<T> {
    let outcome = call.await;
    Sample { number, due, took: due.elapsed(), outcome }
}

/// The time that this share of the calls, in percent, did not exceed; zero of no calls.
pub fn percentile(times: impl IntoIterator<Item = Duration>, share: f64) -> Duration {
    let mut histogram = Histogram::<u64>::new_with_bounds(1, LONGEST, 3).expect("the bounds are in order");
    for time in times {
        histogram.saturating_record(u64::try_from(time.as_micros()).unwrap_or(u64::MAX));
    }
    Duration::from_micros(histogram.value_at_percentile(share))
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::time::sleep;

    #[tokio::test(start_paused = true)]
    async fn calls_leave_when_they_are_due_and_are_timed_from_then() {
        let begun = Instant::now();
        let samples = open_loop("test", 100.0, 200, |_| sleep(Duration::from_secs(5))).await;
        assert_eq!(samples.len(), 200);
        for sample in &samples {
            assert_eq!(sample.due - begun, Duration::from_millis(10) * u32::try_from(sample.number).unwrap());
            // The clock of timers has whole milliseconds.
            assert!(sample.took.abs_diff(Duration::from_secs(5)) <= Duration::from_millis(1), "{sample:?}");
        }
    }

    /// A server that stands still for a second delays everybody who comes meanwhile, and each of them counts.
    #[tokio::test(start_paused = true)]
    async fn a_standstill_counts_for_all_who_would_have_come() {
        let over = Instant::now() + Duration::from_secs(1);
        let samples = open_loop("test", 100.0, 1000, |_| sleep_until(over)).await;
        let times = || samples.iter().map(|sample| sample.took);
        assert!(percentile(times(), 50.0) <= Duration::from_millis(1));
        let tail = percentile(times(), 95.0);
        assert!(tail.abs_diff(Duration::from_millis(500)) <= Duration::from_millis(15), "{tail:?}");
        let longest = times().max().unwrap();
        assert!(longest.abs_diff(Duration::from_secs(1)) <= Duration::from_millis(1), "{longest:?}");
    }

    #[test]
    fn a_percentile_is_a_time_that_so_many_did_not_exceed() {
        let times = || (1..=1000).map(Duration::from_millis);
        for (share, expected) in [(50.0, 500), (99.0, 990), (99.9, 999), (100.0, 1000)] {
            let found = percentile(times(), share);
            assert!(
                found.abs_diff(Duration::from_millis(expected)) <= Duration::from_millis(2),
                "{share}: {found:?}"
            );
        }
        assert_eq!(percentile([], 99.0), Duration::ZERO);
    }
}
