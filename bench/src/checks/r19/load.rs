//! The calls of the hour, and which of their failures are explained.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

use super::FAULTS;
use crate::client::{Answer, Client, Failure, ToolCall};
use crate::faults;
use crate::load::{Sample, open_loop};

/// Calls a second of the hour.
pub(super) const RATE: f64 = 50.0;
/// Who makes them.
pub(super) const CALLERS: usize = 4;
/// How many things are read whose answers are kept.
const THINGS: usize = 40;

/// What the calls and what happens besides share. Copies are handles of the same.
#[derive(Clone, Debug)]
pub(super) struct Shared(Arc<Mutex<State>>);

#[derive(Debug)]
struct State {
    client: Client,
    headers: Vec<String>,
    away: Vec<(Instant, Instant)>,
}

impl Shared {
    /// Calls by this client, of callers with these header lines.
    pub(super) fn new(client: Client, headers: &[String]) -> Self {
        let headers = headers.to_vec();
        Self(Arc::new(Mutex::new(State { client, headers, away: Vec::new() })))
    }

    /// The header line of the caller of this number.
    pub(super) fn headers(&self, number: usize) -> String {
        let state = self.state();
        state.headers[number % state.headers.len()].clone()
    }

    /// Replaces the header lines.
    pub(super) fn replace(&self, headers: &[String]) {
        self.state().headers = headers.to_vec();
    }

    /// Closes the connections that are kept.
    pub(super) fn leave(&self) {
        let mut state = self.state();
        state.client = state.client.anew();
    }

    /// Redis could not be used from then until then.
    pub(super) fn was_away(&self, from: Instant, until: Instant) {
        self.state().away.push((from, until));
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What callers were told.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Told {
    pub(super) calls: usize,
    pub(super) done: usize,
    pub(super) unexplained: usize,
}

/// Calls for so long.
pub(super) struct Load {
    shared: Shared,
    seed: u64,
    long: Duration,
    /// The number of the first.
    first: usize,
    /// Calls a second.
    rate: f64,
    /// Whether Redis may be late at any time: a short run is made on machines that have other work to do.
    is_patient: bool,
}

impl Load {
    /// From this number on, so that nothing is called twice.
    pub(super) fn new(shared: Shared, seed: u64, long: Duration, first: usize) -> Self {
        Self { shared, seed, long, first, rate: RATE, is_patient: false }
    }

    /// The same with so many calls a second.
    pub(super) fn at(self, rate: f64) -> Self {
        Self { rate, ..self }
    }

    /// The same where Redis may be late.
    pub(super) fn patient(self, is_patient: bool) -> Self {
        Self { is_patient, ..self }
    }

    /// Makes them all.
    pub(super) async fn run(self) -> Told {
        let calls = (self.rate * self.long.as_secs_f64()) as usize;
        let samples = open_loop("R19", self.rate, calls, |number| {
            let client = self.shared.state().client.clone();
            let (call, headers) = (call(self.first + number).0, self.shared.headers(number));
            async move { client.call_with(call, &headers).await }
        })
        .await;
        let mut told = Told { calls, ..Told::default() };
        for sample in &samples {
            told.done += usize::from(sample.outcome.is_done());
            if !sample.outcome.is_done() && !self.is_explained(sample) {
                if told.unexplained < 5 {
                    eprintln!("R19: {} was told {:?}", call(self.first + sample.number).1, sample.outcome);
                }
                told.unexplained += 1;
            }
        }
        told
    }

    /// A change whose request failed at the API may have been made, and without Redis none is. Reads have no reason to fail.
    fn is_explained(&self, sample: &Sample<Answer>) -> bool {
        let (call, marker) = call(self.first + sample.number);
        let is_change = call.tool == ToolCall::change("").tool;
        let failed_there = || faults::pick(faults::draw(self.seed, &marker, 0), FAULTS).is_some();
        let away = || {
            if self.is_patient {
                return true;
            }
            let state = self.shared.state();
            state.away.iter().any(|(from, until)| sample.ended() >= *from && sample.due <= *until)
        };
        is_change && (failed_there() || sample.outcome.failure() == Some(Failure::Unshared) && away())
    }
}

/// The call of this number, and its marker: four in five are reads whose answers are kept, one in twenty is a change.
fn call(number: usize) -> (ToolCall, String) {
    match number % 20 {
        0 => {
            let marker = format!("C{number}");
            (ToolCall::change(&marker), marker)
        }
        1..=3 => {
            let marker = format!("M{number}");
            (ToolCall::read(&marker), marker)
        }
        _ => {
            let marker = format!("K{}", number % THINGS);
            (ToolCall::kept_read(&marker), marker)
        }
    }
}
