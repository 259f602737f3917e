//! The server as HTTP clients meet it: connections, layers, credentials.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

#[path = "../bad_tokens/mod.rs"]
mod bad_tokens;
#[path = "../certificates/mod.rs"]
mod certificates;
#[path = "../credentials/mod.rs"]
mod credentials;
#[path = "../fake_upstream/mod.rs"]
mod fake_upstream;
#[path = "../http_support/mod.rs"]
mod http_support;
#[path = "../identity_provider/mod.rs"]
mod identity_provider;
#[path = "../sample/mod.rs"]
mod sample;
#[path = "../scratch/mod.rs"]
mod scratch;
#[path = "../two/mod.rs"]
mod two;

mod authentication;
mod cors;
mod introspection;
mod layers;
mod lifecycle;
mod limits;
mod quota;
mod scopes;
mod smuggling;
mod tls;
mod version_two;
