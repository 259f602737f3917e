//! Calls over the quota are refused before anything is done for them, and each setting has its effect.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod fake_upstream;
mod sample;

use fake_upstream::{FakeUpstream, json as json_answer};
use sample::{DEPLOY, READ, call, deploying, options, reading};
use server::call::CallError;
use server::engine::Engine;
use server::stages::quota::Settings;

/// How many of six reads and, before them, one change if asked for, are admitted at once.
async fn admitted(settings: Settings, change_first: bool) -> (usize, usize) {
    let answers = (0..7).map(|_| json_answer("200 OK", r#"{"setId":"S","id":"A"}"#));
    let upstream = FakeUpstream::start(answers).await;
    let mut options = options(&upstream.base_url());
    options.quota = settings;
    options.cache.enabled = false;
    let engine = Engine::new(&sample::API, options).unwrap();
    if change_first {
        call(&engine, &DEPLOY, deploying()).await.unwrap();
    }
    let mut passed = 0;
    for _ in 0..6 {
        match call(&engine, &READ, reading("level", "DEV")).await {
            Err(CallError::Limited { retry_after }) => {
                assert!(retry_after.as_secs() <= 60 && !retry_after.is_zero(), "{retry_after:?}");
            }
            _ => passed += 1,
        }
    }
    (passed, upstream.requests().len())
}

#[tokio::test]
async fn each_setting_of_the_quota_has_its_effect() {
    let none = Settings { burst: 2, ..Settings::default() };
    let (common, caller) = (Settings { per_minute: 1, ..none }, Settings { caller_per_minute: 1, ..none });
    for (settings, change_first, expected) in [
        (none, false, 6),
        (common, false, 2),
        (caller, false, 2),
        (Settings { burst: 3, ..common }, false, 3),
        (Settings { enabled: false, ..common }, false, 6),
        (Settings { caller_enabled: false, ..caller }, false, 6),
        (common, true, 1),
        (Settings { change_weight: 2, ..common }, true, 0),
    ] {
        let (passed, sent) = admitted(settings, change_first).await;
        assert_eq!(passed, expected, "{settings:?}");
        assert_eq!(sent, passed + usize::from(change_first), "what is refused is not sent");
    }
}

#[tokio::test]
async fn a_quota_that_admits_nothing_stops_the_start() {
    for (burst, change_weight) in [(0, 1), (1, 0)] {
        let mut options = options("http://127.0.0.1:9");
        options.quota = Settings { burst, change_weight, ..Settings::default() };
        assert!(Engine::new(&sample::API, options).is_err());
    }
}
