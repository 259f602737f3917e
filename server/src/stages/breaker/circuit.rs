//! The rule: it opens when half of at least twenty calls of the last ten seconds failed, or when connections fail in a
//! row. A count of failures in a row would not do for the calls themselves: of a hundred thousand with one in ten
//! failing, five in a row are certain to be met.

use std::time::Duration;

use tokio::time::Instant;

use super::Settings;

/// The window is this many slots of a second.
const SLOTS: usize = 10;
/// Fewer calls in the window say nothing.
const ENOUGH: u32 = 20;
/// Calls are never refused for longer, unless the settings say so.
const LONGEST: Duration = Duration::from_secs(60);

/// Whether a call is let through.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Admission {
    /// As always.
    Free,
    /// To find out whether the API is back.
    Probe,
    /// Not now.
    Refused {
        /// When it is worth coming again.
        retry_after: Duration,
    },
}

/// What a call that was let through says of the API.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Judgement {
    /// It lives.
    Answered,
    /// It fails.
    Failed,
    /// It cannot even be connected to.
    Unconnected,
    /// Nothing at all.
    Nothing,
}

/// The state of the circuit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// Calls go through.
    Closed,
    /// Calls are refused.
    Open,
    /// One call at a time goes through.
    HalfOpen,
}

impl State {
    /// The state in a word, for logs and metrics.
    pub fn word(self) -> &'static str {
        match self {
            Self::Closed => "closed",
            Self::Open => "open",
            Self::HalfOpen => "half_open",
        }
    }
}

#[derive(Clone, Copy, Debug, Default)]
struct Slot {
    calls: u32,
    failures: u32,
}

/// A circuit; every method is given the time.
#[derive(Debug)]
pub struct Circuit {
    settings: Settings,
    state: State,
    start: Instant,
    /// The second, counted from the start, that the newest slot is about.
    second: u64,
    slots: [Slot; SLOTS],
    unconnected: usize,
    /// Until when calls are refused.
    until: Instant,
    /// How long they are refused the next time.
    pause: Duration,
    is_probing: bool,
}

impl Circuit {
    /// A closed circuit.
    pub fn new(settings: Settings, now: Instant) -> Self {
        Self {
            settings,
            state: State::Closed,
            start: now,
            second: 0,
            slots: [Slot::default(); SLOTS],
            unconnected: 0,
            until: now,
            pause: settings.recovery,
            is_probing: false,
        }
    }

    /// The state.
    pub fn state(&self) -> State {
        self.state
    }

    /// Whether a call goes through now. What was let through must be told to [`Circuit::record`].
    pub fn admit(&mut self, now: Instant) -> Admission {
        if self.state == State::Open && now >= self.until {
            self.state = State::HalfOpen;
        }
        match self.state {
            State::Closed => Admission::Free,
            State::HalfOpen if !self.is_probing => {
                self.is_probing = true;
                Admission::Probe
            }
            // How long the probe takes is not known; a second is worth the wait.
            State::HalfOpen => Admission::Refused { retry_after: Duration::from_secs(1) },
            State::Open => Admission::Refused { retry_after: self.until.saturating_duration_since(now) },
        }
    }

    /// Counts what a call says. `part` from 0 to 1 spreads the times at which several servers come back. Gives the new
    /// state, if it changed.
    pub fn record(&mut self, judgement: Judgement, is_probe: bool, now: Instant, part: f64) -> Option<State> {
        if is_probe {
            self.is_probing = false;
            return match judgement {
                Judgement::Answered => Some(self.close()),
                Judgement::Failed | Judgement::Unconnected => Some(self.open(now, part)),
                Judgement::Nothing => None,
            };
        }
        // What was let through before the circuit opened says nothing new.
        if self.state != State::Closed || judgement == Judgement::Nothing {
            return None;
        }
        self.turn_to(now);
        let slot = &mut self.slots[0];
        slot.calls += 1;
        slot.failures += u32::from(judgement != Judgement::Answered);
        self.unconnected = if judgement == Judgement::Unconnected { self.unconnected + 1 } else { 0 };
        (self.is_failing() || self.unconnected >= self.settings.connect_failures)
            .then(|| self.open(now, part))
    }

    fn is_failing(&self) -> bool {
        let calls: u32 = self.slots.iter().map(|slot| slot.calls).sum();
        let failures: u32 = self.slots.iter().map(|slot| slot.failures).sum();
        calls >= ENOUGH && failures * 2 >= calls
    }

    /// Makes the first slot that of the present second.
    fn turn_to(&mut self, now: Instant) {
        let second = now.saturating_duration_since(self.start).as_secs();
        let passed = usize::try_from(second.saturating_sub(self.second)).unwrap_or(SLOTS).min(SLOTS);
        self.slots.rotate_right(passed);
        self.slots[..passed].fill(Slot::default());
        self.second = self.second.max(second);
    }

    fn open(&mut self, now: Instant, part: f64) -> State {
        // Between the pause and a fifth more.
        self.until = now + self.pause.mul_f64(1.0 + part.clamp(0.0, 1.0) / 5.0);
        self.pause = (self.pause * 2).min(LONGEST.max(self.settings.recovery));
        self.state = State::Open;
        self.state
    }

