//! When keys are fetched: before they are old, when one is asked for that is not known, and never often.

use std::collections::HashMap;
use std::time::Duration;

/// How long keys are good without being looked at again: for so long a key that was withdrawn may still be taken.
const FRESH: Duration = Duration::from_secs(600);
/// How long they are good while the provider cannot be asked.
const STALE: Duration = Duration::from_secs(24 * 60 * 60);
/// How long after one fetch began the next one may.
const REST: Duration = Duration::from_secs(45);
/// How long it is remembered that there is no key of a name.
const ABSENT: Duration = Duration::from_secs(60);
/// How many such names are remembered.
const MOST: usize = 1000;

/// What is to be done for whoever needs a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Advice {
    /// Go by what is known.
    Use,
    /// The same, and fetch besides.
    UseAndFetch,
    /// Wait for a fetch, and ask again.
    Fetch,
    /// Nothing is known that is new enough, and nothing can be.
    Unavailable,
}

/// When keys were fetched, and what came of it. Times are since some beginning.
#[derive(Debug, Default)]
pub(super) struct Schedule {
    fetched: Option<Duration>,
    /// After which age the next fetch is due.
    due: Duration,
    tried: Option<Duration>,
    is_flying: bool,
    is_failing: bool,
    absent: HashMap<Option<Box<str>>, Duration>,
}

impl Schedule {
    /// What to do for a key of this name, which is known or not.
    pub(super) fn advise(&mut self, is_known: bool, kid: Option<&str>, now: Duration) -> Advice {
        let may_fetch = !self.is_flying && self.tried.is_none_or(|tried| now >= tried + REST);
        let age = self.fetched.map_or(Duration::MAX, |fetched| now.saturating_sub(fetched));
        match is_known {
            true if age < self.due => Advice::Use,
            true if age < FRESH => {
                if may_fetch {
                    Advice::UseAndFetch
                } else {
                    Advice::Use
                }
            }
            true if may_fetch || self.is_flying => Advice::Fetch,
            true if age < STALE => Advice::Use,
            true => Advice::Unavailable,
            false => self.advise_unknown(kid, may_fetch, now),
        }
    }

    fn advise_unknown(&mut self, kid: Option<&str>, may_fetch: bool, now: Duration) -> Advice {
        let name = kid.map(Box::from);
        if self.absent.get(&name).is_some_and(|until| now < *until) {
            return Advice::Use;
        }
        if may_fetch || self.is_flying {
            return Advice::Fetch;
        }
        if self.is_failing {
            return Advice::Unavailable;
        }
        if self.absent.len() >= MOST {
            self.absent.retain(|_, until| now < *until);
        }
        // Without room the name is merely asked for again.
        if self.absent.len() < MOST {
            self.absent.insert(name, now + ABSENT);
        }
        Advice::Use
    }

    /// A fetch begins.
    pub(super) fn departed(&mut self, now: Duration) {
        (self.tried, self.is_flying) = (Some(now), true);
    }

    /// It is over. `chance`, from 0 to 1, keeps servers that began together from asking together for ever.
    pub(super) fn landed(&mut self, is_good: bool, now: Duration, chance: f64) {
        (self.is_flying, self.is_failing) = (false, !is_good);
        if is_good {
            (self.fetched, self.due) = (Some(now), FRESH.mul_f64(0.7 + 0.2 * chance));
            // What was not there may be now, and whoever asks again does no harm before the next fetch.
            self.absent.clear();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    /// A fetch that takes no time.
    fn fetch(schedule: &mut Schedule, is_good: bool, now: Duration) {
        schedule.departed(now);
        schedule.landed(is_good, now, 0.5);
    }

    fn fetched(now: Duration) -> Schedule {
        let mut schedule = Schedule::default();
        fetch(&mut schedule, true, now);
        schedule
    }

    #[test]
    fn t_28_a_hundred_thousand_names_in_a_minute_are_two_fetches_and_bounded_room() {
        let (mut schedule, mut fetches) = (Schedule::default(), 0);
        for number in 0..100_000u32 {
            let now = Duration::from_micros(600) * number;
            if schedule.advise(false, Some(&number.to_string()), now) == Advice::Fetch {
                fetches += 1;
                fetch(&mut schedule, true, now);
            }
            assert_ne!(schedule.advise(true, Some("good"), now), Advice::Unavailable);
        }
        assert_eq!(fetches, 2);
        assert!(schedule.absent.len() <= MOST);
    }

    #[test]
    fn t_28_a_name_that_is_not_there_is_not_asked_for_again_at_once() {
        let mut schedule = fetched(Duration::ZERO);
        assert_eq!(schedule.advise(false, Some("x"), SECOND), Advice::Use);
        assert_eq!(schedule.advise(false, Some("y"), REST), Advice::Fetch, "another may be new");
        assert_eq!(schedule.advise(false, Some("x"), REST), Advice::Use);
        assert_eq!(schedule.advise(false, Some("x"), SECOND + ABSENT), Advice::Fetch);
    }

    #[test]
    fn t_28_keys_are_fetched_before_they_are_old_and_waited_for_when_they_are() {
        let mut schedule = fetched(Duration::ZERO);
        let due = FRESH.mul_f64(0.8);
        assert_eq!(schedule.advise(true, None, due - SECOND), Advice::Use);
        assert_eq!(schedule.advise(true, None, due), Advice::UseAndFetch);
        assert_eq!(schedule.advise(true, None, FRESH), Advice::Fetch, "a key that was withdrawn ends here");
        schedule.departed(FRESH);
        assert_eq!(schedule.advise(true, None, FRESH), Advice::Fetch, "with whoever fetches already");
        assert_eq!(schedule.advise(false, Some("new"), FRESH), Advice::Fetch);
        schedule.landed(true, FRESH + SECOND, 0.5);
        assert_eq!(schedule.advise(true, None, FRESH + SECOND), Advice::Use);
    }

    #[test]
    fn t_28_while_the_provider_is_down_known_keys_are_good_for_a_day_and_others_are_not_known_to_be_wrong() {
        let mut schedule = fetched(Duration::ZERO);
        fetch(&mut schedule, false, FRESH);
        assert_eq!(schedule.advise(true, None, FRESH + SECOND), Advice::Use);
        assert_eq!(schedule.advise(false, Some("new"), FRESH + SECOND), Advice::Unavailable);
        assert_eq!(schedule.advise(true, None, FRESH + REST), Advice::Fetch, "it is tried again");
        fetch(&mut schedule, false, STALE - SECOND);
        assert_eq!(schedule.advise(true, None, STALE - SECOND), Advice::Use);
        assert_eq!(schedule.advise(true, None, STALE), Advice::Unavailable);
        let mut never = Schedule::default();
        assert_eq!(never.advise(false, Some("a"), SECOND), Advice::Fetch);
        fetch(&mut never, false, SECOND);
        assert_eq!(never.advise(false, Some("a"), SECOND), Advice::Unavailable);
    }
}
