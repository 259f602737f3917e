//! Stages by themselves, on a clock that only moves when everyone waits.

use std::future::{Future, pending};
use std::sync::Arc;
use std::time::Duration;

use server::call::{Call, CallError, Reply};
use server::generated as rt;
use server::stages::{Going, Next, Outcome, arguments, attempt, deadline, stage, way};
use tokio::time::{Instant, sleep};
use tower::service_fn;

use crate::sample::{self, READ, call_of, reading};

const LIMIT: Duration = Duration::from_secs(60);

fn options() -> deadline::Options {
    deadline::Options { limit: LIMIT.into() }
}

fn reply() -> Reply {
    Reply::text("")
}

/// The way to what this function does.
fn to<F, R>(function: F) -> Next
where
    F: Fn(Call) -> R + Clone + Send + Sync + 'static,
    R: Future<Output = Outcome> + Send + 'static,
{
    Next::new(service_fn(function))
}

fn slow_tool(timeout: Duration) -> &'static rt::Tool {
    Box::leak(Box::new(rt::Tool { timeout: Some(timeout), ..sample::with_segments(READ.segments) }))
}

#[tokio::test(start_paused = true)]
async fn the_deadline_is_kept_and_says_whether_anything_was_sent() {
    let started = Instant::now();
    let next = to(|call| async move {
        assert_eq!(call.deadline, Some(Instant::now() + Duration::from_secs(60)));
        pending().await
    });
    let outcome = deadline::deadline(&options(), call_of(&READ, reading("level", "DEV")), &next).await;
    assert!(
        matches!(outcome, Err(CallError::TimedOut { after, sent: false }) if after == LIMIT),
        "{outcome:?}"
    );
    assert_eq!(started.elapsed(), LIMIT);
    let next = to(|call: Call| async move {
        call.progress.sending();
        pending().await
    });
    let outcome = deadline::deadline(&options(), call_of(&READ, reading("level", "DEV")), &next).await;
    assert!(matches!(outcome, Err(CallError::TimedOut { sent: true, .. })), "{outcome:?}");
}

#[tokio::test(start_paused = true)]
async fn the_deadline_only_comes_nearer_and_a_slow_tool_has_its_own() {
    let mut near = call_of(&READ, reading("level", "DEV"));
    near.deadline = Some(Instant::now() + Duration::from_secs(1));
    let started = Instant::now();
    let outcome = deadline::deadline(&options(), near, &to(|_| pending())).await;
    assert!(matches!(outcome, Err(CallError::TimedOut { .. })), "{outcome:?}");
    assert_eq!(started.elapsed(), Duration::from_secs(1));
    let started = Instant::now();
    let slow = call_of(slow_tool(Duration::from_secs(600)), reading("level", "DEV"));
    deadline::deadline(&options(), slow, &to(|_| pending())).await.unwrap_err();
    assert_eq!(started.elapsed(), Duration::from_secs(600));
}

#[tokio::test(start_paused = true)]
async fn an_attempt_has_its_own_time_the_tools_time_or_what_is_left() {
    let options = attempt::Options { limit: Duration::from_secs(30).into() };
    let soon = Instant::now() + Duration::from_secs(5);
    for (tool, deadline, expected) in [
        (&READ, None, 30),
        (slow_tool(Duration::from_secs(90)), None, 90),
        (slow_tool(Duration::from_secs(90)), Some(soon), 5),
    ] {
        let mut call = call_of(tool, reading("level", "DEV"));
        call.deadline = deadline.map(|_| Instant::now() + Duration::from_secs(5));
        let started = Instant::now();
        let outcome = attempt::attempt(&options, call, &to(|_| pending())).await;
        let limit = Duration::from_secs(expected);
        assert!(
            matches!(outcome, Err(CallError::TimedOut { after, sent: false }) if after == limit),
            "{outcome:?}"
        );
        assert_eq!(started.elapsed(), limit);
    }
    let in_time = to(|_| async {
        sleep(Duration::from_secs(29)).await;
        Ok(reply())
    });
    assert!(attempt::attempt(&options, call_of(&READ, reading("level", "DEV")), &in_time).await.is_ok());
}

#[tokio::test]
async fn arguments_are_prepared_once_and_gone_afterwards() {
    let options = arguments::Options { deployment: Arc::default() };
    let next = to(|call: Call| async move {
        assert!(call.arguments.is_empty());
        assert_eq!(call.prepared.as_ref().unwrap().arguments["level"], "DEV");
        Ok(reply())
    });
    let good = call_of(&READ, reading("level", "DEV"));
    assert!(arguments::arguments(&options, good, &next).await.is_ok());
    let never = to(|_| async { panic!("refused arguments go no further") });
    let outcome = arguments::arguments(&options, call_of(&READ, reading("levels", "DEV")), &never).await;
    assert!(matches!(outcome, Err(CallError::Arguments(_))), "{outcome:?}");
}

#[tokio::test]
async fn a_call_passes_the_stages_from_the_first_and_its_answer_comes_back_through_them() {
    fn double<'a>(name: &'a &str, mut call: Call, next: &'a Next) -> Going<'a> {
        call.request_id = format!("{}{name}", call.request_id).into();
        Box::pin(async move {
            let mut reply = next.run(call).await?;
            reply.text.push_str(name);
            Ok(reply)
        })
    }
    let end = to(|call: Call| async move { Ok(Reply::text(&*call.request_id)) });
    let way = way([stage("-a", double), stage("-b", double)], end);
    let reply = way.run(call_of(&READ, reading("level", "DEV"))).await.unwrap();
    assert_eq!(reply.text, "request-1-a-b-b-a");
}
