//! The server as MCP clients meet it, of both generations.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

#[path = "../fake_upstream/mod.rs"]
mod fake_upstream;
#[path = "../http_support/mod.rs"]
mod http_support;
#[path = "../key_file/mod.rs"]
mod key_file;
#[path = "../own_tools/mod.rs"]
mod own_tools;
#[path = "../redis_server/mod.rs"]
mod redis_server;
#[path = "../sample/mod.rs"]
mod sample;
#[path = "../scratch/mod.rs"]
mod scratch;
#[path = "../slow_tools/mod.rs"]
mod slow_tools;

mod bodies;
mod calls;
mod clients;
mod confirm;
mod lane;
mod legacy;
mod listening;
mod modern;
mod plain;
mod policy;
mod prompts;
mod resources;
mod rounds;
mod sessions;
mod stdio;
mod tasks;
mod tasks_shared;
mod views;
