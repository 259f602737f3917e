//! Places that a change may still reach, since its answer never came: what is read there now may soon be untrue.

use std::collections::HashMap;

use tokio::time::Instant;

use super::place::Mark;

/// A change of another process: the process and the change.
pub(super) type Elsewhere = (u64, u64);

/// How many places are remembered; with more, every place is one.
const MOST: usize = 4096;

/// Until when nothing is kept of which places.
#[derive(Debug, Default)]
pub(super) struct Unsettled {
    until: HashMap<Mark, Instant>,
    /// What other processes change at the moment: where, and until when that is believed without a word of its end.
    elsewhere: HashMap<Elsewhere, (Vec<Mark>, Instant)>,
    /// Until when nothing is kept at all.
    everywhere: Option<Instant>,
}

impl Unsettled {
    /// Adds places; none is taken off before its time.
    pub(super) fn add(&mut self, marks: &[Mark], until: Instant) {
        if self.until.len() + marks.len() > MOST {
            self.everywhere = self.until.values().copied().chain([until]).chain(self.everywhere).max();
            self.until.clear();
            return;
        }
        for mark in marks {
            let known = self.until.entry(*mark).or_insert(until);
            *known = until.max(*known);
        }
    }

    /// Another process makes a change.
    pub(super) fn begin(&mut self, change: Elsewhere, marks: &[Mark], until: Instant) {
        if self.elsewhere.len() < MOST {
            self.elsewhere.insert(change, (marks.to_vec(), until));
        } else {
            self.everywhere = self.everywhere.max(Some(until));
        }
    }

    /// It has ended.
    pub(super) fn end(&mut self, change: Elsewhere) {
        self.elsewhere.remove(&change);
    }

    /// Whether what is read of these places may be kept.
    pub(super) fn allows(&mut self, marks: &[Mark], now: Instant) -> bool {
        self.until.retain(|_, until| *until > now);
        self.everywhere = self.everywhere.filter(|until| *until > now);
        self.elsewhere.retain(|_, (_, until)| *until > now);
        let mut changed = self.elsewhere.values().flat_map(|(marks, _)| marks);
        self.everywhere.is_none()
            && !marks.iter().any(|mark| self.until.contains_key(mark))
            && !changed.any(|mark| marks.contains(mark))
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn nothing_is_kept_of_a_place_until_its_time_is_over() {
        let (mut unsettled, now) = (Unsettled::default(), Instant::now());
        let until = now + Duration::from_secs(120);
        unsettled.add(&[1, 2], until);
        assert!(!unsettled.allows(&[2, 3], until - Duration::from_millis(1)) && unsettled.allows(&[3], now));
        assert!(unsettled.allows(&[2, 3], until));
    }

    #[test]
    fn t_31_nothing_is_kept_of_a_place_that_another_process_changes_until_it_says_so() {
        let (mut unsettled, now) = (Unsettled::default(), Instant::now());
        let until = now + Duration::from_secs(120);
        unsettled.begin((1, 1), &[1, 2], until);
        unsettled.begin((2, 1), &[2], until);
        assert!(!unsettled.allows(&[2, 3], now) && unsettled.allows(&[3], now));
        unsettled.end((1, 1));
        assert!(!unsettled.allows(&[2], now) && unsettled.allows(&[1], now));
        assert!(!unsettled.allows(&[2], until - Duration::from_millis(1)) && unsettled.allows(&[2], until));
        for change in 0..MOST as u64 {
            unsettled.begin((3, change), &[9], until);
        }
        assert!(unsettled.allows(&[1], now), "as many as are remembered");
        unsettled.begin((4, 0), &[9], until);
        assert!(!unsettled.allows(&[1], now));
    }

    #[test]
    fn with_more_places_than_are_remembered_nothing_is_kept_anywhere() {
        let (mut unsettled, now) = (Unsettled::default(), Instant::now());
        let until = now + Duration::from_secs(120);
        let marks: Vec<Mark> = (0..MOST as Mark).collect();
        unsettled.add(&marks, until);
        assert!(unsettled.allows(&[MOST as Mark], now), "as many as are remembered");
        unsettled.add(&[MOST as Mark], until);
        assert!(!unsettled.allows(&[MOST as Mark + 1], now));
        assert!(unsettled.allows(&[0], until));
    }
}
