//! The MCP server for the Docker Engine: nothing but what is generated from its document.

/// The API: a tool for each operation, with its types. Written by `build.rs` from `config/openapi.yaml` and
/// `config/overlay.yaml`.
pub mod api {
    include!(concat!(env!("OUT_DIR"), "/api.rs"));
}
