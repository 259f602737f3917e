//! What several servers share through Redis.

use crate::program_support::run;
use crate::redis_server::RedisServer;
use crate::scratch::Scratch;
use crate::world::{NOWHERE, SOON, World, outcome, timed};

const SECRET: (&str, &str) = ("REDIS_SECRET", "0123456789abcdef0123456789abcdef");
/// A Redis that is slow for want of a processor is not away here, and nothing is waited for when it is new.
const PATIENT: [(&str, &str); 2] = [("REDIS_TIMEOUT", "5"), ("REDIS_SETTLE", "0")];

#[tokio::test]
async fn a_change_at_one_server_is_known_to_the_other_that_has_its_secret() {
    let folder = Scratch::new("settings-shared");
    let redis = RedisServer::start(folder.path());
    let url = redis.url();
    for (changed, made) in [(&[][..], 1), (&[("REDIS_URL", &*url), SECRET], 0)] {
        let changed = [&PATIENT[..], changed].concat();
        let changed = if made == 1 { &changed[2..] } else { &changed[..] };
        let one = World::start([], changed).await;
        assert_eq!(one.change().await.status, 200);
        let base = one.api.base_url();
        let other = World::start([], &[changed, &[("API_BASE_URL", &*base)]].concat()).await;
        assert_eq!(other.change().await.status, 200);
        assert_eq!(one.sent(), 1 + made, "{changed:?}");
    }
    let other = [NOWHERE, ("REDIS_URL", &*url), ("REDIS_SECRET", "short")];
    assert_eq!(run(&["serve", "--listen", "127.0.0.1:0"], &other).await.code, 78);
}

#[tokio::test]
async fn keys_in_redis_begin_as_is_said() {
    let folder = Scratch::new("settings-prefix");
    let redis = RedisServer::start(folder.path());
    let url = redis.url();
    let changed = [("REDIS_URL", &*url), SECRET, ("REDIS_KEY_PREFIX", "team-a:")];
    let world = World::start([], &[&PATIENT[..], &changed].concat()).await;
    assert_eq!(world.change().await.status, 200);
    let keys = redis.ask(&["keys", "*"]);
    assert!(!keys.is_empty() && keys.lines().all(|key| key.starts_with("team-a:")), "{keys}");
}

#[tokio::test]
async fn answers_are_written_to_redis_in_json_and_in_nothing_else() {
    let settings = |form| [NOWHERE, ("REDIS_SERIALIZER", form)];
    assert_eq!(run(&["config"], &settings("json")).await.code, 0);
    let refused = run(&["config"], &settings("pickle")).await;
    assert_eq!(refused.code, 78, "{refused:?}");
}

#[tokio::test]
async fn a_read_waits_for_redis_for_so_long() {
    let folder = Scratch::new("settings-timeout");
    let redis = RedisServer::start(folder.path());
    let url = redis.url();
    let with = async |seconds: &str| {
        let changed = [
            ("REDIS_URL", &*url),
            SECRET,
            ("REDIS_TIMEOUT", seconds),
            ("REDIS_SETTLE", "0"),
            ("CACHE_BACKEND", "redis"),
        ];
        let world = World::start([], &changed).await;
        assert_eq!(world.read_kept("PLAY000001").await.status, 200);
        redis.signal("-STOP");
        let (answer, taken) = timed(world.read_kept("PLAY000002")).await;
        redis.signal("-CONT");
        assert_eq!(answer.status, 200, "it is read all the same");
        taken
    };
    let (short, long) = (with("0.01").await, with("2").await);
    assert!(long >= std::time::Duration::from_secs(2), "{long:?}");
    assert!(short < long, "{short:?}");
}

#[tokio::test]
async fn changes_go_on_without_redis_where_that_is_said() {
    for (mode, status, word) in [("closed", 503, "unshared"), ("open", 200, "")] {
        let changed = [("REDIS_URL", "redis://127.0.0.1:9"), SECRET, ("LEDGER_FAIL_MODE", mode)];
        let world = World::start([], &changed).await;
        assert_eq!(outcome(&world.change().await), (status, word.to_owned()), "{mode}");
    }
}

#[tokio::test]
async fn changes_wait_after_redis_came_back_empty_for_as_long_as_is_said() {
    let folder = Scratch::new("settings-settle");
    let mut times = Vec::new();
    for seconds in ["0", "2"] {
        let redis = RedisServer::start(&folder.path().join(seconds));
        let url = redis.url();
        let changed = [("REDIS_URL", &*url), SECRET, ("REDIS_TIMEOUT", "5"), ("REDIS_SETTLE", seconds)];
        let world = World::start([], &changed).await;
        let ((), taken) = timed(async {
            loop {
                let answer = world.change().await;
                if answer.status == 200 {
                    return;
                }
                assert_eq!(outcome(&answer).0, 503, "{answer:?}");
            }
        })
        .await;
        assert!(taken < SOON * 4, "{taken:?}");
        times.push(taken);
    }
    // Two seconds from when Redis was met, which is a moment before the first change.
    assert!(times[1] > std::time::Duration::from_millis(1500) && times[0] < times[1], "{times:?}");
}
