//! Answers that are kept, questions that are asked once for many, and changes that make both forget: the stage on a clock
//! that only moves when everyone waits, and the engine against an API that says what may be kept.

use std::collections::HashMap;
use std::future::{Future, pending};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, SystemTime};

use http::HeaderMap;
use proptest::prelude::*;
use server::call::{Call, CallError, Caller, Reply};
use server::engine::Engine;
use server::generated as rt;
use server::generated::serde_json::{Map, Value, json};
use server::stages::cache::{Key, Settings};
use server::stages::{Next, Outcome, arguments, cache, deadline, stage, way};
use server::upstream::Freshness;
use server::upstream::account::Account;
use tokio::sync::Notify;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep, timeout};
use tower::{Service, service_fn};

use crate::fake_upstream::{Act, FakeUpstream, answer, json as json_answer};
use crate::sample::{self, DEPLOY, READ, SILENT, call, call_of, deploying, options, reading};

const SECOND: Duration = Duration::from_secs(1);
const MINUTE: Duration = Duration::from_secs(60);

/// The read, kept for a second.
static KEPT: rt::Tool = rt::Tool { name: "kept", cache: Some(SECOND), ..READ };
/// The read, kept for a minute.
static LONG: rt::Tool = rt::Tool { name: "kept_long", cache: Some(MINUTE), ..READ };

static API: rt::Api = rt::Api { tools: &[&DEPLOY, &KEPT, &LONG, &READ], ..sample::API };

/// The stages down to what is kept, above this API.
fn staged<S>(settings: Settings, api: S) -> Next
where
    S: Service<Call, Response = Reply, Error = CallError> + Clone + Send + Sync + 'static,
    S::Future: Send + 'static,
{
    let keeping = Arc::new(cache::Options::new(settings, "http://api".to_owned()));
    let stages = [
        stage(deadline::Options { limit: MINUTE.into() }, deadline::deadline),
        stage(arguments::Options { deployment: Arc::default() }, arguments::arguments),
        stage(keeping, cache::cache),
    ];
    way(stages, Next::new(api))
}

/// These stages above an API that counts its calls.
struct Way {
    made: Arc<AtomicUsize>,
    next: Next,
}

