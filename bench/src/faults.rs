//! Which exchanges fail, and how: drawn from seed, marker and attempt alone, so that faults are independent of each other, of
//! the load and of the machine, and the same again with the same seed.

use std::hash::{DefaultHasher, Hash, Hasher};

/// A number from 0 to 1 that only these decide.
pub fn draw(seed: u64, marker: &str, attempt: usize) -> f64 {
    let mut hasher = DefaultHasher::new();
    (seed, marker, attempt).hash(&mut hasher);
    fastrand::Rng::with_seed(hasher.finish()).f64()
}

/// What this draw hits, of things with a share each; `None` for the rest.
pub fn pick<T: Copy>(draw: f64, shares: &[(f64, T)]) -> Option<T> {
    let mut below = 0.0;
    shares.iter().find_map(|(share, what)| {
        below += share;
        (draw < below).then_some(*what)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_are_kept_and_attempts_are_independent() {
        let fails =
            |number: usize, attempt| pick(draw(7, &number.to_string(), attempt), &[(0.06, 'a'), (0.04, 'b')]);
        let count = |wanted: fn(usize) -> bool| (0..100_000).filter(|number| wanted(*number)).count();
        assert!((5700..6300).contains(&(0..100_000).filter(|number| fails(*number, 0) == Some('a')).count()));
        assert!((3800..4200).contains(&(0..100_000).filter(|number| fails(*number, 0) == Some('b')).count()));
        let twice = (0..100_000).filter(|number| fails(*number, 0).is_some() && fails(*number, 1).is_some());
        assert!((850..1150).contains(&twice.count()), "a tenth of a tenth");
        assert_eq!(
            count(|number| draw(7, &number.to_string(), 0) == draw(7, &number.to_string(), 0)),
            100_000
        );
        assert_ne!(draw(7, "a", 0), draw(8, "a", 0));
    }
}
