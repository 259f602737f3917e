//! What the official conformance suite of the Model Context Protocol asks of a server, written by hand on the runtime that
//! generated servers have: the same listener, layers, stages and direct lane.
//!
//! Names and texts are those that the suite looks for. There is no API behind it, so nothing here leaves the process.

mod prompts;
mod resources;
mod samples;
mod tools;

use server::catalog::{Api, EffectScopes};

pub use prompts::PROMPTS;
pub use resources::RESOURCES;
pub use tools::TOOLS;

/// No API.
pub static API: Api = Api {
    title: "Conformance",
    version: env!("CARGO_PKG_VERSION"),
    description: "What the conformance suite calls.",
    digest: "",
    contract: "",
    tools: &[],
    security_schemes: &[],
    effect_scopes: EffectScopes::BY_WORD,
    prompts: &[],
};
