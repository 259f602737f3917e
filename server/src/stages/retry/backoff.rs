//! How long to wait: somewhere between nothing and a bound that doubles. Waiting a random part of the bound ("full
//! jitter") keeps callers that failed together from coming back together.

use std::time::Duration;

/// No wait is longer.
const LONGEST: Duration = Duration::from_secs(10);

/// The bound before each repetition.
#[derive(Clone, Copy, Debug)]
pub struct Backoff {
    base: Duration,
}

impl Backoff {
    /// A bound that begins here.
    pub fn new(base: Duration) -> Self {
        Self { base }
    }

    /// The wait after this many requests; `part` from 0 to 1 says how much of the bound.
    pub fn delay(&self, made: usize, part: f64) -> Duration {
        let doublings = u32::try_from(made.saturating_sub(1)).unwrap_or(u32::MAX);
        let bound = self.base.saturating_mul(1_u32.checked_shl(doublings).unwrap_or(u32::MAX)).min(LONGEST);
        bound.mul_f64(part.clamp(0.0, 1.0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_bound_doubles_up_to_the_longest_wait() {
        let backoff = Backoff::new(Duration::from_millis(200));
        let bounds: Vec<u128> = (1..8).map(|made| backoff.delay(made, 1.0).as_millis()).collect();
        assert_eq!(bounds, [200, 400, 800, 1600, 3200, 6400, 10_000]);
        assert_eq!(backoff.delay(usize::MAX, 1.0), LONGEST);
    }

    #[test]
    fn a_wait_is_any_part_of_the_bound() {
        let backoff = Backoff::new(Duration::from_secs(1));
        assert_eq!(backoff.delay(1, 0.0), Duration::ZERO);
        assert_eq!(backoff.delay(1, 0.25), Duration::from_millis(250));
        assert_eq!(backoff.delay(1, 7.0), Duration::from_secs(1));
    }
}
