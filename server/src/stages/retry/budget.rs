//! At most one repetition for five calls: a share, not a rate, so that it holds under any load. A few are in hand from
//! the start, else the first failure of a quiet server could not be mended.

use std::sync::{Mutex, PoisonError};

/// Fifths of a repetition that a call brings, and that a repetition costs.
const BROUGHT: u32 = 1;
const COST: u32 = 5;
/// How many fifths are kept at most: ten repetitions.
const MOST: u32 = 10 * COST;

/// What is left for repetitions, shared by all calls to one API.
#[derive(Debug)]
pub struct Budget(Mutex<u32>);

/// A full one.
impl Default for Budget {
    fn default() -> Self {
        Self(Mutex::new(MOST))
    }
}

impl Budget {
    /// Counts a call.
    pub fn deposit(&self) {
        let mut left = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        *left = (*left + BROUGHT).min(MOST);
    }

    /// Takes a repetition out, if there is one left.
    pub fn withdraw(&self) -> bool {
        let mut left = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let rest = left.checked_sub(COST);
        *left = rest.unwrap_or(*left);
        rest.is_some()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ten_are_in_hand_and_five_calls_earn_one() {
        let budget = Budget::default();
        assert_eq!((0..100).filter(|_| budget.withdraw()).count(), 10);
        for _ in 0..4 {
            budget.deposit();
            assert!(!budget.withdraw(), "four calls are not enough");
        }
        budget.deposit();
        assert!(budget.withdraw());
        assert!(!budget.withdraw());
    }

    #[test]
    fn however_many_calls_went_well_no_more_than_ten_are_kept() {
        let budget = Budget::default();
        (0..10_000).for_each(|_| budget.deposit());
        assert_eq!((0..100).filter(|_| budget.withdraw()).count(), 10);
    }

    #[test]
    fn when_everything_fails_repetitions_are_a_fifth_of_the_calls() {
        let budget = Budget::default();
        let repeated = (0..6000).filter(|_| {
            budget.deposit();
            budget.withdraw()
        });
        assert!((1200..=1210).contains(&repeated.count()));
    }
}
