//! What Redis said a moment ago, so that it is not asked for every request, and so that it may be away for a while.

use std::hash::Hash;
use std::time::Duration;

use quick_cache::sync::Cache;
use tokio::time::Instant;

/// How much is remembered.
const MOST: usize = 10_000;
/// How long it is taken for what Redis would say now: for so long a thing that was withdrawn may still be good.
pub(crate) const FRESH: Duration = Duration::from_secs(1);
/// How long it is still taken for good while Redis is away.
pub(crate) const WHILE_AWAY: Duration = Duration::from_secs(60);

/// What was said, by what was asked for.
pub(crate) struct Recent<N, T>(Cache<N, (T, Instant)>);

impl<N: Eq + Hash, T: Clone> Recent<N, T> {
    /// Nothing yet.
    pub(crate) fn new() -> Self {
        Self(Cache::new(MOST))
    }

    /// What was said of this so short a time ago that it still is so.
    pub(crate) fn fresh(&self, name: &N, now: Instant) -> Option<T> {
        self.within(FRESH, name, now)
    }

    /// What was said of this so short a time ago that it is believed while nobody can be asked.
    pub(crate) fn while_away(&self, name: &N, now: Instant) -> Option<T> {
        self.within(WHILE_AWAY, name, now)
    }

    /// Remembers what was said when it was asked for at this time.
    pub(crate) fn put(&self, name: N, said: T, asked: Instant) {
        self.0.insert(name, (said, asked));
    }

    fn within(&self, time: Duration, name: &N, now: Instant) -> Option<T> {
        let (said, asked) = self.0.get(name)?;
        (now < asked + time).then_some(said)
    }
}

impl<N, T> std::fmt::Debug for Recent<N, T> {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.write_str("Recent")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_said_is_fresh_for_a_second_and_believed_for_a_minute() {
        let (recent, asked, moment) = (Recent::new(), Instant::now(), Duration::from_nanos(1));
        recent.put("name", 1, asked);
        assert_eq!(recent.fresh(&"name", asked + FRESH - moment), Some(1));
        assert_eq!(recent.fresh(&"name", asked + FRESH), None);
        assert_eq!(recent.while_away(&"name", asked + WHILE_AWAY - moment), Some(1));
        assert_eq!(recent.while_away(&"name", asked + WHILE_AWAY), None);
        assert_eq!(recent.while_away(&"other", asked), None);
    }

    #[test]
    fn what_is_remembered_is_bounded() {
        let (recent, now) = (Recent::new(), Instant::now());
        (0..MOST + 1000).for_each(|name| recent.put(name, name, now));
        assert!((0..MOST + 1000).filter(|name| recent.fresh(name, now).is_some()).count() <= MOST);
    }
}
