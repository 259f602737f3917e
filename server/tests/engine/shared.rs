//! What several processes share besides changes: quotas and answers, with a real Redis between them, and without one.

use std::time::{Duration, Instant};

use server::call::CallError;
use server::engine::Engine;
use server::replicas::Settings;
use server::stages::quota;

use crate::fake_upstream::{FakeUpstream, json as json_answer};
use crate::redis_server::RedisServer;
use crate::sample::{self, READ, call, options, reading};
use crate::scratch::Scratch;

const SECRET: &str = "0123456789abcdef0123456789abcdef";

/// A Redis that is slow for want of a processor is not away here.
fn sharing(redis: &RedisServer) -> Settings {
    let settings = Settings::new(redis.url().into(), SECRET.into());
    Settings { timeout: Duration::from_secs(5), settle: Duration::ZERO, ..settings }
}

fn bounded(upstream: &FakeUpstream, redis: &RedisServer) -> Engine {
    let mut options = options(&upstream.base_url());
    options.cache.enabled = false;
    options.quota = quota::Settings { caller_per_minute: 1, burst: 4, ..quota::Settings::default() };
    options.replicas = Some(sharing(redis));
    Engine::new(&sample::API, options).unwrap()
}

/// How many calls are admitted of so many.
async fn admitted(engine: &Engine, calls: usize) -> usize {
    let mut admitted = 0;
    for _ in 0..calls {
        match call(engine, &READ, reading("level", "DEV")).await {
            Err(CallError::Limited { retry_after }) => {
                assert!(retry_after <= Duration::from_secs(60), "{retry_after:?}")
            }
            outcome => {
                outcome.unwrap();
                admitted += 1;
            }
        }
    }
    admitted
}

#[tokio::test]
async fn r12_a_quota_counts_at_all_processes_together_and_at_each_while_redis_is_away() {
    let scratch = Scratch::new("shared-quota");
    let mut redis = RedisServer::start(scratch.path());
    let upstream = FakeUpstream::start((0..20).map(|_| json_answer("200 OK", r#"{"id":"A"}"#))).await;
    let [one, other] = [(); 2].map(|()| bounded(&upstream, &redis));
    assert_eq!((admitted(&one, 3).await, admitted(&other, 3).await, admitted(&one, 1).await), (3, 1, 0));

    redis.kill();
    assert_eq!((admitted(&one, 6).await, admitted(&other, 6).await), (4, 4), "each its own, and none fails");
    redis.restart();
    // The Redis that came back knows of none; it is used again within five seconds.
    let begun = Instant::now();
    while admitted(&one, 1).await == 0 {
        assert!(begun.elapsed() < Duration::from_secs(5), "{:?}", begun.elapsed());
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}
