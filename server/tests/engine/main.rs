//! The engine: calls through every stage, before an API that is made up.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

#[path = "../certificates/mod.rs"]
mod certificates;
#[path = "../fake_upstream/mod.rs"]
mod fake_upstream;
#[path = "../http_support/mod.rs"]
mod http_support;
#[path = "../redis_server/mod.rs"]
mod redis_server;
#[path = "../sample/mod.rs"]
mod sample;
#[path = "../scratch/mod.rs"]
mod scratch;

mod accounts;
mod bodies;
mod bulkhead;
mod cache;
mod callers;
mod exchange;
mod follow;
mod gateway;
mod journal;
mod ledger;
mod metrics;
mod portion;
mod quota;
mod repetition;
mod replicas;
mod revalidation;
mod shared;
mod shared_cache;
mod stages;
mod tls;
mod tokens;
mod versions;
