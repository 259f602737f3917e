//! An argument that clients mirror in a header.

use schemars::JsonSchema;
use serde::Deserialize;
use server::own::OwnTool;

use super::{plain, said};

/// What is mirrored.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Mirrored {
    /// The region, which a proxy may want to know.
    #[schemars(extend("x-mcp-header" = "Region"))]
    region: String,
}

pub(super) static MIRRORED: OwnTool<Mirrored> = plain(
    "test_header_mirroring",
    "A mirrored argument",
    "Takes an argument that stands in a header too.",
    |Mirrored { region }, _| Box::pin(async move { said(format!("Region: {region}")) }),
);
