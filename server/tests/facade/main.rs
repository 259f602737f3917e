//! Logins by the facade before a provider that is made up.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

#[path = "../credentials/mod.rs"]
mod credentials;
#[path = "../fake_upstream/mod.rs"]
mod fake_upstream;
#[path = "../http_support/mod.rs"]
mod http_support;
#[path = "../identity_provider/mod.rs"]
mod identity_provider;
#[path = "../logins/mod.rs"]
mod logins;
#[path = "../sample/mod.rs"]
mod sample;
#[path = "../scratch/mod.rs"]
mod scratch;

mod attacks;
mod providers;
mod restart;
