//! The runtime of a generated MCP server: arguments, requests, answers, stages, protocol, and tools written by hand.
//!
//! It knows neither OpenAPI nor the generator: a program hands it a static [`catalog::Api`] and options.

mod as_json;
mod server;
mod start_error;

pub mod http;
pub mod identity;
pub mod facade;
pub mod scopes;
pub mod mcp;
pub mod view;
pub mod search;
mod advertised;

pub mod engine;
pub mod call;
pub mod structured;
pub mod client;
pub mod content;
pub mod policy;
pub mod follow;
pub mod tasks;
pub mod journal;
pub mod stack;
pub mod stages;
mod quota;
pub mod changing;
mod limits;
pub mod replicas;
mod digest;
mod large;
mod private_file;
pub mod secret;
pub mod otlp;
pub mod telemetry;
pub mod request_id;
pub mod metrics;

pub mod catalog;
pub mod shape;
pub mod own;
pub mod resources;
pub mod prompts;
mod completion;
pub mod generated;
pub mod decode;
pub mod encode;
pub mod request;
pub mod upstream;
pub mod certificates;
pub mod answer;

pub use server::{Options, Server};
pub use start_error::StartError;

/// Rules that Redis keeps are tested beside those that this program keeps.
#[cfg(test)]
#[path = "../tests/redis_server/mod.rs"]
mod redis_server;
