//! What is kept, what is on its way and what was forgotten, under one lock, so that no caller sees one without the other.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

use super::UNSETTLED;
use super::flight::{Flight, Landing};
use super::place::{self, Mark};
use super::tier::Phase;
use super::unsettled::Elsewhere;
use super::{Forgotten, Kept, Key, Stamp, Store, Unsettled};
use crate::call::Reply;

/// For how long an answer is given without being certain that no other process has changed anything meanwhile.
pub(super) const UNHEARD: Duration = Duration::from_secs(5);

/// How a read is answered.
pub(super) enum Turn {
    /// By this, which was kept.
    Kept(Reply),
    /// By this, when it lands, which the caller has to start now.
    Departs(Arc<Flight>, Landing),
    /// By this, when it lands, which somebody else asked for.
    Waits(Arc<Flight>),
    /// By asking the API for oneself: too many wait already.
    Alone,
}

/// What is kept, what is on its way and what was forgotten.
pub(super) struct Shelf(Mutex<Inside>);

struct Inside {
    store: Store,
    flights: HashMap<Key, Arc<Flight>>,
    forgotten: Forgotten,
    unsettled: Unsettled,
    /// Until when every change of other processes has been heard of; `None` where there are no others.
    heard_until: Option<Instant>,
}

impl Shelf {
    /// Room for so many answers and so many bytes.
    pub(super) fn new(entries: usize, bytes: usize) -> Self {
        let (store, forgotten) = (Store::new(entries, bytes), Forgotten::default());
        let (flights, unsettled) = (HashMap::new(), Unsettled::default());
        Self(Mutex::new(Inside { store, flights, forgotten, unsettled, heard_until: None }))
    }

    fn inside(&self) -> MutexGuard<'_, Inside> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Finds out how a read is answered, by what is no older than `fresh` if it was kept: it may have been kept for longer before
    /// that was changed. A flight that began before a change is not joined after it: whoever made the change must see it.
    pub(super) fn turn(
        &self,
        key: Key,
        marks: &[Mark],
        fresh: Duration,
        now: Instant,
        deadline: Option<Instant>,
    ) -> Turn {
        let mut guard = self.inside();
        let Inside { store, flights, forgotten, heard_until, .. } = &mut *guard;
        let before = store.get(&key).filter(|kept| kept.is_of_use(now)).cloned();
        let is_certain = heard_until.is_none_or(|until| now < until);
        let is_heard = |kept: &Kept| is_certain || kept.is_younger(UNHEARD, now);
        let is_right = |kept: &&Kept| {
            let is_young = kept.is_fresh(now) && kept.is_younger(fresh, now);
            is_young && is_heard(kept) && forgotten.is_true(kept.stamp(), marks)
        };
        if let Some(kept) = before.as_ref().filter(is_right) {
            // A large answer is copied without keeping others waiting.
            drop(guard);
            return Turn::Kept(kept.reply(now));
        }
        if before.is_none() {
            store.remove(&key);
        }
        let flight =
            flights.get(&key).filter(|flight| !flight.is_lost() && forgotten.is_true(flight.stamp(), marks));
        if let Some(flight) = flight {
            return if flight.join() { Turn::Waits(Arc::clone(flight)) } else { Turn::Alone };
        }
        let (flight, landing) = Flight::new(key, forgotten.now(), now, deadline, before);
        flights.insert(key, Arc::clone(&flight));
        Turn::Departs(flight, landing)
    }

    /// Whether no change has touched these places since.
    pub(super) fn is_true(&self, stamp: Stamp, marks: &[Mark]) -> bool {
        self.inside().forgotten.is_true(stamp, marks)
    }

    /// Ends a flight, and keeps what it brought if that is of use and nothing was changed meanwhile.
    pub(super) fn land(&self, flight: &Arc<Flight>, marks: &[Mark], kept: Option<Kept>, now: Instant) {
        let mut guard = self.inside();
        let Inside { store, flights, forgotten, unsettled, .. } = &mut *guard;
        take_off(flights, flight);
        let may_be_kept = |kept: &Kept| kept.is_of_use(now) && forgotten.is_true(kept.stamp(), marks);
        match kept {
            Some(kept) if may_be_kept(&kept) && unsettled.allows(marks, now) => store.put(flight.key(), kept),
            // It is newer than what is there, and may not take its place.
            Some(_) => store.remove(&flight.key()),
            None => {}
        }
    }

    /// Lets go of one who waited; a flight for nobody ends.
    pub(super) fn leave(&self, flight: &Arc<Flight>) {
        let mut guard = self.inside();
        if flight.leave() {
            take_off(&mut guard.flights, flight);
        }
    }

    /// Keeps nothing of these places until then.
    pub(super) fn distrust(&self, marks: &[Mark], until: Instant) {
        self.inside().unsettled.add(marks, until);
    }

    /// From now on other processes may change something: what they change is heard of until then.
    pub(super) fn heard_until(&self, until: Instant) {
        self.inside().heard_until = Some(until);
    }

    /// The point in the order of reads and changes that is now.
    #[cfg(test)]
    pub(super) fn stamp(&self) -> Stamp {
        self.inside().forgotten.now()
    }

    /// Forgets all that was read of anything.
    pub(super) fn forget_all(&self) {
        self.forget(&[place::everywhere()]);
    }

