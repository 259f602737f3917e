//! The stages above a simulated API, under a clock that stands still while anything is at work: a minute of callers, faults,
//! cancellations, outages and a crash takes milliseconds, and the same seed gives the same minute again.

mod api;
mod circuit;
mod crash;
mod fate;
mod invariants;
mod plan;

use std::io;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use server::call::{Call, CallError, Caller, Reply};
use server::engine::{self, Engine};
use server::journal::{self, Journal};
use server::stages::{breaker, bulkhead, confirm, retry};
use tokio::time::{Instant, sleep, sleep_until, timeout};
use tower::service_fn;

use crate::scratch::Scratch;
use api::Api;
use invariants::Told;
use plan::{Plan, Wish, Work};

/// What a whole call may take, and one request.
const DEADLINE: Duration = Duration::from_secs(20);
const ATTEMPT: Duration = Duration::from_secs(3);

/// What became of one seed.
#[derive(Debug)]
pub struct Outcome {
    /// What did not hold; nothing where all is well.
    pub broken: Vec<String>,
    /// How many requests reached the API.
    pub requests: usize,
    /// How many changes it made.
    pub changes: usize,
    /// How often the circuit opened.
    pub openings: usize,
    /// What happened, in order.
    pub history: Vec<String>,
}

/// Runs one seed, with a crash in the middle of some.
pub fn run(seed: u64) -> io::Result<Outcome> {
    fastrand::seed(seed);
    let api = Arc::new(Api::new(seed));
    let plan = Plan::new(seed);
    let (before, after) = (Scratch::in_memory()?, Scratch::in_memory()?);
    let _told = circuit::tell(Arc::clone(&api));
    match plan.crash {
        None => phase(&api, before.path(), &plan.wishes, None)?,
        Some(crash) => {
            let (first, second) = plan.wishes.split_at(plan.wishes.len() / 2);
            phase(&api, before.path(), first, Some(crash))?;
            crash::copy(before.path(), after.path(), seed)?;
            api.crashed();
            phase(&api, after.path(), second, None)?;
        }
    }
    Ok(api.outcome())
}

/// One process: it ends when all callers have their answers, or at the crash.
fn phase(api: &Arc<Api>, folder: &Path, wishes: &[Wish], crash: Option<Duration>) -> io::Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build()?;
    runtime.block_on(async {
        let journal =
            Journal::open_without_thread(&journal::Options::new(folder), "sim").map_err(io::Error::other)?;
        let engine = Arc::new(engine(api, journal.clone())?);
        api.serve_from(folder, Instant::now());
        let callers = callers(api, &engine, wishes);
        match crash {
            // Whatever is under way is gone with the runtime.
            Some(crash) => drop(timeout(crash, callers).await),
            None => {
                callers.await;
                let drained = timeout(DEADLINE, engine.drain()).await;
                api.invariants()
                    .holds(drained.is_ok(), || "changes are still under way after all calls".to_owned());
                journal.close();
                api.invariants().recorded(&records(folder)?);
            }
        }
        Ok(())
    })
}

fn engine(api: &Arc<Api>, journal: Journal) -> io::Result<Engine> {
    let mut options = engine::Options::new("http://simulated");
    options.deadline = DEADLINE;
    options.upstream.attempt_timeout = ATTEMPT;
    options.confirm = confirm::Settings { mode: confirm::Mode::Off, ..options.confirm };
    options.retry = retry::Settings { attempts: 4, ..options.retry };
    options.breaker = breaker::Settings { connect_failures: 3, recovery: Duration::from_secs(1) };
    options.bulkhead = bulkhead::Settings { requests: 6, caller_requests: 4, waiting: 6 };
    options.journal = Some(journal);
    let api = Arc::clone(api);
    let simulated = service_fn(move |call: Call| Arc::clone(&api).exchange(call));
    let catalog = code_pipeline_mcp::api::catalog();
    Engine::above(catalog, options, "http://simulated".to_owned(), simulated).map_err(io::Error::other)
}

fn records(folder: &Path) -> io::Result<Vec<serde_json::Value>> {
    let records = journal::records(folder)?;
    records.into_iter().map(|record| record.map(|record| record.members.into())).collect()
}

