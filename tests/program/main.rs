//! The program as whoever runs it meets it: its commands, its settings, what it writes and how it ends.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

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
#[path = "../terminal/mod.rs"]
mod terminal;
#[path = "../../server/tests/http_support/wire.rs"]
mod wire;

mod commands;
mod credentials;
mod doctor;
mod init;
mod journal;
mod keys;
mod log_level;
mod outbound;
mod policy;
mod reload;
mod secrets;
mod serving;
mod shells;
mod status;
mod tls;
mod tokens;
mod watch;
