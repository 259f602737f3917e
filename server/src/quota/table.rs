//! The quotas of callers, in bounded room. A quota that is whole is forgotten without loss; while the room is full of others,
//! newcomers share one, so that a flood of new names frees nobody's.

use std::collections::HashMap;
use std::time::Duration;

/// How many callers have a quota of their own.
const MOST: usize = 100_000;
/// How long after one search for whole quotas the next one is.
const REST: Duration = Duration::from_secs(1);

/// When each caller's quota is whole again.
#[derive(Debug, Default)]
pub(crate) struct Table {
    callers: HashMap<Box<str>, Duration>,
    newcomers: Duration,
    searched: Option<Duration>,
}

impl Table {
    /// The caller's.
    pub(crate) fn of(&mut self, caller: &str, now: Duration) -> &mut Duration {
        if !self.callers.contains_key(caller) {
            if self.callers.len() >= MOST && self.searched.is_none_or(|last| now >= last + REST) {
                self.callers.retain(|_, whole| now < *whole);
                self.searched = Some(now);
            }
            if self.callers.len() >= MOST {
                return &mut self.newcomers;
            }
            self.callers.insert(caller.into(), Duration::ZERO);
        }
        self.callers.get_mut(caller).expect("it is there or was put there")
    }

    /// How many have a quota of their own.
    #[cfg(test)]
    pub(crate) fn len(&self) -> usize {
        self.callers.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn t_3a_a_flood_of_names_frees_nobodys_quota_and_takes_no_more_room() {
        let (mut table, later) = (Table::default(), Duration::from_secs(60));
        *table.of("known", Duration::ZERO) = later;
        for number in 0..MOST + 1000 {
            *table.of(&number.to_string(), Duration::ZERO) = later;
        }
        assert_eq!(table.callers.len(), MOST);
        assert_eq!(*table.of("known", Duration::ZERO), later);
        assert_eq!(*table.of("one more", Duration::ZERO), later, "newcomers share one");
        assert_eq!(*table.of("one more", later), Duration::ZERO, "until the others are whole");
        assert_eq!(table.callers.len(), 1);
    }
}
