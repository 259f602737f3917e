//! Which tokens are kept, and for how long. One slot for each name, which the first who asks fills and the others wait for.

use std::sync::Arc;
use std::time::Duration;

use quick_cache::unsync::Cache;
use tokio::sync::OnceCell;
use tokio::time::Instant;

use super::super::super::credential::Credential;

/// How many tokens are kept; those that are asked for rarely go first.
const MOST: usize = 10_000;
/// How long before its end a token is not used any more, at most; a tenth of its life if that is less.
const MARGIN: Duration = Duration::from_secs(30);
/// The longest that a token is kept, whatever it says itself.
const LONGEST: Duration = Duration::from_secs(3600);
/// How long a refusal of the endpoint is remembered.
const REFUSAL: Duration = Duration::from_secs(10);
/// How often a token is got anew because the API refused the one before: an API that refuses all must not be a flood there.
const ANEW: Duration = Duration::from_secs(10);

/// Names a token by what it is got for.
pub(super) type Name = [u8; 32];
/// What is known of one name, once somebody has found out.
pub(super) type Slot = Arc<OnceCell<Known>>;

/// What the endpoint said.
#[derive(Debug)]
pub(super) struct Known {
    /// The token, ready to be sent; a refusal without one.
    pub(super) outcome: Result<Arc<[Credential]>, ()>,
    until: Instant,
}

impl Known {
    /// A token that is good for so long from when it was asked for.
    pub(super) fn good(token: Arc<[Credential]>, asked: Instant, lasts: Duration) -> Self {
        let lasts = lasts.min(LONGEST);
        Self { outcome: Ok(token), until: asked + (lasts - MARGIN.min(lasts / 10)) }
    }

    /// None is given.
    pub(super) fn refused(asked: Instant) -> Self {
        Self { outcome: Err(()), until: asked + REFUSAL }
    }
}

/// The tokens that are kept.
pub(super) struct Kept(Cache<Name, Place>);

#[derive(Clone)]
struct Place {
    slot: Slot,
    /// When one was last got anew because the API refused the one before.
    anew: Option<Instant>,
}

impl Kept {
    pub(super) fn new() -> Self {
        Self(Cache::new(MOST))
    }

    /// The slot of this name at this time; an empty one where what was known is over.
    pub(super) fn slot(&mut self, name: Name, now: Instant) -> Slot {
        let known = self.0.get(&name).cloned();
        let anew = known.as_ref().and_then(|place| place.anew);
        let is_good = |place: &Place| place.slot.get().is_none_or(|known| now < known.until);
        if let Some(place) = known.filter(is_good) {
            return place.slot;
        }
        let place = Place { slot: Slot::default(), anew };
        self.0.insert(name, place.clone());
        place.slot
    }

    /// Takes away a token that the API refused. Whether another is worth a try: one that came since, or one that may be got.
    pub(super) fn refused(&mut self, name: &Name, token: &Arc<[Credential]>, now: Instant) -> bool {
        let Some(place) = self.0.get(name).cloned() else { return true };
        let is_it = place
            .slot
            .get()
            .is_some_and(|known| matches!(&known.outcome, Ok(known) if Arc::ptr_eq(known, token)));
        if !is_it {
            return true;
        }
        if place.anew.is_some_and(|anew| now < anew + ANEW) {
            return false;
        }
        self.0.insert(*name, Place { slot: Slot::default(), anew: Some(now) });
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NAME: Name = [1; 32];
    const SECOND: Duration = Duration::from_secs(1);
    const MOMENT: Duration = Duration::from_nanos(1);

    fn fill(slot: &Slot, known: Known) {
        assert!(slot.set(known).is_ok(), "it was empty");
    }

    fn token() -> Arc<[Credential]> {
        Arc::from([])
    }

    #[test]
    fn a_token_is_used_until_shortly_before_its_end_and_an_hour_at_most() {
        for (lasts, used) in [(3600, 3570), (300, 270), (100, 90), (10, 9), (0, 0), (86_400, 3570)] {
            let (mut kept, asked) = (Kept::new(), Instant::now());
            fill(&kept.slot(NAME, asked), Known::good(token(), asked, lasts * SECOND));
            let (used, is_known) = (used * SECOND, |slot: Slot| slot.get().is_some());
            if let Some(before) = used.checked_sub(MOMENT) {
                assert!(is_known(kept.slot(NAME, asked + before)), "{lasts}");
            }
            assert!(!is_known(kept.slot(NAME, asked + used)), "{lasts}");
        }
    }

    #[test]
    fn all_who_ask_meanwhile_have_one_slot() {
        let (mut kept, now) = (Kept::new(), Instant::now());
        let first = kept.slot(NAME, now);
        assert!(Arc::ptr_eq(&first, &kept.slot(NAME, now + SECOND)));
        assert!(!Arc::ptr_eq(&first, &kept.slot([2; 32], now)));
    }

    #[test]
    fn a_refusal_is_remembered_for_ten_seconds() {
        let (mut kept, asked) = (Kept::new(), Instant::now());
        fill(&kept.slot(NAME, asked), Known::refused(asked));
        assert!(kept.slot(NAME, asked + REFUSAL - MOMENT).get().is_some_and(|known| known.outcome.is_err()));
        assert!(kept.slot(NAME, asked + REFUSAL).get().is_none());
    }

    #[test]
    fn a_token_that_the_api_refuses_is_got_anew_once_in_ten_seconds() {
        let (mut kept, now) = (Kept::new(), Instant::now());
        let [first, second, third] = [token(), token(), token()];
        let put = |kept: &mut Kept, token: &Arc<[Credential]>, now| {
            fill(&kept.slot(NAME, now), Known::good(Arc::clone(token), now, 600 * SECOND));
        };
        put(&mut kept, &first, now);
        assert!(kept.refused(&NAME, &first, now), "once");
        assert!(kept.refused(&NAME, &first, now), "another one is on its way");
        put(&mut kept, &second, now);
        assert!(kept.refused(&NAME, &first, now), "another one came since");
        assert!(!kept.refused(&NAME, &second, now + ANEW - MOMENT), "twice");
        assert!(kept.slot(NAME, now).get().is_some(), "it stays");
        assert!(kept.refused(&NAME, &second, now + ANEW));
        put(&mut kept, &third, now + ANEW);
        assert!(!kept.refused(&NAME, &third, now + ANEW));
    }

    #[test]
    fn the_room_for_tokens_is_bounded() {
        let (mut kept, now) = (Kept::new(), Instant::now());
        for number in 0..MOST + 1000 {
            let mut name = [0; 32];
            name[..8].copy_from_slice(&number.to_be_bytes());
            kept.slot(name, now);
        }
        assert!(kept.0.len() <= MOST, "{}", kept.0.len());
    }
}
