//! What the stages cost: processor time of this process for calls through all of them, everything switched on, beside calls
//! that go straight to an API that answers at once.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use rustix::time::{ClockId, clock_gettime};
use serde_json::{Value, json};
use server::call::{Call, CallError, Caller, Reply};
use server::engine::{self, Engine};
use server::journal::{self, Journal};
use server::stages::{Next, quota};
use tokio::task::{JoinError, JoinSet};
use tower::service_fn;

use crate::client::{Steady, ToolCall};
use crate::scratch::Scratch;

/// What kind of call is made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A read of which no answer is kept.
    Read,
    /// A read whose answer is then kept.
    Miss,
    /// A read whose answer was kept.
    Hit,
    /// A change.
    Change,
}

impl Kind {
    /// Every kind.
    pub const ALL: [Self; 4] = [Self::Read, Self::Miss, Self::Hit, Self::Change];

    /// The kind in a word.
    pub fn word(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Miss => "miss",
            Self::Hit => "hit",
            Self::Change => "change",
        }
    }

    fn call(self, number: usize) -> ToolCall {
        let marker = format!("M{number}");
        match self {
            Self::Read => ToolCall::read(&marker),
            Self::Miss => ToolCall::kept_read(&marker),
            Self::Hit => ToolCall::kept_read("SAME"),
            Self::Change => ToolCall::creation(&marker),
        }
    }
}

/// As many calls are under way at once: one by one, each change would have the disk's thread to itself.
const AT_ONCE: usize = 32;

/// The stages, and the same API without any.
pub struct Bench {
    engine: Arc<Engine>,
    bare: Next,
    journal: Journal,
    /// In memory, so that no disk is waited for.
    _folder: Scratch,
    made: usize,
}

impl Bench {
    /// Stages with everything on: quotas that admit all, answers kept, changes remembered, every call on the record.
    pub fn new() -> io::Result<Self> {
        let folder = Scratch::in_memory()?;
        let journal =
            Journal::open(&journal::Options::new(folder.path()), "bench").map_err(io::Error::other)?;
        let mut options = engine::Options::new("http://bench");
        options.journal = Some(journal.clone());
        options.quota = quota::Settings {
            per_minute: 60_000_000,
            caller_per_minute: 60_000_000,
            burst: 1_000_000,
            ..quota::Settings::default()
        };
        let instant = service_fn(answered);
        let catalog = code_pipeline_mcp::api::catalog();
        let engine =
            Engine::above(catalog, options, "http://bench".to_owned(), instant).map_err(io::Error::other)?;
        Ok(Self { engine: Arc::new(engine), bare: Next::new(instant), journal, _folder: folder, made: 0 })
    }

    /// What one of `count` calls takes through all stages.
    pub async fn staged(&mut self, kind: Kind, count: usize) -> Cost {
        let engine = Arc::clone(&self.engine);
        let make = move |call| {
            let engine = Arc::clone(&engine);
            async move { engine.call(call).await }
        };
        cost_of(self.calls(kind, count), make).await
    }

    /// The same without stages.
    pub async fn bare(&mut self, kind: Kind, count: usize) -> Cost {
        let bare = self.bare.clone();
        let make = move |call| {
            let bare = bare.clone();
            async move { bare.run(call).await }
        };
        cost_of(self.calls(kind, count), make).await
    }

    /// Calls that are made before the clock is looked at; each but a hit is another one.
    fn calls(&mut self, kind: Kind, count: usize) -> Vec<Call> {
        let numbers = self.made..self.made + count;
        self.made += count;
        numbers.map(|number| self.call(&kind.call(number), number)).collect()
    }

    fn call(&self, call: &ToolCall, number: usize) -> Call {
        let tool = self.engine.api().find(call.tool).expect("the catalog has it");
        let arguments = call.arguments.as_object().cloned().unwrap_or_default();
        Call::new(tool, arguments, Caller::LocalOwner, format!("r{number}"))
    }
}

impl Drop for Bench {
    fn drop(&mut self) {
        self.journal.close();
    }
}

