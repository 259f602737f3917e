//! What a server takes of other options while it runs: all that can be taken, or nothing.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod fake_upstream;
mod http_support;
mod sample;

use std::time::Duration;

use http_support::Served;
use sample::reading;
use server::Options;

const MINUTE: Duration = Duration::from_secs(60);

/// Puts something into options that cannot be.
type Fault = fn(&mut Options);

/// How many requests the API gets for two reads of the same.
async fn sent_for_two(served: &Served) -> usize {
    let before = served.upstream.requests().len();
    for _ in 0..2 {
        served.call("read", reading("level", "DEV")).await;
    }
    served.upstream.requests().len() - before
}

#[tokio::test]
async fn answers_are_kept_for_as_long_as_is_said_now() {
    let served = Served::start([]).await;
    assert_eq!(sent_for_two(&served).await, 2, "nothing is kept");
    served.take(|options| options.engine.cache.default_ttl = MINUTE).unwrap();
    assert_eq!(sent_for_two(&served).await, 1);
    assert_eq!(sent_for_two(&served).await, 0, "it is still there");
    served.take(|options| options.engine.cache.default_ttl = Duration::ZERO).unwrap();
    assert_eq!(sent_for_two(&served).await, 2, "what was kept before is not given any more");
}

#[tokio::test]
async fn one_fault_keeps_everything_out() {
    let served = Served::start([]).await;
    let faults: [(&str, Fault); 5] = [
        ("a whole call", |options| options.engine.deadline = Duration::ZERO),
        ("one request", |options| options.engine.upstream.attempt_timeout = Duration::ZERO),
        ("calls at once", |options| options.engine.quota.burst = 0),
        ("what a change counts as", |options| options.engine.quota.change_weight = 0),
        ("requests at once", |options| options.http.site_burst = 0),
    ];
    for (said, fault) in faults {
        let refused = served.take(|options| {
            options.engine.quota.per_minute = 1;
            options.http.site_requests_per_minute = 1;
            options.engine.cache.default_ttl = MINUTE;
            fault(options);
        });
        assert!(refused.unwrap_err().to_string().contains(said), "{said}");
        assert_eq!(sent_for_two(&served).await, 2, "{said}");
        let health = served.request("GET /mcp/tools", &[], "").await;
        assert_eq!((health.status, health.header("x-ratelimit-limit")), (200, None), "{said}");
    }
}
