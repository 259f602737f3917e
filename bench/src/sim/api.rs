//! The simulated API: it takes prepared calls instead of requests, and makes its changes even when nobody waits for the answer.

use std::collections::HashMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime};

use http::HeaderMap;
use serde_json::{Value, json};
use server::call::{Call, CallError, Reply};
use server::catalog::Effect;
use server::upstream::Freshness;
use tokio::time::{Instant, sleep};

use super::fate::{self, Fate, Outage};
use super::invariants::Invariants;
use super::{ATTEMPT, Outcome};

/// The API, and what is known of all that happens.
pub(super) struct Api {
    seed: u64,
    outage: Option<Outage>,
    state: Mutex<State>,
    invariants: Mutex<Invariants>,
}

#[derive(Default)]
struct State {
    /// The journal of whoever calls, and when that process began.
    caller: Option<(PathBuf, Instant)>,
    attempts: HashMap<String, usize>,
    /// How many changes each place has seen.
    places: HashMap<usize, u64>,
    requests: usize,
    history: Vec<String>,
}

/// What a request asks for.
#[derive(Clone)]
struct Asked {
    marker: String,
    place: usize,
    is_change: bool,
}

impl Api {
    pub(super) fn new(seed: u64) -> Self {
        Self { seed, outage: Outage::of(seed), state: Mutex::default(), invariants: Mutex::default() }
    }

    pub(super) fn invariants(&self) -> MutexGuard<'_, Invariants> {
        self.invariants.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A process with this journal calls from now on.
    pub(super) fn serve_from(&self, journal: &Path, now: Instant) {
        self.state().caller = Some((journal.to_owned(), now));
    }

    /// Writes down what happened, with the time since the process began.
    pub(super) fn note(&self, what: impl FnOnce() -> String) {
        let mut state = self.state();
        let at = state.caller.as_ref().map_or(Duration::ZERO, |(_, begun)| begun.elapsed());
        state.history.push(format!("{:8.3} {}", at.as_secs_f64(), what()));
    }

    pub(super) fn crashed(&self) {
        self.note(|| "the process crashed".to_owned());
        self.invariants().crashed();
    }

    pub(super) fn outcome(&self) -> Outcome {
        let (state, invariants) = (self.state(), self.invariants());
        Outcome {
            broken: invariants.broken.clone(),
            requests: state.requests,
            changes: invariants.changes(),
            openings: invariants.openings,
            history: state.history.clone(),
        }
    }

    /// One exchange, as the `upstream` stage would have it.
    pub(super) async fn exchange(self: Arc<Self>, call: Call) -> Result<Reply, CallError> {
        let asked = Asked::of(&call);
        let before = call.progress.sending();
        let (fate, [until_it_acts, until_it_answers]) = self.arrival(&asked);
        if matches!(fate, Fate::Refused | Fate::Unconnected) {
            sleep(until_it_acts.min(ATTEMPT / 2)).await;
            call.progress.restore(before);
            return Err(match fate {
                Fate::Refused => CallError::Unreachable { cause: "simulated".to_owned() },
                _ => CallError::TimedOut { after: ATTEMPT / 2, sent: before },
            });
        }
        let _probe = self.probe(&call, &asked);
        let acts = matches!(fate, Fate::Good | Fate::Broken | Fate::SilentlyDone | Fate::DoneUnavailable);
        // The API goes on with what it was asked, whoever waits.
        let api = Arc::clone(&self);
        let work = tokio::spawn(async move {
            sleep(until_it_acts).await;
            if acts { api.act(&asked) } else { Value::Null }
        });
        let content = work.await.unwrap_or_default();
        sleep(until_it_answers).await;
        answer(fate, content, &call).await
    }

    fn arrival(&self, asked: &Asked) -> (Fate, [Duration; 2]) {
        let mut state = self.state();
        let attempts = state.attempts.entry(asked.marker.clone()).or_default();
        let attempt = *attempts;
        *attempts += 1;
        state.requests += 1;
        let now = state.caller.as_ref().map_or(Duration::ZERO, |(_, begun)| begun.elapsed());
        drop(state);
        let (fate, times) = fate::of(self.seed, &asked.marker, attempt, self.outage.as_ref(), now);
        self.note(|| format!("request {} number {attempt}: {fate:?}, {times:?}", asked.marker));
        (fate, times)
    }

    /// Tells that a request has arrived; what is given tells that it has ended.
    fn probe<'a>(self: &'a Arc<Self>, call: &Call, asked: &Asked) -> Option<Probe<'a>> {
        let is_recorded = !asked.is_change || self.is_recorded(&call.request_id);
        let is_probe = self.invariants().arrived(&call.request_id, asked.is_change, is_recorded);
        is_probe.then_some(Probe(self))
    }

    /// Whether the intent of this request is in the caller's journal.
    fn is_recorded(&self, request_id: &str) -> bool {
        let Some((folder, _)) = self.state().caller.clone() else { return false };
        let text = fs::read_to_string(folder.join("audit-000001.jsonl")).unwrap_or_default();
        let named = format!("\"request_id\":\"{request_id}\"");
        text.lines().any(|line| line.contains("\"kind\":\"intent\"") && line.contains(&named))
    }

    /// Does what was asked, and gives what an answer would hold.
    fn act(&self, asked: &Asked) -> Value {
        let mut state = self.state();
        let place = state.places.entry(asked.place).or_default();
        *place += u64::from(asked.is_change);
        let content = json!({ "place": asked.place, "state": *place });
        drop(state);
        if asked.is_change {
            self.note(|| format!("change {} is made", asked.marker));
            self.invariants().made(&asked.marker);
        }
        content
    }
}

impl Asked {
    fn of(call: &Call) -> Self {
        let arguments = call.prepared.as_ref().map(|prepared| &prepared.arguments);
        let text = |name: &str| arguments.and_then(|arguments| arguments[name].as_str()).unwrap_or_default();
        let is_change = call.tool.effect != Effect::Read;
        let name = if is_change { "runtimeConfiguration" } else { "assignmentId" };
        let place = text("assignmentId").trim_start_matches('P').parse().unwrap_or(usize::MAX);
        Self { marker: text(name).to_owned(), place, is_change }
    }
}

/// What comes back once the API has acted, or not.
async fn answer(fate: Fate, content: Value, call: &Call) -> Result<Reply, CallError> {
    let refused = |status, retry_after| CallError::Refused { status, message: String::new(), retry_after };
    match fate {
        Fate::Silent | Fate::SilentlyDone => std::future::pending().await,
        Fate::Lost | Fate::Broken => Err(CallError::Interrupted { cause: "simulated".to_owned() }),
        Fate::Unavailable | Fate::DoneUnavailable => Err(refused(503, None)),
        Fate::TooMany => Err(refused(429, Some(Duration::from_secs(1)))),
        Fate::Conflict => Err(refused(409, None)),
        Fate::Good | Fate::Refused | Fate::Unconnected => {
            call.heard.set(Freshness::of(&HeaderMap::new(), SystemTime::UNIX_EPOCH));
            Ok(Reply::structured(content))
        }
    }
}

/// A request that was let through while the circuit was open.
struct Probe<'a>(&'a Arc<Api>);

impl Drop for Probe<'_> {
    fn drop(&mut self) {
        self.0.invariants().probed();
    }
}
