//! How much is asked of the API at once, what is repeated, and when the API is left alone.

use std::sync::Arc;

use tokio::sync::Notify;

use crate::fake_upstream::{Act, json as answer};
use crate::world::{SOON, World, outcome, timed};

#[tokio::test]
async fn so_much_is_asked_of_the_api_at_once() {
    for name in ["API_CONCURRENT_REQUESTS", "API_CONCURRENT_REQUESTS_PER_CALLER"] {
        for (most, second) in [("1", (503, "busy".to_owned())), ("2", (200, String::new()))] {
            let held = Arc::new(Notify::new());
            let body = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}";
            let world =
                Arc::new(World::start([Act::Hold(Arc::clone(&held), body.to_vec())], &[(name, most)]).await);
            let first = tokio::spawn({
                let world = Arc::clone(&world);
                async move { world.read().await.status }
            });
            world.api.arrival().await;
            assert_eq!(outcome(&world.read().await), second, "{name}={most}");
            held.notify_one();
            assert_eq!(first.await.unwrap(), 200);
        }
    }
}

fn away() -> Act {
    answer("503 Service Unavailable", "{}")
}

#[tokio::test]
async fn what_failed_is_repeated_so_often() {
    for (attempts, sent) in [("1", 1), ("2", 2), ("4", 4)] {
        let changed = [("MAX_RETRY_ATTEMPTS", attempts), ("RETRY_BASE_DELAY", "0")];
        let world = World::start((0..10).map(|_| away()), &changed).await;
        assert_ne!(world.read().await.status, 200);
        assert_eq!(world.sent(), sent, "{attempts}");
    }
}

#[tokio::test]
async fn a_repetition_is_waited_for_as_long_as_is_said() {
    let with = async |delay: &str| {
        let changed = [("MAX_RETRY_ATTEMPTS", "8"), ("RETRY_BASE_DELAY", delay), ("CALL_DEADLINE", "1")];
        let world = World::start((0..20).map(|_| away()), &changed).await;
        world.read().await;
        world.sent()
    };
    assert_eq!(with("0").await, 8);
    // Each of seven waits is any part of up to ten seconds, so that not all of them fit into one.
    assert!(with("60").await < 8);
}

#[tokio::test]
async fn the_api_is_left_alone_after_so_many_connections_that_fail_and_for_so_long() {
    for (failures, asked) in [("1", 1), ("3", 3)] {
        for (recovery, wait) in [("120", "120"), ("300", "300")] {
            let changed = [
                ("CIRCUIT_BREAKER_FAILURE_THRESHOLD", failures),
                ("CIRCUIT_BREAKER_RECOVERY_TIMEOUT", recovery),
                ("MAX_RETRY_ATTEMPTS", "1"),
                // Nobody listens there.
                ("API_BASE_URL", "http://127.0.0.1:9"),
            ];
            let world = World::start([], &changed).await;
            for _ in 0..asked {
                assert_eq!(outcome(&world.read().await), (503, "unreachable".to_owned()));
            }
            let (left, taken) = timed(world.read()).await;
            assert_eq!(outcome(&left), (503, "unavailable".to_owned()), "{failures}");
            assert!(taken < SOON);
            let told: u64 = left.header("retry-after").unwrap().parse().unwrap();
            let wait: u64 = wait.parse().unwrap();
            // A random part is added, so that servers do not come back together.
            assert!((wait - 5..=wait * 5 / 4).contains(&told), "{recovery}: {told}");
        }
    }
}
