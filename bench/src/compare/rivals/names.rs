//! The names of rivals in the table, by which goals find them.

pub use super::fastmcp::{SHIPPED as FASTMCP, TUNED as FASTMCP_TUNED};
pub use super::generator::SHIPPED as GENERATOR;
pub use super::rmcp_openapi::SHIPPED as RMCP_OPENAPI;

use super::rmcp_openapi::{NODELAY, STATEFUL_NODELAY};

/// rmcp-openapi with what is forced on it.
pub const RMCP_OPENAPI_BEST: [&str; 2] = [NODELAY, STATEFUL_NODELAY];
