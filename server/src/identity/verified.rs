//! Tokens that were found good a moment ago, by their hash, so that a signature is not checked for every call. Never longer
//! than a minute: whoever withdraws a key is heard by then.

use std::time::{Duration, SystemTime};

use quick_cache::sync::Cache;
use sha2::{Digest as _, Sha256};
use tokio::time::Instant;

use super::Caller;

/// How many are remembered.
const MOST: usize = 10_000;
/// How long one is remembered at most.
pub(super) const LONGEST: Duration = Duration::from_secs(60);

/// A token's name here: it cannot be found from it.
pub(super) type Hash = [u8; 32];

/// The tokens.
#[derive(Debug)]
pub(super) struct Verified(Cache<Hash, (Caller, Instant)>);

impl Verified {
    /// None yet.
    pub(super) fn new() -> Self {
        Self(Cache::new(MOST))
    }

    /// What a token is called.
    pub(super) fn hash(token: &str) -> Hash {
        Sha256::digest(token).into()
    }

    /// Whose a token is, if that is still known. The clock is one that nobody sets back.
    pub(super) fn get(&self, hash: &Hash, now: Instant) -> Option<Caller> {
        let (caller, until) = self.0.get(hash)?;
        (now < until).then_some(caller)
    }

    /// Remembers for so long whose a token is, and until it expires by this `time` of the wall clock at most.
    pub(super) fn put(&self, hash: Hash, caller: Caller, memory: Duration, now: Instant, time: SystemTime) {
        let expires = caller.principal().and_then(|principal| principal.identity().expires);
        let left = expires.map_or(LONGEST, |expires| expires.duration_since(time).unwrap_or_default());
        self.0.insert(hash, (caller, now + left.min(memory).min(LONGEST)));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::identity::{Identity, Principal};

    fn caller(expires: Option<SystemTime>) -> Caller {
        Caller::Known(Principal::new(Identity { expires, ..Identity::default() }).into())
    }

    #[test]
    fn t_29_a_token_is_remembered_until_it_expires_and_a_minute_at_most() {
        let (verified, begun, time) = (Verified::new(), Instant::now(), SystemTime::now());
        let second = Duration::from_secs(1);
        for (expires, memory, lasts) in [
            (Some(time + 10 * second), LONGEST, 10 * second),
            (Some(time + 3600 * second), LONGEST, LONGEST),
            (Some(time + 3600 * second), 5 * second, 5 * second),
            (None, LONGEST, LONGEST),
            (None, 3600 * second, LONGEST),
            (None, Duration::ZERO, Duration::ZERO),
            (Some(time), LONGEST, Duration::ZERO),
            (Some(time - second), LONGEST, Duration::ZERO),
        ] {
            let hash = Verified::hash("token");
            verified.put(hash, caller(expires), memory, begun, time);
            assert_eq!(verified.get(&hash, begun + lasts), None, "{expires:?}");
            if let Some(before) = lasts.checked_sub(Duration::from_nanos(1)) {
                assert!(verified.get(&hash, begun + before).is_some(), "{expires:?}");
            }
        }
        assert_eq!(verified.get(&Verified::hash("tokem"), begun), None);
    }

    #[test]
    fn a_flood_of_tokens_takes_bounded_room() {
        let (verified, now, time) = (Verified::new(), Instant::now(), SystemTime::now());
        for number in 0..MOST + 1000 {
            verified.put(Verified::hash(&number.to_string()), caller(None), LONGEST, now, time);
        }
        assert!(verified.0.len() <= MOST, "{}", verified.0.len());
    }
}
