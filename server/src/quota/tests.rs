//! The rule of quotas, as one process keeps it and as Redis keeps it for all: what holds of the one holds of the other.

use std::time::Duration;

use super::{Local, Rate, Rates, Shared, whole_seconds};
use crate::identity::api_keys::PROVIDER;
use crate::identity::{Caller, Identity, Principal};
use crate::redis_server::RedisServer;
use crate::replicas::{Replicas, Settings};

/// Quotas of which nothing is used, and their rates.
struct Quotas(Rates, Kept);

enum Kept {
    Local(Local),
    Shared(Shared),
}

impl Quotas {
    async fn charge(&self, caller: &str, weight: usize, now: Duration) -> Result<(), Duration> {
        let Self(rates, kept) = self;
        match kept {
            Kept::Local(local) => local.charge(rates, &named(caller), weight, now),
            Kept::Shared(shared) => shared.charge_at(rates, &named(caller), weight, now).await,
        }
    }

    /// How many calls pass of those who each try ten times a second for a minute.
    async fn admitted(&self, callers: &[&str]) -> usize {
        let mut passed = 0;
        for tenth in 0..600u32 {
            for caller in callers {
                let now = second(f64::from(tenth) / 10.0);
                passed += usize::from(self.charge(caller, 1, now).await.is_ok());
            }
        }
        passed
    }
}

/// A caller of this name; by an API key where the name says so.
fn named(name: &str) -> Caller {
    let provider = if name.starts_with("key") { PROVIDER } else { "jwt" };
    let subject = name.to_owned();
    Caller::Known(Principal::new(Identity { provider, subject, ..Identity::default() }).into())
}

/// Both kinds of quotas, at so many calls a minute of all and of each, and so many at once.
async fn both(name: &str, common: usize, caller: usize, burst: usize, check: impl AsyncFn(Quotas)) {
    let rate = |calls: usize| (calls > 0).then(|| Rate::per_minute(calls, burst));
    let rates = || Rates { common: rate(common), caller: rate(caller), key: rate(caller * 2) };
    check(Quotas(rates(), Kept::Local(Local::default()))).await;
    let folder = std::env::temp_dir().join(format!("mcp-quota-{name}-{}", std::process::id()));
    let redis = RedisServer::start(&folder);
    let mut settings = Settings::new(redis.url().into(), "s".repeat(32).into());
    settings.timeout = Duration::from_secs(10);
    let replicas = Replicas::new(settings, "http://api".to_owned()).expect("sound settings");
    check(Quotas(rates(), Kept::Shared(Shared::new(replicas)))).await;
    drop(redis);
    let _ = std::fs::remove_dir_all(folder);
}

fn second(seconds: f64) -> Duration {
    Duration::from_secs_f64(seconds)
}

#[tokio::test]
async fn r18_ten_times_too_much_gets_the_burst_and_the_rate() {
    both("flood", 0, 60, 5, async |quotas| assert_eq!(quotas.admitted(&["a"]).await, 5 + 59)).await;
    both("keys", 0, 60, 5, async |quotas| assert_eq!(quotas.admitted(&["key"]).await, 5 + 119)).await;
    both("together", 60, 0, 5, async |quotas| assert_eq!(quotas.admitted(&["a", "b"]).await, 5 + 59)).await;
}

#[tokio::test]
async fn t_3a_one_who_floods_takes_nothing_from_another() {
    // Room for both together; what the one is refused must not be taken from it.
    both("calm", 180, 60, 5, async |quotas| {
        for tenth in 0..600u32 {
            let now = second(f64::from(tenth) / 10.0);
            let _ = quotas.charge("flood", 1, now).await;
            if tenth % 20 == 0 {
                assert_eq!(quotas.charge("calm", 1, now).await, Ok(()), "{now:?}");
            }
        }
    })
    .await;
}

