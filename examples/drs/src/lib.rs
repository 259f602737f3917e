//! The MCP server for the Data Repository Service: nothing but what is generated from its document.

/// The API: a tool for each operation, with its types. Written by `build.rs` from
/// `config/data_repository_service.openapi.yaml`, the files it refers to, and `config/overlay.yaml`.
pub mod api {
    include!(concat!(env!("OUT_DIR"), "/api.rs"));
}