    /// Another process changes these places, or has.
    pub(super) fn changed_elsewhere(&self, change: Elsewhere, phase: Phase, marks: &[Mark], now: Instant) {
        let mut inside = self.inside();
        inside.forgotten.forget(marks);
        match phase {
            Phase::Begun | Phase::Unsettled => inside.unsettled.begin(change, marks, now + UNSETTLED),
            Phase::Settled => inside.unsettled.end(change),
        }
    }

    /// Forgets all that was read of these places so far.
    pub(super) fn forget(&self, marks: &[Mark]) {
        self.inside().forgotten.forget(marks);
    }
}

/// Answers are not for printing: they may hold secrets.
impl fmt::Debug for Shelf {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("Shelf")
    }
}

/// Removes this flight, and not another that took its place.
fn take_off(flights: &mut HashMap<Key, Arc<Flight>>, flight: &Arc<Flight>) {
    if flights.get(&flight.key()).is_some_and(|there| Arc::ptr_eq(there, flight)) {
        flights.remove(&flight.key());
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::time::Duration;

    use serde_json::json;
    use tokio::time::Instant;

    use super::{Flight, Kept, Shelf, Turn, UNHEARD};
    use crate::call::{Caller, Reply};
    use crate::stages::cache::flight::Landing;
    use crate::stages::cache::{Key, Lifetime};
    use crate::upstream::account::Account;

    fn ask(shelf: &Shelf, departed: &mut Vec<Landing>) -> Arc<Flight> {
        let key = Key::of("http://api", "read", &json!({}), &Caller::LocalOwner, &Account::default());
        match shelf.turn(key, &[1], Duration::MAX, Instant::now(), None) {
            Turn::Waits(flight) => flight,
            Turn::Departs(flight, landing) => {
                departed.push(landing);
                flight
            }
            Turn::Kept(_) | Turn::Alone => panic!("a flight is expected"),
        }
    }

    fn on_their_way(shelf: &Shelf) -> usize {
        shelf.inside().flights.len()
    }

    #[test]
    fn t34_a_flight_is_gone_when_it_has_landed_or_nobody_waits() {
        let (shelf, mut departed) = (Shelf::new(10, 1 << 20), Vec::new());
        let (one, other) = (ask(&shelf, &mut departed), ask(&shelf, &mut departed));
        assert!(Arc::ptr_eq(&one, &other) && departed.len() == 1);
        shelf.leave(&one);
        assert_eq!(on_their_way(&shelf), 1, "one still waits");
        shelf.leave(&other);
        assert_eq!(on_their_way(&shelf), 0);

        let flight = ask(&shelf, &mut departed);
        shelf.land(&flight, &[1], None, Instant::now());
        assert_eq!((on_their_way(&shelf), departed.len()), (0, 2));
    }

    #[test]
    fn t31_a_flight_from_before_a_change_does_not_take_off_the_one_after_it() {
        let (shelf, mut departed) = (Shelf::new(10, 1 << 20), Vec::new());
        let before = ask(&shelf, &mut departed);
        shelf.forget(&[1]);
        let after = ask(&shelf, &mut departed);
        assert!(!Arc::ptr_eq(&before, &after));
        shelf.land(&before, &[1], None, Instant::now());
        shelf.leave(&before);
        assert!(Arc::ptr_eq(&ask(&shelf, &mut departed), &after), "it is still joined");
    }

    #[test]
    fn t34_a_flight_that_was_lost_is_not_joined() {
        let (shelf, mut departed) = (Shelf::new(10, 1 << 20), Vec::new());
        let lost = ask(&shelf, &mut departed);
        departed.clear();
        assert!(!Arc::ptr_eq(&ask(&shelf, &mut departed), &lost));
    }

    /// A shelf with an answer that was asked for now and is kept for a minute.
    fn with_answer(departed: &mut Vec<Landing>) -> (Shelf, Key, Instant) {
        let (shelf, now) = (Shelf::new(10, 1 << 20), Instant::now());
        let flight = ask(&shelf, departed);
        let lifetime = Lifetime { fresh: Duration::from_secs(60), ..Lifetime::default() };
        let kept = Kept::new(Arc::new(Reply::text("")), now, lifetime, flight.stamp());
        shelf.land(&flight, &[1], Some(kept), now);
        (shelf, flight.key(), now)
    }

    #[test]
    fn an_answer_that_was_kept_for_longer_is_no_older_than_answers_may_be_now() {
        let mut departed = Vec::new();
        let (shelf, key, now) = with_answer(&mut departed);
        let given = |fresh: u64, after: Duration| {
            let fresh = Duration::from_secs(fresh);
            matches!(shelf.turn(key, &[1], fresh, now + after, None), Turn::Kept(_))
        };
        let ten = Duration::from_secs(10);
        assert!(given(60, ten) && given(10, ten - Duration::from_millis(1)));
        assert!(!given(10, ten));
    }

    #[test]
    fn r12_memory_that_hears_nothing_gives_nothing_that_is_older_than_five_seconds() {
        let mut departed = Vec::new();
        let (shelf, key, now) = with_answer(&mut departed);
        let given = |after: Duration| {
            matches!(shelf.turn(key, &[1], Duration::MAX, now + after, None), Turn::Kept(_))
        };
        let moment = Duration::from_millis(1);
        assert!(given(Duration::from_secs(59)), "nobody else is there");
        shelf.heard_until(now + Duration::from_secs(20));
        assert!(given(Duration::from_secs(20) - moment));
        assert!(!given(Duration::from_secs(20)));
        shelf.heard_until(now);
        assert!(given(UNHEARD - moment));
        assert!(!given(UNHEARD));
    }
}
