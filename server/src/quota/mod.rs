//! How often something may happen: the rule, and the bounded table of who used how much. For requests in [`crate::http`] and
//! for calls in [`crate::stages`].

mod local;
mod rate;
mod shared;
mod table;

use std::time::Duration;

pub(crate) use local::Local;
pub(crate) use rate::Rate;
pub(crate) use shared::Shared;
pub(crate) use table::Table;

/// The rates of calls.
#[derive(Clone, Debug)]
pub(crate) struct Rates {
    /// Of all callers together; without one they are not bounded.
    pub(crate) common: Option<Rate>,
    /// Of each.
    pub(crate) caller: Option<Rate>,
}

impl Rates {
    /// Whether nothing is bounded.
    pub(crate) fn are_none(&self) -> bool {
        self.common.is_none() && self.caller.is_none()
    }
}

/// A time to wait in whole seconds: never less than it is, one at least.
pub(crate) fn whole_seconds(wait: Duration) -> u64 {
    let begun = u64::from(wait.subsec_nanos() > 0);
    wait.as_secs().saturating_add(begun).max(1)
}

#[cfg(test)]
mod tests;