    fn close(&mut self) -> State {
        self.slots = [Slot::default(); SLOTS];
        self.unconnected = 0;
        self.pause = self.settings.recovery;
        self.state = State::Closed;
        self.state
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const RECOVERY: Duration = Duration::from_secs(5);

    fn circuit() -> (Circuit, Instant) {
        let now = Instant::now();
        (Circuit::new(Settings { connect_failures: 3, recovery: RECOVERY }, now), now)
    }

    /// Calls in turn at one time, as these judgements say.
    fn calls(circuit: &mut Circuit, now: Instant, judgements: &[(Judgement, usize)]) {
        for (judgement, count) in judgements {
            for _ in 0..*count {
                circuit.record(*judgement, false, now, 0.0);
            }
        }
    }

    #[test]
    fn half_of_twenty_calls_open_it_and_fewer_do_not() {
        let (mut it, now) = circuit();
        calls(&mut it, now, &[(Judgement::Failed, 19)]);
        assert_eq!(it.state(), State::Closed, "nineteen calls are not enough");
        calls(&mut it, now, &[(Judgement::Failed, 1)]);
        assert_eq!(it.state(), State::Open);
        let (mut it, now) = circuit();
        calls(&mut it, now, &[(Judgement::Answered, 11), (Judgement::Failed, 10)]);
        assert_eq!(it.state(), State::Closed, "ten of twenty-one are less than half");
        calls(&mut it, now, &[(Judgement::Failed, 1)]);
        assert_eq!(it.state(), State::Open);
    }

    #[test]
    fn what_is_older_than_ten_seconds_counts_no_more() {
        let (mut it, now) = circuit();
        calls(&mut it, now, &[(Judgement::Failed, 19)]);
        calls(&mut it, now + Duration::from_secs(10), &[(Judgement::Failed, 19)]);
        assert_eq!(it.state(), State::Closed);
        calls(&mut it, now + Duration::from_millis(19_999), &[(Judgement::Failed, 1)]);
        assert_eq!(it.state(), State::Open);
    }

    #[test]
    fn one_in_ten_failing_never_opens_it() {
        let (mut it, now) = circuit();
        for index in 0..100_000_u32 {
            let judgement = if index % 10 == 0 { Judgement::Failed } else { Judgement::Answered };
            it.record(judgement, false, now + Duration::from_millis(5) * index, 0.0);
        }
        assert_eq!(it.state(), State::Closed);
    }

    #[test]
    fn connections_that_fail_in_a_row_open_it_at_once() {
        let (mut it, now) = circuit();
        calls(
            &mut it,
            now,
            &[(Judgement::Unconnected, 2), (Judgement::Failed, 1), (Judgement::Unconnected, 2)],
        );
        assert_eq!(it.state(), State::Closed, "not in a row");
        calls(&mut it, now, &[(Judgement::Unconnected, 1)]);
        assert_eq!(it.state(), State::Open);
    }

    #[test]
    fn t39_one_call_at_a_time_finds_out() {
        let (mut it, now) = circuit();
        calls(&mut it, now, &[(Judgement::Unconnected, 3)]);
        assert_eq!(it.admit(now), Admission::Refused { retry_after: RECOVERY });
        let later = now + RECOVERY;
        assert_eq!(it.admit(later), Admission::Probe);
        for _ in 0..50 {
            assert!(matches!(it.admit(later), Admission::Refused { .. }));
        }
        assert_eq!(it.record(Judgement::Answered, true, later, 0.0), Some(State::Closed));
        assert_eq!(it.admit(later), Admission::Free);
    }

    #[test]
    fn t39_a_probe_that_fails_doubles_the_pause_up_to_a_minute() {
        let (mut it, mut now) = circuit();
        calls(&mut it, now, &[(Judgement::Unconnected, 3)]);
        for seconds in [5, 10, 20, 40, 60, 60] {
            let pause = Duration::from_secs(seconds);
            assert_eq!(it.admit(now), Admission::Refused { retry_after: pause });
            assert!(matches!(it.admit(now + pause - Duration::from_millis(1)), Admission::Refused { .. }));
            now += pause;
            assert_eq!(it.admit(now), Admission::Probe);
            assert_eq!(it.record(Judgement::Failed, true, now, 0.0), Some(State::Open));
        }
        // Once it has closed, it begins anew.
        now += Duration::from_secs(60);
        assert_eq!(it.admit(now), Admission::Probe);
        it.record(Judgement::Answered, true, now, 0.0);
        calls(&mut it, now, &[(Judgement::Unconnected, 3)]);
        assert_eq!(it.admit(now), Admission::Refused { retry_after: RECOVERY });
    }

    #[test]
    fn t39_a_probe_that_nobody_waits_for_makes_room_for_the_next() {
        let (mut it, now) = circuit();
        calls(&mut it, now, &[(Judgement::Unconnected, 3)]);
        let later = now + RECOVERY;
        assert_eq!(it.admit(later), Admission::Probe);
        assert_eq!(it.record(Judgement::Nothing, true, later, 0.0), None);
        assert_eq!(it.state(), State::HalfOpen);
        assert_eq!(it.admit(later), Admission::Probe);
    }

    #[test]
    fn late_answers_of_calls_let_through_before_do_not_close_it() {
        let (mut it, now) = circuit();
        calls(&mut it, now, &[(Judgement::Unconnected, 3), (Judgement::Answered, 5)]);
        assert_eq!(it.state(), State::Open);
    }

    #[test]
    fn the_pause_is_spread_by_a_fifth() {
        let (mut it, now) = circuit();
        for _ in 0..3 {
            it.record(Judgement::Unconnected, false, now, 1.0);
        }
        assert_eq!(it.admit(now), Admission::Refused { retry_after: Duration::from_secs(6) });
    }
}
