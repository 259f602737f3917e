//! Answers of which a part was given, for those who want the rest: at most so many, at most so many bytes, and not for
//! long.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;

/// How many answers are kept.
const MOST: usize = 64;
/// How many bytes they may take together.
const BYTES: usize = 16 << 20;
/// For how long the rest can be asked for.
pub(super) const LIFETIME: Duration = Duration::from_secs(600);

/// Names an answer that is kept.
pub(super) type Id = [u8; 16];

/// Something whose rest may be asked for.
pub(super) trait Weighty {
    /// How many bytes it takes.
    fn size(&self) -> usize;
}

/// The answers that are kept, oldest first.
#[derive(Debug)]
pub(super) struct Kept<T> {
    by_id: HashMap<Id, Arc<T>>,
    order: VecDeque<(Id, Instant)>,
    bytes: usize,
}

impl<T> Default for Kept<T> {
    fn default() -> Self {
        Self { by_id: HashMap::new(), order: VecDeque::new(), bytes: 0 }
    }
}

impl<T: Weighty> Kept<T> {
    /// Keeps an answer, unless it is too large; the oldest make room for it.
    pub(super) fn put(&mut self, id: Id, answer: Arc<T>, now: Instant) -> bool {
        let size = answer.size();
        if size > BYTES {
            return false;
        }
        self.expire(now);
        while self.order.len() >= MOST || self.bytes + size > BYTES {
            self.forget_oldest();
        }
        self.bytes += size;
        self.by_id.insert(id, answer);
        self.order.push_back((id, now + LIFETIME));
        true
    }

    /// The answer of this name, if it is still here.
    pub(super) fn get(&mut self, id: &Id, now: Instant) -> Option<Arc<T>> {
        self.expire(now);
        self.by_id.get(id).cloned()
    }

    fn expire(&mut self, now: Instant) {
        while self.order.front().is_some_and(|(_, until)| *until <= now) {
            self.forget_oldest();
        }
    }

    fn forget_oldest(&mut self) {
        let oldest = self.order.pop_front().and_then(|(id, _)| self.by_id.remove(&id));
        self.bytes -= oldest.map_or(0, |answer| answer.size());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    impl Weighty for usize {
        fn size(&self) -> usize {
            *self
        }
    }

    fn id(number: usize) -> Id {
        (number as u128).to_be_bytes()
    }

    /// How many of these sizes are still kept.
    fn count(sizes: &[usize]) -> usize {
        let (mut kept, now) = (Kept::default(), Instant::now());
        for (number, size) in sizes.iter().enumerate() {
            kept.put(id(number), Arc::new(*size), now);
        }
        let bytes = kept.by_id.values().map(|size| **size).sum::<usize>();
        assert_eq!((kept.bytes, kept.order.len()), (bytes, kept.by_id.len()));
        (0..sizes.len()).filter(|number| kept.get(&id(*number), now).is_some()).count()
    }

    #[test]
    fn t_46_so_many_answers_are_kept_and_not_one_more() {
        assert_eq!(count(&[1; MOST]), MOST);
        assert_eq!(count(&[1; MOST + 1]), MOST);
    }

    #[test]
    fn t_46_so_many_bytes_are_kept_and_not_one_more() {
        assert_eq!(count(&[BYTES / 2, BYTES / 2]), 2);
        assert_eq!(count(&[BYTES / 2, BYTES / 2, 1]), 2, "the oldest made room");
        assert_eq!(count(&[BYTES / 2, BYTES]), 1);
        assert_eq!(count(&[1, BYTES + 1]), 1, "what never has room drives nothing out");
    }

    #[test]
    fn t_46_an_answer_is_kept_for_its_time() {
        let (mut kept, now) = (Kept::default(), Instant::now());
        assert!(kept.put(id(1), Arc::new(1), now));
        assert!(kept.get(&id(1), now + LIFETIME - Duration::from_nanos(1)).is_some());
        assert!(kept.get(&id(1), now + LIFETIME).is_none());
        assert_eq!(kept.bytes, 0);
    }
}