impl Way {
    /// `act` is told how many calls came before.
    fn with<R>(settings: Settings, act: impl Fn(usize, Call) -> R + Clone + Send + Sync + 'static) -> Self
    where
        R: Future<Output = Outcome> + Send + 'static,
    {
        let made = Arc::new(AtomicUsize::new(0));
        let counter = Arc::clone(&made);
        let api = service_fn(move |call: Call| {
            call.progress.sending();
            call.heard.set(Freshness::of(&HeaderMap::new(), SystemTime::now()));
            act(counter.fetch_add(1, Ordering::SeqCst), call)
        });
        Self { made, next: staged(settings, api) }
    }

    fn new<R>(act: impl Fn(usize, Call) -> R + Clone + Send + Sync + 'static) -> Self
    where
        R: Future<Output = Outcome> + Send + 'static,
    {
        Self::with(Settings::default(), act)
    }

    /// An API that numbers its answers and takes a second for each.
    fn slow() -> Self {
        Self::new(|before, _| async move {
            sleep(SECOND).await;
            Ok(reply(before))
        })
    }

    fn made(&self) -> usize {
        self.made.load(Ordering::SeqCst)
    }

    fn call(&self, tool: &'static rt::Tool, arguments: Value) -> impl Future<Output = Outcome> + use<> {
        let next = self.next.clone();
        async move { next.run(call_of(tool, arguments)).await }
    }

    /// The text of the answer to a read.
    async fn read(&self, tool: &'static rt::Tool) -> String {
        self.call(tool, reading("level", "DEV")).await.unwrap().text.clone()
    }

    /// So many callers who ask the same at once.
    fn crowd(&self, count: usize) -> JoinSet<Outcome> {
        (0..count).map(|_| self.call(&LONG, reading("level", "DEV"))).collect()
    }
}

fn reply(number: usize) -> Reply {
    Reply::text(number.to_string())
}

fn refused() -> CallError {
    CallError::Refused { status: 500, message: String::new(), retry_after: None }
}

#[tokio::test(start_paused = true)]
async fn t33_an_answer_is_kept_for_its_time_and_no_longer() {
    let way = Way::new(|before, _| async move { Ok(reply(before)) });
    assert_eq!(way.read(&KEPT).await, "0");
    sleep(Duration::from_millis(900)).await;
    assert_eq!((way.read(&KEPT).await.as_str(), way.made()), ("0", 1), "0.9 s of 1 s");
    sleep(Duration::from_millis(200)).await;
    assert_eq!((way.read(&KEPT).await.as_str(), way.made()), ("1", 2), "1.1 s of 1 s");
}

#[tokio::test(start_paused = true)]
async fn t33_only_what_the_overlay_or_the_operator_names_is_kept() {
    static NEVER: rt::Tool = rt::Tool { name: "never", cache: Some(Duration::ZERO), ..READ };
    static POSTED: rt::Tool = rt::Tool { name: "posted", method: "POST", cache: Some(MINUTE), ..READ };
    static QUERIED: rt::Tool = rt::Tool { name: "queried", method: "QUERY", cache: Some(MINUTE), ..READ };
    static CHANGE: rt::Tool =
        rt::Tool { name: "change", cache: Some(MINUTE), effect: rt::Effect::Write, ..READ };
    let by_default = Settings { default_ttl: MINUTE, ..Settings::default() };
    let off = Settings { enabled: false, ..by_default };
    for (settings, tool, made) in [
        (Settings::default(), &LONG, 1),
        (Settings::default(), &QUERIED, 1),
        (Settings::default(), &READ, 2),
        (Settings::default(), &POSTED, 2),
        (Settings::default(), &CHANGE, 2),
        (by_default, &READ, 1),
        (by_default, &NEVER, 2),
        (by_default, &POSTED, 2),
        (by_default, &CHANGE, 2),
        (off, &LONG, 2),
    ] {
        let way = Way::with(settings, |before, _| async move { Ok(reply(before)) });
        way.read(tool).await;
        way.read(tool).await;
        assert_eq!(way.made(), made, "{} {settings:?}", tool.name);
    }
}

#[tokio::test(start_paused = true)]
async fn t31_only_an_answer_of_200_is_kept() {
    for (status, made) in [(200, 1), (201, 2), (203, 2), (204, 2), (206, 2)] {
        let way = Way::new(move |before, _| async move { Ok(reply(before).with_status(status)) });
        way.read(&LONG).await;
        way.read(&LONG).await;
        assert_eq!(way.made(), made, "{status}");
    }
}

#[tokio::test(start_paused = true)]
async fn t31_an_answer_of_which_nothing_was_heard_is_not_kept() {
    let made = Arc::new(AtomicUsize::new(0));
    let counter = Arc::clone(&made);
    let api = service_fn(move |_| std::future::ready(Ok(reply(counter.fetch_add(1, Ordering::SeqCst)))));
    let next = staged(Settings::default(), api);
    for _ in 0..2 {
        next.run(call_of(&LONG, reading("level", "DEV"))).await.unwrap();
    }
    assert_eq!(made.load(Ordering::SeqCst), 2);
}

#[tokio::test(start_paused = true)]
async fn t31_an_error_is_never_kept_nor_in_the_way_of_what_follows() {
    let way =
        Way::new(|before, _| async move { if before == 1 { Err(refused()) } else { Ok(reply(before)) } });
    assert_eq!(way.read(&KEPT).await, "0");
    sleep(2 * SECOND).await;
    let error = way.call(&KEPT, reading("level", "DEV")).await.unwrap_err();
    assert!(matches!(error, CallError::Refused { status: 500, .. }), "{error:?}");
    assert_eq!(way.read(&KEPT).await, "2");
    assert_eq!((way.read(&KEPT).await.as_str(), way.made()), ("2", 3));
}

#[tokio::test(start_paused = true)]
async fn t34_a_thousand_who_ask_the_same_make_one_request() {
    let way = Way::slow();
    for outcome in way.crowd(1000).join_all().await {
        assert_eq!(outcome.unwrap().text, "0");
    }
    assert_eq!(way.made(), 1);
}

#[tokio::test(start_paused = true)]
async fn t34_whoever_asked_first_may_leave_and_the_others_are_answered() {
    let way = Way::slow();
    let leader = tokio::spawn(way.call(&LONG, reading("level", "DEV")));
    let others = way.crowd(999);
    sleep(Duration::from_millis(10)).await;
    leader.abort();
    for outcome in others.join_all().await {
        outcome.unwrap();
    }
    assert_eq!(way.made(), 1);
}

#[tokio::test(start_paused = true)]
async fn t34_a_failure_is_told_to_all_who_wait_and_to_nobody_else() {
    let way = Way::new(|before, _| async move {
        sleep(SECOND).await;
        if before == 0 { Err(refused()) } else { Ok(reply(before)) }
    });
    for outcome in way.crowd(100).join_all().await {
        assert!(matches!(outcome, Err(CallError::Refused { status: 500, .. })), "{outcome:?}");
    }
    assert_eq!(way.made(), 1);
    assert_eq!((way.read(&LONG).await.as_str(), way.made()), ("1", 2));
}

#[tokio::test(start_paused = true)]
async fn t34_a_fault_on_the_way_is_an_error_for_all_who_wait() {
    let way = Way::new(|before, _| async move {
        sleep(SECOND).await;
        assert!(before != 0, "a fault that a test asks for");
        Ok(reply(before))
    });
    for outcome in way.crowd(10).join_all().await {
        assert!(
            matches!(&outcome, Err(CallError::Internal { cause }) if cause.contains("a fault that a test")),
            "{outcome:?}"
        );
    }
    assert_eq!((way.read(&LONG).await.as_str(), way.made()), ("1", 2));
}

#[tokio::test(start_paused = true)]
async fn t34_no_more_than_1024_wait_for_one_answer() {
    for (count, made) in [(1024, 1), (1025, 2), (1030, 7)] {
        let way = Way::slow();
        for outcome in way.crowd(count).join_all().await {
            outcome.unwrap();
        }
        assert_eq!(way.made(), made, "{count}");
    }
}

#[tokio::test(start_paused = true)]
async fn t34_each_who_waits_has_a_deadline_of_its_own() {
    let way = Way::new(|_, _| pending());
    let first = tokio::spawn(way.call(&LONG, reading("level", "DEV")));
    sleep(Duration::from_secs(59)).await;
    let mut hurried = call_of(&LONG, reading("level", "DEV"));
    hurried.deadline = Some(Instant::now() + Duration::from_millis(100));
    let begun = Instant::now();
    let error = way.next.run(hurried).await.unwrap_err();
    assert!(matches!(error, CallError::TimedOut { sent: true, .. }), "{error:?}");
    assert_eq!(begun.elapsed(), Duration::from_millis(100));
    assert!(matches!(first.await.unwrap(), Err(CallError::TimedOut { .. })));
    assert_eq!(way.made(), 1);
}

#[tokio::test(start_paused = true)]
async fn t34_time_that_ran_out_for_whoever_asked_first_has_not_for_the_others() {
    let way = Way::new(|before, call| async move {
        sleep(SECOND).await;
        if call.deadline.unwrap() < Instant::now() + SECOND {
            return Err(CallError::TimedOut { after: SECOND, sent: true });
        }
        Ok(reply(before))
    });
    let mut hurried = call_of(&LONG, reading("level", "DEV"));
    hurried.deadline = Some(Instant::now() + SECOND);
    let next = way.next.clone();
    let hurried = tokio::spawn(async move { next.run(hurried).await });
    tokio::task::yield_now().await;
    for outcome in way.crowd(50).join_all().await {
        assert_eq!(outcome.unwrap().text, "1");
    }
    assert!(matches!(hurried.await.unwrap(), Err(CallError::TimedOut { .. })));
    assert_eq!(way.made(), 2, "one in a hurry, one for all others");
}

#[tokio::test]
async fn t34_a_question_for_which_nobody_waits_any_more_is_cancelled() {
    let upstream = FakeUpstream::start([Act::Silence]).await;
    let engine = Arc::new(Engine::new(&API, options(&upstream.base_url())).unwrap());
    let ask = |engine: Arc<Engine>| async move { call(&engine, &LONG, reading("level", "DEV")).await };
    let callers = [tokio::spawn(ask(Arc::clone(&engine))), tokio::spawn(ask(Arc::clone(&engine)))];
    upstream.arrival().await;
    callers.iter().for_each(tokio::task::JoinHandle::abort);
    // Long before the attempt's own time is up.
    timeout(10 * SECOND, upstream.departure()).await.unwrap();
    call(&engine, &LONG, reading("level", "DEV")).await.unwrap();
    assert_eq!(upstream.requests().len(), 2, "and it is not joined either");
}

#[tokio::test(start_paused = true)]
async fn t31_who_changes_something_reads_it_afterwards() {
    let way = Way::new(|before, _| async move { Ok(reply(before)) });
    let elsewhere = || way.call(&LONG, reading("srid", "OTHER"));
    assert_eq!((way.read(&LONG).await.as_str(), elsewhere().await.unwrap().text.as_str()), ("0", "1"));
    way.call(&DEPLOY, deploying()).await.unwrap();
    assert_eq!(way.read(&LONG).await, "3", "the answer of before the change is gone");
    assert_eq!(elsewhere().await.unwrap().text, "1", "what it did not touch is not");
    way.call(&SILENT, reading("srid", "ispw")).await.unwrap();
    assert_eq!(way.read(&LONG).await, "5", "whatever the size of its letters");
}

/// What is read after a change that takes two seconds and ends so: 1 is what was read and kept in its midst, 2 is new.
async fn read_after(end: impl Fn(&Call) -> Option<CallError> + Clone + Send + Sync + 'static) -> String {
    let way = Way::new(move |before, call| {
        let end = end.clone();
        async move {
            if call.tool.effect == rt::Effect::Read {
                return Ok(reply(before));
            }
            sleep(2 * SECOND).await;
            match end(&call) {
                Some(error) => Err(error),
                None => pending().await,
            }
        }
    });
    let change = tokio::spawn(way.call(&DEPLOY, deploying()));
    sleep(SECOND).await;
    assert_eq!((way.read(&LONG).await, way.read(&LONG).await), ("1".to_owned(), "1".to_owned()));
    change.await.unwrap().unwrap_err();
    way.read(&LONG).await
}

#[tokio::test(start_paused = true)]
async fn t31_a_change_that_may_have_been_made_is_one() {
    assert_eq!(read_after(|_| Some(refused())).await, "2");
    assert_eq!(read_after(|_| Some(CallError::Interrupted { cause: String::new() })).await, "2");
    assert_eq!(read_after(|_| Some(CallError::NothingDone { message: String::new() })).await, "2");
    let unsent = |call: &Call| {
        call.progress.restore(false);
        Some(CallError::Unreachable { cause: String::new() })
    };
    assert_eq!(read_after(unsent).await, "1", "nothing was sent");
}

#[tokio::test(start_paused = true)]
async fn t31_a_change_whose_time_ran_out_may_have_been_made() {
    // Kept for longer than the change takes.
    static HOUR: rt::Tool = rt::Tool { name: "hour", cache: Some(Duration::from_secs(3600)), ..READ };
    let way = Way::new(|before, call| async move {
        if call.tool.effect == rt::Effect::Read { Ok(reply(before)) } else { pending().await }
    });
    let change = tokio::spawn(way.call(&DEPLOY, deploying()));
    sleep(SECOND).await;
    assert_eq!((way.read(&HOUR).await, way.read(&HOUR).await), ("1".to_owned(), "1".to_owned()));
    let error = change.await.unwrap().unwrap_err();
    assert!(matches!(error, CallError::TimedOut { sent: true, .. }), "{error:?}");
    assert_eq!(way.read(&HOUR).await, "2");
}

/// An API where reads take a second and changes as long as `change`.
fn racing(change: Duration) -> Way {
    Way::new(move |before, call| async move {
        sleep(if call.tool.effect == rt::Effect::Read { SECOND } else { change }).await;
        Ok(reply(before))
    })
}

#[tokio::test(start_paused = true)]
async fn t31_a_read_from_before_a_change_is_neither_kept_nor_joined_after_it() {
    let way = racing(Duration::from_millis(100));
    let early = tokio::spawn(way.call(&LONG, reading("level", "DEV")));
    sleep(Duration::from_millis(100)).await;
    way.call(&DEPLOY, deploying()).await.unwrap();
    let late = tokio::spawn(way.call(&LONG, reading("level", "DEV")));
    assert_eq!(early.await.unwrap().unwrap().text, "0");
    assert_eq!(late.await.unwrap().unwrap().text, "2", "it came after the change, so it sees it");
    assert_eq!((way.read(&LONG).await.as_str(), way.made()), ("2", 3), "and that one is kept");
}

#[tokio::test(start_paused = true)]
async fn t31_a_read_while_a_change_is_made_is_not_kept_beyond_it() {
    let way = racing(3 * SECOND);
    assert_eq!(way.read(&LONG).await, "0");
    let change = tokio::spawn(way.call(&DEPLOY, deploying()));
    sleep(SECOND).await;
    assert_eq!(way.read(&LONG).await, "2", "what was kept before may be untrue by now");
    assert_eq!(way.read(&LONG).await, "2", "began and landed meanwhile, and is kept for now");
    change.await.unwrap().unwrap();
    assert_eq!(way.read(&LONG).await, "3");

    let way = racing(Duration::from_millis(1500));
    let change = tokio::spawn(way.call(&DEPLOY, deploying()));
    sleep(SECOND).await;
    let read = tokio::spawn(way.call(&LONG, reading("level", "DEV")));
    change.await.unwrap().unwrap();
    assert_eq!(read.await.unwrap().unwrap().text, "1", "began meanwhile and landed after it");
    assert_eq!(way.read(&LONG).await, "2");
}

#[tokio::test(start_paused = true)]
async fn t31_a_change_that_the_caller_left_alone_makes_forget_as_well() {
    let way = racing(3 * SECOND);
    let left = timeout(SECOND, way.call(&DEPLOY, deploying()));
    let (left, read) = tokio::join!(left, way.read(&LONG));
    assert!(left.is_err());
    assert_eq!(read, "1");
    assert_eq!(way.read(&LONG).await, "2");
}

/// Lets others go on, at times.
async fn some_time() {
    for _ in 0..fastrand::usize(0..4) {
        tokio::task::yield_now().await;
    }
}

/// Reads and changes one thing many times; a read that is left after a moment is no reason to see less.
async fn work(way: Arc<Way>, answered: Arc<AtomicUsize>) {
    let number = |outcome: Outcome| outcome.unwrap().text.parse::<usize>().unwrap();
    for _ in 0..500 {
        if fastrand::u8(0..10) == 0 {
            let made = number(way.call(&DEPLOY, deploying()).await);
            answered.fetch_max(made, Ordering::SeqCst);
            continue;
        }
        let before = answered.load(Ordering::SeqCst);
        let read = way.call(&LONG, reading("level", "DEV"));
        if fastrand::u8(0..4) == 0 {
            tokio::select! { biased; _ = read => {}, () = some_time() => {} }
            continue;
        }
        let seen = number(read.await);
        assert!(seen >= before, "{seen} was read after the answer to change {before}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn t31_no_read_is_older_than_a_change_that_was_answered_before_it() {
    let state = Arc::new(AtomicUsize::new(0));
    let way = Arc::new(Way::new(move |_, call| {
        let state = Arc::clone(&state);
        async move {
            some_time().await;
            let number = match call.tool.effect {
                rt::Effect::Read => state.load(Ordering::SeqCst),
                _ => state.fetch_add(1, Ordering::SeqCst) + 1,
            };
            some_time().await;
            Ok(reply(number))
        }
    }));
    let answered = Arc::new(AtomicUsize::new(0));
    let workers: JoinSet<()> = (0..16).map(|_| work(Arc::clone(&way), Arc::clone(&answered))).collect();
    timeout(MINUTE, workers.join_all()).await.unwrap();
    assert!(way.made() < 16 * 500, "nothing was shared or kept: {}", way.made());
}

#[tokio::test(start_paused = true)]
async fn a_kept_answer_says_how_old_it_is_and_is_else_the_same() {
    let way = Way::new(|before, _| async move { Ok(reply(before)) });
    let first = way.call(&LONG, reading("level", "DEV")).await.unwrap();
    assert_eq!(way.call(&LONG, reading("level", "DEV")).await.unwrap(), first);
    sleep(Duration::from_millis(12_900)).await;
    let mut old = way.call(&LONG, reading("level", "DEV")).await.unwrap();
    let note = old.notes.pop().unwrap();
    assert_eq!(note, "This answer is 12 s old: it was kept, and the API was not asked again.");
    assert_eq!(old, first);
}

#[tokio::test]
async fn t31_the_api_says_what_may_be_kept() {
    const JSON: &str = "Content-Type: application/json\r\n";
    for (header, made) in [
        ("", 1),
        ("Cache-Control: max-age=60\r\n", 1),
        ("Vary: Accept\r\n", 1),
        ("Cache-Control: no-store\r\n", 2),
        ("Cache-Control: private\r\n", 2),
        ("Cache-Control: max-age=60\r\nAge: 60\r\n", 2),
        ("Set-Cookie: a=b\r\n", 2),
        ("Vary: *\r\n", 2),
        ("Vary: Authorization\r\n", 2),
        ("Pragma: no-cache\r\n", 2),
        ("Expires: 0\r\n", 2),
    ] {
        let script = [answer("200 OK", &format!("{JSON}{header}"), r#"{"setId":"S1"}"#)];
        let upstream = FakeUpstream::start(script).await;
        let engine = Engine::new(&API, options(&upstream.base_url())).unwrap();
        for _ in 0..2 {
            call(&engine, &LONG, reading("level", "DEV")).await.unwrap();
        }
        assert_eq!(upstream.requests().len(), made, "{header:?}");
    }
}

#[tokio::test]
async fn t34_a_thousand_at_once_are_one_request_on_the_wire() {
    let go = Arc::new(Notify::new());
    let body =
        "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 14\r\n\r\n{\"setId\":\"S1\"}";
    let upstream = FakeUpstream::start([Act::Hold(Arc::clone(&go), body.into())]).await;
    let engine = Arc::new(Engine::new(&API, options(&upstream.base_url())).unwrap());
    let ask = |engine: Arc<Engine>| async move { call(&engine, &LONG, reading("level", "DEV")).await };
    let callers: JoinSet<_> = (0..1000).map(|_| ask(Arc::clone(&engine))).collect();
    upstream.arrival().await;
    go.notify_one();
    for outcome in callers.join_all().await {
        assert_eq!(outcome.unwrap().structured.clone().unwrap()["setId"], "S1");
    }
    assert_eq!(upstream.requests().len(), 1);
}

#[tokio::test]
async fn t31_an_answer_of_500_or_a_redirect_is_asked_again_on_the_wire() {
    let script = [
        json_answer("500 Internal Server Error", "{}"),
        answer("302 Found", "Location: /elsewhere\r\nCache-Control: max-age=60\r\n", ""),
        json_answer("200 OK", "{}"),
    ];
    let upstream = FakeUpstream::start(script).await;
    let engine = Engine::new(&API, options(&upstream.base_url())).unwrap();
    let mut answered = Vec::new();
    for _ in 0..4 {
        answered.push(call(&engine, &LONG, reading("level", "DEV")).await.is_ok());
    }
    assert_eq!((answered, upstream.requests().len()), (vec![false, false, true, true], 3));
}

#[test]
fn room_for_nothing_is_refused_unless_nothing_is_to_be_kept() {
    for (entries, bytes) in [(0, 1), (1, 1), (2, 0)] {
        let mut options = options("http://127.0.0.1:1");
        options.cache = Settings { entries, bytes, ..Settings::default() };
        let error = Engine::new(&API, options.clone()).unwrap_err();
        assert!(error.to_string().contains("two or more"), "{error}");
        options.cache.enabled = false;
        Engine::new(&API, options).unwrap();
    }
}

fn key(arguments: &Value) -> Key {
    Key::of("http://api", "read", arguments, &Caller::LocalOwner, &Account::default())
}

#[test]
fn t30_keys_differ_in_every_field_and_fields_do_not_run_into_each_other() {
    assert_ne!(key(&json!({ "a": "1:b:2" })), key(&json!({ "a": "1", "b": "2" })));
    assert_eq!(key(&json!({ "a": "1", "b": "2" })), key(&json!({ "a": "1", "b": "2" })));
    let of = |address, tool| Key::of(address, tool, &json!({}), &Caller::LocalOwner, &Account::default());
    assert_ne!(of("http://api", "read"), of("http://api/v1", "read"));
    assert_ne!(of("http://api", "read"), of("http://api", "reads"));
    assert_ne!(of("http://api", "read"), of("http://apir", "ead"));
}

#[test]
fn t30_no_two_of_many_argument_maps_share_a_key() {
    fn text(random: &mut fastrand::Rng) -> String {
        (0..random.usize(0..4))
            .map(|_| random.choice(['a', 'b', '1', ':', ',', '"', '\\', '{']).unwrap())
            .collect()
    }
    fn value(random: &mut fastrand::Rng, depth: usize) -> Value {
        match random.usize(0..if depth == 0 { 4 } else { 6 }) {
            0 => Value::Null,
            1 => json!(random.bool()),
            2 => json!(random.u8(0..4)),
            3 => json!(text(random)),
            4 => (0..random.usize(0..3)).map(|_| value(random, depth - 1)).collect(),
            _ => Value::Object(map(random, depth - 1)),
        }
    }
    fn map(random: &mut fastrand::Rng, depth: usize) -> Map<String, Value> {
        (0..random.usize(0..4)).map(|_| (text(random), value(random, depth))).collect()
    }
    let mut random = fastrand::Rng::with_seed(30);
    let mut seen: HashMap<Key, Value> = HashMap::new();
    for _ in 0..20_000 {
        let arguments = Value::Object(map(&mut random, 2));
        let there = seen.entry(key(&arguments)).or_insert_with(|| arguments.clone());
        assert_eq!(*there, arguments);
    }
    assert!(seen.len() > 10_000, "{}", seen.len());
}

proptest! {
    #[test]
    fn t30_two_argument_maps_share_a_key_only_if_they_are_one(
        one in proptest::collection::btree_map("[ab:,\"]{0,3}", "[12ab:,\"]{0,5}", 0..4),
        other in proptest::collection::btree_map("[ab:,\"]{0,3}", "[12ab:,\"]{0,5}", 0..4),
    ) {
        prop_assert_eq!(key(&json!(one)) == key(&json!(other)), one == other);
    }
}

#[tokio::test(start_paused = true)]
async fn t31_nothing_is_kept_while_a_change_without_an_answer_may_still_be_made() {
    let way = Way::new(|before, call| async move {
        match call.tool.effect {
            rt::Effect::Read => Ok(reply(before)),
            _ => Err(CallError::Interrupted { cause: String::new() }),
        }
    });
    way.read(&LONG).await;
    way.call(&DEPLOY, deploying()).await.unwrap_err();
    let mut seen = Vec::new();
    for _ in 0..3 {
        seen.push(way.read(&LONG).await);
    }
    assert_eq!(seen, ["2", "3", "4"], "each is asked for anew");
    sleep(Duration::from_secs(120)).await;
    let (one, other) = (way.read(&LONG).await, way.read(&LONG).await);
    assert_eq!((one.as_str(), other.as_str()), ("5", "5"));
}
