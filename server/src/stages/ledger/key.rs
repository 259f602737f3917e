//! What makes two changes identical.

use serde_json::Value;

use crate::as_json::as_json;
use crate::call::Call;
use crate::request::Prepared;
use crate::stages::digest;

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
        let arguments = as_json(&prepared.arguments);
        let distinct = match &call.idempotency_key {
            Some(key) => ["key", key],
            None => ["arguments", &arguments],
        };
        let name = digest::of(&[call.caller.key(), call.tool.name, distinct[0], distinct[1]]);
        Self { name, arguments: digest::of(&[&arguments]) }
    }

    /// The name by which the journal knows the change of this call, which is this one's own unless something is hidden there.
    pub(super) fn in_journal(&self, call: &Call, prepared: &Prepared, redacted: &Value) -> String {
        let is_same = call.idempotency_key.is_some() || *redacted == prepared.arguments;
        if is_same { digest::hex(&self.name) } else { recorded(call, redacted) }
    }
}

/// The name by which the journal knows a change: of the arguments as they are recorded, so that it tells nothing of
/// what they hide.
pub(crate) fn recorded(call: &Call, redacted: &Value) -> String {
    let distinct = match &call.idempotency_key {
        Some(key) => ["key", key],
        None => ["arguments", &as_json(redacted)],
    };
    let name = digest::of(&[call.caller.key(), call.tool.name, distinct[0], distinct[1]]);
    digest::hex(&name)
}
