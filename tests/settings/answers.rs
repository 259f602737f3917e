//! Answers of reads that are kept, and changes that are made once.

use std::time::Instant;

use crate::fake_upstream::{Act, json as answer};
use crate::redis_server::RedisServer;
use crate::scratch::Scratch;
use crate::world::{SOON, World, outcome};

const SECRET: (&str, &str) = ("REDIS_SECRET", "0123456789abcdef0123456789abcdef");

/// How often the API is asked for two reads of the same.
async fn asked(changed: &[(&str, &str)]) -> usize {
    let details =
        || answer("200 OK", &format!(r#"{{"application":"PLAY","description":"{}"}}"#, "d".repeat(400)));
    let world = World::start([details(), details()], changed).await;
    for _ in 0..2 {
        assert_eq!(world.read_kept("PLAY000313").await.status, 200);
    }
    world.sent()
}

#[tokio::test]
async fn answers_are_kept_where_that_is_on_and_there_is_room() {
    assert_eq!(asked(&[]).await, 1);
    assert_eq!(asked(&[("CACHE_ENABLED", "false")]).await, 2);
    // An eighth of this is less than the answer.
    assert_eq!(asked(&[("CACHE_MAX_BYTES", "1024")]).await, 2);
    assert_eq!(asked(&[("CACHE_MAX_BYTES", "65536")]).await, 1);
}

#[tokio::test]
async fn no_more_answers_are_kept_than_may_be() {
    for (entries, all_are_kept) in [("2", false), ("8", true)] {
        let world = World::start([], &[("CACHE_MAX_SIZE", entries)]).await;
        for _ in 0..2 {
            for id in ["PLAY000001", "PLAY000002", "PLAY000003"] {
                assert_eq!(world.read_kept(id).await.status, 200);
            }
        }
        assert_eq!(world.sent() == 3, all_are_kept, "{entries}: {}", world.sent());
    }
}

/// A server that shares this Redis.
async fn sharing(redis: &RedisServer, changed: &[(&str, &str)]) -> World {
    let url = redis.url();
    let usual = [("REDIS_URL", &*url), SECRET, ("REDIS_TIMEOUT", "5"), ("REDIS_SETTLE", "0")];
    World::start([], &[&usual, changed].concat()).await
}

/// Reads twice until the API is asked once and Redis so often. When a server begins to hear Redis it forgets what it has in memory.
async fn until(world: &World, of_redis: u64) {
    let begun = Instant::now();
    for number in 0.. {
        let before = (world.sent(), world.counted("mcp_cache_redis_hits_total").await);
        for _ in 0..2 {
            assert_eq!(world.read_kept(&format!("PLAY{number:06}")).await.status, 200);
        }
        let asked = (world.sent() - before.0, world.counted("mcp_cache_redis_hits_total").await - before.1);
        if asked == (1, of_redis) {
            return;
        }
        assert!(begun.elapsed() < SOON, "{asked:?}");
    }
}

#[tokio::test]
async fn answers_are_kept_where_they_are_to_be() {
    let folder = Scratch::new("settings-backend");
    let redis = RedisServer::start(folder.path());
    for (backend, of_redis) in [("memory", 0), ("redis", 1), ("multi_tier", 0)] {
        let world = sharing(&redis, &[("CACHE_BACKEND", backend), ("REDIS_KEY_PREFIX", backend)]).await;
        until(&world, of_redis).await;
        let keys = redis.ask(&["keys", &format!("{backend}*")]);
        assert_eq!(keys.contains("answer:"), backend != "memory", "{keys}");
    }
}

#[tokio::test]
async fn memory_is_asked_before_redis_for_a_part_of_the_time() {
    let folder = Scratch::new("settings-share");
    let redis = RedisServer::start(folder.path());
    for (share, of_redis) in [("1", 0), ("0", 1)] {
        let changed = [("CACHE_BACKEND", "multi_tier"), ("MULTI_TIER_L1_TTL_RATIO", share)];
        let world = sharing(&redis, &[&changed[..], &[("REDIS_KEY_PREFIX", share)]].concat()).await;
        until(&world, of_redis).await;
    }
}

#[tokio::test]
async fn an_identical_change_is_made_once_within_its_time() {
    for (changed, sent) in [(&[][..], 1), (&[("LEDGER_WINDOW", "0")], 2)] {
        let world = World::start([], changed).await;
        for _ in 0..2 {
            assert_eq!(world.change().await.status, 200);
        }
        assert_eq!(world.sent(), sent, "{changed:?}");
    }
}

#[tokio::test]
async fn a_change_of_which_nobody_knows_is_not_made_again_within_its_time() {
    for (changed, second, sent) in [
        (&[][..], (409, "outcome_unknown".to_owned()), 1),
        (&[("LEDGER_UNKNOWN", "0")], (200, String::new()), 2),
    ] {
        let world = World::start([Act::Reset], changed).await;
        assert_eq!(outcome(&world.change().await), (502, "interrupted".to_owned()));
        assert_eq!(outcome(&world.change().await), second, "{changed:?}");
        assert_eq!(world.sent(), sent, "{changed:?}");
    }
}
