//! The generic cell rate algorithm (ITU-T I.371): one number says all of a quota, the time at which it is whole again.

use std::time::Duration;

/// A rate with a burst.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Rate {
    /// What one call costs.
    interval: Duration,
    /// What all that may come at once costs.
    burst: Duration,
}

impl Rate {
    /// So many calls per minute, and so many at once, at least one.
    pub(crate) fn per_minute(calls: usize, burst: usize) -> Self {
        let many = |count: usize| u32::try_from(count.max(1)).unwrap_or(u32::MAX);
        let interval = Duration::from_secs(60) / many(calls);
        Self { interval, burst: interval.saturating_mul(many(burst)) }
    }

    /// When a quota is whole again that may have been used at a slower rate: no later than after all of the burst.
    pub(crate) fn at_most(&self, whole: Duration, now: Duration) -> Duration {
        whole.min(now + self.burst)
    }

    /// When the quota is whole again after a call of this weight; or how long to wait with it. `whole` is when it is whole
    /// without the call. A call that weighs more than the burst takes all of it.
    pub(crate) fn charge(&self, whole: Duration, weight: usize, now: Duration) -> Result<Duration, Duration> {
        let after = whole.max(now) + self.cost(weight);
        match after.saturating_sub(now + self.burst) {
            Duration::ZERO => Ok(after),
            wait => Err(wait),
        }
    }

    /// What a call of this weight costs.
    pub(crate) fn cost(&self, weight: usize) -> Duration {
        let weight = u32::try_from(weight).unwrap_or(u32::MAX);
        self.interval.saturating_mul(weight).min(self.burst)
    }

    /// What all that may come at once costs.
    pub(crate) fn burst(&self) -> Duration {
        self.burst
    }

    /// How many more may come at once.
    pub(crate) fn left(&self, whole: Duration, now: Duration) -> u128 {
        let free = self.burst.saturating_sub(whole.saturating_sub(now));
        free.as_nanos() / self.interval.as_nanos().max(1)
    }
}
