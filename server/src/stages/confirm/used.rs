//! Which states were used: each is taken once. They are forgotten when they end, since nobody takes them then.

use std::collections::HashMap;

use super::state::Nonce;

/// How many answers of people are remembered at once.
const MOST: usize = 10_000;
/// Why a state is not to be had a second time.
pub(super) const BEFORE: &str = "it was used before";

/// The states that were used and have not ended.
#[derive(Debug, Default)]
pub(super) struct Used(HashMap<Nonce, u64>);

impl Used {
    /// Takes a state that ends at `expires`; or says why it is not to be had. Both times are in seconds since 1970.
    pub(super) fn take(&mut self, nonce: Nonce, expires: u64, now: u64) -> Result<(), &'static str> {
        if self.0.len() >= MOST {
            self.0.retain(|_, expires| now < *expires);
        }
        if self.0.contains_key(&nonce) {
            return Err(BEFORE);
        }
        // Forgetting one that has not ended would let it be used again.
        if self.0.len() >= MOST {
            return Err("too many were used in the last minutes");
        }
        self.0.insert(nonce, expires);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn t_2e_a_state_is_taken_once() {
        let (mut used, nonce) = (Used::default(), Nonce::new());
        assert_eq!(used.take(nonce, 10, 0), Ok(()));
        assert_eq!(used.take(nonce, 10, 0), Err("it was used before"));
        assert_eq!(used.take(Nonce::new(), 10, 0), Ok(()));
    }

    #[test]
    fn no_more_are_remembered_than_may_be_and_none_is_forgotten_early() {
        let mut used = Used::default();
        for _ in 0..MOST {
            assert_eq!(used.take(Nonce::new(), 10, 0), Ok(()));
        }
        assert_eq!(used.take(Nonce::new(), 10, 9), Err("too many were used in the last minutes"));
        assert_eq!(used.take(Nonce::new(), 20, 10), Ok(()), "all others have ended");
        assert_eq!(used.0.len(), 1);
    }
}
