//! Every setting has a test that changes it and sees the effect in the running program; `register.rs` names them, and fails where
//! one is missing.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod register;
mod world;

mod accounts;
mod answers;
mod calls;
mod connections;
mod failures;
mod journal;
mod listening;
mod logins;
mod metrics;
mod presenting;
mod quotas;
mod reload;
mod replicas;
mod telemetry;
mod tokens;
mod upstream;

#[path = "../../server/tests/certificates/mod.rs"]
mod certificates;
#[path = "../../server/tests/fake_upstream/mod.rs"]
mod fake_upstream;
#[path = "../../server/tests/identity_provider/mod.rs"]
mod identity_provider;
#[path = "../program_support/mod.rs"]
mod program_support;
#[path = "../../server/tests/redis_server/mod.rs"]
mod redis_server;
#[path = "../../server/tests/scratch/mod.rs"]
mod scratch;
#[path = "../../server/tests/http_support/wire.rs"]
mod wire;
