//! What makes two calls the same: all that decides what the API answers, in fields that cannot run into each other.

use serde_json::Value;

use crate::as_json::as_json;
use crate::call::Caller;
use crate::stages::digest;
use crate::upstream::account::Account;

/// Names the way keys are made; another way has another name.
const FORMAT: &str = "2";

/// Names one question to one API. Two that differ in anything have different keys.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Key([u8; 32]);

impl Key {
    /// The key of a call with these arguments in canonical form. Nobody is shown what another caller asked for, nor what the
    /// API showed to another account.
    pub fn of(address: &str, tool: &str, arguments: &Value, caller: &Caller, account: &Account) -> Self {
        let arguments = as_json(arguments);
        Self(digest::of(&[FORMAT, address, tool, &arguments, caller.key(), account.partition()]))
    }

    /// As bytes.
    pub(super) fn bytes(&self) -> [u8; 32] {
        self.0
    }
}
