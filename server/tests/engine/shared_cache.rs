//! Answers that several processes keep for each other, with a real Redis between them: what one asked for the others need not,
//! what one changes none of them gives any more, and what nobody of them wrote is no answer.

use std::sync::Arc;
use std::time::{Duration, Instant};

use serde_json::json;
use server::call::Caller;
use server::engine::Engine;
use server::generated as rt;
use server::replicas;
use server::stages::cache::{Backend, Settings};
use tokio::sync::Notify;

use crate::fake_upstream::{Act, FakeUpstream, answer, json as json_answer};
use crate::redis_server::RedisServer;
use crate::sample::{self, DEPLOY, READ, call, deploying, options, reading};
use crate::scratch::Scratch;

const SECRET: &str = "0123456789abcdef0123456789abcdef";

/// The read, kept for a minute.
static LONG: rt::Tool = rt::Tool { name: "kept_long", cache: Some(Duration::from_secs(60)), ..READ };
static API: rt::Api = rt::Api { tools: &[&DEPLOY, &LONG, &READ], ..sample::API };

/// A Redis that is slow for want of a processor is not away here.
fn sharing(redis: &RedisServer) -> replicas::Settings {
    let settings = replicas::Settings::new(redis.url().into(), SECRET.into());
    let second = Duration::from_secs(1);
    replicas::Settings { timeout: 5 * second, patience: 5 * second, settle: Duration::ZERO, ..settings }
}

fn process(upstream: &FakeUpstream, sharing: replicas::Settings, backend: Backend) -> Engine {
    let mut options = options(&upstream.base_url());
    options.cache = Settings { backend, ..Settings::default() };
    options.replicas = Some(sharing);
    Engine::new(&API, options).unwrap()
}

fn two(upstream: &FakeUpstream, redis: &RedisServer, backend: Backend) -> [Engine; 2] {
    [(); 2].map(|()| process(upstream, sharing(redis), backend))
}

