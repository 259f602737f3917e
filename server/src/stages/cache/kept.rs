//! Answers that are kept: at most so many, and at most so many bytes.

use std::sync::Arc;
use std::time::Duration;

use quick_cache::Weighter;
use quick_cache::unsync::Cache;
use tokio::time::Instant;

use super::{Key, Stamp, size};
use crate::call::{CallError, Reply};

/// An answer that takes more than this part of all room is not kept: it would drive out too many others.
pub(super) const LARGEST_PART: usize = 8;

/// An answer that is kept.
#[derive(Clone)]
pub(super) struct Kept {
    reply: Arc<Reply>,
    /// When it was asked for: it may have been true then already and not any more when it came.
    since: Instant,
    until: Instant,
    /// Until when it may be given while the API is down.
    stale_until: Instant,
    lifetime: Lifetime,
    stamp: Stamp,
    size: usize,
}

/// For how long an answer may be given, and in what case.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Lifetime {
    /// Without asking the API; zero where it must be asked each time.
    pub(super) fresh: Duration,
    /// After that, while the API is down.
    pub(super) stale: Duration,
    /// What the API can be asked with whether it is still right.
    pub(super) validator: Option<Arc<str>>,
}

impl Kept {
    /// An answer that was asked for at this time and may be kept for so long.
    pub(super) fn new(reply: Arc<Reply>, since: Instant, lifetime: Lifetime, stamp: Stamp) -> Self {
        // A time beyond what the clock can tell is as good as none; then it is not kept.
        let until = since.checked_add(lifetime.fresh).unwrap_or(since);
        let stale_until = until.checked_add(lifetime.stale).unwrap_or(until);
        let size = size::of(&reply) + lifetime.validator.as_ref().map_or(0, |validator| validator.len());
        Self { reply, since, until, stale_until, lifetime, stamp, size }
    }

    /// The same for another time.
    pub(super) fn with(&self, lifetime: Lifetime) -> Self {
        Self::new(Arc::clone(&self.reply), self.since, lifetime, self.stamp)
    }

    /// When it was asked for.
    pub(super) fn since(&self) -> Instant {
        self.since
    }

    /// Whether its time has not passed.
    pub(super) fn is_fresh(&self, now: Instant) -> bool {
        now < self.until
    }

    /// Whether it is younger than this: it may have been kept for longer before that was changed.
    pub(super) fn is_younger(&self, than: Duration, now: Instant) -> bool {
        now.saturating_duration_since(self.since) < than
    }

    /// Whether it may be given while the API is down, if it was true until then.
    pub(super) fn is_good_enough(&self, now: Instant) -> bool {
        now < self.stale_until
    }

    /// Whether it can be of use to somebody.
    pub(super) fn is_of_use(&self, now: Instant) -> bool {
        self.lifetime.validator.is_some() || self.is_good_enough(now)
    }

    /// What the API can be asked with whether it is still right.
    pub(super) fn validator(&self) -> Option<Arc<str>> {
        self.lifetime.validator.clone()
    }

    /// For how long it may be given from the time when it was asked for.
    pub(super) fn lifetime(&self) -> &Lifetime {
        &self.lifetime
    }

    /// The reply as the API gave it, for whoever has just learnt that it is still right.
    pub(super) fn confirmed(&self) -> Arc<Reply> {
        Arc::clone(&self.reply)
    }

    /// The reply although its time has passed, marked as such.
    pub(super) fn stale(&self, now: Instant, error: &CallError) -> Reply {
        let mut reply = Reply::clone(&self.reply);
        let age = now.saturating_duration_since(self.since).as_secs();
        let why = error.kind();
        reply.notes.push(format!(
            "This answer is STALE, {age} s old: the API cannot be asked now ({why}). It may have changed meanwhile."
        ));
        reply
    }

    /// The point in the order of reads and changes at which it was asked for.
    pub(super) fn stamp(&self) -> Stamp {
        self.stamp
    }

    /// The reply as the API gave it. Where it is a second old or more a note says so: a model that waits for something
    /// to change must not take it for news.
    pub(super) fn reply(&self, now: Instant) -> Reply {
        let mut reply = Reply::clone(&self.reply);
        let age = now.saturating_duration_since(self.since).as_secs();
        if age > 0 {
            reply
                .notes
                .push(format!("This answer is {age} s old: it was kept, and the API was not asked again."));
        }
        reply
    }
}

/// The answers that are kept, by key.
pub(super) struct Store {
    kept: Cache<Key, Kept, Weights>,
    bytes: usize,
}

/// One weight bounds both: each answer weighs what it takes, and at least its share of the room.
#[derive(Clone)]
struct Weights {
    share: usize,
}

impl Weighter<Key, Kept> for Weights {
    fn weight(&self, _: &Key, kept: &Kept) -> u64 {
        kept.size.max(self.share) as u64
    }
}

impl Store {
    /// Room for so many answers, two or more, and so many bytes.
    pub(super) fn new(entries: usize, bytes: usize) -> Self {
        let share = (bytes / entries.max(1)).max(1);
        // So many shares and not a byte more, so that a remainder makes no room for another answer.
        let room = share.saturating_mul(entries).min(bytes) as u64;
        Self { kept: Cache::with_weighter(entries, room, Weights { share }), bytes }
    }

