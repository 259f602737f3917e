//! A flood of refusals, bounded: of those alike so many a minute are recorded whole, the others are counted, and the count is
//! recorded. Nothing that has an intent on the record is ever summed up, since its end would be missing.

use std::collections::HashMap;
use std::time::{Duration, SystemTime};

use super::entry::{Entry, Event, Subject};
use crate::call::Caller;
use crate::catalog::Effect;
use crate::quota::Rate;

/// How long refusals are counted before the count is recorded.
const INTERVAL: Duration = Duration::from_secs(60);

/// How a change ends that was refused before its intent was recorded. That it could not be recorded is none of them: its
/// intent may be on the disk all the same, after its time.
const BEFORE_INTENT: [&str; 12] = [
    "insufficient_scope",
    "denied",
    "arguments",
    "limited",
    "unconfirmed",
    "unasked",
    "unwanted",
    "unanswered",
    "unsealed",
    "key_taken",
    "repeated",
    "outcome_unknown",
];

/// How many kinds of refusals are told apart. Kinds beyond are recorded whole: each takes a caller whom somebody vouches for.
const MOST: usize = 10_000;

/// Refusals are alike when they are of one caller and of one kind.
type Kind = (Caller, &'static str);

/// The refusals of late.
pub(super) struct Flood {
    rate: Rate,
    alike: HashMap<Kind, Alike>,
}

/// Refusals that are alike.
struct Alike {
    /// When as many as at first may be recorded whole again.
    whole: Duration,
    counted: Option<Counted>,
}

struct Counted {
    count: u64,
    /// When the first was counted, on both clocks.
    begun: Duration,
    since: SystemTime,
}

impl Flood {
    /// So many that are alike are recorded whole in a minute.
    pub(super) fn new(per_minute: usize) -> Self {
        Self { rate: Rate::per_minute(per_minute, per_minute), alike: HashMap::new() }
    }

    /// Whether an entry is to be recorded whole; else it is counted.
    pub(super) fn passes(&mut self, entry: &Entry, now: Duration, time: SystemTime) -> bool {
        let Some(kind) = kind(entry) else { return true };
        if self.alike.len() >= MOST && !self.alike.contains_key(&kind) {
            // Those that are over tell nothing any more.
            self.alike.retain(|_, alike| alike.counted.is_some() || now < alike.whole);
            if self.alike.len() >= MOST {
                return true;
            }
        }
        let alike = self.alike.entry(kind).or_insert(Alike { whole: Duration::ZERO, counted: None });
        let charged = self.rate.charge(alike.whole, 1, now);
        match charged {
            Ok(after) => alike.whole = after,
            Err(_) => {
                let first = || Counted { count: 0, begun: now, since: time };
                alike.counted.get_or_insert_with(first).count += 1;
            }
        }
        charged.is_ok()
    }

    /// When the next count is due.
    pub(super) fn next(&self) -> Option<Duration> {
        self.alike.values().filter_map(|alike| Some(alike.counted.as_ref()?.begun + INTERVAL)).min()
    }

    /// The counts that are due, or all of them at the end.
    pub(super) fn due(&mut self, now: Duration, is_over: bool) -> Vec<Entry> {
        let is_due = |counted: &mut Counted| is_over || now >= counted.begun + INTERVAL;
        let due = self.alike.iter_mut().filter_map(|((caller, outcome), alike)| {
            let Counted { count, since, .. } = alike.counted.take_if(is_due)?;
            let event = Event::Refusals { caller: caller.clone(), outcome, count, since };
            Some(Entry { event, subject: None })
        });
        due.collect()
    }
}

/// Of which kind a refusal is; `None` when it is none, or must be recorded whole.
fn kind(entry: &Entry) -> Option<Kind> {
    let (caller, effect, outcome) = match (&entry.event, &entry.subject) {
        // Nobody knows who it was, so all who are kept out for one reason are alike.
        (Event::Denied { outcome, .. }, _) => return Some((Caller::Anonymous, outcome)),
        (Event::Outcome { outcome, sent: false, .. }, Some(Subject { caller, effect, .. })) => {
            (caller, *effect, *outcome)
        }
        _ => return None,
    };
    let is_refusal = outcome != "answered" && (effect == Effect::Read || BEFORE_INTENT.contains(&outcome));
    is_refusal.then(|| (caller.clone(), outcome))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::identity::{Identity, Principal};

    const TIME: SystemTime = SystemTime::UNIX_EPOCH;

    fn ended(outcome: &'static str, effect: Effect, sent: bool) -> Entry {
        let event = Event::Outcome { outcome, status: None, sent, milliseconds: 0, arguments: None };
        of(Caller::LocalOwner, event, effect)
    }

    fn of(caller: Caller, event: Event, effect: Effect) -> Entry {
        let request_id = "r".to_owned();
        let subject = Subject { tool: "deploy", effect, caller, request_id, trace_id: None };
        Entry { event, subject: Some(subject) }
    }

    fn count(entries: &[Entry]) -> u64 {
        let of = |entry: &Entry| match entry.event {
            Event::Refusals { count, .. } => count,
            _ => panic!("{entry:?}"),
        };
        entries.iter().map(of).sum()
    }

    #[test]
    fn t_53_one_refusal_above_the_rate_is_counted_and_told_when_its_time_has_come() {
        let (mut flood, now) = (Flood::new(60), Duration::from_secs(5));
        let limited = ended("limited", Effect::Write, false);
        assert!((0..60).all(|_| flood.passes(&limited, now, TIME)));
        assert_eq!(flood.next(), None);
        assert!(!flood.passes(&limited, now, TIME));
        assert!(flood.passes(&ended("busy", Effect::Read, false), now, TIME), "another kind");
        assert_eq!(flood.next(), Some(now + INTERVAL));
        assert_eq!(flood.due(now + INTERVAL - Duration::from_nanos(1), false), []);
        let told = flood.due(now + INTERVAL, false);
        let event = Event::Refusals { caller: Caller::LocalOwner, outcome: "limited", count: 1, since: TIME };
        assert_eq!(told, [Entry { event, subject: None }]);
        assert_eq!((flood.next(), flood.due(now + INTERVAL, true)), (None, Vec::new()), "told once");
        assert!(flood.passes(&limited, now + Duration::from_secs(1), TIME), "the rate goes on");
    }

    #[test]
    fn t_53_no_refusal_is_lost_and_an_hour_of_them_is_few_records() {
        let mut flood = Flood::new(60);
        let (mut whole, mut told) = (0, Vec::new());
        for number in 0..360_000u32 {
            let now = Duration::from_millis(10) * number;
            let outcome = ["limited", "arguments", "unsealed"][number as usize % 3];
            whole += u64::from(flood.passes(&ended(outcome, Effect::Write, false), now, TIME));
            told.extend(flood.due(now, false));
        }
        told.extend(flood.due(Duration::from_secs(3600), true));
        assert_eq!(whole + count(&told), 360_000);
        let records = whole + told.len() as u64;
        assert!(records <= 3 * (60 * 61 + 60), "{records}");
    }

    #[test]
    fn t_53_refusals_of_more_callers_than_have_room_are_whole_and_room_is_made_again() {
        let (mut flood, now) = (Flood::new(1), Duration::from_secs(5));
        let refused = |subject: usize| {
            let identity = Identity { subject: subject.to_string(), ..Identity::default() };
            let event = Event::Outcome {
                outcome: "busy",
                status: None,
                sent: false,
                milliseconds: 0,
                arguments: None,
            };
            of(Caller::Known(Principal::new(identity).into()), event, Effect::Read)
        };
        assert!((0..MOST).all(|subject| flood.passes(&refused(subject), now, TIME)));
        assert!(!flood.passes(&refused(0), now, TIME), "the second of one");
        assert!((0..2).all(|_| flood.passes(&refused(MOST), now, TIME)), "one above the room");
        let later = now + INTERVAL;
        assert!(flood.passes(&refused(MOST), later, TIME) && !flood.passes(&refused(MOST), later, TIME));
        assert_eq!(flood.alike.len(), 2, "the one that is counted, and the new one");
        assert_eq!(count(&flood.due(later, true)), 2);
    }

    #[test]
    fn t_21_those_who_are_kept_out_are_counted_as_one() {
        let (mut flood, now) = (Flood::new(1), Duration::from_secs(5));
        let denied = |request: u32| {
            let (request_id, address) = (request.to_string(), Some([192, 0, 2, request as u8].into()));
            Entry { event: Event::Denied { outcome: "expired", request_id, address }, subject: None }
        };
        assert!(flood.passes(&denied(0), now, TIME));
        assert!((1..100).all(|request| !flood.passes(&denied(request), now, TIME)));
        let event = Event::Refusals { caller: Caller::Anonymous, outcome: "expired", count: 99, since: TIME };
        assert_eq!(flood.due(now, true), [Entry { event, subject: None }]);
    }

    #[test]
    fn what_was_sent_answered_or_intended_is_always_whole() {
        let mut flood = Flood::new(1);
        for entry in [
            ended("answered", Effect::Read, false),
            ended("refused", Effect::Read, true),
            ended("interrupted", Effect::Write, true),
            ended("unreachable", Effect::Write, false),
            ended("unavailable", Effect::Destroy, false),
            ended("busy", Effect::Write, false),
            ended("cancelled", Effect::Write, false),
            ended("unrecorded", Effect::Write, false),
            Entry { event: Event::Stop, subject: None },
        ] {
            assert!((0..3).all(|_| flood.passes(&entry, Duration::ZERO, TIME)), "{entry:?}");
        }
        assert_eq!(flood.due(INTERVAL, true), []);
    }
}
