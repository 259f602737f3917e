//! The MCP server for a museum: the tools generated from its document, and one written by hand.

pub mod day;

/// The API: a tool for each operation, with its types. Written by `build.rs` from `config/openapi.yaml` and
/// `config/overlay.yaml`.
pub mod api {
    include!(concat!(env!("OUT_DIR"), "/api.rs"));
}

use server::own::Own;

/// The tools written by hand.
pub static TOOLS: &[&dyn Own] = &[&day::TOOL];
