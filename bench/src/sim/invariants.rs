//! What must hold, whatever happens; every event is told here, and what breaks a rule is remembered.

use std::collections::{HashMap, HashSet};

use serde_json::Value;

use super::plan::Wish;

/// What a caller of a change may conclude from what it was told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Told {
    Done,
    NotSent,
    Perhaps,
}

#[derive(Debug, Default)]
pub(super) struct Invariants {
    pub(super) broken: Vec<String>,
    /// How often each change was made.
    made: HashMap<String, usize>,
    /// Changes of which a caller may think that something was sent.
    perhaps: HashSet<String>,
    /// The state of each place that callers know of.
    known: HashMap<usize, u64>,
    called: Vec<String>,
    is_open: bool,
    pub(super) openings: usize,
    /// Requests at the API that were let through since the circuit opened.
    probing: usize,
}

impl Invariants {
    /// Something that must be so.
    pub(super) fn holds(&mut self, holds: bool, otherwise: impl FnOnce() -> String) {
        if !holds {
            self.broken.push(otherwise());
        }
    }

    /// A request arrives. Gives whether it is a probe, which must be told to [`Invariants::probed`].
    pub(super) fn arrived(&mut self, request_id: &str, is_change: bool, is_recorded: bool) -> bool {
        self.holds(!is_change || is_recorded, || {
            format!("{request_id} was sent before its intent was on the record")
        });
        if self.is_open {
            self.probing += 1;
            let probing = self.probing;
            self.holds(probing == 1, || format!("{request_id} is probe number {probing} at the same time"));
        }
        self.is_open
    }

    /// A probe has ended.
    pub(super) fn probed(&mut self) {
        self.probing = self.probing.saturating_sub(1);
    }

    /// The circuit has another state.
    pub(super) fn circuit(&mut self, state: &str) {
        self.is_open = state != "closed";
        self.openings += usize::from(state == "open");
    }

    /// The process is gone, and its circuit and all that was under way with it.
    pub(super) fn crashed(&mut self) {
        (self.is_open, self.probing) = (false, 0);
        self.perhaps.extend(self.made.keys().cloned());
        self.called.clear();
    }

    /// The API makes a change.
    pub(super) fn made(&mut self, marker: &str) {
        let times = self.made.entry(marker.to_owned()).or_default();
        *times += 1;
        let times = *times;
        self.holds(times == 1, || format!("change {marker} was made {times} times"));
    }

    /// How many changes the API made.
    pub(super) fn changes(&self) -> usize {
        self.made.values().sum()
    }

    /// A call begins.
    pub(super) fn called(&mut self, wish: &Wish) {
        self.called.push(wish.request_id.clone());
    }

    /// A caller of a change was told this, or gave up.
    pub(super) fn told(&mut self, marker: &str, told: Told) {
        let times = self.made.get(marker).copied().unwrap_or(0);
        self.holds(told != Told::Done || times > 0, || {
            format!("change {marker} was told to be made and was not")
        });
        if told != Told::NotSent {
            self.perhaps.insert(marker.to_owned());
        }
    }

    /// The state of a place that some caller knows of.
    pub(super) fn acknowledged(&self, place: usize) -> u64 {
        self.known.get(&place).copied().unwrap_or(0)
    }

    /// A caller learns of the state that its change made.
    pub(super) fn acknowledge(&mut self, place: usize, reply: Option<&Value>) {
        let state = reply.and_then(|reply| reply["state"].as_u64()).unwrap_or(0);
        let known = self.known.entry(place).or_default();
        *known = (*known).max(state);
    }

    /// A read that began when `acknowledged` was known is answered.
    pub(super) fn read(&mut self, place: usize, acknowledged: u64, reply: Option<&Value>) {
        let (found, state) =
            reply.map_or((None, None), |reply| (reply["place"].as_u64(), reply["state"].as_u64()));
        self.holds(found == Some(place as u64), || format!("a read of place {place} got {reply:?}"));
        self.holds(state.is_some_and(|state| state >= acknowledged), || {
            format!("a read of place {place} got {reply:?}, older than state {acknowledged}")
        });
    }

