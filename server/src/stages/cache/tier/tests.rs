//! What Redis keeps of answers and changes, by a real one.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use serde_json::json;
use tokio::time::Instant;

use super::hearing::Beat;
use super::{Look, Message, Phase, Tier, shortened};
use crate::call::{Caller, Reply};
use crate::metrics::Metrics;
use crate::redis_server::RedisServer;
use crate::replicas::{Replicas, Settings};
use crate::stages::cache::forgotten::Forgotten;
use crate::stages::cache::shelf::{Shelf, UNHEARD};
use crate::stages::cache::{self, Kept, Key, Lifetime, Stamp};
use crate::upstream::account::Account;

const SECOND: Duration = Duration::from_secs(1);

/// One process and its Redis.
struct Process {
    tier: Tier,
    redis: RedisServer,
    folder: PathBuf,
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

fn process(name: &str) -> Process {
    let folder = std::env::temp_dir().join(format!("mcp-tier-{name}-{}", std::process::id()));
    let redis = RedisServer::start(&folder);
    let settings = Settings::new(redis.url().into(), "s".repeat(32).into());
    let settings = Settings { timeout: 10 * SECOND, patience: 10 * SECOND, ..settings };
    let replicas = Replicas::new(settings, "http://api".to_owned()).expect("sound settings");
    let kept = cache::Settings { backend: cache::Backend::Redis, ..cache::Settings::default() };
    Process { tier: Tier::new(replicas, &kept), redis, folder }
}

fn stamp() -> Stamp {
    Forgotten::default().now()
}

fn lifetime(fresh: Duration, stale: Duration) -> Lifetime {
    Lifetime { fresh, stale, validator: None }
}

fn kept(lifetime: Lifetime) -> Kept {
    Kept::new(Arc::new(Reply::text("")), Instant::now(), lifetime, stamp())
}

impl Process {
    async fn look(&self) -> Look {
        let key = Key::of("http://api", "read", &json!({}), &Caller::LocalOwner, &Account::default());
        self.tier.look(key, &[1, 2], stamp(), &Metrics::default()).await.expect("Redis is there")
    }

