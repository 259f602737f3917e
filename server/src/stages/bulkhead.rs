//! Bounds how many requests are at the API at once, how many of them are changes, and how many are one caller's: however many
//! slow changes are asked for, reads get through, and however much one caller asks for, others do. A few calls may wait for a
//! moment; the others are told to come again.

mod room;

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::time::timeout;

use super::{Going, Next, Outcome};
use crate::call::{Call, CallError};
use crate::catalog::Effect;
use crate::metrics::Metrics;
use room::{Room, Turn};

/// How long a call waits for its turn at most, and when it is worth coming again.
const PATIENCE: Duration = Duration::from_secs(1);

/// How much may be asked of the API at once.
#[derive(Clone, Copy, Debug)]
pub struct Settings {
    /// Requests; half of them may be changes.
    pub requests: usize,
    /// Requests of one caller, half of them changes; zero stands for all that may be made.
    pub caller_requests: usize,
    /// Calls that may wait for their turn; of one caller as large a part as of the requests.
    pub waiting: usize,
}

/// Sixty-four requests, and twice as many that wait.
impl Default for Settings {
    fn default() -> Self {
        Self { requests: 64, caller_requests: 0, waiting: 128 }
    }
}

impl Settings {
    /// The same for one caller, unless one may have everything.
    fn of_caller(self) -> Option<Self> {
        let requests = self.caller_requests;
        let waiting = self.waiting * requests / self.requests.max(1);
        (0 < requests && requests < self.requests).then_some(Self { requests, waiting, ..self })
    }
}

/// What the stage holds.
#[derive(Debug)]
pub struct Options {
    common: Room,
    caller: Option<Settings>,
    /// The rooms of those who are at the API or wait for it.
    callers: Mutex<HashMap<Box<str>, Arc<Room>>>,
}

impl Options {
    /// Room for as many as the settings say; one change at least.
    pub fn new(settings: Settings) -> Self {
        Self { common: Room::new(settings), caller: settings.of_caller(), callers: Mutex::default() }
    }

    /// A turn, at once or after a short wait; `None` when there is none. The caller's own comes first, so that those of its
    /// calls that wait for each other take no place from anybody else.
    async fn turn(&self, caller: &str, effect: Effect, metrics: &Metrics) -> Option<Turns<'_>> {
        let visit = self.caller.map(|settings| Visit::begin(&self.callers, caller, settings));
        let is_change = effect != Effect::Read;
        let taken = async {
            let own = match &visit {
                Some(visit) => Some(visit.room.turn(is_change, metrics).await?),
                None => None,
            };
            Some((own, self.common.turn(is_change, metrics).await?))
        };
        let (own, common) = timeout(PATIENCE, taken).await.ok().flatten()?;
        Some(Turns { _common: common, _own: own, _visit: visit })
    }
}

/// Makes the call when it is its turn.
pub fn bulkhead<'a>(options: &'a Options, call: Call, next: &'a Next) -> Going<'a> {
    Box::pin(in_turn(options, call, next))
}

async fn in_turn(options: &Options, call: Call, next: &Next) -> Outcome {
    let turn = options.turn(call.caller.key(), call.tool.effect, &call.metrics).await;
    let _turn = turn.ok_or(CallError::Busy { retry_after: PATIENCE })?;
    next.run(call).await
}

/// The right to make one request, for as long as this lives. Given back from the first to the last.
struct Turns<'o> {
    _common: Turn,
    _own: Option<Turn>,
    _visit: Option<Visit<'o>>,
}

/// A call of a caller; with the last of them the caller's room is forgotten, so that there are never more rooms than calls.
struct Visit<'o> {
    callers: &'o Mutex<HashMap<Box<str>, Arc<Room>>>,
    caller: Box<str>,
    room: Arc<Room>,
}

impl<'o> Visit<'o> {
    fn begin(callers: &'o Mutex<HashMap<Box<str>, Arc<Room>>>, caller: &str, settings: Settings) -> Self {
        let mut rooms = callers.lock().unwrap_or_else(PoisonError::into_inner);
        let room = match rooms.get(caller) {
            Some(room) => Arc::clone(room),
            None => Arc::clone(rooms.entry(caller.into()).or_insert_with(|| Arc::new(Room::new(settings)))),
        };
        drop(rooms);
        Self { callers, caller: caller.into(), room }
    }
}

