//! How often something may happen: the rule, and the bounded table of who used how much. For requests in [`crate::http`] and
//! for calls in [`crate::stages`].

mod rate;
mod table;

use std::time::Duration;

pub(crate) use rate::Rate;
pub(crate) use table::Table;

/// A time to wait in whole seconds: never less than it is, one at least.
pub(crate) fn whole_seconds(wait: Duration) -> u64 {
    let begun = u64::from(wait.subsec_nanos() > 0);
    wait.as_secs().saturating_add(begun).max(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn t_3b_a_wait_is_told_in_whole_seconds_and_never_too_short() {
        for (nanoseconds, seconds) in
            [(0, 1), (1, 1), (1_000_000_000, 1), (1_000_000_001, 2), (2_000_000_000, 2)]
        {
            assert_eq!(whole_seconds(Duration::from_nanos(nanoseconds)), seconds, "{nanoseconds} ns");
        }
    }
}
