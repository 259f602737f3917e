//! An answer without end costs no more memory than the limit on answers allows. Alone in its program, since it measures that.
#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod fake_upstream;
mod sample;

use fake_upstream::{Act, FakeUpstream, json};
use sample::{READ, call, engine, reading};
use server::call::CallError;

/// The most memory that this program has had, in bytes.
fn peak() -> usize {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
    line.trim().trim_end_matches(" kB").parse::<usize>().unwrap() * 1024
}

#[tokio::test]
async fn t_46_an_answer_without_end_takes_bounded_memory() {
    let upstream = FakeUpstream::start([json("200 OK", "{}"), Act::Endless]).await;
    let engine = engine(&upstream.base_url());
    call(&engine, &READ, reading("level", "DEV")).await.unwrap();
    let before = peak();
    let outcome = call(&engine, &READ, reading("level", "DEV")).await;
    let limit = 4 << 20;
    assert!(matches!(outcome, Err(CallError::TooLarge { limit: 4_194_304, .. })), "{outcome:?}");
    upstream.departure().await;
    let grown = peak() - before;
    assert!(grown <= 2 * limit, "{grown} bytes more");
    assert!(grown >= limit / 2, "it was read up to the limit: {grown}");
}