    /// All calls have ended, and the journal holds these records: one outcome for each call.
    pub(super) fn recorded(&mut self, records: &[Value]) {
        let mut outcomes: HashMap<&str, usize> = HashMap::new();
        for record in records.iter().filter(|record| record["kind"] == "outcome") {
            *outcomes.entry(record["request_id"].as_str().unwrap_or_default()).or_default() += 1;
        }
        for request_id in std::mem::take(&mut self.called) {
            let times = outcomes.get(request_id.as_str()).copied().unwrap_or(0);
            self.holds(times == 1, || format!("{request_id} has {times} outcomes on the record"));
        }
        let silent: Vec<String> =
            self.made.keys().filter(|marker| !self.perhaps.contains(*marker)).cloned().collect();
        for marker in silent {
            self.holds(false, || {
                format!("change {marker} was made, and everybody was told that nothing was sent")
            });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    /// What is broken after this.
    fn broken(events: impl FnOnce(&mut Invariants)) -> Vec<String> {
        let mut invariants = Invariants::default();
        events(&mut invariants);
        invariants.broken
    }

    #[test]
    fn a_change_is_made_once() {
        assert!(broken(|it| it.made("a")).is_empty());
        assert_eq!(broken(|it| (0..2).for_each(|_| it.made("a"))), ["change a was made 2 times"]);
    }

    #[test]
    fn a_change_is_on_the_record_before_it_is_sent_and_a_read_need_not_be() {
        assert!(broken(|it| _ = it.arrived("r", true, true)).is_empty());
        assert!(broken(|it| _ = it.arrived("r", false, false)).is_empty());
        assert_eq!(broken(|it| _ = it.arrived("r", true, false)).len(), 1);
    }

    #[test]
    fn one_request_at_a_time_finds_out() {
        let probe = |it: &mut Invariants| it.arrived("r", false, true);
        assert!(broken(|it| _ = (probe(it), probe(it))).is_empty(), "the circuit is closed");
        let one_by_one = |it: &mut Invariants| {
            it.circuit("open");
            assert!(probe(it));
            it.probed();
            assert!(probe(it));
        };
        assert!(broken(one_by_one).is_empty());
        let two = |it: &mut Invariants| {
            it.circuit("open");
            _ = (probe(it), probe(it));
        };
        assert_eq!(broken(two).len(), 1);
    }

    #[test]
    fn a_caller_is_told_what_is_true() {
        assert_eq!(broken(|it| it.told("a", Told::Done)).len(), 1);
        let made = |told| {
            broken(|it| {
                it.made("a");
                it.told("a", told);
                it.recorded(&[]);
            })
        };
        assert!(made(Told::Done).is_empty() && made(Told::Perhaps).is_empty());
        assert_eq!(made(Told::NotSent).len(), 1);
    }

    #[test]
    fn a_read_is_of_its_place_and_no_older_than_what_was_known() {
        let read = |place: u64, state: u64| {
            broken(|it| {
                it.acknowledge(1, Some(&json!({ "state": 4 })));
                let known = it.acknowledged(1);
                it.read(1, known, Some(&json!({ "place": place, "state": state })));
            })
        };
        assert!(read(1, 4).is_empty() && read(1, 5).is_empty());
        assert_eq!(read(1, 3).len(), 1);
        assert_eq!(read(2, 4).len(), 1);
    }

    #[test]
    fn each_call_has_one_outcome_on_the_record() {
        let outcome = || json!({ "kind": "outcome", "request_id": "r1" });
        let with = |records: &[Value]| {
            broken(|it| {
                it.called.push("r1".to_owned());
                it.recorded(records);
            })
        };
        assert!(with(&[json!({ "kind": "intent", "request_id": "r1" }), outcome()]).is_empty());
        assert_eq!(with(&[]).len(), 1);
        assert_eq!(with(&[outcome(), outcome()]).len(), 1);
    }
}
