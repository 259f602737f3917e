//! What CES says about itself; the only operation that needs no token.

use serde_json::json;

use super::Operation;
use crate::answer::{Content, Refusal};
use crate::inquiry::Inquiry;
use crate::state::Shop;

pub(super) const OPERATIONS: &[Operation] = &[Operation {
    name: "getCesVersion",
    method: "GET",
    path: "/compuware/ws/Config/version",
    status: 200,
    needs_token: false,
    handler: version,
}];

fn version(_: &mut Shop, _: &Inquiry) -> Result<Content, Refusal> {
    Ok(json!({ "CesVersionResponse": { "productVersion": { "version": "24.02.01" } } }).into())
}
