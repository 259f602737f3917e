//! The MCP server for the 15 operations of the ISPW document: nothing but what is generated from it.

/// The API: a tool for each operation, with its types. Written by `build.rs` from `config/openapi.json` and
/// `config/overlay.yaml`.
pub mod api {
    include!(concat!(env!("OUT_DIR"), "/api.rs"));
}
