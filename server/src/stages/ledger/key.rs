//! What makes two changes identical. Fields have their lengths before them, so that no two lists of fields read alike.

use serde_json::Value;
use sha2::{Digest as _, Sha256};

use crate::call::{Call, Caller};
use crate::request::Prepared;

/// Names a change.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Key {
    /// Of caller, tool, and the idempotency key or else the arguments.
    pub(super) name: [u8; 32],
    /// Of the arguments.
    pub(super) arguments: [u8; 32],
}

impl Key {
    pub(super) fn of(call: &Call, prepared: &Prepared) -> Self {
        let arguments = prepared.arguments.to_string();
        let distinct = match &call.idempotency_key {
            Some(key) => ["key", key],
            None => ["arguments", &arguments],
        };
        let name = digest(&[caller(call), call.tool.name, distinct[0], distinct[1]]);
        Self { name, arguments: digest(&[&arguments]) }
    }
}

/// The name by which the journal knows a change: of the arguments as they are recorded, so that it tells nothing of
/// what they hide.
pub(crate) fn recorded(call: &Call, redacted: &Value) -> String {
    use std::fmt::Write as _;
    let distinct = match &call.idempotency_key {
        Some(key) => ["key", key],
        None => ["arguments", &redacted.to_string()],
    };
    let digest = digest(&[caller(call), call.tool.name, distinct[0], distinct[1]]);
    digest.iter().fold(String::with_capacity(64), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

fn caller(call: &Call) -> &'static str {
    match call.caller {
        Caller::LocalOwner => "local_owner",
    }
}

fn digest(fields: &[&str]) -> [u8; 32] {
    let mut hash = Sha256::new();
    for field in fields {
        hash.update((field.len() as u64).to_be_bytes());
        hash.update(field);
    }
    hash.finalize().into()
}
