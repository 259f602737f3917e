//! How much is asked of the API at once: the stage on a clock that only moves when everyone waits.

use std::sync::Arc;
use std::time::Duration;

use server::call::{Call, CallError, Reply};
use server::stages::{Next, Outcome, bulkhead, stage, way};
use tokio::sync::Semaphore;
use tokio::task::{JoinSet, yield_now};
use tokio::time::Instant;
use tower::service_fn;

use crate::sample::{DEPLOY, READ, call_of, deploying, reading};

const SETTINGS: bulkhead::Settings = bulkhead::Settings { requests: 4, caller_requests: 0, waiting: 3 };

/// The stage above an API that answers as often as it is allowed to.
struct Way {
    answers: Arc<Semaphore>,
    next: Next,
}

impl Way {
    fn new() -> Self {
        let answers = Arc::new(Semaphore::new(0));
        let allowed = Arc::clone(&answers);
        let end = Next::new(service_fn(move |_: Call| {
            let allowed = Arc::clone(&allowed);
            async move {
                allowed.acquire().await.unwrap().forget();
                let (text, notes) = (String::new(), Vec::new());
                Ok(Reply::text(text).with_notes(notes))
            }
        }));
        let stage = stage(bulkhead::Options::new(SETTINGS), bulkhead::bulkhead);
        Self { answers, next: way([stage], end) }
    }

    fn call(&self, call: Call) -> impl Future<Output = Outcome> + Send + use<> {
        let next = self.next.clone();
        async move { next.run(call).await }
    }

    fn read(&self) -> impl Future<Output = Outcome> + Send + use<> {
        self.call(call_of(&READ, reading("level", "DEV")))
    }

    fn change(&self) -> impl Future<Output = Outcome> + Send + use<> {
        self.call(call_of(&DEPLOY, deploying()))
    }
}

fn is_busy(outcome: &Outcome) -> bool {
    matches!(outcome, Err(CallError::Busy { retry_after }) if *retry_after == Duration::from_secs(1))
}

/// Lets everything that can go on do so, without moving the clock.
async fn settle() {
    for _ in 0..50 {
        yield_now().await;
    }
}

#[tokio::test(start_paused = true)]
async fn t3c_one_more_than_may_be_at_the_api_waits_a_second_and_is_told_to_come_again() {
    let way = Way::new();
    let mut running: JoinSet<Outcome> = (0..4).map(|_| way.read()).collect();
    settle().await;
    let begun = Instant::now();
    assert!(is_busy(&way.read().await));
    assert_eq!(begun.elapsed(), Duration::from_secs(1));
    let waiting = tokio::spawn(way.read());
    settle().await;
    way.answers.add_permits(5);
    assert!(waiting.await.unwrap().is_ok(), "its turn came in time");
    while let Some(outcome) = running.join_next().await {
        assert!(outcome.unwrap().is_ok());
    }
}

#[tokio::test(start_paused = true)]
async fn t3c_slow_changes_leave_half_of_the_room_to_reads() {
    let way = Way::new();
    let _running: JoinSet<Outcome> = (0..2).map(|_| way.change()).collect();
    settle().await;
    assert!(is_busy(&way.change().await), "two of four are changes already");
    let reads: JoinSet<Outcome> = (0..2).map(|_| way.read()).collect();
    settle().await;
    way.answers.add_permits(4);
    assert!(reads.join_all().await.iter().all(Result::is_ok));
}

#[tokio::test(start_paused = true)]
async fn t3c_one_more_than_may_wait_is_told_at_once() {
    let way = Way::new();
    let _running: JoinSet<Outcome> = (0..4).map(|_| way.read()).collect();
    settle().await;
    let waiting: JoinSet<Outcome> = (0..3).map(|_| way.read()).collect();
    settle().await;
    let begun = Instant::now();
    assert!(is_busy(&way.read().await));
    assert_eq!(begun.elapsed(), Duration::ZERO);
    drop(waiting);
    settle().await;
    assert!(is_busy(&way.read().await));
    assert_eq!(begun.elapsed(), Duration::from_secs(1), "those who left have made room to wait");
}

#[tokio::test(start_paused = true)]
async fn whoever_leaves_gives_the_turn_back() {
    let way = Way::new();
    let running: JoinSet<Outcome> = (0..4).map(|_| way.read()).collect();
    settle().await;
    drop(running);
    settle().await;
    way.answers.add_permits(1);
    assert!(way.read().await.is_ok());
}
