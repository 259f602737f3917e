//! The MCP server for BMC AMI DevX Code Pipeline: nothing but what is generated from its OpenAPI document.

/// The API: a tool for each operation, with its types. Written by `build.rs` from `config/openapi.json` and
/// `config/overlay.yaml`.
pub mod api {
    include!(concat!(env!("OUT_DIR"), "/api.rs"));
}