    /// The bytes of the time that Redis gives the answer.
    fn lasting(&self) -> u64 {
        let key = self.redis.ask(&["keys", "mcp:answer:*"]);
        self.redis.ask(&["pttl", &key]).parse().expect("there is an answer")
    }
}

#[tokio::test]
async fn t_33_an_answer_of_another_process_is_as_old_as_it_is_and_lasts_no_longer() {
    let process = process("age");
    let mut look = process.look().await;
    look.time -= 30_000;
    process.tier.keep(&look, &kept(lifetime(60 * SECOND, 10 * SECOND))).await;
    let lasting = process.lasting();
    assert!((69_000..=70_000).contains(&lasting), "{lasting}");
    let found = process.look().await.kept.expect("it is kept");
    let (now, age) = (Instant::now(), found.since().elapsed());
    assert!((30 * SECOND..35 * SECOND).contains(&age), "{age:?}");
    assert!(found.is_fresh(now) && !found.is_fresh(now + 30 * SECOND));
    let memory = shortened(&found, 0.5);
    assert!(
        memory.is_fresh(now + 12 * SECOND) && !memory.is_fresh(now + 15 * SECOND),
        "half of what is left"
    );

    look.time -= 30_000;
    process.tier.keep(&look, &kept(lifetime(60 * SECOND, 10 * SECOND))).await;
    let old = process.look().await.kept.expect("it is kept for an outage");
    assert!(!old.is_fresh(Instant::now()) && old.is_good_enough(Instant::now()));
    look.time -= 10_000;
    process.tier.keep(&look, &kept(lifetime(60 * SECOND, 10 * SECOND))).await;
    assert!(process.look().await.kept.is_none(), "its time is over");
}

#[tokio::test]
async fn t_33_nothing_is_kept_for_longer_than_marks_are_remembered_nor_without_time() {
    let process = process("longest");
    let look = process.look().await;
    process.tier.keep(&look, &kept(lifetime(Duration::ZERO, Duration::ZERO))).await;
    assert_eq!(process.redis.ask(&["keys", "mcp:answer:*"]), "");
    process.tier.keep(&look, &kept(lifetime(86_400 * SECOND, SECOND))).await;
    assert!(process.lasting() <= super::LONGEST.as_millis() as u64);
    process.tier.tell(&process.tier.change(&[2]).ended(true)).await;
    let mark = process.redis.ask(&["keys", "mcp:mark:*"]);
    let remembered: u128 = process.redis.ask(&["pttl", &mark]).parse().expect("there is a mark");
    assert!(remembered > (super::LONGEST + super::SLACK - SECOND).as_millis(), "{remembered}");
}

#[tokio::test]
async fn t_31_an_answer_from_before_a_change_is_neither_given_nor_kept() {
    let process = process("marks");
    let before = process.look().await;
    process.tier.keep(&before, &kept(lifetime(60 * SECOND, SECOND))).await;
    assert!(process.look().await.kept.is_some());
    let change = process.tier.change(&[2, 3]);
    process.tier.tell(&change).await;
    assert!(process.look().await.kept.is_none(), "from before");
    let during = process.look().await;
    process.tier.keep(&during, &kept(lifetime(60 * SECOND, SECOND))).await;
    process.tier.tell(&process.tier.change(&[2]).ended(true)).await;
    assert!(process.look().await.kept.is_none(), "another change that has ended settles nothing");
    process.tier.tell(&change.ended(true)).await;
    process.tier.keep(&before, &kept(lifetime(60 * SECOND, SECOND))).await;
    process.tier.keep(&during, &kept(lifetime(60 * SECOND, SECOND))).await;
    assert!(process.look().await.kept.is_none(), "asked for before it ended");
    process.tier.keep(&process.look().await, &kept(lifetime(60 * SECOND, SECOND))).await;
    assert!(process.look().await.kept.is_some(), "and after");
    process.tier.tell(&process.tier.change(&[9]).ended(true)).await;
    assert!(process.look().await.kept.is_some(), "elsewhere");
    process.tier.tell(&process.tier.change(&[1]).ended(false)).await;
    process.tier.keep(&process.look().await, &kept(lifetime(60 * SECOND, SECOND))).await;
    assert!(process.look().await.kept.is_none(), "nobody knows what became of it");
}

#[tokio::test]
async fn t_31_what_others_could_not_be_told_is_told_before_anything_is_believed() {
    let process = process("owed");
    process.tier.keep(&process.look().await, &kept(lifetime(60 * SECOND, SECOND))).await;
    process.tier.owe(process.tier.change(&[1]).ended(true));
    assert!(process.look().await.kept.is_none());
    assert!(!process.tier.owes());
    process.tier.keep(&process.look().await, &kept(lifetime(60 * SECOND, SECOND))).await;
    for number in 0..=super::MOST_OWED as u64 {
        process.tier.owe(process.tier.change(&[100 + number]).ended(true));
    }
    assert_eq!(process.tier.owed.lock().expect("not poisoned").len(), 1, "one that is everywhere");
}

#[tokio::test]
async fn t_32_what_nobody_with_the_secret_says_is_not_heard() {
    let process = process("forged");
    let (tier, shelf) = (&process.tier, Shelf::new(10, 1 << 20));
    let change =
        |process| Message::Change { process, change: 1, phase: Phase::Begun, marks: vec![1] }.encoded();
    let is_heard = |message: &[u8]| {
        let before = shelf.stamp();
        tier.heard(&shelf, message);
        shelf.stamp() != before
    };
    let other = tier.process.wrapping_add(1);
    assert!(is_heard(&tier.proof.close(&tier.channel, &change(other))));
    assert!(!is_heard(&tier.proof.close(&tier.channel, &change(tier.process))), "its own, which it knows");
    assert!(
        !is_heard(&tier.proof.close("another", &change(other)))
            && !is_heard(&change(other))
            && !is_heard(b"")
    );
}

#[tokio::test]
async fn r12_only_the_last_word_to_itself_makes_a_process_certain_and_for_as_long_as_from_then() {
    let (mut beat, now) = (Beat::new(), Instant::now());
    let (first, second) = (beat.next(now), beat.next(now + SECOND));
    assert_eq!((beat.heard(first), beat.heard(second)), (None, Some(now + SECOND + UNHEARD)));
}
