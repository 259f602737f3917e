//! Whether Redis can be asked. Every method is told what happened; nothing here waits.

use std::fmt;
use std::sync::Arc;

/// So many failures in a row, and Redis is left alone until it answers again.
const MOST_FAILURES: u32 = 3;

/// Redis cannot be asked; why, for the log and for nobody else.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Away(pub(crate) Arc<str>);

impl Away {
    /// For this reason.
    pub(crate) fn new(why: impl Into<Arc<str>>) -> Self {
        Self(why.into())
    }
}

impl fmt::Display for Away {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.0)
    }
}

/// Whether Redis can be asked, through `C`.
#[derive(Debug)]
pub(super) enum State<C> {
    /// Nobody has tried yet.
    Untried,
    /// It can.
    Here {
        /// The way to it.
        connection: C,
        /// Failures in a row.
        failures: u32,
    },
    /// It cannot.
    Away(Away),
}

impl<C> State<C> {
    /// Counts a failure. Whether Redis is to be left alone from now on.
    pub(super) fn failed(&mut self, why: Away, is_broken: bool) -> bool {
        let Self::Here { failures, .. } = self else { return false };
        *failures += 1;
        let is_over = is_broken || *failures >= MOST_FAILURES;
        if is_over {
            *self = Self::Away(why);
        }
        is_over
    }

    /// Notes an answer.
    pub(super) fn answered(&mut self) {
        if let Self::Here { failures, .. } = self {
            *failures = 0;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn here() -> State<()> {
        State::Here { connection: (), failures: 0 }
    }

    #[test]
    fn r12_three_failures_in_a_row_are_enough_and_two_are_not() {
        let (mut state, slow) = (here(), || Away::new("slow"));
        assert!(!state.failed(slow(), false) && !state.failed(slow(), false));
        state.answered();
        assert!(!state.failed(slow(), false) && !state.failed(slow(), false));
        assert!(matches!(state, State::Here { .. }));
        assert!(state.failed(slow(), false));
        assert!(matches!(&state, State::Away(why) if *why == slow()));
        assert!(!state.failed(Away::new("again"), true), "it is told once");
    }

    #[test]
    fn r12_a_connection_that_broke_is_enough() {
        let mut state = here();
        assert!(state.failed(Away::new("broken"), true));
        assert!(matches!(state, State::Away(_)));
    }
}
