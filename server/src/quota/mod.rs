//! How often something may happen: the rule, and the bounded table of who used how much. For requests in [`crate::http`] and
//! for calls in [`crate::stages`].

mod local;
mod rate;
mod shared;
mod table;

use std::time::Duration;

use crate::identity::Caller;
use crate::identity::api_keys::PROVIDER;

pub(crate) use local::Local;
pub(crate) use rate::Rate;
pub(crate) use shared::Shared;
pub(crate) use table::Table;

/// The rates of calls.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Rates {
    /// Of all callers together; without one they are not bounded.
    pub(crate) common: Option<Rate>,
    /// Of each.
    pub(crate) caller: Option<Rate>,
    /// Of each who calls by an API key; as of any other without one.
    pub(crate) key: Option<Rate>,
}

impl Rates {
    /// Whether nothing is bounded.
    pub(crate) fn are_none(&self) -> bool {
        self.common.is_none() && self.caller.is_none() && self.key.is_none()
    }

    /// Of this caller.
    pub(crate) fn of(&self, caller: &Caller) -> Option<&Rate> {
        let has_key = caller.principal().is_some_and(|principal| principal.identity().provider == PROVIDER);
        self.key.as_ref().filter(|_| has_key).or(self.caller.as_ref())
    }
}

/// A time to wait in whole seconds: never less than it is, one at least.
pub(crate) fn whole_seconds(wait: Duration) -> u64 {
    let begun = u64::from(wait.subsec_nanos() > 0);
    wait.as_secs().saturating_add(begun).max(1)
}

#[cfg(test)]
mod tests;
