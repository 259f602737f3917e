//! When which places were last touched. What was read before is not true any more; finding it on the shelf is not needed
//! for that, since whatever is kept bears the time at which it was asked for.

use std::collections::HashMap;

use super::place::Mark;

/// How many places are remembered.
const MOST: usize = 4096;

/// A point in the order of reads and changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Stamp(u64);

/// When which places were last touched, for so many places and no more.
pub(super) struct Forgotten {
    touched: HashMap<Mark, Stamp>,
    /// What was asked for before this is not believed, wherever it is.
    floor: Stamp,
    now: Stamp,
    most: usize,
}

impl Default for Forgotten {
    fn default() -> Self {
        Self::of(MOST)
    }
}

impl Forgotten {
    /// Remembers so many places.
    pub(super) fn of(most: usize) -> Self {
        Self { touched: HashMap::new(), floor: Stamp(0), now: Stamp(0), most }
    }

    /// What a read that begins now is stamped with.
    pub(super) fn now(&self) -> Stamp {
        self.now
    }

    /// Forgets all that was read of these places so far. When there is no room for another place, all of every place is
    /// forgotten instead.
    pub(super) fn forget(&mut self, marks: &[Mark]) {
        self.now = Stamp(self.now.0 + 1);
        let new = marks.iter().filter(|mark| !self.touched.contains_key(mark)).count();
        if self.touched.len() + new > self.most {
            self.touched.clear();
            self.floor = self.now;
            return;
        }
        self.touched.extend(marks.iter().map(|mark| (*mark, self.now)));
    }

    /// Whether none of these places was touched after a read that bears this stamp began.
    pub(super) fn is_true(&self, stamp: Stamp, marks: &[Mark]) -> bool {
        let is_before = |touched: &Stamp| *touched <= stamp;
        is_before(&self.floor) && marks.iter().filter_map(|mark| self.touched.get(mark)).all(is_before)
    }
}

#[cfg(test)]
mod tests {
    use super::Forgotten;

    #[test]
    fn what_was_read_before_a_change_is_forgotten_and_what_was_read_after_is_not() {
        let mut forgotten = Forgotten::of(4);
        let before = forgotten.now();
        assert!(forgotten.is_true(before, &[1, 2]));
        forgotten.forget(&[2]);
        let after = forgotten.now();
        assert!(!forgotten.is_true(before, &[1, 2]) && forgotten.is_true(before, &[1]));
        assert!(forgotten.is_true(after, &[1, 2]));
    }

    #[test]
    fn without_room_for_another_place_everything_is_forgotten() {
        let mut forgotten = Forgotten::of(4);
        forgotten.forget(&[1, 2, 3, 4]);
        forgotten.forget(&[1]);
        let before = forgotten.now();
        assert!(forgotten.is_true(before, &[9]), "four have room");
        forgotten.forget(&[5]);
        assert!(!forgotten.is_true(before, &[9]), "the fifth has none");
        assert!(forgotten.is_true(forgotten.now(), &[5, 9]));
        assert!(forgotten.touched.len() <= 4);
    }
}
