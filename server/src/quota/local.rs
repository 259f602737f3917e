//! The quotas of calls as one process knows them.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use super::{Rates, Table};
use crate::identity::Caller;

/// How much of the quotas is used.
#[derive(Debug, Default)]
pub(crate) struct Local {
    used: Mutex<Used>,
}

#[derive(Debug, Default)]
struct Used {
    common: Duration,
    callers: Table,
}

impl Local {
    /// Charges a call to both quotas of these rates, or to none and says when to come again. One caller's comes first, so that
    /// what is over for one takes nothing from the others. What was used at other rates before stays used.
    pub(crate) fn charge(
        &self,
        rates: &Rates,
        caller: &Caller,
        weight: usize,
        now: Duration,
    ) -> Result<(), Duration> {
        let mut used = self.used.lock().unwrap_or_else(PoisonError::into_inner);
        let Used { common, callers } = &mut *used;
        let own = match rates.of(caller) {
            Some(rate) => {
                let whole = callers.of(caller.key(), now);
                // Kept also where the call is refused, or its wait would begin anew each time.
                *whole = rate.at_most(*whole, now);
                Some((rate.charge(*whole, weight, now)?, whole))
            }
            None => None,
        };
        if let Some(rate) = &rates.common {
            *common = rate.at_most(*common, now);
            *common = rate.charge(*common, weight, now)?;
        }
        // Only now, so that a call that the common quota refuses costs its caller nothing.
        if let Some((after, whole)) = own {
            *whole = after;
        }
        Ok(())
    }
}
