//! Calls that are repeated and APIs that are left alone: the stages on a clock that only moves when everyone waits, and
//! the engine against an API that fails.

use std::future::{Future, pending};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use server::call::{Call, CallError, Reply};
use server::engine::{Engine, Options};
use server::stages::{Next, Outcome, breaker, retry};
use tokio::time::{Instant, sleep};
use tower::service_fn;

use crate::fake_upstream::{Act, FakeUpstream, answer, json as json_answer};
use crate::sample::{self, DEPLOY, READ, call, call_of, deploying, options, reading};

const SECOND: Duration = Duration::from_secs(1);

/// A way to the API that counts its calls.
struct Way {
    made: Arc<AtomicUsize>,
    next: Next,
}

impl Way {
    /// `act` is told how many calls came before.
    fn new<R>(act: impl Fn(usize, Call) -> R + Clone + Send + Sync + 'static) -> Self
    where
        R: Future<Output = Outcome> + Send + 'static,
    {
        let made = Arc::new(AtomicUsize::new(0));
        let counter = Arc::clone(&made);
        let next = Next::new(service_fn(move |call| act(counter.fetch_add(1, Ordering::SeqCst), call)));
        Self { made, next }
    }

    fn made(&self) -> usize {
        self.made.load(Ordering::SeqCst)
    }
}

fn reply() -> Reply {
    Reply::text("")
}

fn a_read() -> Call {
    call_of(&READ, reading("level", "DEV"))
}

fn repeating(attempts: usize) -> retry::Options {
    retry::Options::new(retry::Settings { attempts, base_delay: Duration::from_millis(200) })
}

fn unreachable() -> CallError {
    CallError::Unreachable { cause: "refused".to_owned() }
}

fn refused(status: u16, retry_after: Option<Duration>) -> CallError {
    CallError::Refused { status, message: String::new(), retry_after }
}

#[tokio::test(start_paused = true)]
async fn a_read_is_repeated_until_it_is_answered_or_the_attempts_are_used_up() {
    for (failures, attempts, made, is_answered) in
        [(0, 3, 1, true), (2, 3, 3, true), (3, 3, 3, false), (1, 1, 1, false), (9, 10, 10, true)]
    {
        let way = Way::new(move |before, _| async move {
            if before < failures { Err(refused(503, None)) } else { Ok(reply()) }
        });
        let outcome = retry::retry(&repeating(attempts), a_read(), &way.next).await;
        assert_eq!(
            (way.made(), outcome.is_ok()),
            (made, is_answered),
            "{failures} failures, {attempts} attempts"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn the_waits_stay_below_a_bound_that_doubles() {
    let started = Instant::now();
    let way = Way::new(|_, _| async { Err(unreachable()) });
    retry::retry(&repeating(4), a_read(), &way.next).await.unwrap_err();
    assert!(started.elapsed() <= Duration::from_millis(200 + 400 + 800), "{:?}", started.elapsed());
}

#[tokio::test(start_paused = true)]
async fn t35_a_change_of_which_a_byte_may_have_left_is_never_made_twice() {
    let after = SECOND;
    for (error, made) in [
        (unreachable as fn() -> CallError, 3),
        (|| CallError::TimedOut { after: SECOND, sent: false }, 3),
        (|| CallError::TimedOut { after: SECOND, sent: true }, 1),
        (|| CallError::Interrupted { cause: String::new() }, 1),
        (|| refused(503, Some(Duration::ZERO)), 1),
    ] {
        let way = Way::new(move |_, _| async move { Err(error()) });
        retry::retry(&repeating(3), call_of(&DEPLOY, deploying()), &way.next).await.unwrap_err();
        assert_eq!(way.made(), made, "{} after {after:?}", error().kind());
    }
}

#[tokio::test(start_paused = true)]
async fn t38_the_wait_that_the_api_asks_for_is_kept_unless_the_deadline_is_nearer() {
    let asked = Duration::from_secs(7);
    let way = Way::new(move |before, _| async move {
        if before == 0 { Err(refused(429, Some(asked))) } else { Ok(reply()) }
    });
    let started = Instant::now();
    retry::retry(&repeating(3), a_read(), &way.next).await.unwrap();
    assert_eq!(started.elapsed(), asked);

    let way = Way::new(move |_, _| async move { Err(refused(429, Some(asked))) });
    let mut hurried = a_read();
    hurried.deadline = Some(Instant::now() + asked);
    let started = Instant::now();
    let error = retry::retry(&repeating(3), hurried, &way.next).await.unwrap_err();
    assert!(
        matches!(error, CallError::Refused { retry_after: Some(wait), .. } if wait == asked),
        "{error:?}"
    );
    assert_eq!((way.made(), started.elapsed()), (1, Duration::ZERO), "waiting would have been for nothing");
}

#[tokio::test(start_paused = true)]
async fn however_much_fails_a_fifth_more_is_asked_of_the_api() {
    let options = repeating(10);
    let way = Way::new(|_, _| async { Err(unreachable()) });
    for _ in 0..1000 {
        retry::retry(&options, a_read(), &way.next).await.unwrap_err();
    }
    assert!((1200..=1210).contains(&way.made()), "{}", way.made());
}

fn breaking() -> Arc<breaker::Options> {
    let settings = breaker::Settings { connect_failures: 3, recovery: Duration::from_secs(5) };
    Arc::new(breaker::Options::new(settings))
}

#[tokio::test(start_paused = true)]
async fn t39_an_api_in_trouble_is_left_alone_and_one_call_finds_out() {
    let options = breaking();
    let dead = Way::new(|_, _| async { Err(unreachable()) });
    for _ in 0..3 {
        let error = breaker::breaker(&options, a_read(), &dead.next).await.unwrap_err();
        assert!(matches!(error, CallError::Unreachable { .. }), "{error:?}");
    }
    let error = breaker::breaker(&options, a_read(), &dead.next).await.unwrap_err();
    let CallError::Unavailable { retry_after } = error else { panic!("{error:?}") };
    assert!((5..=6).contains(&retry_after.as_secs()), "{retry_after:?}");
    assert_eq!(dead.made(), 3, "nothing is sent while it is open");

    sleep(retry_after).await;
    let back = Way::new(|_, _| async {
        sleep(SECOND).await;
        Ok(reply())
    });
    let calls = (0..50).map(|_| {
        let (options, next) = (Arc::clone(&options), back.next.clone());
        tokio::spawn(async move { breaker::breaker(&options, a_read(), &next).await })
    });
    let calls: Vec<_> = calls.collect();
    let mut answered = 0;
    for call in calls {
        answered += usize::from(call.await.unwrap().is_ok());
    }
    assert_eq!((answered, back.made()), (1, 1), "fifty came at once, and one was the probe");
    breaker::breaker(&options, a_read(), &back.next).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn t39_a_probe_that_is_cancelled_or_hangs_does_not_keep_it_open() {
    let options = breaking();
    let dead = Way::new(|_, _| async { Err(unreachable()) });
    for _ in 0..3 {
        breaker::breaker(&options, a_read(), &dead.next).await.unwrap_err();
    }
    sleep(Duration::from_secs(6)).await;
    let hangs = Way::new(|_, _| pending());
    let probe = breaker::breaker(&options, a_read(), &hangs.next);
    tokio::time::timeout(SECOND, probe).await.unwrap_err();
    let back = Way::new(|_, _| async { Ok(reply()) });
    breaker::breaker(&options, a_read(), &back.next).await.unwrap();
    assert_eq!((hangs.made(), back.made()), (1, 1));
}

fn patient(base_url: &str) -> Options {
    let mut options = options(base_url);
    options.retry = retry::Settings { attempts: 3, base_delay: Duration::from_millis(1) };
    options
}

#[tokio::test]
async fn the_engine_repeats_a_read_with_the_same_request_and_no_change() {
    let script = [
        answer("503 Service Unavailable", "Retry-After: 0\r\n", ""),
        Act::Reset,
        json_answer("200 OK", "{}"),
    ];
    let upstream = FakeUpstream::start(script).await;
    let engine = Engine::new(&sample::API, patient(&upstream.base_url())).unwrap();
    call(&engine, &READ, reading("level", "DEV")).await.unwrap();
    let requests = upstream.requests();
    assert_eq!(requests.len(), 3);
    assert!(requests.iter().all(|request| *request == requests[0]), "{requests:?}");

    for act in [answer("503 Service Unavailable", "Retry-After: 0\r\n", ""), Act::Reset] {
        let upstream = FakeUpstream::start([act]).await;
        let engine = Engine::new(&sample::API, patient(&upstream.base_url())).unwrap();
        call(&engine, &DEPLOY, deploying()).await.unwrap_err();
        assert_eq!(upstream.requests().len(), 1, "a change is sent once");
    }
}

#[tokio::test]
async fn an_api_that_nobody_listens_for_is_left_alone() {
    let address = {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        listener.local_addr().unwrap()
    };
    let mut options = options(&format!("http://{address}"));
    options.breaker.connect_failures = 2;
    let engine = Engine::new(&sample::API, options).unwrap();
    let mut kinds = Vec::new();
    for _ in 0..3 {
        kinds.push(call(&engine, &DEPLOY, deploying()).await.unwrap_err().kind());
    }
    assert_eq!(kinds, ["unreachable", "unreachable", "unavailable"]);
}

#[test]
fn settings_that_would_refuse_everything_are_refused_themselves() {
    for spoil in [
        (|options| options.retry.attempts = 0) as fn(&mut Options),
        |options| options.breaker.connect_failures = 0,
        |options| options.breaker.recovery = Duration::ZERO,
    ] {
        let mut options = options("http://127.0.0.1:1");
        spoil(&mut options);
        let error = Engine::new(&sample::API, options).unwrap_err();
        assert!(error.to_string().contains("above zero"), "{error}");
    }
}
