//! How much reached the collector and how much did not, and when the log says so: once a minute at most.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

/// How long after one warning the next one is.
const REST: Duration = Duration::from_secs(60);

/// How the log tells of losses.
#[derive(Debug)]
pub(crate) struct Words {
    /// What did not reach the collector.
    pub(crate) meanwhile: &'static str,
    /// The same of what waited when the program ended.
    pub(crate) at_the_end: &'static str,
}

/// What was counted, shared by all who count.
#[derive(Debug)]
pub(crate) struct Losses {
    words: &'static Words,
    taken: AtomicU64,
    arrived: AtomicU64,
    lost: AtomicU64,
    warned: Mutex<Warned>,
}

#[derive(Debug, Default)]
struct Warned {
    last: Option<Instant>,
    /// How many losses warnings have told of.
    told: u64,
}

impl Losses {
    /// None so far.
    pub(crate) fn new(words: &'static Words) -> Self {
        Self {
            words,
            taken: AtomicU64::default(),
            arrived: AtomicU64::default(),
            lost: AtomicU64::default(),
            warned: Mutex::default(),
        }
    }

    /// One more is to be sent.
    pub(crate) fn take(&self) {
        self.taken.fetch_add(1, Ordering::AcqRel);
    }

    /// So many reached the collector.
    pub(crate) fn arrive(&self, count: u64) {
        self.arrived.fetch_add(count, Ordering::AcqRel);
    }

    /// So many did not and never will. The log hears of it from whoever tells next: who calls this may be the log.
    pub(crate) fn miss(&self, count: u64) {
        self.lost.fetch_add(count, Ordering::AcqRel);
    }

    /// So many did not and never will.
    pub(crate) fn lose(&self, count: u64, why: &str, now: Instant) {
        self.miss(count);
        self.tell(why, now);
    }

    /// Has the log tell of what was lost, if it is time.
    pub(crate) fn tell(&self, why: &str, now: Instant) {
        if let Some(untold) = self.due(now) {
            tracing::warn!(lost = untold, why, "{}", self.words.meanwhile);
        }
    }

    /// Nothing is sent any more: whatever has not arrived is lost.
    pub(crate) fn end(&self) {
        let left = self.taken.load(Ordering::Acquire).saturating_sub(self.arrived() + self.lost());
        self.miss(left);
        let mut warned = self.warned.lock().unwrap_or_else(PoisonError::into_inner);
        let untold = self.lost() - warned.told;
        warned.told += untold;
        drop(warned);
        if untold > 0 {
            tracing::warn!(lost = untold, "{}", self.words.at_the_end);
        }
    }

    /// How many losses to tell of now, if any are to be.
    fn due(&self, now: Instant) -> Option<u64> {
        let mut warned = self.warned.lock().unwrap_or_else(PoisonError::into_inner);
        let untold = self.lost().saturating_sub(warned.told);
        if untold == 0 || warned.last.is_some_and(|last| now < last + REST) {
            return None;
        }
        warned.last = Some(now);
        warned.told += untold;
        Some(untold)
    }

    /// How many reached the collector.
    pub(crate) fn arrived(&self) -> u64 {
        self.arrived.load(Ordering::Acquire)
    }

    /// How many did not.
    pub(crate) fn lost(&self) -> u64 {
        self.lost.load(Ordering::Acquire)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const WORDS: Words = Words { meanwhile: "lost", at_the_end: "lost at the end" };

    #[test]
    fn t_53_losses_are_told_of_once_a_minute_and_every_one_of_them() {
        let (losses, now) = (Losses::new(&WORDS), Instant::now());
        let due = |count, now| {
            losses.miss(count);
            losses.due(now)
        };
        assert_eq!(due(0, now), None, "nothing is lost");
        assert_eq!(due(1, now), Some(1));
        assert_eq!(due(2, now), None);
        assert_eq!(due(3, now + REST - Duration::from_millis(1)), None);
        assert_eq!(due(4, now + REST), Some(9));
        assert_eq!(losses.lost(), 10);
    }
}