/// An API whose answers are numbered from one.
async fn numbered(count: usize) -> FakeUpstream {
    let body = |number| format!(r#"{{"id":"{number}","setId":"S1"}}"#);
    FakeUpstream::start((1..=count).map(|number| json_answer("200 OK", &body(number)))).await
}

/// The number of the answer to a read.
async fn read(engine: &Engine, level: &str) -> usize {
    let reply = call(engine, &LONG, reading("level", level)).await.unwrap();
    reply.structured.clone().unwrap()["id"].as_str().unwrap().parse().unwrap()
}

fn counted(engine: &Engine, name: &str) -> u64 {
    let text = engine.metrics();
    let value = text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
    value.unwrap_or_else(|| panic!("{name}: {text}")).parse().unwrap()
}

/// Waits until something is so.
async fn until(what: &str, is_so: impl Fn() -> bool) {
    let begun = Instant::now();
    while !is_so() {
        assert!(begun.elapsed() < Duration::from_secs(20), "{what}");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

#[tokio::test]
async fn what_one_process_asked_for_the_others_need_not_where_it_is_kept_for_all() {
    for (name, backend, expected, borrowed) in [
        ("memory", Backend::Memory, [1, 2, 1, 2], 0),
        ("redis", Backend::Redis, [1, 1, 1, 1], 2),
        ("both", Backend::MultiTier, [1, 1, 1, 1], 1),
    ] {
        let scratch = Scratch::new(&format!("shared-{name}"));
        let redis = RedisServer::start(scratch.path());
        let upstream = numbered(100).await;
        let [one, other] = two(&upstream, &redis, backend);
        let begun = Instant::now();
        loop {
            let asked = upstream.requests().len();
            let before = counted(&other, "mcp_cache_redis_hits_total");
            let level = format!("LEVEL{asked}");
            let mut got = Vec::new();
            for engine in [&one, &other, &one, &other] {
                got.push(read(engine, &level).await - asked);
            }
            let hits = counted(&other, "mcp_cache_redis_hits_total") - before;
            let misses = [&one, &other].map(|engine| counted(engine, "mcp_cache_misses_total"));
            assert_eq!(misses.iter().sum::<u64>(), upstream.requests().len() as u64, "{name}");
            assert_eq!(counted(&other, "mcp_cache_redis_refused_total"), 0, "{name}");
            // Once, when it begins to hear the other, each forgets what it has in memory.
            if (&got[..], hits) == (&expected, borrowed) {
                break;
            }
            assert!(begun.elapsed() < Duration::from_secs(10), "{name}: {got:?}, {hits}");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }
}

#[tokio::test]
async fn t_31_what_one_process_changes_no_other_gives_any_more() {
    for (name, backend) in
        [("memory", Backend::Memory), ("redis", Backend::Redis), ("both", Backend::MultiTier)]
    {
        let scratch = Scratch::new(&format!("shared-change-{name}"));
        let redis = RedisServer::start(scratch.path());
        let upstream = numbered(200).await;
        let engines = two(&upstream, &redis, backend);
        for engine in &engines {
            read(engine, "DEV").await;
        }
        // Both hear each other.
        until("two are subscribed", || redis.ask(&["pubsub", "numsub", &channel(&redis)]).ends_with('2'))
            .await;
        for round in 0..20 {
            let (one, other) = (&engines[round % 2], &engines[(round + 1) % 2]);
            read(other, "DEV").await;
            // Another change each time: the same one so soon after would join the last.
            let deploying = json!({ "srid": "ISPW", "releaseId": format!("REL{round}") });
            call(one, &DEPLOY, deploying).await.unwrap();
            let changed = upstream.requests().len();
            assert!(read(other, "DEV").await > changed, "{name}: from before the change");
            assert!(read(one, "DEV").await > changed, "{name}: from before the change");
        }
    }
}

/// The only channel that somebody hears.
fn channel(redis: &RedisServer) -> String {
    redis.ask(&["pubsub", "channels"])
}

#[tokio::test]
async fn t_31_nothing_is_kept_for_others_while_a_change_is_under_way() {
    let scratch = Scratch::new("shared-under-way");
    let redis = RedisServer::start(scratch.path());
    let release = Arc::new(Notify::new());
    let held =
        b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 14\r\n\r\n{\"setId\":\"S1\"}"
            .to_vec();
    let number = |number| json_answer("200 OK", &format!(r#"{{"id":"{number}"}}"#));
    let script = [Act::Hold(Arc::clone(&release), held), number(2), number(3), number(4), number(5)];
    let upstream = FakeUpstream::start(script).await;
    let [one, other] = two(&upstream, &redis, Backend::MultiTier);
    let one = Arc::new(one);
    let change = tokio::spawn({
        let one = Arc::clone(&one);
        async move { call(&one, &DEPLOY, deploying()).await }
    });
    upstream.arrival().await;
    assert_eq!((read(&other, "DEV").await, redis.ask(&["keys", "mcp:answer:*"])), (2, String::new()));
    release.notify_one();
    change.await.unwrap().unwrap();
    assert_eq!([read(&other, "DEV").await, read(&one, "DEV").await], [3, 3], "kept again");
}

#[tokio::test]
async fn t_32_a_value_that_none_of_them_wrote_so_is_a_miss_and_counted() {
    let scratch = Scratch::new("shared-forged");
    let redis = RedisServer::start(scratch.path());
    let upstream = numbered(20).await;
    let [one, other] = two(&upstream, &redis, Backend::Redis);
    read(&one, "DEV").await;
    let key = redis.ask(&["keys", "mcp:answer:*"]);
    read(&one, "PRD").await;
    let keys = redis.ask(&["keys", "mcp:answer:*"]);
    let foreign = keys.lines().find(|other| *other != key).unwrap();
    let rewritten =
        |text: &str| format!("local v = redis.call('GET', KEYS[1]) redis.call('SET', KEYS[1], {text})");
    for (refused, change) in [
        ("'garbage'", "'garbage'"),
        ("truncated", "string.sub(v, 1, -2)"),
        ("of another form", "'\\2' .. string.sub(v, 2)"),
        ("changed", "string.sub(v, 1, -3) .. 'x' .. string.sub(v, -1)"),
        ("50 MB", "string.rep('x', 50 * 1024 * 1024)"),
    ]
    .into_iter()
    .enumerate()
    .map(|(before, (what, text))| ((before as u64 + 1, what), rewritten(text)))
    {
        let asked = upstream.requests().len();
        redis.ask(&["eval", &change, "1", &key]);
        assert_eq!(read(&other, "DEV").await, asked + 1, "{}", refused.1);
        assert_eq!(counted(&other, "mcp_cache_redis_refused_total"), refused.0, "{}", refused.1);
        assert_eq!(read(&one, "DEV").await, asked + 1, "a good one is there again");
    }
    let asked = upstream.requests().len();
    assert_eq!(redis.ask(&["copy", foreign, &key, "replace"]), "1");
    assert_eq!(read(&other, "DEV").await, asked + 1, "a good value of another key");
    redis.ask(&["del", &key]);
    redis.ask(&["hset", &key, "a", "b"]);
    assert_eq!(read(&other, "DEV").await, asked + 2, "no value at all");
    assert_eq!(counted(&other, "mcp_cache_redis_refused_total"), 7);

    let mut stranger = sharing(&redis);
    stranger.secret = SECRET.replace('0', "1").into();
    let asked = upstream.requests().len();
    assert_eq!(read(&process(&upstream, stranger, Backend::Redis), "DEV").await, asked + 1, "another secret");
}

#[tokio::test]
async fn t_30_no_caller_gets_what_another_asked_for_at_another_process() {
    let scratch = Scratch::new("shared-callers");
    let redis = RedisServer::start(scratch.path());
    let upstream = numbered(4).await;
    let [one, other] = two(&upstream, &redis, Backend::MultiTier);
    assert_eq!(read(&one, "DEV").await, 1);
    let mut somebody = sample::call_of(&LONG, reading("level", "DEV"));
    somebody.caller = Caller::Anonymous;
    let reply = other.call(somebody).await.unwrap();
    assert_eq!(reply.structured.clone().unwrap()["id"], "2");
    assert_eq!(read(&other, "DEV").await, 1);
}

#[tokio::test]
async fn the_api_is_asked_whether_what_another_process_keeps_is_still_right() {
    let scratch = Scratch::new("shared-etag");
    let redis = RedisServer::start(scratch.path());
    let head = "Content-Type: application/json\r\nETag: \"a\"\r\nCache-Control: no-cache\r\n";
    let unchanged = || Act::Send(b"HTTP/1.1 304 Not Modified\r\nETag: \"a\"\r\n\r\n".to_vec());
    let upstream = FakeUpstream::start([answer("200 OK", head, r#"{"id":"7"}"#), unchanged()]).await;
    let [one, other] = two(&upstream, &redis, Backend::MultiTier);
    assert_eq!([read(&one, "DEV").await, read(&other, "DEV").await], [7, 7]);
    let asked = upstream.requests();
    assert!(asked[1].to_ascii_lowercase().contains("if-none-match: \"a\"\r\n"), "{}", asked[1]);
    assert_eq!(counted(&other, "mcp_cache_renewals_total"), 1);
}

/// How many scripts Redis was asked to run.
fn scripts(redis: &RedisServer) -> u64 {
    let stats = redis.ask(&["info", "commandstats"]);
    let calls = stats.lines().filter_map(|line| line.strip_prefix("cmdstat_evalsha:calls="));
    calls.filter_map(|calls| calls.split(',').next()?.parse::<u64>().ok()).sum()
}

/// One process asks, and the API does not answer yet; another one waits for what it gets.
async fn waiting(redis: &RedisServer, upstream: &FakeUpstream) -> [tokio::task::JoinHandle<usize>; 2] {
    let [one, other] = two(upstream, redis, Backend::MultiTier).map(Arc::new);
    let asking = |engine: Arc<Engine>| tokio::spawn(async move { read(&engine, "DEV").await });
    let first = asking(one);
    upstream.arrival().await;
    let before = scripts(redis);
    let second = asking(other);
    // It has looked, found that another one asks, and looked again.
    until("the second waits", || scripts(redis) >= before + 4).await;
    [first, second]
}

fn first_is_held(release: &Arc<Notify>) -> [Act; 2] {
    let body = r#"{"id":"1"}"#;
    let head = format!(
        "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n",
        body.len()
    );
    [
        Act::Hold(Arc::clone(release), format!("{head}{body}").into_bytes()),
        json_answer("200 OK", r#"{"id":"2"}"#),
    ]
}

#[tokio::test]
async fn t_34_one_process_asks_for_all() {
    let scratch = Scratch::new("shared-flight");
    let redis = RedisServer::start(scratch.path());
    let release = Arc::new(Notify::new());
    let upstream = FakeUpstream::start(first_is_held(&release)).await;
    let [first, second] = waiting(&redis, &upstream).await;
    release.notify_one();
    assert_eq!((first.await.unwrap(), second.await.unwrap()), (1, 1));
    assert_eq!(upstream.requests().len(), 1);
    until("nobody asks any more", || redis.ask(&["keys", "mcp:asking:*"]).is_empty()).await;
}

#[tokio::test]
async fn t_34_when_who_asks_for_all_leaves_or_dies_the_others_ask_themselves() {
    for dies in [false, true] {
        let scratch = Scratch::new(&format!("shared-leaves-{dies}"));
        let redis = RedisServer::start(scratch.path());
        let release = Arc::new(Notify::new());
        let upstream = FakeUpstream::start(first_is_held(&release)).await;
        let [first, second] = waiting(&redis, &upstream).await;
        let begun = Instant::now();
        if dies {
            // What is left of a process that died is its word, and not for long.
            let word = redis.ask(&["keys", "mcp:asking:*"]);
            let left: u64 = redis.ask(&["pttl", &word]).parse().unwrap();
            assert!((1..=3000).contains(&left), "{left}");
            redis.ask(&["del", &word]);
        } else {
            first.abort();
        }
        assert_eq!(second.await.unwrap(), 2);
        // A word that nobody renews lasts two seconds at least.
        assert!(begun.elapsed() < Duration::from_secs(2), "{:?}", begun.elapsed());
        assert_eq!(upstream.requests().len(), 2);
    }
}

#[tokio::test]
async fn r12_reads_go_on_without_redis_and_use_it_again_when_it_is_back() {
    let scratch = Scratch::new("shared-away");
    let mut redis = RedisServer::start(scratch.path());
    let upstream = numbered(100).await;
    let usual = replicas::Settings { timeout: Duration::from_millis(50), ..sharing(&redis) };
    let [one, other] = [(); 2].map(|()| process(&upstream, usual.clone(), Backend::MultiTier));
    assert_eq!(read(&one, "DEV").await, 1);

    redis.signal("-STOP");
    let begun = Instant::now();
    for number in 2..12 {
        assert_eq!(read(&other, &format!("LEVEL{number}")).await, number, "asked of the API");
    }
    assert!(begun.elapsed() < Duration::from_secs(5), "three time-outs, then none: {:?}", begun.elapsed());
    assert_eq!(counted(&other, "mcp_redis_up"), 0);
    redis.signal("-CONT");
    until("Redis is used again", || counted(&other, "mcp_redis_up") == 1).await;
    assert_eq!(read(&other, "DEV").await, 1, "it still has what the other asked for");

    redis.kill();
    assert_eq!(read(&other, "DEV").await, 1, "memory goes on for a few seconds");
    let asked = upstream.requests().len();
    assert_eq!(read(&other, "TST").await, asked + 1);
    redis.restart();
    let begun = Instant::now();
    while redis.ask(&["keys", "mcp:answer:*"]).is_empty() {
        assert!(begun.elapsed() < Duration::from_secs(5), "not used again");
        read(&one, &format!("AGAIN{}", upstream.requests().len())).await;
    }
}
