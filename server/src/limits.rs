//! What bounds calls and may change while the server runs. Each stage reads its own for each call; here they are checked and changed
//! together, all of them or none.

use std::time::Duration;

use crate::changing::Changing;
use crate::engine::Options;
use crate::stages::quota::Bounds;
use crate::start_error::StartError;

/// The limits in force. Copies are handles of the same.
#[derive(Clone, Debug)]
pub(crate) struct Limits {
    /// What a whole call may take.
    pub(crate) deadline: Changing<Duration>,
    /// What one attempt may take.
    pub(crate) attempt: Changing<Duration>,
    /// How long a caller may wait for the work that a change starts.
    pub(crate) longest_wait: Changing<Duration>,
    /// How long answers are kept of which the overlay says nothing.
    pub(crate) kept: Changing<Duration>,
    /// How often calls may be made.
    pub(crate) quota: Changing<Bounds>,
}

impl Limits {
    /// Those of the options.
    pub(crate) fn of(options: &Options) -> Result<Self, StartError> {
        if options.deadline.is_zero() || options.upstream.attempt_timeout.is_zero() {
            return Err(StartError::new(
                "the time for a whole call, and for one request, must be above zero",
            ));
        }
        if options.quota.burst == 0 || options.quota.change_weight == 0 {
            return Err(StartError::new("calls at once, and what a change counts as, must be above zero"));
        }
        Ok(Self {
            deadline: options.deadline.into(),
            attempt: options.upstream.attempt_timeout.into(),
            longest_wait: options.follow.longest.into(),
            kept: options.cache.default_ttl.into(),
            quota: Bounds::of(options.quota).into(),
        })
    }

    /// Puts those of other options in the place of these, or says what is wrong with them and changes nothing.
    pub(crate) fn take(&self, options: &Options) -> Result<(), StartError> {
        let Self { deadline, attempt, longest_wait, kept, quota } = Self::of(options)?;
        self.deadline.put(deadline.now());
        self.attempt.put(attempt.now());
        self.longest_wait.put(longest_wait.now());
        self.kept.put(kept.now());
        self.quota.put(quota.now());
        Ok(())
    }
}