    /// Keeps it, if it is not too large; others may have to go.
    pub(super) fn put(&mut self, key: Key, kept: Kept) {
        if kept.size <= self.bytes / LARGEST_PART {
            self.kept.insert(key, kept);
        }
    }

    /// What is kept under this key.
    pub(super) fn get(&self, key: &Key) -> Option<&Kept> {
        self.kept.get(key)
    }

    /// Throws away what is kept under this key.
    pub(super) fn remove(&mut self, key: &Key) {
        self.kept.remove(key);
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::time::Duration;

    use serde_json::json;
    use tokio::time::Instant;

    use super::{Kept, Lifetime, Store};
    use crate::call::{CallError, Caller, Reply};
    use crate::stages::cache::{Forgotten, Key, size};
    use crate::upstream::account::Account;

    fn key(number: usize) -> Key {
        Key::of("http://api", "read", &json!({ "number": number }), &Caller::LocalOwner, &Account::default())
    }

    fn fresh(fresh: Duration) -> Lifetime {
        Lifetime { fresh, ..Lifetime::default() }
    }

    /// An answer of this many bytes of memory in all.
    fn kept(bytes: usize) -> Kept {
        // A note's bytes count once, those of a text several times.
        let noted = |note: String| Reply::text("").with_notes(vec![note]);
        let reply = noted("x".repeat(bytes - size::of(&noted(String::new()))));
        let (now, stamp) = (Instant::now(), Forgotten::default().now());
        let kept = Kept::new(Arc::new(reply), now, fresh(Duration::from_secs(60)), stamp);
        assert_eq!(kept.size, bytes);
        kept
    }

    fn held(store: &Store) -> (usize, u64) {
        (store.kept.len(), store.kept.weight())
    }

    #[test]
    fn so_many_answers_are_kept_and_not_one_more() {
        for entries in [2, 7, 100] {
            let mut store = Store::new(entries, 1 << 20);
            for number in 0..entries {
                store.put(key(number), kept(1024));
            }
            assert_eq!(held(&store).0, entries, "all have room");
            store.put(key(entries), kept(1024));
            assert!(held(&store).0 <= entries, "one more has none: {:?} of {entries}", held(&store));
        }
    }

    #[test]
    fn so_many_bytes_are_kept_and_not_one_more() {
        let mut store = Store::new(64, 64 << 10);
        for number in 0..16 {
            store.put(key(number), kept(4 << 10));
        }
        assert_eq!(held(&store), (16, 64 << 10));
        store.put(key(16), kept(1024));
        assert!(held(&store).1 <= 64 << 10, "{:?}", held(&store));
    }

    #[test]
    fn an_answer_of_more_than_an_eighth_of_the_room_is_not_kept() {
        let mut store = Store::new(1000, 64 << 10);
        store.put(key(1), kept(8 << 10));
        store.put(key(2), kept((8 << 10) + 1));
        assert!(store.get(&key(1)).is_some() && store.get(&key(2)).is_none());
    }

    #[test]
    fn t33_an_answer_is_fresh_until_its_time_has_passed_and_not_at_all_without_one() {
        let since = Instant::now();
        let of = |lifetime| {
            Kept::new(Arc::new(Reply::text("")), since, fresh(lifetime), Forgotten::default().now())
        };
        let kept = of(Duration::from_secs(1));
        assert!(kept.is_fresh(since) && kept.is_fresh(since + Duration::from_millis(999)));
        assert!(!kept.is_fresh(since + Duration::from_secs(1)));
        assert!(!of(Duration::ZERO).is_fresh(since));
        assert!(!of(Duration::MAX).is_fresh(since), "a time that no clock tells");
    }

    #[test]
    fn an_answer_that_is_a_second_old_says_so_and_is_else_the_same() {
        let since = Instant::now();
        let reply = Arc::new(Reply::text("{}").with_notes(vec!["a note".to_owned()]));
        let kept =
            Kept::new(Arc::clone(&reply), since, fresh(Duration::from_secs(60)), Forgotten::default().now());
        assert_eq!(kept.reply(since + Duration::from_millis(999)), *reply);
        let mut old = kept.reply(since + Duration::from_secs(12));
        assert!(old.notes.pop().unwrap().starts_with("This answer is 12 s old"));
        assert_eq!(old, *reply);
    }

    #[test]
    fn t34_an_answer_is_good_enough_for_an_outage_until_then_and_says_so() {
        let since = Instant::now();
        let of = |stale, validator: Option<&str>| {
            let lifetime = Lifetime {
                fresh: Duration::from_secs(10),
                stale: Duration::from_secs(stale),
                validator: validator.map(Into::into),
            };
            Kept::new(Arc::new(Reply::text("{}")), since, lifetime, Forgotten::default().now())
        };
        let (kept, end) = (of(60, None), since + Duration::from_secs(70));
        assert!(kept.is_good_enough(end - Duration::from_millis(1)) && !kept.is_good_enough(end));
        assert!(!kept.is_of_use(end) && of(60, Some("\"a\"")).is_of_use(end));
        assert!(!of(0, None).is_good_enough(since + Duration::from_secs(10)));
        let reply =
            kept.stale(since + Duration::from_secs(65), &CallError::Unreachable { cause: "secret".into() });
        assert_eq!(
            reply.notes,
            [
                "This answer is STALE, 65 s old: the API cannot be asked now (unreachable). It may have changed meanwhile."
            ]
        );
    }
}