async fn callers(api: &Arc<Api>, engine: &Arc<Engine>, wishes: &[Wish]) {
    let begun = Instant::now();
    let mut running = tokio::task::JoinSet::new();
    let first = wishes.iter().map(|wish| wish.at).min().unwrap_or_default();
    for wish in wishes {
        let (api, engine, wish) = (Arc::clone(api), Arc::clone(engine), wish.clone());
        running.spawn(async move {
            sleep_until(begun + wish.at - first).await;
            ask(&api, &engine, &wish).await;
        });
    }
    while let Some(ended) = running.join_next().await {
        api.invariants().holds(ended.is_ok(), || format!("a caller's task: {ended:?}"));
    }
}

/// Makes one call, and checks what its caller is told.
async fn ask(api: &Api, engine: &Engine, wish: &Wish) {
    let tool = engine.api().find(wish.tool()).expect("the catalog has it");
    let call = Call::new(tool, wish.arguments(), Caller::LocalOwner, wish.request_id.clone());
    let acknowledged = api.invariants().acknowledged(wish.place);
    api.invariants().called(wish);
    let begun = Instant::now();
    let outcome = match wish.patience {
        None => Some(engine.call(call).await),
        Some(patience) => gives_up(engine, call, patience).await,
    };
    let took = begun.elapsed();
    api.note(|| {
        format!("{} {} told {} after {took:?}", wish.request_id, wish.marker(), word(outcome.as_ref()))
    });
    let mut invariants = api.invariants();
    invariants.holds(took <= DEADLINE + Duration::from_millis(10), || {
        format!("{} was answered after {took:?}", wish.request_id)
    });
    match (&wish.work, outcome) {
        (Work::Read, Some(Ok(reply))) => {
            invariants.read(wish.place, acknowledged, reply.structured.as_deref());
        }
        (Work::Change { marker }, outcome) => {
            let told = outcome.as_ref().map_or(Told::Perhaps, told);
            invariants.told(marker, told);
            if let (Told::Done, Some(Ok(reply))) = (told, &outcome) {
                invariants.acknowledge(wish.place, reply.structured.as_deref());
            }
        }
        (Work::Read, _) => {}
    }
}

/// The outcome, unless the caller's patience ends first; then the call is dropped.
async fn gives_up(engine: &Engine, call: Call, patience: Duration) -> Option<Result<Reply, CallError>> {
    tokio::select! {
        biased;
        outcome = engine.call(call) => Some(outcome),
        () = sleep(patience) => None,
    }
}

fn word(outcome: Option<&Result<Reply, CallError>>) -> &'static str {
    match outcome {
        None => "nothing, it gave up",
        Some(Ok(_)) => "done",
        Some(Err(error)) => error.kind(),
    }
}

/// What a caller of a change may conclude.
fn told(outcome: &Result<Reply, CallError>) -> Told {
    match outcome {
        Ok(_) => Told::Done,
        Err(
            CallError::Unreachable { .. }
            | CallError::Unavailable { .. }
            | CallError::Busy { .. }
            | CallError::Limited { .. }
            | CallError::Unrecorded { .. }
            | CallError::Unshared { .. }
            | CallError::TimedOut { sent: false, .. },
        ) => Told::NotSent,
        Err(_) => Told::Perhaps,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_seed_is_the_same_again_and_another_is_not() {
        let [mut one, mut again, mut other] = [3, 3, 4].map(|seed| run(seed).expect("it runs"));
        // Those who wait for one answer are woken together, in an order that tokio draws.
        [&mut one, &mut again, &mut other].into_iter().for_each(|outcome| outcome.history.sort());
        assert_eq!(one.history, again.history);
        assert_ne!(one.history, other.history);
        assert!(one.broken.is_empty(), "{:#?}", one.broken);
    }

    #[test]
    fn seeds_reach_the_api_change_something_and_open_the_circuit() {
        let outcomes: Vec<Outcome> = (0..20).map(|seed| run(seed).expect("it runs")).collect();
        assert!(outcomes.iter().map(|outcome| outcome.requests).sum::<usize>() > 200);
        assert!(outcomes.iter().map(|outcome| outcome.changes).sum::<usize>() > 50);
        assert!(outcomes.iter().filter(|outcome| outcome.openings > 0).count() > 3);
    }
}