#[tokio::test]
async fn t_3b_the_time_that_is_named_is_enough_and_a_moment_less_is_not() {
    both("moment", 90, 60, 5, async |quotas| {
        let now = second(100.0);
        for _ in 0..5 {
            assert_eq!(quotas.charge("a", 1, now).await, Ok(()), "the burst");
        }
        let wait = quotas.charge("a", 1, now).await.expect_err("one above the burst");
        assert_eq!(wait, second(1.0));
        assert!(quotas.charge("a", 1, now + wait - Duration::from_micros(1)).await.is_err());
        assert_eq!(quotas.charge("a", 1, now + wait).await, Ok(()));
    })
    .await;
}

#[tokio::test]
async fn a_call_that_all_together_refuse_costs_its_caller_nothing() {
    both("free", 2, 60, 2, async |quotas| {
        let now = second(1.0);
        assert!(quotas.charge("a", 1, now).await.is_ok() && quotas.charge("a", 1, now).await.is_ok());
        // The caller's own quota is whole again, the common one is not.
        let later = second(4.0);
        for _ in 0..9 {
            assert_eq!(quotas.charge("a", 1, later).await, Err(second(27.0)), "by the common quota");
        }
        let again = second(61.0);
        assert!(quotas.charge("a", 1, again).await.is_ok() && quotas.charge("a", 1, again).await.is_ok());
    })
    .await;
}

#[tokio::test]
async fn a_change_counts_as_many_and_no_more_than_the_burst() {
    both("weight", 90, 60, 5, async |quotas| {
        assert_eq!(quotas.charge("a", 4, second(1.0)).await, Ok(()));
        assert_eq!(quotas.charge("a", 1, second(1.0)).await, Ok(()));
        assert_eq!(quotas.charge("a", 1, second(1.0)).await, Err(second(1.0)));
        assert_eq!(quotas.charge("b", 99, second(60.0)).await, Ok(()), "it could never be made else");
    })
    .await;
}

#[tokio::test]
async fn other_rates_count_from_the_next_call_and_what_was_used_stays_used() {
    let rate = |calls: usize, burst: usize| Some(Rate::per_minute(calls, burst));
    both("changed", 0, 1, 5, async |mut quotas| {
        for _ in 0..5 {
            assert_eq!(quotas.charge("a", 1, second(1.0)).await, Ok(()));
        }
        assert_eq!(quotas.charge("a", 1, second(1.0)).await, Err(second(60.0)), "one a minute");
        // Nobody waits for longer than the new burst takes, whatever the old one would have taken.
        quotas.0.caller = rate(60, 5);
        assert_eq!(quotas.charge("a", 1, second(1.0)).await, Err(second(1.0)));
        assert_eq!(quotas.charge("a", 1, second(2.0)).await, Ok(()));
        // A smaller burst is one that was used up before.
        quotas.0.caller = rate(60, 2);
        assert_eq!(quotas.charge("a", 1, second(2.0)).await, Err(second(1.0)));
        quotas.0.caller = None;
        assert_eq!(quotas.charge("a", 1, second(2.0)).await, Ok(()));
        quotas.0.common = rate(60, 1);
        assert_eq!(quotas.charge("a", 1, second(2.0)).await, Ok(()));
        assert_eq!(quotas.charge("b", 1, second(2.0)).await, Err(second(1.0)));
    })
    .await;
}

#[tokio::test]
async fn r12_a_clock_that_goes_back_refuses_nobody_for_longer_than_the_burst_takes() {
    both("clock", 0, 60, 5, async |quotas| {
        if matches!(quotas.1, Kept::Local(_)) {
            // Its clock is the machine's, which never goes back.
            return;
        }
        assert_eq!(quotas.charge("a", 1, second(100_000.0)).await, Ok(()));
        assert_eq!(quotas.charge("a", 1, second(10.0)).await, Err(second(1.0)));
    })
    .await;
}

#[test]
fn t_3b_a_wait_is_told_in_whole_seconds_and_never_too_short() {
    for (nanoseconds, seconds) in [(0, 1), (1, 1), (1_000_000_000, 1), (1_000_000_001, 2), (2_000_000_000, 2)]
    {
        assert_eq!(whole_seconds(Duration::from_nanos(nanoseconds)), seconds, "{nanoseconds} ns");
    }
}