/// What the API answers, at once.
async fn answered(call: Call) -> Result<Reply, CallError> {
    call.progress.sending();
    call.heard
        .set(server::upstream::Freshness::of(&http::HeaderMap::new(), std::time::SystemTime::UNIX_EPOCH));
    Ok(Reply::structured(content()))
}

fn content() -> Value {
    json!({ "setId": "S000000001", "assignmentId": "BENCH1", "owner": "BENCH", "message": "" })
}

/// Microseconds of processor time that a call takes.
#[derive(Clone, Copy, Debug)]
pub struct Cost {
    /// On the thread of the calls.
    pub calls: f64,
    /// On every other thread, of which the journal's is the only one that has anything to do.
    pub journal: f64,
}

/// What each of these calls takes.
async fn cost_of<R>(calls: Vec<Call>, make: impl Fn(Call) -> R) -> Cost
where
    R: Future<Output = Result<Reply, CallError>> + Send + 'static,
{
    let (count, begun, own_begun) = (calls.len(), processor_time(), time_of(ClockId::ThreadCPUTime));
    let mut running = JoinSet::new();
    for call in calls {
        if running.len() == AT_ONCE {
            succeeded(running.join_next().await);
        }
        running.spawn(make(call));
    }
    while let Some(ended) = running.join_next().await {
        succeeded(Some(ended));
    }
    let (all, own) = (processor_time() - begun, time_of(ClockId::ThreadCPUTime) - own_begun);
    Cost { calls: micros(own, count), journal: micros(all.saturating_sub(own), count) }
}

fn succeeded(ended: Option<Result<Result<Reply, CallError>, JoinError>>) {
    assert!(matches!(ended, Some(Ok(Ok(_)))), "{ended:?}");
}

pub(crate) fn processor_time() -> Duration {
    time_of(ClockId::ProcessCPUTime)
}

fn time_of(clock: ClockId) -> Duration {
    let time = clock_gettime(clock);
    Duration::new(time.tv_sec.unsigned_abs(), u32::try_from(time.tv_nsec).unwrap_or(0))
}

pub(crate) fn micros(time: Duration, count: usize) -> f64 {
    time.as_secs_f64() * 1e6 / count as f64
}

/// The middle one of these figures; zero of none.
pub fn median(mut figures: Vec<f64>) -> f64 {
    figures.sort_by(f64::total_cmp);
    figures.get(figures.len() / 2).copied().unwrap_or(0.0)
}

/// Keeps these callers busy for so long and gives the calls a second; `number` says which call is the next.
pub async fn closed_loop(
    callers: Vec<Steady>,
    lasts: Duration,
    number: impl Fn() -> usize + Send + Sync + 'static,
) -> io::Result<f64> {
    let begun = tokio::time::Instant::now();
    let mut running = JoinSet::new();
    let number = Arc::new(number);
    for mut caller in callers {
        let number = Arc::clone(&number);
        running.spawn(async move {
            let mut made = 0_usize;
            while begun.elapsed() < lasts {
                caller.call(number()).await?;
                made += 1;
            }
            Ok::<_, io::Error>(made)
        });
    }
    let made = running.join_all().await.into_iter().sum::<io::Result<usize>>()?;
    Ok(made as f64 / begun.elapsed().as_secs_f64())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_median_is_no_matter_of_one_figure() {
        assert_eq!(median(vec![3.0, 1.0, 900.0]).to_bits(), 3.0_f64.to_bits());
        assert_eq!(median(Vec::new()).to_bits(), 0.0_f64.to_bits());
    }

    #[tokio::test]
    async fn stages_cost_something_and_every_kind_goes_through_them() {
        let mut bench = Bench::new().expect("it starts");
        for kind in Kind::ALL {
            let (staged, bare) = (bench.staged(kind, 50).await, bench.bare(kind, 50).await);
            assert!(staged.calls > bare.calls && bare.calls > 0.0, "{kind:?}: {staged:?} {bare:?}");
        }
    }
}
