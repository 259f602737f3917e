//! How many records reached the collector and how many did not, and when the log says so: once a minute at most.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

/// How long after one warning the next one is.
const REST: Duration = Duration::from_secs(60);

/// What was counted, shared by all who count.
#[derive(Debug, Default)]
pub(in crate::journal) struct Losses {
    taken: AtomicU64,
    arrived: AtomicU64,
    lost: AtomicU64,
    warned: Mutex<Warned>,
}

#[derive(Debug, Default)]
struct Warned {
    last: Option<Instant>,
    /// Losses that no warning has told of.
    untold: u64,
}

impl Losses {
    /// A record is to be sent.
    pub(super) fn take(&self) {
        self.taken.fetch_add(1, Ordering::AcqRel);
    }

    /// So many reached the collector.
    pub(super) fn arrive(&self, count: u64) {
        self.arrived.fetch_add(count, Ordering::AcqRel);
    }

    /// So many did not and never will.
    pub(super) fn lose(&self, count: u64, why: &str, now: Instant) {
        if let Some(untold) = self.due(count, now) {
            tracing::warn!(
                lost = untold,
                why,
                "records did not reach the collector of logs; the journal has them"
            );
        }
    }

    /// Nothing is sent any more: whatever has not arrived is lost.
    pub(super) fn end(&self) {
        let left = self.taken.load(Ordering::Acquire).saturating_sub(self.arrived() + self.lost());
        self.lost.fetch_add(left, Ordering::AcqRel);
        let untold = std::mem::take(&mut self.warned.lock().unwrap_or_else(PoisonError::into_inner).untold);
        if left + untold > 0 {
            tracing::warn!(
                lost = left + untold,
                "records did not reach the collector of logs before the end; the journal has them"
            );
        }
    }

    /// How many losses to tell of now, if any are to be.
    fn due(&self, count: u64, now: Instant) -> Option<u64> {
        self.lost.fetch_add(count, Ordering::AcqRel);
        let mut warned = self.warned.lock().unwrap_or_else(PoisonError::into_inner);
        warned.untold += count;
        if warned.untold == 0 || warned.last.is_some_and(|last| now < last + REST) {
            return None;
        }
        warned.last = Some(now);
        Some(std::mem::take(&mut warned.untold))
    }

    /// How many reached the collector.
    pub(in crate::journal) fn arrived(&self) -> u64 {
        self.arrived.load(Ordering::Acquire)
    }

    /// How many did not.
    pub(in crate::journal) fn lost(&self) -> u64 {
        self.lost.load(Ordering::Acquire)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn t_53_losses_are_told_of_once_a_minute_and_every_one_of_them() {
        let (losses, now) = (Losses::default(), Instant::now());
        assert_eq!(losses.due(0, now), None, "nothing is lost");
        assert_eq!(losses.due(1, now), Some(1));
        assert_eq!(losses.due(2, now), None);
        assert_eq!(losses.due(3, now + REST - Duration::from_millis(1)), None);
        assert_eq!(losses.due(4, now + REST), Some(9));
        assert_eq!(losses.lost(), 10);
    }
}