impl Drop for Visit<'_> {
    fn drop(&mut self) {
        let mut rooms = self.callers.lock().unwrap_or_else(PoisonError::into_inner);
        // Ours and the table's; nobody gets another while the table is held.
        if Arc::strong_count(&self.room) == 2 {
            rooms.remove(&self.caller);
        }
    }
}

#[cfg(test)]
mod tests {
    use tokio::time::Instant;

    use super::*;

    fn options(caller_requests: usize) -> Options {
        Options::new(Settings { requests: 64, caller_requests, waiting: 128 })
    }

    async fn turn<'o>(options: &'o Options, caller: &str, effect: Effect) -> Option<Turns<'o>> {
        options.turn(caller, effect, &Metrics::default()).await
    }

    #[tokio::test(start_paused = true)]
    async fn t_3c_five_hundred_slow_calls_of_one_caller_leave_the_calls_of_another_through() {
        let (options, begun) = (options(48), Instant::now());
        let flood = (0..500).map(|_| turn(&options, "flood", Effect::Write));
        let held: Vec<_> = futures_util::future::join_all(flood).await.into_iter().flatten().collect();
        assert_eq!(held.len(), 24, "half of what one caller may have");
        let reads = (0..500).map(|_| turn(&options, "flood", Effect::Read));
        let read: Vec<_> = futures_util::future::join_all(reads).await.into_iter().flatten().collect();
        assert_eq!(held.len() + read.len(), 48);
        assert_eq!(begun.elapsed(), 2 * PATIENCE, "those that waited, waited no longer");
        let begun = Instant::now();
        let mut others = Vec::new();
        for effect in [[Effect::Write; 8], [Effect::Read; 8]].concat() {
            others.push(turn(&options, "calm", effect).await.expect("a turn"));
        }
        assert_eq!(begun.elapsed(), Duration::ZERO, "at once");
        assert!(turn(&options, "calm", Effect::Read).await.is_none(), "all 64 are taken");
    }

    #[tokio::test(start_paused = true)]
    async fn t_3c_one_above_what_a_caller_may_have_waits_for_the_caller_only() {
        let options = options(2);
        let _held = (turn(&options, "a", Effect::Read).await, turn(&options, "a", Effect::Write).await);
        // Two of 64 may be at the API, so 4 of 128 may wait; the fifth hears it at once.
        let begun = Instant::now();
        let waiting = (0..5).map(|_| async {
            let turn = turn(&options, "a", Effect::Read).await;
            (turn.is_none(), begun.elapsed())
        });
        let told = futures_util::future::join_all(waiting).await;
        assert!(told.iter().all(|(refused, _)| *refused));
        assert_eq!(told.iter().filter(|(_, after)| *after == PATIENCE).count(), 4);
        assert_eq!(told.iter().filter(|(_, after)| after.is_zero()).count(), 1);
        assert!(turn(&options, "b", Effect::Read).await.is_some());
    }

    #[tokio::test(start_paused = true)]
    async fn t_3c_whoever_has_no_call_has_no_room() {
        let options = options(2);
        let names: Vec<String> = (0..50).map(|number| number.to_string()).collect();
        let turns =
            futures_util::future::join_all(names.iter().map(|name| turn(&options, name, Effect::Read)));
        let turns = turns.await;
        let rooms = || options.callers.lock().expect("not poisoned").len();
        assert_eq!(rooms(), 50);
        drop(turns);
        assert_eq!(rooms(), 0);
    }

    #[tokio::test(start_paused = true)]
    async fn one_caller_may_have_everything_unless_a_bound_is_named() {
        for caller_requests in [0, 64, 65] {
            let options = options(caller_requests);
            let all =
                futures_util::future::join_all((0..65).map(|_| turn(&options, "a", Effect::Read))).await;
            assert_eq!(all.into_iter().flatten().count(), 64, "{caller_requests}");
        }
    }
}
